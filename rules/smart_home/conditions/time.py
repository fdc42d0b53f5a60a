"""Delays, times of day, and how often these come back."""

from __future__ import annotations

import re
from typing import Any

from curation.text import Span
from rules.chinese.clocks import Clock
from rules.chinese.numbers import about
from rules.smart_home.conditions.surroundings import DELAYED_EVENT, OTHER_DEVICE, Condition, Surroundings

_TOWARDS = re.compile(
    r"(?:从|自)?(?:现在|而家|依家|这会儿|今天|今日|今|明天|明日|明|听日|当天)?(?:起|开始|算起)?(?:的)?(?:每隔|每过|等到|等(?:[我你他她]们?)?[上个多]?|再过多?|(?<!超)过多?|再|到了|到|在|于|延时|延迟|推迟|倒计时|倒数|定时)?(?:大概|大约|差不多)?$"
)
_AFTERWARDS = re.compile(
    r"(?:整|左右|正|钟)?(?:的时候|嘅时候|时候|时|的话|之后|以后|过后|后|一到)?(?:了)?,?(?:就|再|便|则|才|请|准时|自动)*,?"
)
_WAITS = re.compile(r"过|等(?!到)|再|延|推|倒|定")
"""In the words before a duration, that it is waited for."""
_RUNS = re.compile(
    r"(?P<more>再)?(?:多|继续|让它)?(?:[吹看亮转听播放玩用坐睡洗烤烧煮炖蒸跑扫晒充泡烘响]|(?<!离)开|工作|运[行转])多?$"
)
"""Before a duration, what goes on for so long: 空调再吹半小时就关."""
_ENDS = re.compile(r",?(?:(?:就|便|再|才),?(?:自动|把.{1,6}?)?(?=[关停熄闩断灭叫提通])|(?=叫醒?我|提醒我|通知我))")
"""Behind it, what ends that: 就关, 叫我."""
_BY_ITSELF = re.compile(r"自动(?=[关停熄断])")
_APPOINTS = re.compile(r"(?:定|设定?|设置|预约|预定)(?:好|了)?一?个?$")
_APPOINTED = re.compile(r"的?(?:自动)?(?=关|开|启动|停)")
"""给空调定个两小时的关机."""
_SWITCHES = re.compile(r"关|熄|闩|停|打开|开(?!始)")
_OVER = re.compile(r"(?:(?<![然最])(?:之|以)?后,?|[,;]再?)(?:每?[隔间]隔?)?$")
_DUE = re.compile(r"[再就才便,]*")
_LATER_ONLY = "the time belongs to a later action only"
_UNTIL = re.compile(r"(?:直到|一直到|持续到|保持到|[开亮响播放关]到|之前|为止)$")
_RINGS = re.compile(r"(?:[改定设调较校拨]|闹钟(?:时间)?)[到为在成去至]?$")
"""Before a clock time, that an alarm clock is set to it."""
_COOKS = re.compile(r"[煮蒸炖焖泡烤][^,。;]{1,2}[吧啦]?(?=$|[,。;!])")
"""Behind the length of a countdown, what it is for: 倒计时八分钟煮面."""
_PASSED = re.compile(r"(?:了|咗)?(?:之后|以后|后)?$")
_DEGREES = re.compile(r"(?:度|°c|℃|摄氏度|%|ppm)?")
_HAPPENED = re.compile(
    r"(?:[洗煮烧烤扫做炖蒸烘吃看播放][完好][^,。;]{0,2}|日[落出]|[落下]山|升起|天[黑亮]|[下放][班学课工]|结束|离开|走开)$"
)
"""What a delay may be counted from, besides an event of the household, a time and what is measured."""
_AFTER_IT = re.compile(r"[0-9一二两三四五六七八九十]+个?半?(?:分钟|小时|钟头|秒钟?)(?:之|以|过)?后")
_HOLDS = re.compile(r"(?:超过|持续|连续|达到?|满)了?$")
_IS_NOW = re.compile(r"了[呀啊啦]?[,。;!]")
"""Behind a clock time, that it is so late now: 都十点了，关灯."""
_PARTED = re.compile(r"[。;!?]|今天|今晚|今早|今日|明|后天|听日|昨|当天|当晚")
"""What keeps the days of one clause from the time in the next: an end, or a day that comes once."""
_ONCE = re.compile(r"要|会|去|来|有|客")
"""What may happen on one of the days only: 周末要来客人，…"""
_HABIT = re.compile(
    r"平时|平常|往常|从(?:今|明|现在|而家)[天日]?(?:起|开始|以后)|今后|(?:^|[,。;])(?:请|麻烦你?)?以后(?=[^,。;]*都)"
)
"""What comes back without a word for the days."""
_DAY = r"(?:工作[日天]|周末|双休日|上班日|上学日|平日|(?:周|星期|礼拜)[一二三四五六日天])"
_OTHER_DAYS = re.compile(
    rf"非{_DAY}|{_DAY}[以之]外|除(?:了|去|咗)?{_DAY}|{_DAY}除外|(?<![今明]天)(?<![今明]天是)(?:节?假|休息)日(?!模式|场景|音乐)"
    rf"|[单双](?:号(?!线|楼|房)|日)|不(?:用|需|必)?上[班学](?:的日子|的时候|[日天])"
    r"|连续?[0-9一两二三四五六七八九十几]+[天日晚]|隔[天日周晚]|每两[天周]|双周|[隔单]周(?![一二三四五六日天末])"
    r"|每个?(?:周|星期|礼拜)(?![一二三四五六日天末])|每个?(?:周|星期|礼拜)[一二三四五六][次回遍](?!卧)"
    r"|直到(?:这|本|下)?个?(?:周|星期|礼拜|月)"
)
"""Days that no trigger says: 非工作日, 节假日, 双号, 连续三天, 每周."""
_TWO_PARTS = re.compile(r"(?:早|早上|早晨|上午|中午|下午|朝)(?:[和与跟及同或、]|还有)?$")
_LATER_PART = re.compile(r"下午|下昼|傍晚|[今每]晚|(?<![昨今每])晚(?:上|间|黑)|夜里|夜晚|每夜|晚晚|夜夜")


