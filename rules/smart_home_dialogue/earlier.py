"""The device that a conversation speaks of, and whether it is plausible for what is asked now."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from curation.text import fold
from rules.smart_home.asked.model import JOBS, LEAVES, MAIN, PROPERTIES, Action, main_property
from rules.smart_home.catalogue import Device, device_ids
from rules.smart_home.home import Home
from rules.smart_home.sentence import Analysis
from rules.smart_home.steps import take_apart

_ELSEWHERE = re.compile(
    r"另|其他|其它|其余|别的|隔壁|旁边|所有|全部|全都|都|每|一起|楼上|楼下|那边|这边|哪|换(?:一)?[个盏台]"
)
"""Words that point away from the device spoken of before, or to more than that one."""
_ABLE: Mapping[str, frozenset[str]] = {
    **{name: frozenset(types) for name, types in MAIN.items()},
    "color": frozenset(MAIN["brightness"]),
    "color_temperature": frozenset(MAIN["brightness"]),
    "volume": frozenset(MAIN["volume"]) | {"projector"},
    "level": frozenset(MAIN["level"]) | {"ac"},
    "mode": frozenset({"ac", "fan", "purifier", "humidifier", "dehumidifier", "heater", "robot_vacuum"}),
    "channel": frozenset({"tv"}),
}
"""Types that have a property, where no catalogue says what a device can do."""
_WORKERS = frozenset({"robot_vacuum", "washer", "washing_machine", "dryer", "dishwasher", "oven", "rice_cooker"})
_PLAYERS = frozenset({"tv", "speaker", "projector"})
_POWER = {
    "turn_on": ("turn_on", "open", "unlock"),
    "open": ("open", "turn_on", "unlock"),
    "turn_off": ("turn_off", "close", "lock"),
    "close": ("close", "turn_off", "lock"),
}


def spoken_of(record: Mapping[str, Any], sentence: Analysis, context: Home) -> Device | None:
    """Return the one device of the last command before, where the sentence points to no other; None otherwise.

    A turn without a command is passed over where its question names no device (a joke between two orders).
    """
    if _ELSEWHERE.search(sentence.text.text):
        return None
    for question, answer in reversed(record.get("history") or ()):
        found = _devices(answer)
        if len(found) == 1:
            device = context.catalogue.get(found.pop())
            rooms = {room for _, room in context.lexicons["rooms"].find(sentence.text.text)}
            return device if rooms <= {device.room} else None
        if found or any(True for _ in context.lexicons["devices"].find(fold(question).text)):
            return None
    return None


def _devices(answer: str) -> set[str]:
    """Return the devices of an answer; none where it is no command."""
    try:
        command = json.loads(answer)
    except ValueError:
        return set()
    if not isinstance(command, dict):
        return set()
    steps = {step.device_id for step in take_apart(command).steps if step.device_id}
    return steps | set(device_ids(command))


def nameless(action: Action) -> bool:
    """Tell whether an action is sure and names no device, so that the turns before may say which is meant."""
    return action.device is None and action.certain


def may_mean(action: Action, device: Device, context: Home) -> bool:
    """Tell whether an action that names no device, or only a kind of device (把灯调暗), may well mean this one."""
    mention = action.device
    if mention is None or not action.certain:
        return nameless(action)
    return mention.type is not None and not mention.every and context.catalogue.fits(mention, device.id)


def able(device: Device, action: Action) -> bool:
    """Tell whether a device can plausibly do what an action asks."""
    prop = PROPERTIES.get(action.command)
    if action.relative is not None:
        prop = main_property(device.type) if action.relative.main else action.relative.prop
        if prop is None:
            return False
    if prop is not None:
        return prop in device.properties if device.properties else device.type in _ABLE.get(prop, ())
    if action.command in _POWER:
        words = _POWER[action.command]
        return any(word in device.commands for word in words) if device.commands else "sensor" not in device.type
    if device.commands:
        return action.command in device.commands
    if action.command in {"lock", "unlock"}:
        return device.type == "lock"
    if action.command == "return_to_base":
        return device.type == "robot_vacuum"
    if action.command in JOBS:
        return device.type in _WORKERS | _PLAYERS or (action.command == "stop" and device.type in LEAVES)
    return False
