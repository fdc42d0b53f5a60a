"""Durations in folded Chinese text: how long, which way from now, and whether it was said roughly.

The span covers the amount and its units (``一个半小时``, ``十分钟左右``), never the words around it that give the
direction (``后``, ``以内``, ``每隔``): rules look at those themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from curation.literals import sieve
from curation.rewriting import Reading, reader
from curation.text import Span
from rules.chinese.numbers import AT_HAND, DIGITS, FRACTION, NUMBER, UNITS, about, read_number

_SECONDS = {
    "年": 365 * 86400, "月": 30 * 86400, "星期": 7 * 86400, "礼拜": 7 * 86400, "周": 7 * 86400,
    "天": 86400, "日": 86400,
    "小时": 3600, "钟头": 3600, "钟": 3600, "时": 3600, "hours": 3600, "hour": 3600, "hrs": 3600, "hr": 3600, "h": 3600,
    "刻钟": 900, "骨": 900, "字": 300,
    "分钟": 60, "分": 60, "minutes": 60, "minute": 60, "mins": 60, "min": 60, "m": 60,
    "秒钟": 1, "秒": 1, "seconds": 1, "second": 1, "secs": 1, "sec": 1, "s": 1,
}  # fmt: skip
_LATIN = r"hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s"
_UNIT = (
    r"小时|钟头|钟(?![表楼声点摆罩意情])|分钟(?!爱)|刻钟|骨(?![头架折科感汤质])|秒钟?|分(?!之(?![后前内]))(?![享区组别贝类体配散离悔])|字"
    r"|(?:星期|礼拜)(?![一二三四五六日天])|周(?![围边末年岁一二三四五六日天])|天(?![花窗然台线空]|两头)|日(?![常历期光落语]|三餐)"
    rf"|月(?![光亮份球])|年(?![级代龄底初货]|四季)|时(?![候间段刻常])|(?:{_LATIN})(?![a-z])"
)
_PART = re.compile(
    rf"""(?=[0-9{DIGITS}{UNITS}半个粒小钟分.])
    (?<![0-9{DIGITS}{UNITS}.第月几:/]) (?:(?<!数)|(?<=倒数)) (?:(?<![a-z])|(?<=[0-9][hm])) (?<!周)(?<!星期)(?<!礼拜)
    (?:
      (?P<fraction>{FRACTION})个?
    | (?P<number>{NUMBER})(?P<more>[多来余几])?(?P<piece>[个粒])?(?P<more_pieces>[多几])?(?P<half>半)?
    | (?P<bare_half>半)(?P<half_piece>[个粒])?(?P<more_half>[多来])?
    | (?P<one_half>[个粒]半)
    | (?P<one>粒)(?=钟)
    | (?:(?<=每)(?P<each>个)?|(?<=[成整])(?P<whole>个))(?=小时|钟|分钟)
    | (?P<some>个[把多几])
    | (?=分半)
    )(?P<unit>{_UNIT})(?P<tail_more>多)?(?P<tail_half>半)?(?P<tail_clock>(?<=半)钟)?""",
    re.VERBOSE,
)
_MAY_BE = sieve([_PART])
_JOIN = re.compile(r"[零又加]?")
_ROUGHLY_BEFORE = re.compile(r"(?:大约|大概|差不多|将近|接近|约莫?)的?$")
_ROUGHLY_AFTER = re.compile(r"左右|上下|前后(?=$|[,。再就])")
_AFTER = re.compile(
    r"(?:的?时间)?(?:(?P<future>(?:之|以|过)?后|过去后)|(?P<past>(?:之|以)?前)|(?P<within>(?:之|以)?内|里(?!面)|之间)|(?P<every>一[次回遍]))"
)
_BEFORE = re.compile(
    r"(?:(?P<every>每(?:隔|过)?|[每间]隔)"
    r"|(?P<future>(?:从|由|自)?(?:现在|而家|此刻)(?:起|开始)(?:的|,)?|未来的?|今后的?|再?(?<![超不经通透难路])过[多个]?(?!去)|再等|延[时迟后])"
    r"|(?P<past>过去的?|前))$"
)
_WAIT = re.compile(r"(?:等|隔)$")
_THEN = re.compile(r"(?:后)?(?:再|就|才)")
# `分` by itself is a score, a share or `十分` (very): it is minutes only where something else says so.
_MINUTES_AFTER = re.compile(r"(?:之|以|过)?[后前内](?![悔面])|左右(?=[后内]|$)")
_MINUTES_BEFORE = re.compile(r"(?:^|计时|定时|倒数|时器.{0,2}|过|每隔?)$")
_PASSED = re.compile(r"(?:^|[,。再等请烦])过$")
_ACTS = r"就|再|[吧啦喇]|开(?!心)|[关打熄闩叫提通停启]"
_MINUTES_PASSED = re.compile(rf"$|[,。!;]|{_ACTS}")
_MINUTES_LEFT = re.compile(
    r"(?P<quarters>[一二两三1-3])刻(?!钟)|[0-9](?=[之以]?[后前])"
    rf"|(?:[0-5][0-9]|[二三四五]?十[一二三四五六七八九]?)(?=$|[,。!?;]|[之以]?[后前]|{_ACTS})"
)
# `三个字` is fifteen minutes in Cantonese, and three characters in any other sentence.
_WORD_BEFORE = re.compile(r"(?:^|[到过再等器时约差开])$")
_WORD_AFTER = re.compile(r"$|[,。;!、再就]|(?:之|以)?[后前内]|左右")
_RANGE_BEFORE = re.compile(rf"[0-9{DIGITS}{UNITS}]个?(?:到|至|-|~|–|—)$")
_HOURS = frozenset(("小时", "钟头", "钟"))
_DIRECTIONS = ("future", "past", "within", "every")


class Duration(NamedTuple):
    """A length of time and the folded characters it was read from."""

    span: Span
    seconds: int
    canonical: str
    """As `canonical_duration` writes it."""
    direction: str
    """`future`, `past`, `within`, `every` or `none`, from the words around it."""
    approximate: bool
    """True where it was said roughly (二十来分钟, 大约, 五六分钟) or has no fixed length (月, 年)."""


class _Part(NamedTuple):
    start: int
    end: int
    unit: str
    seconds: float
    approximate: bool
    bare_minutes: bool


def canonical_duration(seconds: int) -> str:
    """Return the one spelling of a number of seconds: `1h30m`; units h, m, s, no zero parts, `0s` for 0."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def find_durations(text: str) -> list[Duration]:
    """Return the durations in a folded text, from left to right, not overlapping.

    A range (十到二十分钟), an unknown amount (几分钟), an ordinal (第三天) and a date (三月五日) give nothing.
    """
    return list(_read(text))


