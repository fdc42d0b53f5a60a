"""Fuzzy commands: a change without a value becomes a signed delta that a device can run."""

from __future__ import annotations

import re
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.smart_home.asked.model import PROPERTIES, Relative
from rules.smart_home.home import Home
from rules.smart_home.old_values import read_number
from rules.smart_home.rewriters.grounding import change
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import Step, take_apart

_KEYS = {
    "temperature": "temperature",
    "temp": "temperature",
    "humidity": "humidity",
    "brightness": "brightness",
    "volume": "volume",
    "level": "level",
    "fan_speed": "level",
    "speed": "level",
    "position": "position",
    "color_temperature": "color_temperature",
    "channel": "channel",
}
_ADJUSTS = re.compile(r"(?:adjust|change|modify|update|tune)_(\w+)")
"""A function that names the property it changes."""
_AMOUNTS = ("delta", "change", "step", "adjust", "adjustment", "offset", "amount", "increment")
_WORDS = {
    "up": 1,
    "increase": 1,
    "higher": 1,
    "raise": 1,
    "more": 1,
    "+": 1,
    "down": -1,
    "decrease": -1,
    "lower": -1,
    "reduce": -1,
    "less": -1,
    "-": -1,
}
_SIDE = {"direction", "action", "unit", "relative", "type"}


@rewriter("set_delta")
def set_delta(command: Command, match: Match, context: Home) -> Rewritten | None:
    """Write a vague or relative command as a delta in steps of the device's property.

    A spoken amount is that amount. An absolute value in the record gives way and is noted; one at the opposite extreme,
    or a delta with the wrong sign, is for a person.
    """
    sentence: Analysis = match.sentence
    shape = take_apart(command)
    if len(shape.steps) != 1 or len(sentence.relatives) != 1 or shape.form == "list":
        return None
    step = shape.steps[0]
    if step.device_id is None:
        raise Decline("the record names no device", "")
    if not all(action.certain for action in sentence.actions):
        raise Decline("the words do not settle what is asked", step.device_id)
    name, arg, note = changed(step, sentence.relatives[0], context)
    action = {"device_id": step.device_id, "command": name, "arg": arg}
    rest = {k: v for k, v in command.items() if k != "params"}
    trigger = shape.trigger if shape.form != "flat" and shape.trigger else {}
    return Rewritten({**rest, "params": {"trigger": trigger, "action": action}}, note=note)


def changed(step: Step, relative: Relative, context: Home) -> tuple[str, dict[str, Any], str]:
    """Return command, arg and note of a step that a sentence changes relative to now; raises `Decline`."""
    device = context.catalogue.get(step.device_id or "")
    adjusts = _ADJUSTS.fullmatch(step.name or "")
    own = PROPERTIES.get(step.name or "") or (_KEYS.get(adjusts[1]) if adjusts else None)
    named = own or next((_KEYS[key] for key in step.params if key in _KEYS), None)
    if named is not None and relative.prop is not None and not relative.main and named != relative.prop:
        raise Decline("the record changes another property than the sentence", f"{named}, {relative.prop}")
    if (
        device.properties
        and (relative.prop or named)
        and (named or relative.prop) not in device.properties
        and not relative.main
    ):
        raise Decline("the device has no such property", f"{device.id} {relative.prop}")
    if relative.main and named is None and device.properties and relative.prop not in device.properties:
        raise Decline("the words do not say which property of the device changes", device.id)
    command, arg = change(relative, device, named)
    if own is not None:
        command = step.name or command
    stated, only_direction = _stated(step)
    note = ""
    if "delta" in arg:
        wanted = arg["delta"]
        if stated is not None:
            if (stated > 0) != (wanted > 0) or stated == 0:
                raise Decline("the change in the record goes the other way than the sentence", str(stated))
            if relative.amount is not None and stated != wanted:
                raise Decline("the change in the record is not the amount that is said", str(stated))
            arg = {"delta": wanted if only_direction else stated}
        property_name = own or PROPERTIES.get(command, relative.prop or "")
        note = _given_way(step, property_name, wanted, device.properties.get(property_name, {}))
    extra = [
        k
        for k in step.params
        if k not in _KEYS
        and k not in _AMOUNTS
        and k not in _SIDE
        and not k.endswith(("_delta", "_change"))
        and k not in {"mode", "power"}
    ]
    if extra:
        raise Decline("the record has parameters that a change cannot carry", ", ".join(extra))
    return command, arg, note


def property_of(key: str) -> str:
    """Return the property that a parameter of a record stands for, or the parameter itself."""
    return _KEYS.get(key, key)


def _stated(step: Step) -> tuple[float | None, bool]:
    """Return the change that the record states by itself, and whether it is only a direction (`"volume": "down"`)."""
    for key, value in step.params.items():
        if key in _AMOUNTS or key.endswith(("_delta", "_change")):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return value, False
            if isinstance(value, str):
                return _spelled(value)
    for key in ("direction", "action", *_KEYS):
        value = step.params.get(key)
        if isinstance(value, str) and (value.lower() in _WORDS or value.startswith(("+", "-"))):
            return _spelled(value)
    return None, False


def _spelled(value: str) -> tuple[float | None, bool]:
    word = value.strip().lower()
    if word in _WORDS:
        return _WORDS[word], True
    try:
        number = float(word.rstrip("%°c度"))
    except ValueError:
        return None, False
    return (int(number) if number.is_integer() else number), False


def _given_way(step: Step, name: str, wanted: float, limits: Any) -> str:
    """Return a note of the absolute value that gives way; decline where it stands at the opposite extreme."""
    for key, value in step.params.items():
        number = read_number(value)
        if _KEYS.get(key) != name or number is None:
            continue
        low, high = limits.get("min", 0), limits.get("max", 100)
        if (wanted > 0 and number <= low) or (wanted < 0 and number >= high):
            raise Decline("the value in the record contradicts the direction", f"{key} {value}")
        return f"the absolute value {key} {value} gave way"
    return ""
