"""Conditions and times: a command that runs at once becomes an automation with the trigger that the sentence states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.home import Home
from rules.smart_home.old_triggers import SENSORS, TRIGGER_KEYS, is_canonical, read_old, sensor_ids, sensor_type
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Shape, take_apart

_INCLUSIVE = re.compile(r"以[上下內内]")


@rewriter("wrap_in_automation")
def wrap_in_automation(
    command: Command,
    match: Match,
    context: Home,  # noqa: ARG001 - the contract of rewriters
    *,
    trigger: Mapping[str, Any] | None = None,
) -> Rewritten | None:
    """Put the actions of a command under the trigger that the sentence states.

    `trigger` states it instead where a rule's own pattern knows better. An older trigger in the record is consumed
    where it agrees with the sentence; where it does not, or cannot be read, a person decides.
    """
    sentence: Analysis = match.sentence
    shape = take_apart(command)
    if not shape.steps:
        return None
    said = dict(trigger) if trigger is not None else dict(sentence.trigger or {})
    if trigger is None and sentence.declined:
        raise Decline(sentence.declined, _words(sentence))
    if not said:
        return None
    wanted = _with_sensor_ids(said, shape.trigger)
    notes = [sentence.notes] if sentence.notes and trigger is None else []
    if shape.trigger is not None:
        notes += _consumed(shape, wanted, loose=bool(_INCLUSIVE.search(_words(sentence))))
    rest = {k: v for k, v in command.items() if k not in {"mcp_type", "function", "params"}}
    wrapped = {
        "mcp_type": "sensor_trigger",
        "function": "create_automation",
        "params": {"trigger": wanted, "action": _action(shape, command)},
        **rest,
    }
    evidence = sentence.evidence if trigger is None else match.span
    return Rewritten(wrapped, note="; ".join(notes), span=evidence)


def _words(sentence: Analysis) -> str:
    """Return the words of the condition as spoken."""
    source = sentence.text.to_source(*sentence.evidence)
    return sentence.text.source[source.start : source.end]


def _action(shape: Shape, command: Command) -> Any:
    """Return the action part in the target format."""
    if shape.form == "list":
        return [step.listed() for step in shape.steps]
    step = shape.steps[0]
    if shape.form == "change" and ("delta" in step.params or step.params == {"mode": "auto"}):
        return step.listed()
    if step.device_id is None:
        raise Decline("the record names no device", str(command.get("params")))
    if step.function is None and step.power is None:
        raise Decline("the record says of its action neither power nor a function", str(command.get("params")))
    return step.alone()


def _with_sensor_ids(said: Mapping[str, Any], found: Any) -> dict[str, Any]:
    """Return the trigger with a sensor's id in place of its type where the record itself holds one."""
    ids = {sensor_type(identity): identity for identity in sensor_ids(found)}
    return {ids.get(key, key) if key in SENSORS else key: value for key, value in said.items()}


def _consumed(shape: Shape, wanted: dict[str, Any], *, loose: bool) -> list[str]:
    """Return what to note of an older trigger that says the same; decline where it says something else."""
    if is_canonical(shape.trigger) and shape.form != "flat":
        more = shape.trigger.keys() - wanted.keys()
        if more or any(
            key in shape.trigger and not _agrees(key, shape.trigger[key], value) for key, value in wanted.items()
        ):
            raise Decline("the trigger in the record says something else than the sentence", str(shape.trigger))
        wanted.update({key: value for key, value in shape.trigger.items() if key == "repeat"})
        return []
    readings = read_old(shape.trigger)
    if readings is None:
        raise Decline("an older trigger in the record cannot be read", str(shape.trigger))
    by_type = {sensor_type(key) or key: value for key, value in wanted.items()}
    for key, values in readings.items():
        if key not in by_type or not any(_agrees(key, value, by_type[key], loose) for value in values):
            raise Decline("an older trigger in the record says something else than the sentence", str(shape.trigger))
    apart = [key for key in shape.trigger if key in TRIGGER_KEYS] if isinstance(shape.trigger, dict) else []
    return [f"the older {', '.join(apart) if shape.form == 'flat' and apart else 'trigger'} is consumed"]


def _agrees(key: str, found: Any, wanted: Any, loose: bool = False) -> bool:
    """Tell whether two values of a trigger say the same.

    Weekdays may be spelled out; where the words are `loose` (以上, 以下), `>` is as good as `>=`.
    """
    if loose and isinstance(found, dict) and isinstance(wanted, dict):
        same_side = str(found.get("operator"))[:1] == str(wanted.get("operator"))[:1]
        return same_side and found.get("value") == wanted.get("value")
    if key != "repeat":
        return bool(found == wanted)
    return _days(found) == _days(wanted)


def _days(repeat: Any) -> frozenset[str]:
    """Return the days on which something comes back, however that is spelled."""
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    named = {
        "daily": week,
        "everyday": week,
        "day": week,
        "every_day": week,
        "weekdays": week[:5],
        "workdays": week[:5],
        "weekends": week[5:],
    }
    if isinstance(repeat, str):
        return frozenset(named.get(repeat.lower(), (repeat.lower(),)))
    return frozenset(str(day).lower()[:3] for day in repeat) if isinstance(repeat, list) else frozenset()