def find_times(around: Surroundings) -> list[Condition]:
    """Return the delays and the times of day that something waits for."""
    return [*_delays(around), *_clocks(around)]


def _delays(around: Surroundings) -> list[Condition]:
    found = []
    text = around.text
    hours = [clock.span for clock in around.clocks]
    for one in around.durations:
        start, end = one.span
        prefix = text[:start]
        towards = _TOWARDS.search(prefix)
        begin = towards.start() if towards else start
        lead = prefix[begin:]
        told = one.direction == "none" and not _WAITS.search(lead)
        if told and any(hour.start <= start and end <= hour.end for hour in hours):
            continue  # 22时30分
        behind = re.compile(r"(?:之|以|过)?后").match(text, end)
        appoints, appointed = _APPOINTS.search(prefix), _APPOINTED.match(text, behind.end() if behind else end)
        if appoints is not None and appointed is not None:
            region = Span(appoints.start(), appointed.end())
            unsure = _unsure(text, one.span)
            trigger = None if unsure else {"time_after": one.canonical}
            found.append(Condition(one.span, region, trigger, unsure, "time_after"))
            continue
        if around.is_attribute(behind.end() if behind else end) or one.direction == "past":
            continue
        after = _AFTERWARDS.match(text, end)
        stop = after.end() if after else end
        since = _since(around, begin) if one.direction == "future" else None
        if since is not None:
            found.append(Condition(Span(since, end), Span(since, stop), None, DELAYED_EVENT, "time"))
            continue
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
        delayed = delayed and _COOKS.match(text, stop) is None
        # 过十分钟关掉, 等半小时再开: the verb of waiting makes it a delay without 后.
        waited = re.search(r"过|等", lead) and (around.blocks(stop) or re.search(r"就|再", text[end:stop]))
        runs = _RUNS.search(prefix)
        automatic = _BY_ITSELF.match(text, end) is not None
        alone = not prefix or prefix.endswith(",") or any(span.end == start for span in around.device_spans)
        if automatic and one.direction != "future" and runs is None and not alone:
            reason = "what a time is counted from is no trigger"  # 离开五分钟自动关灯
            found.append(Condition(one.span, Span(begin, stop), None, reason, "time"))
            continue
        goes_on = runs is not None and runs["more"] is not None
        done = any(around.clause_start(start) <= verb < start for verb in around.verb_starts)
        ordered = done and not goes_on
        ended = automatic or ((runs is not None or ordered) and _ENDS.match(text, end) is not None)
        more = lead == "再" and around.blocks(stop)  # 再十分钟关灯
        if one.direction != "future" and not (delayed or waited or more or ended):
            if told and _is_between(around, begin, end):
                found.append(Condition(one.span, Span(begin, stop), None, _LATER_ONLY, "time_after"))
                continue
            bare = one.direction == "none" and not ((done and runs is None) or prefix.endswith("隔"))
            if bare and end in around.verb_starts and _SWITCHES.match(text, end):
                # 一小时三十关灯: in that time, or once it has run for so long
                reason = "the words do not settle whether it is a delay"
                found.append(Condition(one.span, one.span, None, reason, "time_after"))
            continue
        if ended and ordered and _HOLDS.search(prefix) and not re.search(r"把|将", prefix):
            whole = Span(around.clause_start(start), stop)  # 冰箱门打开超过一分钟就
            found.append(Condition(Span(whole.start, end), whole, None, OTHER_DEVICE, "device"))
            continue
        if ended and ordered and one.direction == "none":
            region = Span(start, stop)  # 开半小时再关
            found.append(Condition(one.span, region, None, _LATER_ONLY, "time_after"))
            continue
        if runs is not None and goes_on:
            begin = runs.start()
        if _UNTIL.search(prefix[:begin] + lead):
            continue
        unsure = _unsure(text, one.span)
        trigger = None if unsure else {"time_after": one.canonical}
        notes = ("the time is said roughly",) if one.approximate else ()
        found.append(Condition(Span(begin, end), Span(begin, stop), trigger, unsure, "time_after", notes))
    return found


