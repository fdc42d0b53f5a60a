"""The device catalogue: what a mention in an instruction can be grounded in.

It comes from the data set itself (every `device_id` seen, its prefix and its room part); a file of the user's adds to
it and corrects it. A mention is grounded surely when exactly one device fits; otherwise a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from curation.rewriting import Decline
from curation.text import fold
from rules.smart_home.asked.model import STEPS, Mention

_ID = re.compile(r"(?P<type>[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*?)(?:_(?P<number>\d+|all))?$")


@dataclass(frozen=True)
class Device:
    """One device: what it is, where it stands, what it is called and what it can do."""

    id: str
    type: str
    room: str | None
    names: frozenset[str] = frozenset()
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    commands: frozenset[str] = frozenset()

    @property
    def is_group(self) -> bool:
        """Tell whether the id stands for all devices of the type."""
        return self.id.endswith("_all")

    def step(self, name: str) -> float:
        """Return the step of a property, the format's default where the catalogue has none."""
        return float(self.properties.get(name, {}).get("step", STEPS.get(name, 1)))


@dataclass(frozen=True)
class Catalogue:
    """All devices that are known, and the spoken names of rooms."""

    devices: Mapping[str, Device]
    rooms: Mapping[str, tuple[str, ...]]

    def __contains__(self, device_id: object) -> bool:
        """Tell whether a device id is known."""
        return device_id in self.devices

    def get(self, device_id: str) -> Device:
        """Return a device; of an unknown id, what the id itself says."""
        return self.devices.get(device_id) or from_id(device_id, self.rooms)

    def lacks_mode(self, device_id: str | None, mode: Any) -> bool:
        """Tell whether a device of the catalogue has no such mode: to dry is all that a dehumidifier does."""
        device = self.devices.get(device_id or "")
        return device is not None and mode not in device.properties.get("mode", {}).get("values", ())

    @property
    def spoken(self) -> dict[str, dict[str, list[str]]]:
        """Return the names that the vocabulary does not have by itself: lexicon -> value -> words."""
        names: dict[str, list[str]] = {}
        for device in self.devices.values():
            if not device.is_group:
                names.setdefault(device.type, []).extend(sorted(device.names))
        return {"devices": names, "rooms": {room: list(words) for room, words in self.rooms.items()}}

    def fitting(self, mention: Mention) -> list[Device]:
        """Return the devices that the words of a mention fit, rooms aside, groups left out."""
        exact = self._by_name.get(mention.words, [])
        if exact:
            # A name that only some devices carry (平开窗) tells them from the others of their type.
            return [*exact, *(d for d in self.of_type(mention.type) if not d.names)]
        return self.of_type(mention.type)

    def meant(self, mention: Mention) -> frozenset[str]:
        """Return the ids of the devices that the words and the room of a mention fit, groups left out."""
        key = (mention.words, mention.type, mention.room)
        known = self._meant.get(key)
        if known is None:
            known = frozenset(d.id for d in self.fitting(mention) if mention.room in {None, "home", d.room})
            self._meant[key] = known
        return known

    def is_one_of_all(self, mention: Mention, device_id: str) -> bool:
        """Tell whether a mention means all devices of several, of which this is one (所有的灯 and one light)."""
        return mention.every and len(meant := self.meant(mention)) > 1 and device_id in meant

    def is_elsewhere(self, device_id: str, room: str | None) -> bool:
        """Tell whether a device surely does not stand in this room; what goes about in the house stands anywhere."""
        device = self.get(device_id)
        return (
            room is not None
            and device.room not in {None, "home", room}
            and not device.is_group
            and device.type != "robot_vacuum"
        )

    def fits(self, mention: Mention, device_id: str) -> bool:
        """Tell whether a mention may well mean this device."""
        device = self.get(device_id)
        if mention.type is None:
            return True
        if (
            device.type != mention.type
            and mention.words not in device.names
            and not _same_kind(device.type, mention.type)
        ):
            return False
        return (
            mention.room is None
            or device.room in {None, "home", mention.room}
            or device.is_group
            or mention.room == "home"
            or (mention.lent and not any(d.room == mention.room for d in self.fitting(mention)))
        )

    def ground(self, mention: Mention, said_room: str | None, own: Sequence[str]) -> list[Device]:
        """Return the device (of 所有: the devices) that a mention means, or decline with what was found.

        A room is the one said with it, else the one said last, else that of the record's own device; failing all
        these the only device of the type.
        """
        fitting = self.fitting(mention)
        if mention.every:
            return self._all(mention, fitting)
        if not fitting:
            raise Decline("the device of an action is not in the catalogue", mention.words)
        if mention.place:
            raise Decline("no device of the catalogue fits the room that is said", f"{mention.place} {mention.words}")
        own_rooms = [] if mention.room else [self.get(device_id).room for device_id in own]
        for room in dict.fromkeys([mention.room or said_room, *own_rooms]):
            here = [d for d in fitting if d.room == room] if room else []
            if len(here) == 1:
                return here
            if len(here) > 1:
                raise Decline("several devices of the catalogue fit an action", ", ".join(d.id for d in here))
        if mention.room and mention.room != "home" and not mention.lent:  # 家里的空调 may stand in any room
            raise Decline("no device of the catalogue fits the room that is said", f"{mention.room} {mention.words}")
        if len(fitting) == 1:
            return fitting
        raise Decline("several devices of the catalogue fit an action", ", ".join(sorted(d.id for d in fitting)))

    def _all(self, mention: Mention, fitting: Sequence[Device]) -> list[Device]:
        if mention.room is None or mention.room == "home":
            group = [d for d in self.devices.values() if d.is_group and d.type == mention.type]
            if len(group) == 1:
                return group
        here = [d for d in fitting if mention.room in {None, "home", d.room}]
        if not here:
            raise Decline("the device of an action is not in the catalogue", mention.words)
        return here

    def of_type(self, kind: str | None) -> list[Device]:
        """Return the devices of a type, groups left out."""
        return list(self._by_type.get(kind, ()))

    @cached_property
    def _meant(self) -> dict[tuple[str, str | None, str | None], frozenset[str]]:
        return {}  # the vocabulary bounds what a mention can say

    @cached_property
    def _by_type(self) -> dict[str | None, list[Device]]:
        found: dict[str | None, list[Device]] = {}
        for device in self._single:
            found.setdefault(device.type, []).append(device)
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Device]]:
        found: dict[str, list[Device]] = {}
        for device in self._single:
            for name in device.names:
                found.setdefault(name, []).append(device)
        return found

    @cached_property
    def _single(self) -> list[Device]:
        return [device for device in self.devices.values() if not device.is_group]


