"""Triggers of the target format: their keys, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rules.smart_home.old_values import is_number, read_seconds, spelled

CANONICAL_KEYS = frozenset(
    [
        "time_after",
        "time",
        "repeat",
        "temperature",
        "humidity",
        "pm25",
        "co2",
        "battery",
        "for",
        "event",
        "water_leak_sensor",
        "motion_sensor",
        "door_sensor",
        "window_sensor",
        "smoke_sensor",
        "gas_sensor",
        "rain_sensor",
        "light_sensor",
    ]
)
SENSORS: Mapping[str, tuple[str, ...]] = {
    "water_leak_sensor": ("leak", "normal"),
    "motion_sensor": ("detected", "clear"),
    "door_sensor": ("open", "closed"),
    "window_sensor": ("open", "closed"),
    "smoke_sensor": ("detected", "clear"),
    "gas_sensor": ("detected", "clear"),
    "rain_sensor": ("rain", "dry"),
    "light_sensor": ("dark", "bright"),
}
"""Sensor type -> its states, the one that sets it off first."""
EVENTS = frozenset({"sleep", "leave_home", "arrive_home", "wake_up"})
"""Events of the household that a trigger can name."""
COMPARED = frozenset({"temperature", "humidity", "pm25", "co2", "battery"})
"""Measures that a trigger compares with a number."""


def is_canonical(trigger: Any) -> bool:
    """Tell whether a trigger is one of the target format (or empty)."""
    if not isinstance(trigger, dict) or not trigger:
        return False
    for key, value in trigger.items():
        base = sensor_type(key)
        if key not in CANONICAL_KEYS and base is None:
            return False
        if base is not None and value not in SENSORS[base]:
            return False
        if key in COMPARED and not (
            isinstance(value, dict)
            and set(value) == {"operator", "value"}
            and value["operator"] in (">", "<", ">=", "<=", "==")  # of no set: a log may hold a list here
            and is_number(value["value"])
        ):
            return False
        if key in {"time_after", "for"} and not (
            isinstance(value, str)
            and re.fullmatch(r"(?:\d+h)?(?:\d+m)?(?:\d+s)?", value)
            and value
            and spelled(read_seconds(value)) == [value]
        ):
            return False
        if key == "event" and value not in tuple(EVENTS):
            return False
        if key == "time" and not (isinstance(value, str) and re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value)):
            return False
    return True


def sensor_type(key: str) -> str | None:
    """Return the type of a sensor's key or id (`door_sensor_entrance_01`), or None."""
    return next((name for name in SENSORS if key == name or key.startswith(name + "_")), None)


def sensor_ids(value: Any) -> list[str]:
    """Return the sensor ids, not the bare types, anywhere in a trigger as found."""
    if isinstance(value, Mapping):
        return [*(k for k in value if k in _ids([k])), *(i for v in value.values() for i in sensor_ids(v))]
    if isinstance(value, list):
        return [i for v in value for i in sensor_ids(v)]
    return _ids([value]) if isinstance(value, str) else []


def _ids(names: Iterable[str]) -> list[str]:
    return [name for name in names if (base := sensor_type(name)) is not None and name != base]
