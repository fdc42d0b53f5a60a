"""Slots for what is to be done: actions of the home's own devices, and what no device of it can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from curation.rewriting import Decline, Filling, slot
from curation.text import Span
from rules.smart_home.asked.model import LEAVES, SETTERS, Mention
from rules.smart_home.catalogue import Device
from rules.smart_home.home import Home
from rules.smart_home.old_values import is_number
from rules.smart_home.rewriters.limits import limits
from rules.smart_home_supplement.times import Filled, spoken

_VERBS = {
    "turn_on": ("打开", "开启"),
    "turn_off": ("关闭", "关掉"),
    "open": ("打开",),
    "close": ("关上",),
    "lock": ("锁上",),
}
_POWER = {"turn_on": "on", "turn_off": "off"}
_SAFELY = {"lock": ("lock",), "gas_valve": ("close",), "water_valve": ("close",)}
"""What nobody should learn to do to a device on a vague condition is left out."""
_SETTING = {
    "temperature": ("温度", "度"),
    "brightness": ("亮度", ""),
    "volume": ("音量", ""),
    "level": ("风速", "档"),
    "humidity": ("湿度", "%"),
}
"""How a property is said, and the unit of its value."""
_CHANGES = {1: ("调高一点", "调高一些", "再高一点"), -1: ("调低一点", "调低一些", "再低一点")}


@slot("action")
def action(
    draw: Random, context: Home, filled: Filled, *, do: Sequence[str], types: Sequence[str] | None = None
) -> Filling:
    """Ask one device of the catalogue for something: `switch` it, `set` a property, or `change` one a little.

    Only devices whose words mean no other are named, and none that an earlier slot names. The parts of the value are
    the action as it stands alone under a trigger (`alone`), in a list (`listed`), and for a plain command `function`
    and `params`.
    """
    taken = {
        one.value["device_id"] for one in filled.values() if isinstance(one.value, Mapping) and "device_id" in one.value
    }
    able = [
        (device, words, kind)
        for device, words in _named(context)
        if device.id not in taken and (types is None or device.type in types)
        for kind in do
        if _ways(device, kind)
    ]
    if not able:
        raise Decline("no device of the catalogue can do it", ", ".join(do))
    kinds = sorted({kind for _, _, kind in able})
    chosen = draw.choice(kinds)
    device, words, _ = draw.choice([one for one in able if one[2] == chosen])
    return _asked(draw, device, words, chosen)


@slot("device-of")
def device_of(draw: Random, context: Home, filled: Filled, *, type: str) -> Filling:  # noqa: ARG001
    """Choose a device of a type, unnamed: what a log kept of a scene. The value is its id."""
    known = context.catalogue.of_type(type)
    if not known:
        raise Decline("the home has no device of the type", type)
    return Filling("", draw.choice(known).id)


@slot("room-of")
def room_of(draw: Random, context: Home, filled: Filled, *, type: str) -> Filling:  # noqa: ARG001
    """Name a room in which one device of a type stands; the value is the device's id."""
    known = context.catalogue.of_type(type)
    rooms = [device.room for device in known]
    alone = [d for d in known if d.room and rooms.count(d.room) == 1 and context.catalogue.rooms.get(d.room)]
    if not alone:
        raise Decline("no room has just one device of the type", type)
    device = draw.choice(alone)
    return Filling(context.catalogue.rooms[device.room or ""][0], device.id)


@slot("missing-device")
def missing_device(draw: Random, context: Home, filled: Filled, *, types: Sequence[str]) -> Filling:  # noqa: ARG001
    """Name a device of a type that nothing in the home is or could be called by."""
    absent = []
    for kind in types:
        word = context.lexicons["devices"].entries[kind][0]
        mention = Mention(kind, None, word, Span(0, 0))
        if not any(context.catalogue.fits(mention, identity) for identity in context.catalogue.devices):
            absent.append(word)
    if not absent:
        raise Decline("the home has all of them", ", ".join(types))
    word = draw.choice(absent)
    return Filling(word, word)