_KINDS = (
    frozenset({"light", "spotlight", "bedside_lamp", "lamp", "floor_lamp", "night_light"}),
    frozenset({"curtain", "blind", "screen"}),
    frozenset({"fan", "exhaust_fan", "range_hood"}),
    frozenset({"lock", "garage_door"}),
    frozenset({"timer", "alarm_clock"}),
    frozenset({"heater", "floor_heating", "thermostat", "ac"}),
    frozenset({"water_heater", "kettle"}),
    frozenset({"plug", "switch"}),
    frozenset({"valve", "gas_valve", "water_valve", "sprinkler"}),
    frozenset({"tv", "speaker", "projector"}),
)


def _same_kind(one: str, other: str) -> bool:
    """Tell whether two types are so near that people call one by the other's name (灯 for a spotlight)."""
    return any(one in kind and other in kind for kind in _KINDS)


def from_id(device_id: str, rooms: Mapping[str, Any]) -> Device:
    """Return what a device id says by itself: `night_light_bedroom_01` is a night_light in the bedroom."""
    match = _ID.match(device_id)
    words = (match["type"] if match else device_id).split("_")
    if len(words) > 1 and words[-1] in rooms:
        return Device(device_id, "_".join(words[:-1]), words[-1])
    return Device(device_id, "_".join(words), None)


def load(
    content: Mapping[str, Any] | None, rooms: Mapping[str, tuple[str, ...]], seen: Iterable[str] = ()
) -> Catalogue:
    """Return the catalogue of a file (`rooms`, `devices`) together with the device ids seen in a data set.

    Devices keep the order of the file, in which all of a type are listed; those only seen follow by their ids.
    """
    content = content or {}
    all_rooms = {**rooms, **{room: tuple(words) for room, words in content.get("rooms", {}).items()}}
    devices = {
        entry["id"]: Device(
            entry["id"],
            entry["type"],
            entry.get("room"),
            frozenset(fold(name).text for name in entry.get("names", [])),
            entry.get("properties", {}),
            frozenset(entry.get("commands", [])),
        )
        for entry in content.get("devices", [])
    }
    for device_id in sorted(set(seen) - devices.keys()):
        devices[device_id] = from_id(device_id, all_rooms)
    return Catalogue(devices, all_rooms)


def device_ids(value: Any) -> Iterator[str]:
    """Yield every `device_id` anywhere in a parsed output."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "device_id" and isinstance(inner, str) and inner:
                yield inner
            else:
                yield from device_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from device_ids(inner)


def content_of(catalogue: Catalogue) -> dict[str, Any]:
    """Return a catalogue as the content of a catalogue file."""
    return {
        "rooms": {room: list(words) for room, words in catalogue.rooms.items()},
        "devices": [
            {
                "id": d.id,
                "type": d.type,
                "room": d.room,
                "names": sorted(d.names),
                "properties": {name: dict(limits) for name, limits in d.properties.items()},
                "commands": sorted(d.commands),
            }
            for d in catalogue.devices.values()
        ],
    }
