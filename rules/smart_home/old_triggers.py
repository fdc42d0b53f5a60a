"""Triggers in the shapes that raw logs have, read as triggers of the target format where that is possible."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from curation.text import fold
from rules.chinese.clocks import find_clocks
from rules.chinese.comparisons import find_comparisons
from rules.chinese.durations import find_durations
from rules.smart_home.old_values import (
    DAYS,
    read_amounts,
    read_clock,
    read_cron,
    read_days,
    read_number,
    read_seconds,
    spelled,
)
from rules.smart_home.triggers import SENSORS, sensor_type

TRIGGER_KEYS = frozenset(
    [
        "trigger",
        "delay",
        "delay_time",
        "delay_minutes",
        "delay_seconds",
        "delay_hours",
        "time_delay",
        "time_after",
        "after",
        "countdown",
        "time",
        "at",
        "schedule",
        "scheduled_time",
        "start_time",
        "trigger_time",
        "execute_time",
        "exec_time",
        "run_at",
        "clock",
        "cron",
        "repeat",
        "days",
        "condition",
        "conditions",
        "sensor",
        "sensor_id",
        "when",
        "if",
        "event",
        "threshold",
        "operator",
    ]
)
"""Parameters that say when something is done, not what."""


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each word, from the words of each value."""
    return {word: value for value, several in words.items() for word in several.split()}


_OPERATORS = _by_word(
    {
        ">": "> gt greater_than above over greater more_than exceeds 大于 高于 超过",
        "<": "< lt less_than below under less 小于 低于",
        ">=": ">= gte ge greater_or_equal at_least ≥",
        "<=": "<= lte le less_or_equal at_most ≤",
        "==": "== = eq equals equal",
    }
)
MEASURES = _by_word(
    {
        "temperature": "temperature temp 温度",
        "humidity": "humidity 湿度",
        "pm25": "pm25 pm2.5 pm2_5",
        "co2": "co2",
        "battery": "battery battery_level 电量",
    }
)
_STATES = _by_word(
    {
        "open": "opened open",
        "closed": "close closed",
        "leak": "leak leaking wet leak_detected water_leak",
        "detected": "detected motion motion_detected occupied presence present smoke smoke_detected gas gas_leak",
        "clear": "clear no_motion none unoccupied absent nobody not_detected",
        "rain": "raining rain",
        "dry": "dry",
        "dark": "dark",
        "bright": "bright",
    }
)
_EVENTS = _by_word(
    {
        "sleep": "sleep sleeping go_to_sleep go_to_bed bedtime",
        "leave_home": "leave_home leave leaving away left left_home go_out",
        "arrive_home": "arrive_home arrive arrived arriving come_home home back_home return_home",
        "wake_up": "wake_up wakeup wake get_up",
    }
)
_OF_PEOPLE = frozenset({"event", "presence", "zone", "person", "household"})
"""Types of triggers that tell what somebody does."""
_ASIDE = frozenset({"unit", "units", "type", "kind", "platform", "enabled", "timezone"})
"""Parts of a trigger that say nothing by themselves."""
_LENGTH = re.compile(r"hour|hr|^h$|min|^m$|sec|^s$|^ms$|milli|小时|分|秒")
"""A unit of time."""
_DELAY_KEY = re.compile(
    r"delay|after|countdown|duration|minutes?$|seconds?$|hours?$|mins?$|secs?$|ms$|timeout|wait|timer|timing|later|offset"
    r"|auto_off|^for$|延[时迟]|定时"
)
_CLOCK_KEY = re.compile(r"time|^at$|clock|schedule|run_at|start")
_REPEAT_KEY = re.compile(
    r"repeats?(?:_type|_days)?|every|frequency|recurr(?:ence|ing)|cycle|period|interval|daily|days?(?:_of_week)?"
    r"|week_?days?|weekends?|workdays?|重复|周期"
)
_ADDS = re.compile(rf"^(?:{_REPEAT_KEY.pattern}|for)$|duration|delay|_?time$")
_SIGNS = (">", "<", ">=", "<=", "==")
_COMPARED = re.compile(r"\s*(>=|<=|==|=|>|<|≥|≤)\s*(-?\d+(?:\.\d+)?)\s*\D{0,4}")
_SIGN = r"\s*(?:>=|<=|==|=|>|<|≥|≤)\s*|\s+(?:gte?|lte?|ge|le|eq|above|below|over|under)\s+"
_COMPARISON = re.compile(
    rf"\s*([a-z0-9_.]+?)(?:_sensor)?(?:_[a-z]+)*(?:_\d+)?({_SIGN})(-?\d+(?:\.\d+)?)\s*(?:°?c|℃|%|ppm|度)?\s*$",
    re.IGNORECASE,
)

