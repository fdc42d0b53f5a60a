"""Slots for when something is to happen: delays, times of day, recurrences, comparisons, states that last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import cn2an

from curation.rewriting import Filling, slot
from rules.chinese.durations import canonical_duration
from rules.smart_home.home import Home

Filled = Mapping[str, Filling]

_DAYPARTS = ((5, "凌晨"), (11, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_COMPARED = {
    ">": ("高于", "超过", "大于"),
    "<": ("低于", "小于"),
    ">=": ("达到", "不低于"),
    "<=": ("不高于",),
}


@slot("duration")
def duration(draw: Random, context: Home, filled: Filled, *, minutes: Sequence[int]) -> Filling:  # noqa: ARG001
    """Say one of some lengths of time, in one of the ways in which people say it; the value is as triggers write it."""
    amount = draw.choice(minutes)
    return Filling(_length(draw, amount), canonical_duration(amount * 60))


@slot("clock")
def clock(draw: Random, context: Home, filled: Filled, *, repeats: Mapping[str, Any] | None = None) -> Filling:  # noqa: ARG001
    """Say a time of day to the five minutes; with `repeats` (words and their value), one that comes back.

    The value is the trigger.
    """
    hour, minute = draw.randrange(24), draw.choice((0, 0, 0, 30, 30, 15, 45, 10, 20, 40, 50))
    trigger: dict[str, Any] = {"time": f"{hour:02d}:{minute:02d}"}
    words = _time(draw, hour, minute)
    if repeats is not None:
        said = draw.choice(list(repeats))
        return Filling(said + words, {**trigger, "repeat": repeats[said]})
    return Filling(words, trigger)


@slot("comparison")
def comparison(
    draw: Random,
    context: Home,  # noqa: ARG001
    filled: Filled,  # noqa: ARG001
    *,
    of: Mapping[str, Mapping[str, Any]],
) -> Filling:
    """Say a comparison: `of` names each measure with its `words`, `low`, `high`, `step` and `unit`.

    The value is the trigger.
    """
    measure = draw.choice(list(of))
    about = of[measure]
    value = draw.randrange(about["low"], about["high"] + 1, about["step"])
    operator = draw.choice(list(_COMPARED))
    words = f"{draw.choice(about['words'])}{draw.choice(_COMPARED[operator])}{spoken(draw, value)}{about['unit']}"
    return Filling(words, {measure: {"operator": operator, "value": value}})


def spoken(draw: Random, value: int) -> str:
    """Say a whole number, in digits or, up to a hundred, in Chinese."""
    if not 0 <= value <= 100 or draw.random() < 0.5:
        return str(value)
    words = str(cn2an.an2cn(value))
    return "两" if value == 2 else words.removeprefix("一") if 10 <= value < 20 else words


def _length(draw: Random, minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest == 30 and draw.random() < 0.7:
        return "半小时" if not hours else f"{spoken(draw, hours)}个半小时"
    parts = [f"{spoken(draw, hours)}小时"] if hours else []
    if rest:
        parts.append(f"{spoken(draw, rest)}分钟")
    return "".join(parts)


def _time(draw: Random, hour: int, minute: int) -> str:
    if draw.random() < 0.25:
        return f"{hour:02d}:{minute:02d}"
    part = next(word for end, word in _DAYPARTS if hour < end)
    shown = hour if hour <= 12 else hour - 12
    said = "零" if shown == 0 else "两" if shown == 2 else str(cn2an.an2cn(shown)).replace("一十", "十", 1)
    tail = {0: "", 30: "半", 15: "一刻", 45: "三刻"}.get(minute)
    if tail is None:
        tail = f"{cn2an.an2cn(minute)}分".replace("一十", "十", 1)
    return f"{part}{said}点{tail}"
