"""Conditions that compare a measure with a number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.text import Span
from rules.chinese.comparisons import Comparison
from rules.chinese.numbers import Number, find_numbers
from rules.smart_home.conditions.surroundings import JOINER, Condition, Surroundings

_MEASURE_LIMIT = re.compile(r"(?:不要|别|不能|不得|不可以|不许|不准|唔好|勿|不应)(?:让[^,。;]{0,6})?(?:[^,。;]{0,6})$")
_SET_BEFORE = re.compile(
    r"(?:设置?|设定|调整?|调节|控制|保持|维持|固定|稳定|锁定|开|降|升|提高|降低|加|减)(?:到|为|成|至|在|定在|于)?$"
)
_UNITS = re.compile(
    r"(?:几?度|%|趴|度|°c|℃|摄氏度|ppm|微克|毫克|每立方米|/?m3|[μu]g|勒克斯|流明|lux|lx|分贝|db|瓦|伏|安|百分点|人|次|以上|以下)*(?:的?电量|的?电(?=[,。;就时再的便]|$))?(?:了)?"
)
_BEHIND = re.compile(r"(?:之后|以后|后|的时候|时)?")
_LASTS = re.compile(r"(?:并)?(?:持续|连续|长达|超过|达到?|满)(?:了|超过|达到?|满)*(?=[0-9零一二两三四五六七八九十半])")
_JOINS = re.compile(rf"(?:了|着|咗)?,?{JOINER}")
"""Between a state and a comparison that makes a condition of it."""
_ANOTHER = re.compile(rf",?(?:{JOINER}|但是?|不过)")
_LISTED = re.compile(r"、[^,。;、0-9]{1,10}$")
"""Before a comparison, that it is one of a list: PM2.5高于80、二氧化碳高于1000."""
_ALL_THE_TIME = re.compile(r"[都全一直始终保持维持内以上]*")
_RANGE = re.compile(r"(?:度|%|°c|℃)?(?:到|至|-|~|–|—|和|与)")
_SETS = re.compile(r"(?:设置?|设定|调整?|调节|控制|保持|维持|固定|锁定)$")
"""Somebody sets a value, which is no measure that reaches it: 音量调到四十六."""
_REACHED = re.compile(r"(?P<word>到了?|达到?了?)(?=[0-9零一二两三四五六七八九十百千半])")

_MUST_LAST = "a measure that must last is no trigger"


def find_comparisons(around: Surroundings, others: Sequence[Condition] = ()) -> list[Condition]:
    """Return the conditions that compare a measure with a number, from left to right; `others` stand beside them."""
    found: list[Condition] = []
    for one in _compared(around):
        condition = _comparison(around, one, found, others)
        if condition is not None:
            found.append(condition)
    return found


def may_compare(text: str, comparisons: Sequence[Comparison]) -> bool:
    """Tell whether a sentence in which these comparisons were read may state one as a condition."""
    return bool(comparisons) or any(_reached(text, number) is not None for number in find_numbers(text))


def _reached(text: str, number: Number) -> int | None:
    """Return where the words begin that say that a number is reached, None where nothing does, or somebody sets it."""
    at = number.span.start
    before = _REACHED.search(text, max(0, at - 3), at + 1)
    if before is None or before.end() != at or _SETS.search(text, 0, before.start()):
        return None
    return before.start()


def _compared(around: Surroundings) -> list[Comparison]:
    """Return the comparisons with those that only a sentence shows: 一到28度 and 到了50度 are reached."""
    text, numbers = around.text, find_numbers(around.text)
    if not numbers:
        return []
    read = list(around.comparisons)
    for index, one in enumerate(read[:-1]):
        if text.startswith("一到", one.span.start) and one.value == 1:
            read[index + 1] = Comparison(
                Span(one.span.start, read[index + 1].span.end), ">=", read[index + 1].value, read[index + 1].unit
            )
            del read[index]
            break
    for number in numbers:
        start = _reached(text, number)
        if start is not None and not any(
            c.span.start < number.span.end and number.span.start < c.span.end for c in read
        ):
            closed = _UNITS.match(text, number.span.end)
            stop = closed.end() if closed else number.span.end
            measured = any(hit.end == start for hit, _ in around.lexicons["measures"].find(text))
            if (measured or around.head_before(start)) and around.tail_at(stop)[1] in {"then", "when", "after"}:
                read.append(Comparison(Span(start, number.span.end), ">=", number.value, number.unit))
    return sorted(read, key=lambda one: one.span)


def _comparison(
    around: Surroundings, one: Comparison, found: list[Condition], others: Sequence[Condition]
) -> Condition | None:
    """Return the condition that a comparison states, or None where it states none: a limit, a target, an attribute."""
    text = around.text
    start, end = one.span
    head = around.head_before(start)
    clause = around.clause_start(start)
    before = text[clause:start]
    unit = _UNITS.match(text, end)
    stop = unit.end() if unit else end
    tail_end, said = around.tail_at(stop)
    if _MEASURE_LIMIT.search(before) or (around.is_attribute(end) and not said):
        return None
    if head is None and _SET_BEFORE.search(before) and said in {"", "comma"}:
        return None
    ranged = _RANGE.match(text, end)
    lasting = _LASTS.match(text, stop) is not None
    beside = any(0 <= c.span.start - stop <= 1 for c in around.comparisons)  # 18度以上26度以下
    following = next((c.span.start for c in around.comparisons if c.span.start >= stop), stop)
    listed = following > stop and _LISTED.fullmatch(text, stop, following) is not None
    joined = _joined_condition(text, stop) or ranged is not None or lasting or beside or listed
    if head is None and not said and not around.blocks(stop) and not joined:
        return None
    if head is None and said in {"", "comma"} and _sets(around, start, end, stop):
        return None
    region = Span(clause if head is None or head.start <= clause else head.start, tail_end if said else stop)
    if head is None and (put := re.search(r"[把将].*?((?:当|在|到)?(?:室内|室外)?(?:的)?(?:温度|湿度)?)$", before)):
        region = Span(clause + put.start(1), region.end)
    begin = _begin(around, [*found, *others], clause, start)
    where = Span(begin, stop)
    if (lasts := _LASTS.match(text, stop)) and (how_long := _duration_at(around, lasts.end())) is not None:
        tail_end, said = around.tail_at(how_long)
        whole = Span(begin, how_long)
        return Condition(
            whole,
            Span(region.start, max(tail_end, how_long)),
            None,
            _MUST_LAST,
            "comparison",
        )
    if any(clause <= d.span.start and _lasts_until(text, d.span, start) for d in around.durations):
        return Condition(where, region, None, _MUST_LAST, "comparison")
    follows = next((c for c in around.comparisons if c.span.start > start), None)
    if ranged and follows is not None and follows.span.start <= ranged.end() and one.operator == ">=":
        whole = Span(begin, follows.span.end)
        stop = follows.span.end
        tail_end, said = around.tail_at(stop)
        return Condition(
            whole, Span(region.start, max(tail_end, stop)), None, "a range of values is no trigger", "comparison"
        )
    if found and found[-1].reason == "a range of values is no trigger" and start < found[-1].span.end:
        return None
    measure = _measure(around, before, text[start:stop], found)
    if (measure == "battery" and one.unit not in {None, "%"}) or (measure == "co2" and one.unit == "%"):
        measure = None
    elif one.unit == "k":
        measure = None  # 1.2k
    elif text.startswith("几", end):
        return Condition(where, region, None, "a number that is not settled is no trigger", "comparison")  # 三十几度
    elif one.value < 0 and one.operator == ">=" and text.startswith(("到", "达"), start):
        one = one._replace(operator="<=")  # 温度到零下五度: it falls to it
    if one.unit == "f":
        return Condition(where, region, None, "the format compares degrees Celsius only", "comparison")
    if measure is None:
        return Condition(
            where, region, None, "the format compares only temperature, humidity, PM2.5, CO2 and battery", "comparison"
        )
    if around.has_bare_daypart(region.start, start):
        return Condition(where, region, None, "a part of the day without a time is no trigger", "comparison")
    notes = (
        ("the room of the condition is not kept",)
        if any(clause <= room.start < start for room in around.room_spans)
        else ()
    )
    share = one.unit is None and 0 < one.value < 1 and measure in {"humidity", "battery"}
    value = round(100 * one.value) if share else one.value  # 三分之一
    return Condition(
        where, region, {measure: {"operator": one.operator, "value": value}}, kind="comparison", notes=notes
    )


def _sets(around: Surroundings, start: int, end: int, stop: int) -> bool:
    """Tell whether words that may say what is reached set it, as nothing else is asked for (亮度降到两成，书房灯)."""
    return any(start <= verb < end for verb in around.verb_starts) and not (
        around.acts_behind(stop) or any(number.span.start >= stop for number in find_numbers(around.text))
    )


def _begin(around: Surroundings, found: Sequence[Condition], clause: int, start: int) -> int:
    """Return where the words of a comparison begin: behind what else its clause states, and behind its head."""
    edges = [clause]
    for one in found:
        if one.span.end > start:
            continue
        if not one.open:
            edges.append(one.region.end if one.region.end <= start else one.span.end)
        elif (joined := _JOINS.match(around.text, one.span.end, start)) is not None:
            edges.append(joined.end())
    edges += [head.end for head in around.heads if clause <= head.start and head.end <= start]
    for ends in (*(c.span.end for c in around.clocks), *(d.span.end for d in around.durations)):
        if clause < ends <= start:
            behind = _BEHIND.match(around.text, ends)
            edges.append(min(behind.end() if behind else ends, start))
    return max(edges)


def _lasts_until(text: str, length: Span, start: int) -> bool:
    """Tell whether a measure must compare so all through a length of time that is said before (连续十分钟高于28度)."""
    if length.end > start:
        return False
    longer = text.endswith(("连续", "持续", "一连"), 0, length.start)
    if longer:
        return "," not in text[length.end : start]
    return _ALL_THE_TIME.fullmatch(text, length.end, start) is not None


def _duration_at(around: Surroundings, start: int) -> int | None:
    """Return the end of the duration that begins at `start`, or None."""
    return next((one.span.end for one in around.durations if one.span.start == start), None)


def _joined_condition(text: str, at: int) -> bool:
    """Tell whether another condition is joined right here (超过30度并且湿度大于70%)."""
    return _ANOTHER.match(text, at) is not None


def _measure(around: Surroundings, before: str, words: str, earlier: Sequence[Condition]) -> str | None:
    said = before + words
    hits = [
        value
        for (start, end), value in around.lexicons["measures"].find(said)
        if said[start:end] != "电" or end >= len(before)  # 电饭煲 and 电梯 are no battery
    ]
    if hits:
        return hits[-1] if hits[-1] != "other" else None
    if words.startswith("充"):
        return "battery"  # 充到80%
    if re.search(r"浓度|价格|重量|时间|人数|分贝|voc", before):
        return None
    if re.search(r"度|°c|℃", words) or re.search(r"冷|热", before):
        return "temperature"
    if "ppm" in words:
        return "co2"
    last = earlier[-1].trigger if earlier else None
    return (
        next(iter(last))
        if last and re.search(r"%|趴", words) is None
        else ("humidity" if re.search(r"湿", before) else None)
    )