Spoken = Callable[[str], Mapping[str, Any]]
"""Reads Chinese words as the trigger that they state; empty where they state none."""


class Readings(dict[str, list[Any]]):
    """Trigger key -> every value that the old shape may mean (`{"delay": 30}` may be minutes or seconds).

    `repeat` is read as the set of its days, empty for once. Two keys stand beside those of a trigger: `comparison`, of
    whatever is measured, and `repeats`, that something comes back at all.
    """

    def __init__(self, spoken: Spoken | None = None) -> None:
        """Claim nothing yet."""
        super().__init__()
        self.spoken: Spoken = spoken or (lambda _: {})

    def claim(self, key: str, *values: Any) -> None:
        """Note what a part of the old shape may mean; what two parts say of one key must hold for both."""
        self[key] = [one for one in self[key] if one in values] if key in self else list(values)


def read_old(trigger: Any, spoken: Spoken | None = None) -> Readings | None:
    """Return what an old trigger may mean, key by key, or None where a part of it cannot be read.

    A trigger that only names a sensor claims nothing: its readings are empty.
    """
    found = Readings(spoken)
    return found if _read(trigger, found) else None


_NAMES_WHEN = frozenset(
    [
        "after", "alarm", "at", "auto_off", "clock", "cond", "condition", "conditions", "countdown", "cron",
        "cycle", "daily", "date", "datetime", "day", "days", "delay", "delayed", "duration", "every", "expression",
        "frequency", "hour", "hours", "hrs", "if", "interval", "later", "min", "mins", "minute", "minutes", "ms",
        "offset", "only_if", "period", "recurrence", "recurring", "repeat", "repeats", "rule", "schedule",
        "scheduled", "sec", "second", "seconds", "secs", "threshold", "time", "timeout", "timestamp", "timer", "timing",
        "trigger", "until", "wait", "waiting", "weekday", "weekdays", "weekend", "weekends", "weekly", "when",
        "workday", "workdays",
    ]
)  # fmt: skip
_SAYS_WHEN = re.compile(r"定时|延时|延迟|时间|条件|倒计时|周期|重复|几点")
_WORDS_APART = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TEXTS = frozenset({"message", "content", "text", "title", "name", "label", "query", "song", "scene", "command", "op"})
"""Parameters that hold words, which may well be those of a time."""


def tells_when(key: str, value: Any) -> bool:
    """Tell whether a parameter says by its name, or by its value, when something is done, and not what."""
    if key in _TEXTS:
        return False
    snake = _WORDS_APART.sub("_", key).lower()
    words = snake.split("_")
    compares = any(word in MEASURES for word in words) and any(word in _OPERATORS or word == "max" for word in words)
    if compares or snake in _NAMES_WHEN or not _NAMES_WHEN.isdisjoint(words) or _SAYS_WHEN.search(fold(key).text):
        return True
    if isinstance(value, Mapping):
        return key in MEASURES and _compared(key, value, Readings())
    return isinstance(value, str) and _spells_when(value)


def of_trigger(key: str, value: Any) -> bool:
    """Tell whether a parameter belongs to a trigger: it is one's own key, or says when in older words."""
    return key in TRIGGER_KEYS or tells_when(key, value)


def _spells_when(value: str) -> bool:
    """Tell whether the whole of a text is a duration, a time of day or a comparison."""
    if read_seconds(value) or read_clock(value) or _COMPARED.fullmatch(value) or _COMPARISON.match(value):
        return True
    text = fold(value).text
    spans = [*(one.span for one in find_durations(text)), *(one.span for one in find_clocks(text))]
    return any(text[: span.start].strip("过") == "" and text[span.end :].strip("之以后") == "" for span in spans)


def _sensor_named(word: str) -> str | None:
    """Return the sensor that a word of an older trigger names, with or without its ending."""
    named = sensor_type(word) or sensor_type(f"{word}_sensor")
    if named is not None or "sensor" not in word:
        return named
    parts = set(re.split(r"[._]", word))  # binary_sensor.kitchen_smoke
    return next((sensor for sensor in SENSORS if parts >= set(sensor.split("_"))), None)


def _read(value: Any, found: Readings) -> bool:
    if isinstance(value, str):
        return _text(value, found)
    if isinstance(value, list):
        return all(_read(one, found) for one in value)
    if not isinstance(value, Mapping):
        return False
    return _object(value, found)


def _object(trigger: Mapping[str, Any], found: Readings) -> bool:
    lower = {str(k).lower(): v for k, v in trigger.items()}
    told = _told_together(lower, found)
    if told is False:
        return False
    # Beside a sensor and what it tells, only how long and how often say more.
    more = lower if told is None else {k: v for k, v in lower.items() if _ADDS.search(k)}
    return all(_pair(key, inner, lower, found) for key, inner in more.items())


