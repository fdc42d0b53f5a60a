"""Delays, times of day, and how often these come back."""

from __future__ import annotations

import re
from typing import Any

from curation.text import Span
from rules.smart_home.conditions.surroundings import Condition, Surroundings

_TOWARDS = re.compile(
    r"(?:从|自)?(?:现在|而家|依家|这会儿|今天|今日|今|明天|明日|明|听日|当天)?(?:起|开始|算起)?(?:的)?(?:每隔|每过|等到|等|再过|(?<!超)过|再|到了|到|在|于|延时|延迟|推迟|倒计时|倒数|定时)?(?:大概|大约|差不多)?$"
)
_AFTERWARDS = re.compile(
    r"(?:整|左右|正|钟)?(?:的时候|嘅时候|时候|时|的话|之后|以后|过后|后|一到)?(?:了)?,?(?:就|再|便|则|才|请|准时|自动)*,?"
)
_UNTIL = re.compile(r"(?:直到|一直到|持续到|保持到|[开亮响播放关]到|之前|为止)$")
_WEEKDAY = {"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}
_DAYS = list(dict.fromkeys(_WEEKDAY.values()))
_WEEK = re.compile(
    r"(?:逢|每个?|每逢)?(?:周|星期|礼拜)([一二三四五六日天])(?:(到|至|-|~)(?:周|星期|礼拜)?([一二三四五六日天])|((?:(?:和|、|,|及|与|跟|还有)?(?:周|星期|礼拜)?[一二三四五六日天])*))(?:的)?"
)


def find_times(around: Surroundings) -> list[Condition]:
    """Return the delays and the times of day that something waits for."""
    return [*_delays(around), *_clocks(around)]


def _delays(around: Surroundings) -> list[Condition]:
    found = []
    text = around.text
    for one in around.durations:
        start, end = one.span
        prefix = text[:start]
        towards = _TOWARDS.search(prefix)
        begin = towards.start() if towards else start
        lead = prefix[begin:]
        behind = re.compile(r"(?:之|以|过)?后").match(text, end)
        if around.is_attribute(behind.end() if behind else end) or one.direction == "past":
            continue
        after = _AFTERWARDS.match(text, end)
        stop = after.end() if after else end
        if one.direction == "every" or re.search(r"每隔|每过", lead):
            if around.head_before(start) or around.action_starts:
                found.append(
                    Condition(one.span, Span(begin, stop), None, "a repeated interval is no trigger", "interval")
                )
            continue
        if one.direction == "within" and around.action_starts:
            found.append(
                Condition(
                    one.span, Span(begin, stop), None, "a time within which something happens is no trigger", "until"
                )
            )
            continue
        delayed = re.search(r"延时|延迟|推迟|倒计时|倒数|定时", lead) and around.blocks(stop)
        # 过十分钟关掉, 等半小时再开: the verb of waiting makes it a delay without 后.
        waited = re.search(r"过|等", lead) and (around.blocks(stop) or re.search(r"就|再", text[end:stop]))
        if one.direction != "future" and not delayed and not waited:
            continue
        if _UNTIL.search(prefix[:begin] + lead):
            continue
        found.append(Condition(Span(begin, end), Span(begin, stop), {"time_after": one.canonical}, kind="time_after"))
    return found


def _clocks(around: Surroundings) -> list[Condition]:
    found = []
    text = around.text
    clocks = [one for one in around.clocks if not around.is_attribute(one.span.end)]
    for index, one in enumerate(clocks):
        start, end = one.span
        prefix = text[:start]
        if start in around.verb_ends:
            continue
        if _UNTIL.search(prefix) or re.compile(r"之前|以前|前").match(text, end):
            if around.action_starts:
                found.append(
                    Condition(one.span, one.span, None, "a time until which something holds is no trigger", "until")
                )
            continue
        follows = clocks[index + 1] if index + 1 < len(clocks) else None
        if follows and re.fullmatch(r"(?:到|至|-|~|–)(?:第二天|次日|隔天)?", text[end : follows.span.start]):
            found.append(
                Condition(
                    Span(start, follows.span.end),
                    Span(start, follows.span.end),
                    None,
                    "a span of time is no trigger",
                    "range",
                )
            )
            continue
        if found and found[-1].kind == "range" and found[-1].span.end == end:
            continue
        repeat, begin = _repeat(around, start)
        towards = _TOWARDS.search(text[:begin])
        begin = towards.start() if towards else begin
        if re.search(r"定时|倒计时|倒数", text[begin:start]) and not around.blocks(end):
            continue
        trigger: dict[str, Any] = {"time": one.value}
        if repeat:
            trigger["repeat"] = repeat
        after = _AFTERWARDS.match(text, end)
        notes = (
            ("the day is not kept",)
            if re.search(r"明|听日", text[begin:start]) or one_day_ahead(text[start:end])
            else ()
        )
        found.append(
            Condition(Span(begin, end), Span(begin, after.end() if after else end), trigger, kind="time", notes=notes)
        )
    return found


def one_day_ahead(words: str) -> bool:
    """Tell whether a clock time is said of tomorrow."""
    return words.startswith(("明", "听日", "听朝"))


def _repeat(around: Surroundings, start: int) -> tuple[Any, int]:
    """Return how often the clock time that begins at `start` comes back, and where the words for it begin."""
    before = around.text[:start]
    glue = re.search(r"(?:的|,|在|到)*$", before)
    edge = glue.start() if glue else start
    repeat: Any = None
    begin = start
    for span, value in around.lexicons["repeats"].find(before):
        if span.end >= edge:
            repeat, begin = value, span.start
    for match in _WEEK.finditer(before):
        if before[: match.start()].endswith(("下", "下个", "这", "这个", "本", "上", "上个")):
            continue
        if match.end() >= edge and (repeat is None or match.start() <= begin):
            repeat, begin = _days(match), match.start()
    return repeat, begin


def _days(match: re.Match[str]) -> Any:
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