@slot("excess")
def excess(draw: Random, context: Home, filled: Filled, *, properties: Sequence[str]) -> Filling:  # noqa: ARG001
    """Ask one device for a value of a property beyond what the catalogue says it can have."""
    able = [
        (device, words, name, range_)
        for device, words in _named(context)
        for name in properties
        if (range_ := limits(device, name)) is not None and SETTERS[name] in device.commands
    ]
    if not able:
        raise Decline("the catalogue gives no limits", ", ".join(properties))
    device, words, name, (low, high) = draw.choice(able)
    beyond = [int(high) + more for more in (5, 10, 15, 20, 40, 50)] + [v for v in (int(low) - 5,) if v > 0]
    value = draw.choice(beyond)
    said, unit = _SETTING[name]
    return Filling(f"把{words}的{said}调到{spoken(draw, value)}{unit}", {"device_id": device.id})


def _named(context: Home) -> Iterator[tuple[Device, str]]:
    """Yield the devices with words that mean them and no other, room first, in the order of their ids."""
    catalogue = context.catalogue
    for device in catalogue.devices.values():
        known = context.lexicons["devices"].entries.get(device.type)
        if device.is_group or known is None:
            continue
        name = next((word for word in known if word in device.names), known[0])
        room = None if device.room in {None, "home"} else device.room
        mention = Mention(device.type, room, name, Span(0, 0))
        meant = [one for one in catalogue.fitting(mention) if room is None or one.room == room]
        if [one.id for one in meant] != [device.id]:
            continue
        if room is None:
            yield device, name
        elif catalogue.rooms.get(room):
            yield device, f"{catalogue.rooms[room][0]}{name}"


def _ways(device: Device, kind: str) -> list[str]:
    """Return the commands, or the properties, by which a device can be asked for a kind of action."""
    if kind == "switch":
        usual = ("open", "close") if device.type in LEAVES else tuple(_POWER)
        usual = _SAFELY.get(device.type, usual)
        return [command for command in usual if not device.commands or command in device.commands]
    return [
        name
        for name in _SETTING
        if SETTERS[name] in device.commands and limits(device, name) is not None and is_number(device.step(name))
    ]


def _asked(draw: Random, device: Device, words: str, kind: str) -> Filling:
    way = draw.choice(_ways(device, kind))
    if kind == "switch":
        verb = draw.choice(_VERBS[way])
        said = draw.choice((f"{verb}{words}", f"把{words}{verb}"))
        return Filling(said, _value(device, way, {}))
    spoken_name, unit = _SETTING[way]
    if kind == "change":
        sign = draw.choice((1, -1))
        step = sign * device.step(way)
        delta = int(step) if step.is_integer() else step
        return Filling(
            f"把{words}的{spoken_name}{draw.choice(_CHANGES[sign])}", _value(device, SETTERS[way], {"delta": delta})
        )
    value = draw.choice(_round(device, way))
    said = f"把{words}的{spoken_name}调到{spoken(draw, value)}{unit}"
    return Filling(said, _value(device, SETTERS[way], {way: value}))


def _round(device: Device, name: str) -> list[int]:
    """Return the values of a property that people say: whole steps within its limits."""
    low, high = limits(device, name) or (0, 0)
    step = max(int(device.step(name)), 1)
    return [value for value in range(int(low), int(high) + 1) if value % step == 0] or [int(low)]


def _value(device: Device, command: str, arg: Mapping[str, Any]) -> dict[str, Any]:
    power = _POWER.get(command)
    return {
        "device_id": device.id,
        "listed": {"device_id": device.id, "command": command, "arg": dict(arg)},
        "alone": {"device_id": device.id, "arg": command if power else {"op": command, **arg}},
        "function": "control_device" if power else command,
        "params": {"device_id": device.id, "power": power} if power else {"device_id": device.id, **arg},
    }
