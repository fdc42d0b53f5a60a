"""Checks: nothing is rewritten; what does not hold together goes to a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.asked.model import ANYWHERE, EITHER_WAY, PROPERTIES, SETTERS, Action, Mention
from rules.smart_home.home import Home
from rules.smart_home.old_values import is_number, read_number
from rules.smart_home.rewriters.change import property_of
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Step, take_apart

_DOUBTED = frozenset({"AMBIGUOUS_COMMAND", "MALFORMED_COMMAND"})
"""Errors that say that the instruction is not understood, not that it cannot be done."""
_OPPOSITE = {
    **dict.fromkeys(("turn_on", "open", "unlock", "start", "resume"), 1),
    **dict.fromkeys(("turn_off", "close", "lock", "stop", "pause"), -1),
}


@rewriter("ask_a_person")
def ask_a_person(command: Command, match: Match, context: Home, *, reason: str) -> Rewritten | None:  # noqa: ARG001
    """Hand every record on which the rule fires to a person, for a stated reason."""
    raise Decline(reason, match.text.source[:80])


@rewriter("check_devices")
def check_devices(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Hand a record to a person whose device is another one than the sentence names."""
    steps, actions = take_apart(command).steps, match.sentence.actions
    if len(steps) > len(actions) > 0:
        for step in steps:
            if all(_named_otherwise(step, action, context) for action in actions):
                raise Decline("the record acts on a device that the sentence does not name", str(step.device_id))
    for step, action in _pairs(command, match.sentence):
        mention = action.device
        if step.device_id is None:
            continue
        if action.command not in ANYWHERE and context.catalogue.is_elsewhere(step.device_id, action.room):
            raise Decline("the record's device is not in the room that the sentence names", step.device_id)
        if mention is None:
            continue
        if _named_otherwise(step, action, context):
            raise Decline(
                "the record's device is not the one that the sentence names", f"{step.device_id}, {mention.words}"
            )
        named = action.named and action.command not in ANYWHERE
        if named and context.catalogue.is_one_of_all(mention, step.device_id):
            raise Decline("the record has one device where the sentence means all", step.device_id)
    return None


@rewriter("check_power")
def check_power(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Hand a record to a person that switches the other way than the sentence says."""
    for step, action in _pairs(command, match.sentence):
        if action.command == "deactivate_scene" and step.name == "activate_scene":
            raise Decline("the record starts the scene that the sentence leaves", str(step.params.get("scene")))
        asked = _OPPOSITE.get(action.command)
        done = None if asked is None else _OPPOSITE.get(step.power or step.name or "")
        if done is None or done == asked:
            continue
        either_way = step.device_id is not None and context.catalogue.get(step.device_id).type in EITHER_WAY
        if not either_way:
            raise Decline("the record switches the other way than the sentence says", str(step.power or step.name))
    return None


@rewriter("check_values")
def check_values(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Hand a record to a person that sets a property to another value than the sentence says, or to none."""
    for step, action in _pairs(command, match.sentence):
        if action.relative is not None:
            continue
        for name, said in action.arg.items():
            able = name != "mode" or not context.catalogue.lacks_mode(step.device_id, said)
            if able and _leaves_out(step, name, said):
                raise Decline("the record leaves out the value that the sentence says", f"{name} {said}")
            found = step.params.get(name)
            if is_number(said):
                found = read_number(found)
            known = is_number(said) or (_is_word(name, said, context) and _is_word(name, found, context))
            if found is not None and said != found and known:
                raise Decline("the record sets another value than the sentence says", f"{name} {found}, said {said}")
    return None


def _leaves_out(step: Step, name: str, said: Any) -> bool:
    """Tell whether a step says nothing of a value, under whatever name: it only switches, or has no such parameter."""
    if name not in SETTERS or said == "auto":
        return False
    if not step.params or (step.power is not None and is_number(said)):
        return step.name in PROPERTIES or step.power is not None
    if not is_number(said) or step.name not in PROPERTIES:
        return False
    return not any(
        property_of(key) == name or key == "value" or read_number(value) is not None or isinstance(value, str)
        for key, value in step.params.items()
    )


@rewriter("check_error")
def check_error(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Hand an error object to a person whose sentence is plainly a command for a device of the catalogue."""
    sentence: Analysis = match.sentence
    doubted = command["error"] in _DOUBTED
    open_ended = sentence.declined or "或" in sentence.text.text
    if doubted and (open_ended or not all(_settled(action) for action in sentence.actions)):
        return None
    for action in sentence.actions:
        mention = action.device
        if (
            mention is not None
            and action.named
            and [d for d in context.catalogue.fitting(mention) if mention.room in {None, d.room}]
        ):
            raise Decline("an error object for what is plainly a command", mention.words)
    return None


@rewriter("check_order")
def check_order(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Hand a query or a goal to a person whose sentence plainly switches devices of the catalogue."""
    actions = match.sentence.actions
    named = [action.device for action in actions if action.device is not None and action.named]
    switches = all(action.certain and action.command in _OPPOSITE for action in actions)
    if switches and len(named) == len(actions) and all(map(context.catalogue.fitting, named)):
        raise Decline(f"{command['mcp_type']} for what is plainly an order", match.text.source[:80])
    return None


_WORDS = {"mode": "modes", "color": "colors", "color_temperature": "colors"}
"""Properties that have words as values, with the lexicon of these."""


def _is_word(name: str, value: Any, context: Home) -> bool:
    """Tell whether a value is a word of a property as commands have it; a record may spell its own otherwise."""
    return isinstance(value, str) and name in _WORDS and value in context.lexicons[_WORDS[name]].entries


def _settled(action: Action) -> bool:
    """Tell whether the words leave nothing open of an action."""
    if action.relative is not None:
        return action.relative.asked and action.relative.delta is not None
    return action.certain and action.command not in {"adjust", "set"}


def _named_otherwise(step: Step, action: Action, context: Home) -> bool:
    """Tell whether the action names a device, and that of the step is surely another one."""
    mention = action.device
    if step.device_id is None or mention is None or mention.type is None or not action.named:
        return False
    if action.command in {*ANYWHERE, "delete", "disable"}:
        return False
    meant = context.catalogue.meant(mention)
    return bool(meant) and step.device_id not in meant and not _is_group(step.device_id, mention, context)


def _is_group(device_id: str, mention: Mention, context: Home) -> bool:
    """Tell whether a device id stands for all devices of the type that is named."""
    device = context.catalogue.get(device_id)
    return device.is_group and device.type == mention.type


def _pairs(command: Command, sentence: Analysis) -> Iterable[tuple[Step, Action]]:
    """Return each action of the record with that of the sentence, where there are as many."""
    steps = take_apart(command).steps
    return zip(steps, sentence.actions, strict=True) if len(steps) == len(sentence.actions) else ()
