"""Single values in older triggers, however a log spells them: days, times of day, lengths of time, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from curation.text import fold
from rules.chinese.durations import canonical_duration, find_durations

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS: Mapping[str, frozenset[str]] = {
    word: frozenset(days)
    for words, days in (
        ("daily everyday every_day day days", WEEK),
        ("weekdays weekday workdays workday working_days mon-fri mon_to_fri monday-friday 1-5", WEEK[:5]),
        ("weekends weekend sat-sun", WEEK[5:]),
        ("once none no never false single one_time", ()),
    )
    for word in words.split()
}
_WEEKDAY = re.compile(
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?"
)
_CLOCK = re.compile(
    r"\s*(?:\d{4}-\d\d-\d\d[T ])?(\d{1,2}):(\d\d)(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:?\d\d)?"
    r"\s*(am|pm|a\.m\.|p\.m\.)?\s*",
    re.IGNORECASE,
)
_LONGEST = 10 * 365 * 86400
_UNITS = {"h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(\d+(?:\.\d+)?)\s*(h(?:ours?|rs?|r)?|m(?:in(?:ute)?s?|ins?)?|s(?:ec(?:ond)?s?)?|小时|分钟|分|秒钟?|个小时|钟头)",
    re.IGNORECASE,
)
_CHINESE_UNITS = {"小": "h", "个": "h", "钟": "h", "分": "m", "秒": "s"}


def read_days(value: Any) -> frozenset[str] | None:
    """Return the days on which something comes back, however they are spelled: none for once; None if unreadable."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):  # Monday is 1, as in ISO 8601 and in cron; both ends of the week are Sunday
        return frozenset({WEEK[value - 1]}) if 0 <= value <= len(WEEK) else None
    if isinstance(value, list):
        each = [read_days(one) for one in value]
        return None if None in each else frozenset(day for days in each for day in days or ())
    if not isinstance(value, str):
        return None
    word = value.strip().lower()
    if word in DAYS:
        return DAYS[word]
    if _WEEKDAY.fullmatch(word):
        return frozenset({word[:3]})
    parts = re.split(r"[,;/|、和+\s]+", word)
    return read_days(parts) if len(parts) > 1 else None


def read_cron(value: str) -> tuple[str, frozenset[str]] | None:
    """Return the time and the days of a line of cron (40 6 * * 1-5), None where it says anything else.

    A line of six fields begins with the seconds; where it gives the days as numbers it is left alone: whether the first
    of them is Sunday or Monday depends on who wrote it.
    """
    fields = value.lower().split()
    if len(fields) == 6 and fields[0] in {"0", "00"} and not re.search(r"\d", fields[5]):
        fields = fields[1:]
    if len(fields) != 5 or any(field not in {"*", "?"} for field in fields[2:4]):
        return None
    clock = read_clock(f"{fields[1]}:{fields[0]:0>2}") if fields[0].isdigit() and fields[1].isdigit() else None
    days = DAYS["daily"] if fields[4] in {"*", "?"} else _read_cron_days(fields[4])
    return None if clock is None or days is None else (clock, days)


def _read_cron_days(field: str) -> frozenset[str] | None:
    found: set[str] = set()
    for part in field.split(","):
        first, _, last = part.partition("-")
        start, stop = (_place_in_week(end) for end in (first, last or first))
        if start < 0 or stop < start:
            return None
        found.update(WEEK[start : stop + 1])
    return frozenset(found)


def _place_in_week(day: str) -> int:
    """Return which day of the week this is, Monday being 0; -1 where it is none."""
    days = read_days(int(day) if day.isdigit() else day)
    return next(WEEK.index(one) for one in days) if days is not None and len(days) == 1 else -1


def read_clock(value: str) -> str | None:
    """Return a time of day in figures (9:30 PM, 2026-01-01T21:30+08:00) as HH:MM; None where it is none.

    A time in UTC is none: which hour of the home it is depends on where that lies.
    """
    match = _CLOCK.fullmatch(value)
    if not match:
        return None
    hour = int(match[1])
    if match[3]:
        hour = hour % 12 + (12 if match[3].lower().startswith("p") else 0)
    if hour == 24 and match[2] == "00":
        hour = 0
    return f"{hour:02d}:{match[2]}" if hour < 24 and int(match[2]) < 60 else None


def read_seconds(value: str) -> list[float]:
    """Return the length of time that a whole text is (30min, 1h 30m, PT30M), as the only member; else nothing."""
    if match := re.fullmatch(r"PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?", value.strip(), re.IGNORECASE):
        return [sum(int(n or 0) * u for n, u in zip(match.groups(), (3600, 60, 1), strict=True))]
    parts = _DURATION.findall(value)
    if not parts or re.sub(r"[\s,和]|后|later|after|in", "", _DURATION.sub("", value)):
        return []
    return [sum(float(n) * _UNITS[_CHINESE_UNITS.get(u[0], u[0].lower())] for n, u in parts)]


def spelled(seconds: Iterable[float]) -> list[str]:
    """Return durations as the target format spells them, left out those that nobody waits for."""
    return [canonical_duration(int(one)) for one in seconds if 0 <= one < _LONGEST]


def read_amounts(key: str, value: Any, unit: str) -> list[float]:
    """Return the seconds that a delay may mean: one value where a unit is said, otherwise minutes or seconds."""
    if isinstance(value, str):
        if exact := read_seconds(value):
            return exact
        folded = find_durations(fold(value).text)
        if folded:
            return [folded[0].seconds]
        if re.fullmatch(r"\d\d:\d\d:\d\d", value):
            hours, minutes, seconds = map(int, value.split(":"))
            return [hours * 3600 + minutes * 60 + seconds]
    number = read_number(value)
    if number is None:
        return []
    said = unit.lower() or key
    for pattern, size in ((r"hour|^h$|小时", 3600), (r"min|^m$|分", 60), (r"ms$|milli", 0.001), (r"sec|^s$|秒", 1)):
        if re.search(pattern, said):
            return [number * size]
    return [number, number * 60]


def read_number(value: Any) -> int | float | None:
    """Return the number that a value is, or that a text is with a unit of measures (28°C); None where it is none."""
    if is_number(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str) and (
        match := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(?:%|°?c|℃|度|ppm)?\s*", value, re.IGNORECASE)
    ):
        number = float(match[1])
        return int(number) if number.is_integer() else number
    return None


def is_number(value: Any) -> bool:
    """Tell whether a JSON value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
