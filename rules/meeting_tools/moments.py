"""Days and times as people say them, as ISO 8601: told against a reference, or not at all.

A day that is said relative to now (明天, 下周三, 15号) needs a reference; what could be two days, or two hours of
a day, is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from curation.rewriting import Decline
from curation.text import Span, fold
from rules.chinese import find_clocks, find_durations, read_number

_N = r"(?:[0-9]{1,2}|[一二三四五六七八九十廿卅]{1,3})"
_YEAR = r"(?:[0-9]{4}|[零〇一二三四五六七八九]{4})"
_WEEK = r"(?:周|星期|礼拜)"
_DATE = re.compile(
    rf"""(?P<year>{_YEAR})[-/.年](?P<year_month>{_N})[-/.月](?P<year_day>{_N})(?:[日号]|(?![0-9日号]))
    | (?:(?P<near_year>今年|明年|后年)的?)?(?P<month>{_N})月(?P<month_day>{_N})(?:[日号]|(?![0-9个日号]))
    | (?P<near_month>这个月|本月|今个月|下个?月)的?(?P<near_day>{_N})[日号]
    | (?P<week>(?<!一)下下个?|(?<!一)下个?|(?<!一)上个?|这个?|本)?{_WEEK}(?P<weekday>[一二三四五六日天]|[1-7](?![0-9]))
    | (?<![0-9一二三四五六七八九十月])(?P<day>{_N})[日号](?![线楼室会])
    | (?P<named>大后[天日]|后[天日]|明[天日早晚晨]|听[日晚朝]|今[天日早晚晨朝]|昨[天日晚]|[寻琴]日|前[天日])
    """,
    re.VERBOSE,
)
_FIGURES = str.maketrans("〇零一二三四五六七八九", "00123456789")
_NAMED: Mapping[str, int] = {"大后": 3, "后": 2, "明": 1, "听": 1, "今": 0, "昨": -1, "寻": -1, "琴": -1, "前": -2}
_WEEKS: Mapping[str, int] = {"下下": 2, "下": 1, "上": -1, "这": 0, "本": 0}
_WEEKDAYS = "一二三四五六日"
_BETWEEN = re.compile(r"[的在于,、 t:()]*")
_LABEL = re.compile(r"[,( ]*")
"""Between a date and the weekday that only says again which day it is: 3月5日(周四)."""
_LATER = re.compile(r"(?:之|以|过)?后")
_SECONDS = re.compile(r":[0-9]{2}:(?!00)|秒")
_HALF_SAID = range(1, 8)
"""Hours that are as likely of the afternoon as of the morning where no part of the day is said."""
_NIGHT_ENDS = 5
_REFERENCE = re.compile(
    rf"""(?:当前|现在|目前|此刻|今天|今日|参考|基准|now|today)[^0-9零〇一二三四五六七八九,;。]{{0,8}}
    (?P<date>{_YEAR}[-/.年]{_N}[-/.月]{_N}日?)
    [,(（]?(?:{_WEEK}(?P<weekday>[一二三四五六日天]))?[)）]?[ t,]*
    (?P<clock>[0-9]{{1,2}}:[0-9]{{2}})?""",
    re.VERBOSE,
)


class Said(NamedTuple):
    """A day, a time of day, or both, and the folded characters that say them."""

    spans: tuple[Span, ...]
    day: date | None
    clock: time | None

    def text(self) -> str:
        """Return it as ISO 8601."""
        parts = [] if self.day is None else [self.day.isoformat()]
        return "T".join([*parts, *([] if self.clock is None else [self.clock.strftime("%H:%M")])])


@dataclass(frozen=True)
class Reference:
    """When a record was said: the day, and the time where it is given."""

    day: date
    clock: time | None


def reference_in(said: str) -> Reference | None:
    """Return the reference that a record's input states (当前时间: 2026-03-02 09:00), None where it states none.

    Raises `Decline` where its parts contradict each other, or where it states two.
    """
    found = {_reference(match) for match in _REFERENCE.finditer(fold(said).text)}
    if len(found) > 1:
        raise Decline("several reference dates in the input", said[:80])
    return found.pop() if found else None


def _reference(match: re.Match[str]) -> Reference:
    whole = _DATE.fullmatch(match["date"])
    if whole is None:
        raise Decline("a reference date that is no date", match[0])
    day = _absolute(whole)
    weekday = match["weekday"]
    if weekday and _place(weekday) != day.weekday():
        raise Decline("the reference date and its weekday disagree", match[0])
    try:
        clock = time.fromisoformat(match["clock"].zfill(5)) if match["clock"] else None
    except ValueError:
        raise Decline("a reference time that is no time", match[0]) from None
    return Reference(day, clock)


def read_whole(text: str, now: Reference | None) -> Said:
    """Return the day and time that a value says; raises `Decline` where it is not sure, or says anything else."""
    folded = fold(text).text
    said = read_one(folded, now)
    rest, position = "", 0
    for span in sorted(said.spans):
        rest += folded[position : span.start]
        position = max(position, span.end)
    rest += folded[position:]
    if not said.spans or not _BETWEEN.fullmatch(rest):
        raise Decline("a time that cannot be read", text)
    return said


def read_one(text: str, now: Reference | None) -> Said:
    """Return the one day and time that a folded text speaks of, none where it speaks of none; raises `Decline`."""
    later = [one for one in find_durations(text) if one.direction == "future" and _LATER.match(text, one.span.end)]
    durations = [one.span for one in find_durations(text)]
    dates = [m for m in _DATE.finditer(text) if not any(s.start <= m.start() < s.end for s in durations)]
    # The clock reader takes the day of 2026-03-05 15:00 for nothing: a date is never part of a time.
    dates, labels = _labelled(text, dates)
    clocks = [clock for clock in find_clocks(text) if not any(_inside(clock.span, m) for m in dates)]
    if len(dates) > 1 or len(clocks) > 1 or len(later) > 1 or (later and dates):
        raise Decline("more than one time", text)
    clock = None if not clocks else _clock(text, clocks[0])
    spans = [clock.span for clock in clocks]
    if later:
        end = _LATER.match(text, later[0].span.end)
        spans.append(Span(later[0].span.start, end.end() if end else later[0].span.end))
        return _after(later[0], clock, now, tuple(spans))
    if dates:
        spans += [Span(*found.span()) for found in (*dates, *labels)]
        day = _day(dates[0], now)
        if any(_place(label["weekday"]) != day.weekday() for label in labels):
            raise Decline("a date and its weekday disagree", text)
        return Said(tuple(spans), day, clock)
    if clock is None:
        return Said((), None, None)
    if now is None or now.clock is None:
        raise Decline("a time of day without a reference date", text)
    if clock <= now.clock:
        raise Decline("a time of day that has passed", text)
    return Said(tuple(spans), now.day, clock)


def _labelled(text: str, dates: list[re.Match[str]]) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
    """Return the dates, and apart from them the weekdays that stand right behind one of another kind."""
    labels = [
        found
        for last, found in pairwise(dates)
        if found["weekday"]
        and not found["week"]
        and not last["weekday"]
        and _LABEL.fullmatch(text, last.end(), found.start())
    ]
    return [found for found in dates if found not in labels], labels


def _inside(span: Span, found: re.Match[str]) -> bool:
    return found.start() <= span.start and span.end <= found.end()


def _clock(text: str, found: Any) -> time:
    words = text[found.span.start : found.span.end]
    if not found.exact:
        raise Decline("a time that is said roughly", words)
    if _SECONDS.search(words):
        raise Decline("a time with seconds", words)
    if found.daypart in {"evening", "night"} and found.hour < _NIGHT_ENDS:
        raise Decline("an hour around midnight, of one day or the next", words)
    if found.daypart is None and found.hour in _HALF_SAID and not re.match(r"0[0-9]:", words):
        raise Decline("an hour of the morning or of the afternoon", words)
    return time(found.hour, found.minute)


def _after(duration: Any, clock: time | None, now: Reference | None, spans: tuple[Span, ...]) -> Said:
    """Return the moment some time from now: 两小时后, 三天后下午两点."""
    if now is None:
        raise Decline("a relative time without a reference date", duration.canonical)
    if duration.approximate:
        raise Decline("a time that is said roughly", duration.canonical)
    days, rest = divmod(duration.seconds, 86400)
    if not rest and days:
        return Said(spans, now.day + timedelta(days=days), clock)
    if clock is not None or now.clock is None:
        raise Decline("a relative time without a reference time", duration.canonical)
    moment = datetime.combine(now.day, now.clock) + timedelta(seconds=duration.seconds)
    return Said(spans, moment.date(), moment.time().replace(second=0))


def _day(found: re.Match[str], now: Reference | None) -> date:
    if found["year"]:
        return _absolute(found)
    if now is None:
        raise Decline("a relative date without a reference date", found[0])
    today = now.day
    if found["named"]:
        stem = next(stem for stem in _NAMED if found["named"].startswith(stem))
        return today + timedelta(days=_NAMED[stem])
    if found["weekday"]:
        return _weekday(found, today)
    if found["month"]:
        year = today.year + {"明年": 1, "后年": 2}.get(found["near_year"] or "", 0)
        day = _date(year, found["month"], found["month_day"], found[0])
        return day if found["near_year"] else _ahead(day, today, found[0])
    if found["near_month"]:
        year, month = divmod(today.year * 12 + today.month - 1 + found["near_month"].startswith("下"), 12)
        return _date(year, str(month + 1), found["near_day"], found[0])
    return _ahead(_date(today.year, str(today.month), found["day"], found[0]), today, found[0])


def _weekday(found: re.Match[str], today: date) -> date:
    """Return a day of a week that begins on Monday; one of this week that has passed is for a person."""
    place = _place(found["weekday"])
    prefix = (found["week"] or "").removesuffix("个")
    day = today + timedelta(days=place - today.weekday() + 7 * _WEEKS.get(prefix, 0))
    return day if prefix == "上" else _ahead(day, today, found[0])


def _place(weekday: str) -> int:
    """Return the place of a weekday in its week, from 0 for Monday."""
    return int(weekday) - 1 if weekday.isascii() else _WEEKDAYS.index(weekday.replace("天", "日"))


def _ahead(day: date, today: date, words: str) -> date:
    if day < today:
        raise Decline("a day that has passed, or the next one called so", words)
    return day


def _absolute(found: re.Match[str]) -> date:
    return _date(int(found["year"].translate(_FIGURES)), found["year_month"], found["year_day"], found[0])


def _date(year: int, month: str, day: str, words: str) -> date:
    try:
        return date(year, int(read_number(month) or 0), int(read_number(day) or 0))
    except ValueError:
        raise Decline("no day of the calendar", words) from None