@lru_cache(maxsize=AT_HAND)
def _read(text: str) -> tuple[Duration, ...]:
    return tuple(_durations(text))


@reader("duration")
def duration_readings(text: str) -> list[Reading]:
    """Return the durations in a folded text as readings; the value is the canonical duration."""
    return [Reading(found.span, found.canonical) for found in _read(text)]


def _durations(text: str) -> Iterator[Duration]:
    if _MAY_BE.search(text) is None:
        return
    for parts in _groups(text):
        start, end = parts[0].start, parts[-1].end
        if _RANGE_BEFORE.search(text, max(0, start - 3), start) or not _stands(parts, text):
            continue
        roughly = _ROUGHLY_AFTER.match(text, end)
        end = roughly.end() if roughly else end
        before = _ROUGHLY_BEFORE.search(text, max(0, start - 5), start)
        rest = _MINUTES_LEFT.match(text, end) if parts[-1].unit in _HOURS else None
        if rest:  # 一小时二十后, 一小时三刻
            left = 15 * (read_number(rest["quarters"]) or 0) if rest["quarters"] else read_number(rest[0]) or 0
            parts.append(_Part(end, rest.end(), "分", 60 * left, False, True))
            end = rest.end()
        seconds = round(sum(part.seconds for part in parts))
        if not seconds and any(part.seconds for part in parts):
            continue  # 半秒
        some_half = text[start] == "半" and text.endswith(("大", "小"), 0, start)
        approximate = any(part.approximate for part in parts) or bool(roughly or before) or some_half
        direction = _direction(before.start() if before else start, text, end)
        yield Duration(Span(start, end), seconds, canonical_duration(seconds), direction, approximate)


