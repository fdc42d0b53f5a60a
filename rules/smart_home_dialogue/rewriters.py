"""Rewriters that know the turns before: a record without any is left alone by all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from curation.text import Span
from rules.smart_home.asked.model import SETTERS, Action, Mention, main_property
from rules.smart_home.catalogue import Device
from rules.smart_home.home import Home
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Shape, take_apart
from rules.smart_home_dialogue.earlier import able, may_mean, nameless, spoken_of


@rewriter("take_earlier_device")
def take_earlier_device(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Give a command without a device the one of the last command before, where the sentence asks what it can do."""
    device = _earlier(match, context)
    shape = take_apart(command)
    sentence: Analysis = match.sentence
    if device is None or len(sentence.actions) != 1 or len(shape.steps) != 1 or shape.steps[0].device_id:
        return None
    action = sentence.actions[0]
    if shape.form == "list" or not may_mean(action, device, context) or not able(device, action):
        return None
    params = command["params"]
    if shape.form == "flat":
        placed: dict[str, Any] = _first(device, params)
    else:
        key = next(key for key in ("action", "actions", "steps", "commands") if isinstance(params.get(key), dict))
        placed = {**params, key: _first(device, params[key])}
    function = _function(command, shape, action, device)
    return Rewritten({**function, "params": placed}, note=f"{device.id}, from the turns before")


@rewriter("list_after_earlier_device")
def list_after_earlier_device(command: Command, match: Match, context: Home) -> Rewritten | None:
    """List the actions of a sentence whose first ones name no device: they mean the one of the last command before.

    Where that does not settle them, the record stays as it is, and later rules judge it as they judge any.
    """
    from rules.smart_home.rewriters.chain import list_actions  # a rewriter that this module names would be this pack's

    device = _earlier(match, context)
    sentence: Analysis = match.sentence
    if device is None or len(sentence.actions) < 2 or not nameless(sentence.actions[0]):
        return None
    actions = _with_device(sentence.actions, device)
    if actions is None:
        return None
    try:
        made = list_actions(command, match._replace(sentence=sentence._replace(actions=actions)), context)
    except Decline:
        return None
    # The catalogue grounds a type in a room; where that is another device than the one spoken of, nothing is sure.
    if made is None or not any(step.device_id == device.id for step in take_apart(made.command).steps):
        return None
    return made._replace(note=f"{device.id}, from the turns before")


@rewriter("check_earlier_device")
def check_earlier_device(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Hand a record to a person whose sentence goes on about one device and whose command is for another."""
    device = _earlier(match, context)
    steps = take_apart(command).steps
    sentence: Analysis = match.sentence
    if device is None or len(sentence.actions) != 1 or len(steps) != 1:
        return None
    action, found = sentence.actions[0], steps[0].device_id
    if found and found != device.id and nameless(action) and able(device, action):
        raise Decline("the record's device is not the one spoken of before", f"{found}, before {device.id}")
    return None


def _earlier(match: Match, context: Home) -> Device | None:
    return spoken_of(match.record, match.sentence, context) if match.record.get("history") else None


def _first(device: Device, params: dict[str, Any]) -> dict[str, Any]:
    return {"device_id": device.id, **{key: value for key, value in params.items() if key != "device_id"}}


def _function(command: Command, shape: Shape, action: Action, device: Device) -> Command:
    """Return the command, with the function of a change whose property only the device tells (再调高一点)."""
    name = main_property(device.type)
    vague = action.relative is not None and action.relative.main
    if command.get("function") or shape.form != "flat" or shape.steps[0].params or not vague or name is None:
        return command
    return {**command, "function": SETTERS[name]}


def _with_device(actions: Sequence[Action], device: Device) -> tuple[Action, ...] | None:
    """Return the actions with the device for those before the first that names one; None where it cannot do one."""
    named = next((place for place, action in enumerate(actions) if action.device is not None), len(actions))
    if named == len(actions) or not all(nameless(action) and able(device, action) for action in actions[:named]):
        return None
    mention = Mention(device.type, device.room, device.type, Span(0, 0))
    return (*(action._replace(device=mention, named=True) for action in actions[:named]), *actions[named:])
