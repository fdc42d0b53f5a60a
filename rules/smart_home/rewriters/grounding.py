"""From what a sentence asks for to an action a device can run: grounded in the catalogue, or declined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.rewriting import Decline
from rules.smart_home.asked.model import EITHER_WAY, SETTERS, Action, Relative
from rules.smart_home.catalogue import Device
from rules.smart_home.home import Home
from rules.smart_home.sentence import Analysis

_KEEPERS = {"notify": "notifier", "activate_scene": "gateway", "play_media": "speaker"}


def entries(
    action: Action, sentence: Analysis, context: Home, own: Sequence[str], room: str | None
) -> list[dict[str, Any]]:
    """Return the action-list entries for one action that the record had lost.

    `own` are the devices of the record, `room` is the room said last. Raises `Decline` where it is not sure.
    """
    if not action.certain:
        raise Decline("the words do not settle an action", _words(action, sentence))
    devices = _devices(action, sentence, context, own, room)
    return [{"device_id": device.id, **_done(action, device, sentence, context)} for device in devices]


def _words(action: Action, sentence: Analysis) -> str:
    span = sentence.text.to_source(*action.span)
    return sentence.text.source[span.start : span.end].strip("，,。、 ")


def _devices(action: Action, sentence: Analysis, context: Home, own: Sequence[str], room: str | None) -> list[Device]:
    catalogue = context.catalogue
    if action.device is None or action.device.type is None:
        kind = _KEEPERS.get(action.command)
        if kind is None and len(own) == 1 and action.command in catalogue.get(own[0]).commands:
            return [catalogue.get(own[0])]
        if kind is None:
            raise Decline("an action names no device", _words(action, sentence))
        known = catalogue.of_type(kind)
        here = (
            [d for d in known if d.room == room]
            or [d for d in known if d.id in own]
            or [d for d in known if any(catalogue.get(o).room == d.room for o in own)]
        )
        for found in (known, here):
            if len(found) == 1:
                return found
        raise Decline("an action names no device", _words(action, sentence))
    if not action.named and len(own) == 1 and catalogue.fits(action.device, own[0]):
        # 它, or nothing at all: the device said last, which the record may hold already.
        return [catalogue.get(own[0])]
    return catalogue.ground(action.device, room, own)


def _done(action: Action, device: Device, sentence: Analysis, context: Home) -> dict[str, Any]:
    """Return command and arg for a grounded action, checked against what the device can do."""
    command, arg = action.command, dict(action.arg)
    if action.relative is not None:
        command, arg = change(action.relative, device)
    elif command in {"turn_on", "turn_off", "open", "close", "lock", "unlock"}:
        if device.type in EITHER_WAY and command in {"open", "close"}:
            raise Decline("the words do not settle an action", _words(action, sentence))
        command = _leaves(command, device)
    elif command == "start":
        command = "start" if not device.commands or "start" in device.commands else "turn_on"
    elif command == "notify":
        arg = {"message": _message(action, sentence)}
    elif command == "activate_scene":
        word = str(arg.get("scene", ""))
        arg = {"scene": context.lexicons["scenes"].value(word) or word}
    elif command == "play_media" and not arg:
        raise Decline("what is to be played is not said", _words(action, sentence))
    elif command in {"adjust", "set", "set_timer", "delete", "next", "previous", "mute"}:
        raise Decline("an action that was lost has no command of the target format", _words(action, sentence))
    for name, value in arg.items():
        if value in {"max", "min"}:
            limits = device.properties.get(name, {})
            if value not in limits:
                raise Decline("the catalogue gives no limit for a property", f"{device.id} {name}")
            arg[name] = limits[value]
        elif value == "auto" and name != "mode":
            raise Decline("the words do not settle an action", _words(action, sentence))
    if device.commands and command not in device.commands:
        raise Decline("the device cannot do what the sentence asks", f"{device.id} {command}")
    _within(arg, device)
    return {"command": command, "arg": arg}


def _within(arg: Mapping[str, Any], device: Device) -> None:
    for name, value in arg.items():
        limits = device.properties.get(name, {})
        if isinstance(value, (int, float)) and not limits.get("min", value) <= value <= limits.get("max", value):
            raise Decline("a value outside what the device can do", f"{device.id} {name} {value}")


def _leaves(command: str, device: Device) -> str:
    """Return the word for opening or closing that this device knows."""
    pairs = {"turn_on": ("turn_on", "open", "unlock"), "turn_off": ("turn_off", "close", "lock")}
    pairs |= {"open": ("open", "turn_on", "unlock"), "close": ("close", "turn_off", "lock")}
    if not device.commands:
        return command
    return next((word for word in pairs.get(command, (command,)) if word in device.commands), command)


def _message(action: Action, sentence: Analysis) -> str:
    """Return what is to be said: the words as spoken, or what the trigger says."""
    said = str(action.arg.get("message", ""))
    if said:
        return said
    if sentence.conditions:
        span = sentence.text.to_source(*sentence.conditions[0].span)
        return sentence.text.source[span.start : span.end]
    raise Decline("what is to be said is not said", _words(action, sentence))


def change(relative: Relative, device: Device, named: str | None = None) -> tuple[str, dict[str, Any]]:
    """Return command and arg of a change relative to now; `named` is the property that the record itself names."""
    name = relative.prop if not relative.main or named is None else named
    name = name or named
    if relative.sign is None:
        return SETTERS.get(named or "", "set_mode"), {"mode": "auto"}
    if name is None:
        raise Decline("the words do not say which property changes", "")
    size = relative.amount if relative.amount is not None else relative.steps * device.step(name)
    delta = relative.sign * size
    return SETTERS[name], {"delta": int(delta) if float(delta).is_integer() else delta}