def _told_together(lower: Mapping[str, Any], found: Readings) -> bool | None:
    """Read what several parts say together (sensor, operator and value): whether it can be read; None for no such."""
    measure = next(
        (
            MEASURES[str(lower[k]).lower()]
            for k in (
                "sensor",
                "attribute",
                "property",
                "metric",
                "field",
                "key",
                "parameter",
                "sensor_type",
                "type",
                "entity",
            )
            if str(lower.get(k)).lower() in MEASURES
        ),
        None,
    )
    ids = [
        str(lower[k])
        for k in ("sensor_id", "sensor", "device_id", "entity_id", "device", "source")
        if isinstance(lower.get(k), str)
    ]
    measure = measure or next((MEASURES[part] for i in ids for part in i.split("_") if part in MEASURES), None)
    operator = next(
        (
            _OPERATORS.get(str(lower[k]).lower())
            for k in ("operator", "op", "comparator", "comparison", "compare", "condition")
            if isinstance(lower.get(k), str) and str(lower[k]).lower() in _OPERATORS
        ),
        None,
    )
    number = next((lower[k] for k in ("value", "val", "threshold", "target", "limit") if k in lower), None)
    if measure and operator and number is not None:
        return _claims(measure, number, found, operator)
    if "hour" in lower:
        minute = str(lower.get("minute") or 0)
        clock = read_clock(f"{lower['hour']}:{minute:0>2}")
        if clock is not None:
            found.claim("time", clock)
        return clock is not None
    if len(parts := [key for key in ("hours", "minutes", "seconds") if key in lower]) > 1:
        sizes = [read_amounts(key, lower[key], key) for key in parts]
        amounts = spelled([sum(size[0] for size in sizes)] if all(sizes) else [])
        if amounts:
            found.claim("time_after", *amounts)
        return bool(amounts)
    if (
        measure is None
        and operator
        and (key := next((k for k in lower if k in MEASURES and read_number(lower[k]) is not None), None))
    ):
        return _claims(MEASURES[key], lower[key], found, operator)
    if measure and (key := next((k for k in lower if k in _OPERATORS and read_number(lower[k]) is not None), None)):
        return _claims(measure, lower[key], found, _OPERATORS[key])
    if measure is None and operator is None and _LENGTH.search(str(lower.get("unit") or lower.get("units") or "")):
        amounts = spelled(read_amounts("", number, str(lower.get("unit") or lower["units"])))
        if amounts:
            found.claim("time_after", *amounts)
        return bool(amounts)
    if measure and number is not None:
        return _compared(measure, number, found) or _claims(measure, number, found)
    named = [*ids, str(lower.get("type"))]
    sensor = next((base for name in named if (base := _sensor_named(name)) is not None), None)
    state = next((lower[k] for k in ("state", "status", "value", "event", "condition", "to") if k in lower), None)
    if sensor is not None and "condition" not in lower:
        word = _state(sensor, state)
        if word is not None:
            found.claim(sensor, word)
        return True
    return None


def _claims(measure: str, value: Any, found: Readings, operator: str | None = None) -> bool:
    """Claim a comparison with a number; without an operator it may be any."""
    number = read_number(value)
    if number is not None:
        found.claim(measure, *({"operator": one, "value": number} for one in ([operator] if operator else _SIGNS)))
    return number is not None


def _pair(key: str, value: Any, whole: Mapping[str, Any], found: Readings) -> bool:
    base = _sensor_named(key)
    if base is not None:
        word = _state(base, value)
        if word is not None:
            found.claim(base, word)
        return word is not None
    if key in MEASURES:
        return _compared(MEASURES[key], value, found)
    kind = str(whole.get("type") or whole.get("platform"))
    if key == "event" or (key in {"name", "value", "state", "to"} and kind in _OF_PEOPLE):
        event = _EVENTS.get(str(value).lower())
        if event:
            found.claim("event", event)
        return event is not None or (isinstance(value, str) and _text(value, found))
    if _REPEAT_KEY.fullmatch(key):
        return _repeats(key, value, found)
    words = key.split("_")
    measure = next((MEASURES[word] for word in words if word in MEASURES), None)
    if measure is not None and read_number(value) is not None:
        return _claims(measure, value, found, next((_OPERATORS[word] for word in words if word in _OPERATORS), None))
    if key == "type" and value != "none" and _STATES.get(str(value).lower()) == "clear":
        return _text(str(value), found)
    if key in _ASIDE or key.endswith(("_type", "_name", "_id")):
        return True
    if isinstance(value, (Mapping, list)):
        return _read(value, found)
    if key == "threshold":
        return _compared("comparison", value, found) or _claims("comparison", value, found)
    if _DELAY_KEY.search(key) or (key == "value" and _DELAY_KEY.search(str(whole.get("type", "")))):
        amounts = spelled(read_amounts(key, value, str(whole.get("unit") or whole.get("units") or "")))
        if amounts:
            found.claim("for" if key == "for" else "time_after", *amounts)
            return True
        return isinstance(value, str) and _text(value, found)
    if isinstance(value, str) and (_CLOCK_KEY.search(key) or key == "value" or tells_when(key, value)):
        return _text(value, found)
    return False


