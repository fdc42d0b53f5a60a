"""What a sentence asks for, as values: mentions of devices, changes, actions; and the properties they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from curation.text import Span

STEPS: Mapping[str, float] = {
    "temperature": 1,
    "brightness": 10,
    "volume": 10,
    "level": 1,
    "humidity": 5,
    "position": 10,
    "color_temperature": 500,
    "channel": 1,
}
"""The step of a property where no catalogue gives one (target format, Fuzzy)."""
SETTERS: Mapping[str, str] = {
    "temperature": "set_temperature",
    "humidity": "set_humidity",
    "brightness": "set_brightness",
    "volume": "set_volume",
    "level": "set_fan_speed",
    "position": "set_position",
    "color": "set_color",
    "color_temperature": "set_color_temperature",
    "mode": "set_mode",
    "channel": "set_channel",
}
PROPERTIES: Mapping[str, str] = {command: name for name, command in SETTERS.items()}
"""The property that each command sets."""
POWER = {"turn_on", "turn_off", "open", "close"}
JOBS = {"start", "pause", "resume", "stop", "return_to_base", "clean", "wash"}
ANYWHERE = frozenset({"notify", "activate_scene", "play_media"})
"""Commands that a device carries out which need not be named."""
BEYOND = frozenset({"restart", "arm", "disarm", "swing", "repeat", "seek", "spin", "charge", "keep_warm", "unmute"})
"""What can be asked for and has no command of the target format."""
WORKERS = frozenset(
    {
        "robot_vacuum",
        "washer",
        "dryer",
        "dishwasher",
        "oven",
        "microwave",
        "rice_cooker",
        "kettle",
        "coffee_machine",
        "air_fryer",
        "feeder",
        "sprinkler",
        "switch",
        "plug",
    }
)
"""Types that sweep, wash, cook or feed, or that something which does is plugged into."""
LEAVES = frozenset({"curtain", "blind", "window", "valve", "gas_valve", "water_valve", "garage_door", "screen"})
"""Types that open and close instead of switching power."""
MAIN = {
    "temperature": {
        "ac",
        "heater",
        "thermostat",
        "water_heater",
        "oven",
        "fridge",
        "floor_heating",
        "kettle",
        "aquarium",
    },
    "brightness": {"light", "spotlight", "bedside_lamp", "lamp", "floor_lamp", "night_light"},
    "volume": {"tv", "speaker"},
    "level": {"fan", "purifier", "range_hood", "robot_vacuum", "fresh_air", "electric_blanket", "exhaust_fan"},
    "humidity": {"humidifier", "dehumidifier"},
    "position": {"curtain", "blind", "window", "water_valve"},
}


_MAIN_OF = {device: name for name, types in MAIN.items() for device in types}
EITHER_WAY = frozenset({"screen", "clothes_rack", "awning"})
"""Types of which 放下 and 收起 do not say whether they open or close."""


_BESIDE_MAIN = {
    "brightness": frozenset({"color", "color_temperature"}),
    "volume": frozenset({"channel"}),
    "position": frozenset[str](),
    "temperature": frozenset({"level"}),
    "humidity": frozenset({"level"}),
    "level": frozenset[str](),
}
"""Properties that devices have beside their main one, by that."""
_BESIDE = frozenset(
    {
        ("tv", "brightness"),
        ("robot_vacuum", "volume"),
        ("ac", "humidity"),
        ("thermostat", "humidity"),
        ("purifier", "humidity"),
        ("electric_blanket", "temperature"),
        ("fresh_air", "temperature"),
        ("fresh_air", "humidity"),
    }
)
"""What a type of device has besides; no fan is set to 28 degrees (开风扇并设温度28度)."""


def can_have(device: str | None, prop: str) -> bool:
    """Tell whether a type of device may have a property, as far as it is known what it has."""
    main = main_property(device)
    return main is None or prop == main or prop in _BESIDE_MAIN[main] or (device, prop) in _BESIDE


def main_property(device: str | None) -> str | None:
    """Return the property that 高一点 means on a device of this type, or None."""
    return _MAIN_OF.get(device or "")


class Mention(NamedTuple):
    """How a sentence names a device: its type, its room, whether all of them are meant, and the words."""

    type: str | None
    room: str | None
    words: str
    span: Span
    every: bool = False
    lent: bool = False
    """The room is the one spoken of before (书房不待了，…), where such a device need not stand."""
    place: str = ""
    """Words that say which one it is where they name no known room: 天台 in 天台的灯."""


class Relative(NamedTuple):
    """A change that is said relative to now."""

    prop: str | None
    sign: int | None
    amount: float | None = None
    """How far, in the property's unit, where it is said."""
    steps: int = 1
    """How far in steps of the property, where only words such as 一点 or 很多 say it."""
    main: bool = False
    """The property was not named: it is taken from the device."""
    asked: bool = True
    """False for a complaint (太热了), which names no action."""

    @property
    def delta(self) -> float | None:
        """Return the change in the property's unit with the default step, or None where no direction is said."""
        if self.sign is None or (self.amount is None and self.prop is None):
            return None
        size = self.amount if self.amount is not None else self.steps * STEPS.get(self.prop or "", 1)
        return self.sign * (int(size) if float(size).is_integer() else size)


class Action(NamedTuple):
    """One thing to do."""

    span: Span
    device: Mention | None
    command: str
    arg: Mapping[str, Any] = {}
    relative: Relative | None = None
    named: bool = True
    """False where the device was taken over from the words before."""
    certain: bool = True
    """False where the words do not settle what is asked."""
    room: str | None = None
    """The room that is said where no device is named (把卧室调到26度)."""

    def as_json(self) -> dict[str, Any]:
        """Return the action as `rules analyse` shows it."""
        device = (
            None
            if self.device is None
            else {"type": self.device.type, "room": self.device.room, "words": self.device.words}
        )
        room = {"room": self.room} if self.room else {}
        return {"device": device, **room, "command": self.command, "arg": dict(self.arg), "span": list(self.span)}