def _groups(text: str) -> Iterator[list[_Part]]:
    """Yield the parts that belong together: each follows at once and has a smaller unit (一小时零五分, 2天3小时)."""
    group: list[_Part] = []
    position = 0
    while True:
        part = _next_part(text, position)
        if part and group and _belongs(group[-1], part, text):
            group.append(part)
        else:
            if group:
                yield group
            group = [part] if part else []
        if part is None:
            return
        position = part.end


def _belongs(last: _Part, part: _Part, text: str) -> bool:
    smaller = part.seconds < _SECONDS[last.unit]  # 一天24小时 says the same twice
    return smaller and _JOIN.fullmatch(text, last.end, part.start) is not None


def _next_part(text: str, position: int) -> _Part | None:
    for found in _PART.finditer(text, position):
        part = _part(found)
        if part:
            return part
    return None


def _part(found: re.Match[str]) -> _Part | None:
    unit = found["unit"]
    numeral, half = found["number"], bool(found["half"] or found["tail_half"])
    piece = any(found[name] for name in ("piece", "half_piece", "one_half", "one", "some", "each", "whole"))
    rough = any(found[name] for name in ("more", "more_pieces", "more_half", "tail_more", "some"))
    if unit in {"钟", "字", "骨"} and not piece:
        return None
    if unit == "月" and not (piece or found["bare_half"]):
        return None
    if unit.isascii() and not (numeral and (numeral[-1].isdigit() or len(unit) > 2)):
        return None
    if numeral:
        rough = rough or about(numeral)
        amount = read_number(numeral[0] if about(numeral) else numeral)
    elif found["fraction"]:
        amount = read_number(found["fraction"])
    else:
        amount = 0.5 if found["bare_half"] else 1
        half = half or bool(found["one_half"])
    if amount is None or amount < 0 or (unit == "年" and amount >= 100):
        return None
    seconds = (amount + 0.5 * half) * _SECONDS[unit]
    bare = unit == "分" and not found["tail_clock"]
    return _Part(found.start(), found.end(), unit, seconds, rough or unit in {"月", "年"}, bare)


def _stands(parts: list[_Part], text: str) -> bool:
    """Tell whether the words around allow a reading that the amount alone leaves open."""
    first, last = parts[0], parts[-1]
    before, end = text[max(0, first.start - 8) : first.start], last.end
    if last.unit in {"时", "m"} and len(parts) == 1:
        return False
    if first.unit == "字":
        if text.startswith(("后", "之后", "以后"), end):
            return True
        return before.endswith(("过", "等", "过多", "等多")) or bool(
            _WORD_BEFORE.search(before) and _WORD_AFTER.match(text, end)
        )
    if text[first.start : end] in {"四周", "半月"} or text.startswith("分半", first.start):
        return (end - first.start) == len(text) or text[end - 1] == "钟" or bool(_MINUTES_AFTER.match(text, end))
    if len(parts) == 1 and first.bare_minutes:
        if before.endswith(("点", "时", "差")):
            return False
        if _PASSED.search(before) and _MINUTES_PASSED.match(text, end):
            return True
        if text[first.start : end] == "十分" and end == len(text):
            return False
        if text[end - 1] == "半" or _MINUTES_AFTER.match(text, end):
            return True
        return end == len(text) and _MINUTES_BEFORE.search(before) is not None
    return not before.endswith("点") and not (
        first.unit in {"天", "日", "年"} and text.startswith(("到晚", "到头"), end)
    )


def _direction(start: int, text: str, end: int) -> str:
    ahead = _BEFORE.search(text, max(0, start - 8), start)
    if ahead and ahead["every"]:
        return "every"
    behind = _AFTER.match(text, end)
    for found in (behind, ahead):
        if found:
            return next(name for name in _DIRECTIONS if found.groupdict().get(name))
    return "future" if _WAIT.search(text, max(0, start - 1), start) and _THEN.match(text, end) else "none"