def _repeats(key: str, value: Any, found: Readings) -> bool:
    """Claim the days on which something comes back."""
    if value is None or value == "" or (value is False and key in DAYS):
        return True
    if value == "weekly" or (isinstance(value, bool) and key not in DAYS):
        if value:
            found.claim("repeats", True)
        else:
            found.claim("repeat", frozenset())
        return True
    days = DAYS[key] if value is True else read_days(value)
    if days is None and isinstance(value, str):
        days = read_days(found.spoken(value).get("repeat"))
    if days is not None:
        found.claim("repeat", days)
    return days is not None


def _compared(measure: str, value: Any, found: Readings) -> bool:
    if isinstance(value, Mapping):
        operator = next((_OPERATORS[str(v).lower()] for k, v in value.items() if str(v).lower() in _OPERATORS), None)
        number = next((v for k, v in value.items() if k in {"value", "val", "threshold"}), None)
        if operator is None:
            pair = next(((k, v) for k, v in value.items() if str(k).lower() in _OPERATORS), None)
            if pair is None:
                return False
            operator, number = _OPERATORS[str(pair[0]).lower()], pair[1]
        return _claims(measure, number, found, operator)
    if isinstance(value, str) and (match := _COMPARED.fullmatch(value)):
        return _claims(measure, match[2], found, _OPERATORS[match[1]])
    return False


def _text(value: str, found: Readings) -> bool:
    """Read one string: a comparison, a duration, a clock time, an event or a state."""
    if match := _COMPARISON.match(value):
        measure = MEASURES.get(value[: match.start(2)].strip().lower()) or MEASURES.get(match[1].lower())
        if measure is None:
            return False
        operator = _OPERATORS[match[2].strip().lower()]
        found.claim(measure, {"operator": operator, "value": read_number(match[3])})
        return True
    parts = re.split(r"\s*(?:&&|\band\b|且|并且)\s*", value)
    if len(parts) > 1:
        return all(_text(part, found) for part in parts)
    word = value.strip().lower()
    if word in _EVENTS:
        found.claim("event", _EVENTS[word])
        return True
    if (amounts := spelled(read_seconds(value))) and not re.search(r"\d:\d", value):
        found.claim("time_after", *amounts)
        return True
    if clock := read_clock(value):
        found.claim("time", clock)
        return True
    if cron := read_cron(value):
        found.claim("time", cron[0])
        found.claim("repeat", cron[1])
        return True
    folded = fold(value).text
    if durations := find_durations(folded):
        found.claim("time_after", durations[0].canonical)
        return True
    if comparisons := find_comparisons(folded):
        measure = next((m for w, m in MEASURES.items() if w in folded), None)
        if measure:
            found.claim(measure, {"operator": comparisons[0].operator, "value": comparisons[0].value})
            return True
    if clocks := find_clocks(folded):
        found.claim("time", clocks[0].value)
        return True
    base = next((s for s in SENSORS if s.removesuffix("_sensor") in word), None)
    state = _STATES.get(word.rsplit(" ", 1)[-1]) or _STATES.get(word)
    if base and state in SENSORS[base]:
        found.claim(base, state)
        return True
    if state:
        sensors = [s for s, states in SENSORS.items() if state in states]
        if len(sensors) == 1:
            found.claim(sensors[0], state)
            return True
    said = found.spoken(value)
    for key, one in said.items():
        found.claim(sensor_type(key) or key, read_days(one) if key == "repeat" else one)
    return bool(said)


def _state(sensor: str, value: Any) -> str | None:
    states = SENSORS[sensor]
    if value is None:
        return None
    if value is True or str(value).lower() in {"on", "true", "triggered", "active", "1", "alarm"}:
        return states[0]
    if value is False or str(value).lower() in {"off", "false", "0", "inactive"}:
        return states[1]
    word = _STATES.get(str(value).lower())
    if sensor == "water_leak_sensor" and word == "detected":
        word = "leak"
    if sensor == "rain_sensor" and word == "detected":
        word = "rain"
    return word if word in states else None
