"""Chains: every action that the sentence names stands in the command, in the order in which they are to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.asked.model import ANYWHERE, POWER, PROPERTIES, Action
from rules.smart_home.home import Home
from rules.smart_home.rewriters.change import changed, property_of
from rules.smart_home.rewriters.grounding import entries
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Shape, Step, take_apart
from rules.smart_home.triggers import is_canonical


@rewriter("list_actions")
def list_actions(command: Command, match: Match, context: Home) -> Rewritten | None:
    """List the actions of a sentence that names several; those the record has are moved, lost ones are grounded."""
    sentence: Analysis = match.sentence
    shape = take_apart(command)
    if not shape.steps:
        return None
    if sentence.declined:
        raise Decline(sentence.declined, sentence.text.source)
    if shape.form == "list" and shape.canonical and len(shape.steps) >= len(sentence.actions):
        return None
    if shape.trigger is not None and not (is_canonical(shape.trigger) and shape.form != "flat"):
        raise Decline("the trigger of a record with several actions cannot be read", str(shape.trigger))
    actions, added = _listed(shape, sentence, context)
    for index, action in enumerate(actions):
        if action in actions[:index]:
            raise Decline("an action would stand there twice", str(action["device_id"]))
    if len(actions) < 2:
        return None
    rest = {k: v for k, v in command.items() if k not in {"mcp_type", "function", "params"}}
    kind = "sensor_trigger" if shape.trigger else "chain"
    function = "create_automation" if shape.trigger else command.get("function")
    wrapped = {
        "mcp_type": kind,
        "function": function,
        "params": {"trigger": shape.trigger or {}, "action": actions},
        **rest,
    }
    note = "grounded in the catalogue: " + ", ".join(added) if added else ""
    return Rewritten(wrapped, note=note)


@rewriter("list_all_devices")
def list_all_devices(command: Command, match: Match, context: Home) -> Rewritten | None:
    """List one action for each device where a sentence means all of several and the record has but one of them.

    Where the catalogue has a device that stands for all of them, it is for a person to say which of the two is meant.
    """
    (action,), (step,) = match.sentence.actions, take_apart(command).steps
    if step.device_id is None or action.device is None or not action.certain or action.command not in POWER:
        return None
    if not context.catalogue.is_one_of_all(action.device, step.device_id):
        return None
    devices = context.catalogue.ground(action.device, None, [])
    if step.device_id not in {device.id for device in devices} or step.power is None:
        return None
    actions = [step._replace(device_id=device.id).listed() for device in devices]
    wrapped = {**command, "mcp_type": "chain", "params": {"trigger": {}, "action": actions}}
    others = ", ".join(device.id for device in devices if device.id != step.device_id)
    return Rewritten(wrapped, note=f"grounded in the catalogue: {others}")


def _listed(shape: Shape, sentence: Analysis, context: Home) -> tuple[list[dict[str, Any]], list[str]]:
    """Return all actions in order, and the devices of those that the record had lost."""
    own = [step.device_id for step in shape.steps if step.device_id]
    places = _places(shape.steps, sentence.actions, context)
    actions: list[dict[str, Any]] = []
    added: list[str] = []
    room = next((c for c in _rooms_of_conditions(sentence, context)), None)
    for index, action in enumerate(sentence.actions):
        if action.device is not None and action.device.room is not None and action.named:
            room = action.device.room
        step = places.get(index)
        if step is not None:
            actions.append(_moved(step, action, context))
            continue
        if _covered(action, shape.steps, context):
            continue
        last = [a["device_id"] for a in actions[-1:]] if not action.named else []
        for entry in entries(action, sentence, context, last or own, room):
            actions.append(entry)
            added.append(entry["device_id"])
    return actions, added


def _covered(action: Action, steps: Sequence[Step], context: Home) -> bool:
    """Tell whether a step of the record sets already what the action sets (颜色设成白色，亮度90 in one call)."""
    for step in steps:
        same = action.device is None or (
            step.device_id is not None and context.catalogue.fits(action.device, step.device_id)
        )
        if same and action.arg and len(step.params) > 1 and action.arg.keys() <= _set_by(step):
            return True
    return False


def _set_by(step: Step) -> set[str]:
    """Return the properties that a step of the record sets."""
    return {property_of(key) for key in step.params}


def _sets(action: Action) -> set[str]:
    """Return the properties that an action of the sentence sets, or changes by some amount."""
    return {*action.arg, PROPERTIES.get(action.command, "")}


def _rooms_of_conditions(sentence: Analysis, context: Home) -> list[str]:
    """Return the rooms that the conditions speak of."""
    found = []
    for condition in sentence.conditions:
        words = sentence.text.text[condition.span.start : condition.span.end]
        found += [room for _, room in context.lexicons["rooms"].find(words)]
    return found[-1:]


def _moved(step: Step, action: Action, context: Home) -> dict[str, Any]:
    """Return the record's own action as it stands in a list."""
    if step.function is None and step.power is None:
        raise Decline("the record says of its action neither power nor a function", str(step.device_id))
    if action.relative is not None and "delta" not in step.params:
        if not action.certain:
            raise Decline("the words do not settle what is asked", str(step.device_id))
        command, arg, _ = changed(step, action.relative, context)
        return {"device_id": step.device_id, "command": command, "arg": arg}
    return step.listed()


def _places(steps: Sequence[Step], actions: Sequence[Action], context: Home) -> dict[int, Step]:
    """Return which action of the sentence each action of the record is; declines where that is not plain."""
    if len(steps) > len(actions):
        raise Decline("the record has more actions than the sentence names", str(len(steps)))
    places: dict[int, Step] = {}
    for step in steps:
        fitting = [i for i, action in enumerate(actions) if i not in places and _is(step, action, context)]
        if any(_names(action, step, context) for action in actions):
            # 锁门，打开安防: the lock is what 锁门 names, whatever the record does to it.
            fitting = [i for i in fitting if actions[i].device is None or _names(actions[i], step, context)]
        if not fitting:
            raise Decline("an action of the record is none that the sentence names", str(step.device_id))
        place = next((i for i in fitting if _set_by(step) & _sets(actions[i])), fitting[0])
        device = actions[place].device
        if device is not None and context.catalogue.is_one_of_all(device, step.device_id or ""):
            raise Decline("the record has one device where the sentence means all", str(step.device_id))
        places[place] = step
    return places


def _names(action: Action, step: Step, context: Home) -> bool:
    """Tell whether the words of an action name the device of a step."""
    mention = action.device
    return (
        mention is not None
        and mention.type is not None
        and step.device_id is not None
        and context.catalogue.fits(mention, step.device_id)
    )


def _is(step: Step, action: Action, context: Home) -> bool:
    """Tell whether an action of the record may be this action of the sentence."""
    if step.device_id is None:
        return False
    if action.device is None or action.device.type is None:
        kind = context.catalogue.get(step.device_id).type
        if action.command in ANYWHERE:
            return kind in {"notifier", "gateway", "speaker", "tv"} or step.name == action.command
        return not (_contradicts(step, action) or context.catalogue.is_elsewhere(step.device_id, action.room))
    if not context.catalogue.fits(action.device, step.device_id) and context.catalogue.fitting(action.device):
        return False
    return not _contradicts(step, action)


def _contradicts(step: Step, action: Action) -> bool:
    """Tell whether step and action switch the same thing opposite ways."""
    words = {"turn_on": 1, "open": 1, "unlock": 1, "turn_off": -1, "close": -1, "lock": -1}
    done = words.get(step.power or (step.name or ""))
    asked = words.get(action.command)
    return done is not None and asked is not None and done != asked