def _is_between(around: Surroundings, start: int, end: int) -> bool:
    """Tell whether a length of time stands where one action is over and the next is due (关灯后五分钟开窗)."""
    before = _OVER.search(around.text, 0, start)
    if before is None or not any(verb < before.start() for verb in around.verb_starts):
        return False
    due = _DUE.match(around.text, end)
    return due is not None and any(due.end() <= at <= due.end() + 1 for at in around.action_starts)


def _since(around: Surroundings, begin: int) -> int | None:
    """Return where the words begin that a delay is counted from, if they end before `begin` (出门五分钟后)."""
    text = around.text
    passed = _PASSED.search(text, 0, begin)
    at = passed.start() if passed else begin
    clause = around.clause_start(at)
    starts = [event.start for event, _ in around.lexicons["events"].find(text, clause) if event.end == at]
    starts += [one.span.start for one in around.clocks if one.span.end == at]
    for one in around.comparisons:
        unit = _DEGREES.match(text, one.span.end)
        if unit is not None and unit.end() == at:
            starts.append(clause)
    done = _HAPPENED.search(text, clause, at)
    if done is not None:
        starts.append(done.start())
    if not starts:
        return None
    return min(starts) if any(clause <= verb < at for verb in around.verb_starts) else clause


def _unsure(text: str, said: Span) -> str:
    """Return why the words of a duration leave open how long it is."""
    start = said.start
    if "几" in text[start : said.end]:
        return "a delay without an amount"  # 十几分钟
    if about(text[start : start + 2]):
        return "which of two lengths of time is not said"
    # An hour and a half in Cantonese, half an hour in Mandarin, where a verb stands before it.
    either = text.startswith("个半小时", start) and text.endswith(("过", "等", "定", "开", "再", "来"), 0, start)
    return "half an hour or one and a half" if either else ""


