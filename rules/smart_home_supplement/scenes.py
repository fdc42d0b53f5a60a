"""Scenes: what a home does when one is asked for, where the log kept only a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.catalogue import Device
from rules.smart_home.home import Home
from rules.smart_home.old_values import is_number
from rules.smart_home.rewriters.limits import limits
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Step, take_apart
from rules.smart_home.triggers import is_canonical


@rewriter("run_scene")
def run_scene(command: Command, match: Match, context: Home, *, steps: Sequence[Mapping[str, Any]]) -> Rewritten | None:
    """Write a scene as all that it stands for, under the trigger that the record has.

    Each of `steps` is a device `type`, a `command` and its `arg`; `all: true` means every device of the type (or the
    one that stands for all), `room: said` the device in the room that the sentence names, and `optional: true` that a
    home without one goes on without it. A record that asks the home for a scene or a mode of its own is left alone;
    one that does something else than the scene, or a home that lacks a device of it, is for a person.
    """
    sentence: Analysis = match.sentence
    shape = take_apart(command)
    if [action.command for action in sentence.actions] != ["activate_scene"] or not shape.steps:
        return None
    if any(step.name == "activate_scene" or step.params.keys() & {"scene", "mode"} for step in shape.steps):
        return None
    if shape.trigger is not None and (shape.form == "flat" or not is_canonical(shape.trigger)):
        return None
    planned = [entry for step in steps for entry in _planned(step, sentence, context)]
    for step in shape.steps:
        if not any(_covers(entry, step, context) for entry in planned):
            raise Decline("the record does something else than the scene", f"{step.device_id} {step.name}")
    if len(planned) < 2 or (shape.form == "list" and [step.listed() for step in shape.steps] == planned):
        return None
    rest = {key: value for key, value in command.items() if key not in {"mcp_type", "function", "params"}}
    head = (
        {"mcp_type": "sensor_trigger", "function": "create_automation"}
        if shape.trigger
        else {"mcp_type": "chain", "function": command.get("function")}
    )
    kept = {step.device_id for step in shape.steps}
    added = [entry["device_id"] for entry in planned if entry["device_id"] not in kept]
    params = {"trigger": shape.trigger or {}, "action": planned}
    return Rewritten({**head, "params": params, **rest}, note="of the scene: " + ", ".join(added))


def _planned(step: Mapping[str, Any], sentence: Analysis, context: Home) -> list[dict[str, Any]]:
    """Return what one step of the scene means in this home; raises `Decline` where it cannot be grounded."""
    kind, command = step["type"], step["command"]
    known = context.catalogue.of_type(kind)
    if step.get("room") == "said":
        room = _room(sentence, context)
        known = [device for device in known if device.room == room]
    if step.get("all"):
        groups = [d for d in context.catalogue.devices.values() if d.is_group and d.type == kind]
        known = groups if len(groups) == 1 else sorted(known, key=lambda device: device.id)
    if not known and step.get("optional"):
        return []
    if not known:
        raise Decline("the home lacks a device of the scene", kind)
    if len(known) > 1 and not step.get("all"):
        raise Decline("several devices of the catalogue fit a step of the scene", ", ".join(d.id for d in known))
    arg = {"message": _condition(sentence)} if command == "notify" else dict(step.get("arg", {}))
    for device in known:
        _check(device, command, arg)
    return [{"device_id": device.id, "command": command, "arg": dict(arg)} for device in known]


def _check(device: Device, command: str, arg: Mapping[str, Any]) -> None:
    if device.commands and command not in device.commands:
        raise Decline("a device cannot do its step of the scene", f"{device.id} {command}")
    for name, value in arg.items():
        able = limits(device, name)
        if able is not None and is_number(value) and not able[0] <= value <= able[1]:
            raise Decline("a value outside what the device can do", f"{device.id} {name} {value}")


def _room(sentence: Analysis, context: Home) -> str | None:
    """Return the room that the sentence names last."""
    rooms = [room for _, room in context.lexicons["rooms"].find(sentence.text.text)]
    return rooms[-1] if rooms else None


def _condition(sentence: Analysis) -> str:
    """Return the condition as spoken: what there is to tell."""
    if not sentence.conditions:
        raise Decline("what is to be said is not said")
    span = sentence.text.to_source(*sentence.conditions[0].span)
    return sentence.text.source[span.start : span.end]


def _covers(entry: Mapping[str, Any], step: Step, context: Home) -> bool:
    """Tell whether an action of the record is one of the scene, or a part of one that stands for all devices."""
    own = step.listed()
    said = own["arg"].keys() & entry["arg"].keys() - {"message"}
    if own["command"] != entry["command"] or any(own["arg"][name] != entry["arg"][name] for name in said):
        return False
    if step.device_id == entry["device_id"]:
        return True
    group = context.catalogue.get(entry["device_id"])
    return group.is_group and context.catalogue.get(step.device_id or "").type == group.type
