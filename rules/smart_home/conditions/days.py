"""The days on which something comes back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from curation.lexicon import Lexicon
from curation.literals import sieve
from curation.text import Span
from rules.chinese.clocks import Clock

_WEEKDAY = {"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}
_DAYS = list(dict.fromkeys(_WEEKDAY.values()))
WEEK = re.compile(
    r"(?:逢|每个?|每逢)?(?:周|星期|礼拜)([一二三四五六日天])(?:(到|至|-|~)(?:周|星期|礼拜)?([一二三四五六日天])|((?:(?:和|、|,|及|以及|与|跟|同埋?(?=周|星期|礼拜)|还有)?(?:周|星期|礼拜)?[一二三四五六日天])*))(?:的)?"
)
_A_WEEK = sieve([WEEK])
_ONE_DAY = re.compile(r"(?:[这本下]|(?<![早晚])上|[这下上]个|今[天日]?[是系]?)$")
"""What makes a day of the week one day: 这周六, 今天星期六."""
_TWICE = re.compile(r"[今明昨后前两几半整](?:天天|日日|晚晚|夜夜|朝朝)")
"""今天天气, 今晚晚点: not the word for every day or evening."""
_NAMED = re.compile(r"模式|场景|情[景境]|天气")


class Days(NamedTuple):
    """Days on which something comes back, and the folded characters that say it."""

    span: Span
    repeat: Any
    """As the trigger says it: `daily`, `weekdays`, `weekends`, or a list of days."""
    always: bool
    """Whether the words say that it comes back (每晚); 周末 and 星期天 may be the coming one."""


def find_days(text: str, repeats: Lexicon, clocks: Sequence[Clock]) -> list[Days]:
    """Return the days on which something comes back, from left to right, not overlapping."""
    named = repeats.find(text)
    found: list[Days] = []
    if _A_WEEK.search(text):
        unread = list(text)
        for clock in clocks:
            unread[clock.span.start : clock.span.end] = "□" * (clock.span.end - clock.span.start)
        found = [
            Days(Span(*match.span()), _of_week(match), match.group().startswith(("每", "逢")))
            for match in WEEK.finditer("".join(unread))
        ]
    for span, value in named:
        if not any(days.span.start <= span.start < days.span.end for days in found):
            found.append(Days(span, value, value != "weekends" or text.startswith("每", span.start)))
    return sorted(
        (
            days
            for days in found
            if not _ONE_DAY.search(text[: days.span.start])
            and not _TWICE.match(text, max(0, days.span.start - 1))
            and not _NAMED.match(text, days.span.end - text[: days.span.end].endswith("天"))
            and not _NAMED.match(text, days.span.end)
        ),
        key=lambda days: days.span,
    )


def _of_week(match: re.Match[str]) -> Any:
    """Return the days that a phrase such as 周一到周五 or 周二和周四 names."""
    first = _DAYS.index(_WEEKDAY[match[1]])
    if match[3]:
        last = _DAYS.index(_WEEKDAY[match[3]])
        days = _DAYS[first : last + 1] if first <= last else [*_DAYS[first:], *_DAYS[: last + 1]]
    else:
        named = {match[1], *re.findall(r"[一二三四五六日天]", match[4] or "")}
        days = [day for day in _DAYS if day in {_WEEKDAY[name] for name in named}]
    if days == _DAYS:
        return "daily"
    if days == _DAYS[:5]:
        return "weekdays"
    return "weekends" if days == _DAYS[5:] else days
