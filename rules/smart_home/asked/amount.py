"""How far a change goes: 低两度, 调低空调两度, 再开30%."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import main_property
from rules.smart_home.vocabulary import Token

_AMOUNT_UNITS = re.compile(r"(?:个)?(?:百分点|摄氏度|度|°c|℃|%|趴|格|档|挡|级|段(?!时间)|个点|点(?!建议|意见|要求)|k)")
_GAP = re.compile(r"(?:一?[点些]儿?|少少|[个了上下过咗啲多的约]|大[约概]|差不多)*")
"""What may stand between a change and its amount."""
_QUALIFIES = re.compile(r"(?:[档挡级格段]|瓦|匹)?[的嘅](?!话|时|亮度|温度|音量|湿度|风速)")
"""Behind a number that tells which one is meant, and not how far it goes: 把26度的空调再低两度."""
_CHANGES = frozenset({"changes", "adjectives", "adverbs", "verbs"})
_ENDS = re.compile(r"[,。;!?、□再了咗些点啲吧啊呀啦哦嘛佢它]|多?谢|唔该|拜托|麻烦|可[以不唔]|[好行得][吗么不唔]")
"""What follows the last word of a change."""


def amount_in(unit: Unit, clauses: Clauses, kind: str | None) -> tuple[float | None, int | None]:
    """Return a spoken amount, and where it stands; without a unit it is that of the property, where one is known."""
    for number in clauses.numbers:
        if not unit.start <= number.span.start < unit.end:
            continue
        if any(d.start <= number.span.start < d.end for d in clauses.durations):
            continue
        if _QUALIFIES.match(clauses.text, number.span.end):
            continue
        bare = (
            _changes_before(unit, number.span.start)
            and (unit.first("properties") is not None or _is_step(number.value, main_property(kind)))
            and ends_at(number.span.end, unit.end, clauses.text)
        )
        if bare or number.unit is not None or _AMOUNT_UNITS.match(clauses.text, number.span.end):
            return number.value, number.span.start
    return None, None


def is_by(tokens: Sequence[Token], adjective: Token | None, place: int, text: str) -> bool:
    """Tell whether an amount stands right behind the change that it belongs to (低两度, 调低空调两度, 再开30%)."""
    before = [t for t in tokens if t.end <= place]
    if adjective is not None and (adjective.end > place or adjective.values["adjectives"].startswith("color")):
        return False
    last = next((n for n in reversed(range(len(before))) if not _CHANGES.isdisjoint(before[n].values)), None)
    if last is None:
        return False
    anchor = before[last]
    ahead = before[last - 1] if last else None
    if "verbs" in anchor and not ({"changes", "adjectives"} & set(anchor.values)):
        more = ahead is not None and ("adverbs" in ahead or (ahead.text in {"多", "少"} and ahead.end == anchor.start))
        return more and _GAP.fullmatch(text, anchor.end, place) is not None
    gap = text[anchor.end : place]
    directs = ahead is not None and not {"changes", "verbs", "adverbs"}.isdisjoint(ahead.values)
    if "adjectives" not in anchor or directs:
        for thing in before[last + 1 :]:
            gap = gap.replace(thing.text, "", 1)
    return _GAP.fullmatch(gap) is not None


def ends_at(place: int, end: int, text: str) -> bool:
    """Tell whether a change ends at a place in its clause, which ends at `end`."""
    return place == end or _ENDS.match(text, place) is not None


def inside_number(token: Token, clauses: Clauses) -> bool:
    """Tell whether a word is part of a number, or 点 behind one (一点, 三点)."""
    return any(n.span.start <= token.start < n.span.end for n in clauses.numbers) or (
        token.text == "点" and any(n.span.end == token.start for n in clauses.numbers)
    )


def _is_step(value: float, prop: str | None) -> bool:
    """Tell whether a number is a change of a property, and not the value it shall have (空调降26)."""
    return prop is not None and (prop != "temperature" or value < 10)


def _changes_before(unit: Unit, place: int) -> bool:
    """Tell whether a verb of change ends at a place, with or without its direction (降低5, 调低5, 再大5)."""
    last = next((t for t in unit.tokens if t.end == place), None)
    if last is not None and "adjectives" in last:
        last = next((t for t in unit.tokens if t.end == last.start), None)
        return last is not None and ("changes" in last or "adverbs" in last)
    return last is not None and "changes" in last
