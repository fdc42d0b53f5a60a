"""Conditions that compare a measure with a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from curation.text import Span
from rules.chinese.comparisons import Comparison
from rules.chinese.numbers import Number, find_numbers
from rules.smart_home.conditions.surroundings import BARE_DAYPART, JOINER, Condition, Surroundings, overlap

_MEASURE_LIMIT = re.compile(r"(?:不要|别|不能|不得|不可以|不许|不准|唔好|勿|不应)(?:让[^,。;]{0,6})?(?:[^,。;]{0,6})$")
_SET_BEFORE = re.compile(
    r"(?:设置?|设定|调整?|调节|控制|保持|维持|固定|稳定|锁定|开|降|升|提高|降低|加|减)(?:到|为|成|至|在|定在|于)?$"
)
_UNITS = re.compile(
    r"(?:几?度|%|趴|度|°c|℃|摄氏度|ppm|微克|毫克|每立方米|/?m3|[μu]g|勒克斯|流明|lux|lx|分贝|db|瓦|伏|安|百分点|人|次"
    r"|以上|以下)*(?:的?电量|的?电(?=[,。;就时再的便]|$))?(?:了)?"  # 20%以上的电量
)
_BEHIND = re.compile(r"(?:之后|以后|后|的时候|时)?")
_LASTS = re.compile(r"(?:并)?(?:持续|连续|长达|超过|达到?|满)(?:了|超过|达到?|满)*(?=[0-9零一二两三四五六七八九十半])")
_JOINS = re.compile(rf"(?:了|着|咗)?,?{JOINER}")
"""Between a state and a comparison that makes a condition of it."""
_ANOTHER = re.compile(rf",?(?:{JOINER}|但是?|不过)")
_LISTED = re.compile(r"、[^,。;、0-9]{1,10}$")
"""Before a comparison, that it is one of a list: PM2.5高于80、二氧化碳高于1000."""
_ALL_THE_TIME = re.compile(r"[都全一直始终保持维持内以上]*")
_THANKS = re.compile(r"[,。!;]*(?:谢谢你?|多谢|唔该晒?|拜托)?[,。!;]*")
_RANGE = re.compile(r"(?:度|%|°c|℃)?(?:到|至|-|~|–|—|和|与)")
_SETS = re.compile(r"(?:设置?|设定|调整?|调节|控制|保持|维持|固定|锁定)$")
"""Somebody sets a value, which is no measure that reaches it: 音量调到四十六."""
_REACHED = re.compile(r"(?P<word>到了?|达到?了?)(?=[0-9零一二两三四五六七八九十百千半])")

_PUT = re.compile(r"[把将].*?(?P<measure>(?:当|在|到)?(?:室内|室外)?(?:的)?(?:温度|湿度)?)$")
"""Before a comparison, an order, and behind that the measure that is compared."""

_MUST_LAST = "a measure that must last is no trigger"
_A_RANGE = "a range of values is no trigger"


class _Hit(NamedTuple):
    """A comparison, and what stands around it."""

    around: Surroundings
    compared: Comparison
    head: Span | None
    clause: int
    stop: int
    """Where its unit ends."""
    tail_end: int
    said: str
    """What the tail behind it says."""

    @property
    def before(self) -> str:
        """Return the words of its clause that stand before it."""
        return self.around.text[self.clause : self.compared.span.start]


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
    for index, (one, other) in enumerate(pairwise(read)):
        if text.startswith("一到", one.span.start) and one.value == 1:
            read[index : index + 2] = [other._replace(span=Span(one.span.start, other.span.end), operator=">=")]
            break
    for number in numbers:
        start = _reached(text, number)
        if start is None or any(overlap(one.span, number.span) for one in read):
            continue
        closed = _UNITS.match(text, number.span.end)
        stop = closed.end() if closed else number.span.end
        measured = any(hit.end == start for hit, _ in around.lexicons["measures"].find(text))
        if (measured or around.head_before(start)) and around.tail_at(stop)[1] in {"then", "when", "after"}:
            read.append(Comparison(Span(start, number.span.end), ">=", number.value, number.unit))
    return sorted(read, key=lambda one: one.span)


def _comparison(
    around: Surroundings, one: Comparison, found: Sequence[Condition], others: Sequence[Condition]
) -> Condition | None:
    """Return the condition that a comparison states, or None where it states none, or ends a range that is found."""
    hit, start = _hit(around, one), one.span.start
    if not _is_stated(hit):
        return None
    region = _region(hit)
    where = Span(_begin(around, [*found, *others], hit.clause, start), hit.stop)
    longer = _longer(hit, where, region)
    if longer is not None:
        return longer
    if found and found[-1].reason == _A_RANGE and start < found[-1].span.end:
        return None
    measure = _measure(around, hit.before, around.text[start : hit.stop], found)
    refused = _refused(hit, measure, region)
    if refused or measure is None:
        return Condition.unsayable(where, refused, "comparison", region)
    falls = one.value < 0 and one.operator == ">=" and around.text.startswith(("到", "达"), start)  # 温度到零下五度
    share = one.unit is None and 0 < one.value < 1 and measure in {"humidity", "battery"}  # 三分之一
    compared = {"operator": "<=" if falls else one.operator, "value": round(100 * one.value) if share else one.value}
    return Condition(where, region, {measure: compared}, kind="comparison", notes=around.room_note(hit.clause, start))


def _hit(around: Surroundings, one: Comparison) -> _Hit:
    """Return a comparison with what stands around it."""
    unit = _UNITS.match(around.text, one.span.end)
    stop = unit.end() if unit else one.span.end
    start = one.span.start
    return _Hit(around, one, around.head_before(start), around.clause_start(start), stop, *around.tail_at(stop))


def _is_stated(hit: _Hit) -> bool:
    """Tell whether a measure is waited for: the comparison is no limit, target or attribute."""
    around, (start, end) = hit.around, hit.compared.span
    if _MEASURE_LIMIT.search(hit.before) or (around.is_attribute(end) and not hit.said):
        return False
    if hit.head is not None or hit.said not in {"", "comma"}:
        return True
    if hit.said == "comma" and _THANKS.fullmatch(around.text, hit.stop):
        return False  # 温度最多24度，谢谢
    if _SET_BEFORE.search(hit.before) or not (hit.said or around.blocks(hit.stop) or _goes_on(hit)):
        return False
    return not _sets(around, start, end, hit.stop)


def _goes_on(hit: _Hit) -> bool:
    """Tell whether the end of a range, how long it lasts, or another condition follows (超过30度并且湿度大于70%)."""
    text, stop = hit.around.text, hit.stop
    if _ANOTHER.match(text, stop) or _LASTS.match(text, stop) or _RANGE.match(text, hit.compared.span.end):
        return True
    others = [one.span.start for one in hit.around.comparisons]
    if any(0 <= other - stop <= 1 for other in others):
        return True  # 18度以上26度以下
    following = next((other for other in others if other >= stop), stop)
    return following > stop and _LISTED.fullmatch(text, stop, following) is not None


def _region(hit: _Hit) -> Span:
    """Return all that belongs to a comparison and not to an action."""
    begin = hit.clause if hit.head is None else max(hit.clause, hit.head.start)
    if hit.head is None and (put := _PUT.search(hit.before)):
        begin = hit.clause + put.start("measure")
    return Span(begin, hit.tail_end if hit.said else hit.stop)


def _longer(hit: _Hit, where: Span, region: Span) -> Condition | None:
    """Return the condition of a measure that must last or lie in a range, None where it is compared with one number."""
    around, (start, end) = hit.around, hit.compared.span
    lasts = _LASTS.match(around.text, hit.stop)
    how_long = _duration_at(around, lasts.end()) if lasts else None
    if how_long is not None:
        return _up_to(hit, how_long, where, region, _MUST_LAST)
    if any(hit.clause <= one.span.start and _lasts_until(around.text, one.span, start) for one in around.durations):
        return Condition.unsayable(where, _MUST_LAST, "comparison", region)
    follows = next((one.span for one in around.comparisons if one.span.start > start), None)
    ranged = _RANGE.match(around.text, end) if hit.compared.operator == ">=" else None
    if ranged is not None and follows is not None and follows.start <= ranged.end():
        return _up_to(hit, follows.end, where, region, _A_RANGE)
    return None


def _up_to(hit: _Hit, stop: int, where: Span, region: Span, reason: str) -> Condition:
    """Return a condition whose words go on behind the comparison, up to `stop`."""
    tail_end, _ = hit.around.tail_at(stop)
    whole = Span(region.start, max(tail_end, stop))
    return Condition.unsayable(Span(where.start, stop), reason, "comparison", whole)


def _refused(hit: _Hit, measure: str | None, region: Span) -> str:
    """Return why no trigger says a comparison, or nothing where one does."""
    (start, end), unit = hit.compared.span, hit.compared.unit
    foreign = (measure == "battery" and unit not in {None, "%"}) or (measure == "co2" and unit == "%") or unit == "k"
    if not foreign and hit.around.text.startswith("几", end):
        return "a number that is not settled is no trigger"  # 三十几度
    if unit == "f":
        return "the format compares degrees Celsius only"
    if foreign or measure is None:  # 1.2k
        return "the format compares only temperature, humidity, PM2.5, CO2 and battery"
    return BARE_DAYPART if hit.around.has_bare_daypart(region.start, start) else ""


def _sets(around: Surroundings, start: int, end: int, stop: int) -> bool:
    """Tell whether words that may say what is reached set it, as nothing else is asked for (亮度降到两成，书房灯)."""
    return around.verb_in(start, end) and not (
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


def _measure(around: Surroundings, before: str, words: str, earlier: Sequence[Condition]) -> str | None:
    """Return what is compared, as the words say it or the condition before did; None where the format knows it not."""
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
    if last and re.search(r"%|趴", words) is None:
        return next(iter(last))
    return "humidity" if "湿" in before else None
