"""Comparisons with a number in folded Chinese text: the operator and the value, a range as two of them.

A number with a unit of time (超过三十分钟) or a time of day is no comparison: durations and clocks read those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from curation.literals import sieve
from curation.rewriting import Reading, reader
from curation.text import Span
from rules.chinese.numbers import Number, find_numbers

_OR_EQUAL = r"(?:或者?|或是|及|和|以及)?(?:等于|=)"
_EQUAL_OR = r"等于(?:或者?|或是)"
# 会不会, 高唔高过 and 有冇 ask, and deny nothing.
_ASKED = "|".join(f"(?<=(?<!最){word}).{word}" for word in "是系会能要可高低超大小多少")
_NOT = (
    rf"(?:(?=[不唔])(?!{_ASKED})[不唔](?:要|能|会|可以|可|得|应该|应|准|许|好|是|系)?|别|勿|未|(?<!有)没有?|(?<!有)冇|无|并非"
    r"|并?未曾?)"
)
_ABOVE = r"(?:大于|高于|多于|超过|超出|超越|[高大多]得?过|(?<!加)热过|强于|亮于|热于|大过于)"
_BELOW = r"(?:小于|低于|少于|[低细小少冻冷]得?过|弱于|暗于|冷于)"
_REACH = (
    r"(?:上升|升高|升温|回升|攀升|上涨|飙升|升|涨|飙|(?<![预加])热|冲|充满?)咗?(?:到|至)|升咗?上"
    r"|(?<=[温湿]度)上(?=了)|达到|到达|达至|高达|达|去到|(?<!调)上到"
)
_DROP = r"(?:下降|降低|降温|回落|下跌|跌落|降|跌|掉|落|冷|凉|冻|耗|(?<![调降校较开减放拧])低)咗?(?:到|至)"
# One operator, read directly before a number; the first that fits wins, so the longer come first.
_SAID = {
    "none": r"不等于|不是|唔系|≠|!=|<>",
    "ge": rf"{_ABOVE}{_OR_EQUAL}|{_EQUAL_OR}{_ABOVE}|大等于|{_NOT}再?{_BELOW}|不下于|不亚于"
    r"|(?:至少|最少|起码)(?:要有|都?有|都?要)?|>=|=>|≥|≧|⩾|(?<![不未充])满",
    "le": rf"{_BELOW}{_OR_EQUAL}|{_EQUAL_OR}{_BELOW}|小等于|{_NOT}再?{_ABOVE}"
    r"|(?:至多|最多|顶多)(?:只能|去到|有)?|<=|=<|≤|≦|⩽",
    "gt": rf"{_ABOVE}|突破|[升涨冲][破穿]|升过|破|逾|多出|[不唔]止|(?<=[温度量值])过|(?<![高赶])超|>",
    "lt": rf"{_BELOW}|不足|达?[不唔未]到|[不未]满|[不唔未]够|(?<!有)没有?(?:达?到|达)|未达到?|还没到|[跌降][破穿]|<",
    "reach": _REACH,
    "drop": _DROP,
    "eq": r"等于|==|=",
    "past": r"过(?<![通经透路难不超调设开]过)|高出(?<!比.高出)(?<!比..高出)(?<!比...高出)",
    "left": r"[只仅净还]?剩(?:下|余|返)?|[净得]返|[只仅]有",
    "is": r"[是为系](?<![设调定置改成作认].)|[刚正]好|啱啱",
    "than": r"比",
}
_BEFORE = re.compile(
    f"(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _SAID.items())})"
    "(?:了|咗|过|有|到|是|为|要|得|大约|大概|约|第|:)?$"
)
_MAY_COMPARE = sieve(_SAID.values())
_MEASURE = (
    r"(?:个?ppm|lux|lx|勒克斯|流明|微克(?:每立方米)?|[um]g/m3?|分贝|db|瓦|w|千瓦时?|帕|米|厘米|公斤|岁|人|档|级|格|个|次|"
    r"摄氏度|度|°c|%|rh|号)?"
)
# 18≤温度≤26: what is compared stands between its two ends.
_SUBJECT = r"(?=[^0-9,。;<≤≦⩽]{1,8}[<≤≦⩽])"
_AFTER = re.compile(
    rf"""{_MEASURE}(?:
      (?P<ge>(?:\(含\)|或者?|及其?|以及|和|含)以上|(?:或者?|甚至)?(?:更(?:高|多|大)(?!一|点|些)|往上)
        |以上(?!\(不含)|[≤≦⩽]{_SUBJECT})
    | (?P<le>(?:\(含\)|或者?|及其?|以及|和|含)以下|(?:或者?|甚至)?(?:更(?:低|少|小)(?!一|点|些)|往下)|以下|以内|之内)
    | (?P<gt>之上|以上\(不含[^)]*\)|<{_SUBJECT})
    | (?P<lt>之下|[都也]?(?:还|仍)?(?:不到|达不到|没到))
    )""",
    re.VERBOSE,
)
_THAN = re.compile(rf"{_MEASURE}(?:还|更|要|再|仲)*(?:(?P<gt>[大高多热强亮快长])|(?P<lt>[小低少冷冻弱暗慢短细矮]))")
_MORE = re.compile(r"多个?(?![0-9零一二两三四五六七八九十百千万小钟分秒天日周月年点时开关])")
_TIME = re.compile(
    r"[多来余]?(?:个?(?:半?小时|钟头?|多小时|星期|礼拜|月)|分钟|秒|天|日|周|年|刻钟|点(?![0-9])|号|:[0-9])"
)
_COUNTED = re.compile(rf"{_TIME.pattern}|[楼层栋室台盏路]")
_TO = re.compile(rf"{_MEASURE}(?P<to>到|至|直到|-|~|—|–|--|——|和|与|跟|同)第?")
_BETWEEN = re.compile(rf"{_MEASURE}(?:之间|中间|的?范围|区间|期间)")
# 把温度升到30度 says what to do, 温度升到30度 says when.
_COMMAND = re.compile(r"[把将]")
# 温度是30度时 says when; 温度为26度 is an order.
_WHEN_BEFORE = re.compile(r"如果|要是|假如|当|若|一旦|只要|等到")
_WHEN_AFTER = re.compile(r"的?(?:时(?!间)|嘅?时候|[的嘅]话)|,?就(?![行好可够得])")
_BETWEEN_BEFORE = re.compile(r"(?:介于|位于|处于|介乎|在)第?$")
_REACHING = 16
"""Characters before a number in which its operator is looked for."""
_OPERATORS = {
    "ge": ">=",
    "le": "<=",
    "gt": ">",
    "lt": "<",
    "eq": "==",
    "reach": ">=",
    "drop": "<=",
    "past": ">",
    "left": "<=",
}


class Comparison(NamedTuple):
    """A comparison and the folded characters it was read from, operator and unit included."""

    span: Span
    operator: str
    """`>`, `<`, `>=`, `<=` or `==`."""
    value: int | float
    unit: str | None


def find_comparisons(text: str) -> list[Comparison]:
    """Return the comparisons in a folded text, from left to right, not overlapping; a range gives two."""
    numbers = find_numbers(text)
    return list(_comparisons(text, numbers)) if numbers else []


@reader("comparison")
def comparison_readings(text: str) -> list[Reading]:
    """Return the comparisons in a folded text as readings; the value is `{"operator", "value"}`."""
    return [Reading(found.span, {"operator": found.operator, "value": found.value}) for found in find_comparisons(text)]


def _comparisons(text: str, numbers: list[Number]) -> Iterator[Comparison]:
    taken, index = 0, 0
    while index < len(numbers):
        number = numbers[index]
        following = numbers[index + 1] if index + 1 < len(numbers) else None
        pair = _range(text, number, following, taken) if following else None
        if pair:
            yield from pair
            taken, index = pair[1].span.end, index + 2
            continue
        found = _single(text, number, taken)
        if found:
            yield found
            taken = found.span.end
        index += 1


def _range(text: str, low: Number, high: Number, taken: int) -> tuple[Comparison, Comparison] | None:
    """Return both ends of `A到B`, `A-B` or `介于A和B之间`, or None where the two numbers are no range."""
    to = _TO.fullmatch(text, low.span.end, high.span.start)
    if to is None or (not high.unit and _COUNTED.match(text, high.span.end)):
        return None
    before = _BETWEEN_BEFORE.search(text, max(taken, low.span.start - 4), low.span.start)
    after = _BETWEEN.match(text, high.span.end)
    if to["to"] in {"和", "与", "跟", "同"} and not after:
        return None
    if low.value > high.value or _operator(text, taken, low.span.start):
        return None
    start = before.start() if before else low.span.start
    end = after.end() if after else high.span.end
    first = Comparison(Span(start, low.span.end), ">=", low.value, low.unit or high.unit)
    return first, Comparison(Span(low.span.end, end), "<=", high.value, high.unit or low.unit)


def _operator(text: str, taken: int, end: int) -> re.Match[str] | None:
    """Return the operator that ends where a number starts."""
    start = max(taken, end - _REACHING)
    return _BEFORE.search(text, start, end) if _MAY_COMPARE.search(text, start, end) else None


def _single(text: str, number: Number, taken: int) -> Comparison | None:
    start, end = number.span
    if not number.unit and _TIME.match(text, end):
        return None
    before = _operator(text, taken, start)
    if before and before["than"]:
        after = _THAN.match(text, end)
        if after is None:
            return None
        span = Span(before.start(), after.end())
        return Comparison(span, _OPERATORS[str(after.lastgroup)], number.value, number.unit)
    after = _AFTER.match(text, end)
    kind = before.lastgroup if before else None
    if kind == "none":
        return None
    if kind in {"reach", "drop"} and not after and _COMMAND.search(text, max(taken, start - _REACHING), start):
        return None
    if kind in {"past", "left"} and not number.unit:  # 过了三个路口, 还剩两盏灯
        kind = None
    if kind == "is":
        stated = _WHEN_AFTER.match(text, end) or _WHEN_BEFORE.search(text, max(taken, start - _REACHING), start)
        kind = "eq" if stated and not _COUNTED.match(text, end) else None
    if after and kind in {None, "reach", "drop", "eq"}:
        kind = after.lastgroup
    if kind is None:
        more = _MORE.match(text, end) if number.value >= 100 and number.value % 100 == 0 and not number.unit else None
        return Comparison(Span(start, more.end()), ">", number.value, None) if more else None
    span = Span(before.start() if before else start, after.end() if after else end)
    return Comparison(span, _OPERATORS[kind], number.value, number.unit)