def _clocks(around: Surroundings) -> list[Condition]:
    found = []
    text = around.text
    clocks = [one for one in around.clocks if not around.is_attribute(one.span.end)]
    if "闹钟" in text:
        clocks = [c for c in clocks if not (text.startswith("闹钟", c.span.end) or _RINGS.search(text[: c.span.start]))]
    for index, one in enumerate(clocks):
        start, end = one.span
        prefix = text[:start]
        if start in around.verb_ends or _IS_NOW.match(text, end):
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
        if later := _AFTER_IT.match(text, end):  # 十点十分钟后
            region = Span(start, later.end())
            found.append(Condition(region, region, None, DELAYED_EVENT, "time"))
            continue
        repeat, begin, unsure = _repeat(around, one)
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
        region = Span(begin, after.end() if after else end)
        if not repeat and (habit := _HABIT.search(text)) is not None and habit.start() < start:
            unsure = "the words do not settle on which days"
        if _OTHER_DAYS.search(text) is not None:
            unsure = "days that no trigger says"
        unsure = unsure or _unsettled_half(around, one)
        found.append(Condition(Span(begin, end), region, None if unsure else trigger, unsure, "time", notes))
    return found


def one_day_ahead(words: str) -> bool:
    """Tell whether a clock time is said of tomorrow."""
    return words.startswith(("明", "听日", "听朝"))


def _repeat(around: Surroundings, clock: Clock) -> tuple[Any, int, str]:
    """Return how often a clock time comes back, where the words for it begin, and why that is not sure.

    The days stand right before the time, or in words before it that ask for nothing (周末睡懒觉，上午十点再…).
    """
    text, start = around.text, clock.span.start
    glue = re.search(r"(?:的|,|在|到)*$", text[:start])
    edge = glue.start() if glue else start
    said = [days for days in around.days if days.span.end <= clock.span.end]
    said = [days for days in said if not _asks_between(around, days.span.end, start)]
    said = [days for days in said if days.repeat != "daily"] or said  # 工作日每天
    if not said or _PARTED.search(text, said[-1].span.end, clock.span.end):
        return None, start, ""
    last = said[-1]
    between = text[last.span.end : start]
    apart = last.span.end < edge and "," in between
    sure = not apart or last.always or (isinstance(last.repeat, str) and not _ONCE.search(between))
    if len(said) > 1 or not sure:
        return last.repeat, said[0].span.start, "the words do not settle on which days"
    return last.repeat, last.span.start, ""


def _asks_between(around: Surroundings, start: int, end: int) -> bool:
    """Tell whether something is asked for, or another time is said, between two places."""
    readings = [*(one.span for one in around.clocks), *(one.span for one in around.durations)]
    return any(start <= at < end for at in around.verb_starts) or any(start < span.end <= end for span in readings)


def _unsettled_half(around: Surroundings, clock: Clock) -> str:
    """Return why the hour is not sure where the part of the day stands apart from it (晚上睡得早，十点关灯)."""
    if clock.daypart is not None and _TWO_PARTS.search(around.text[: clock.span.start]):
        return "one hour for two parts of the day"
    parts = [Span(*match.span()) for match in _LATER_PART.finditer(around.text, 0, clock.span.start)]
    if clock.daypart is not None or not 1 <= clock.hour <= 12 or around.text[clock.span.start] == "0" or not parts:
        return ""
    if _asks_between(around, parts[-1].start, clock.span.start):
        return ""
    return "the words do not settle the half of the day"
