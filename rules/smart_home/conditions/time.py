"""Delays, times of day, and how often these come back."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from curation.text import Span
from rules.chinese.clocks import Clock
from rules.chinese.durations import Duration
from rules.chinese.numbers import about
from rules.smart_home.conditions.surroundings import DELAYED_EVENT, OTHER_DEVICE, Condition, Surroundings

_TOWARDS = re.compile(
    r"(?:从|自)?(?:现在|而家|依家|这会儿|今天|今日|今|明天|明日|明|听日|当天)?(?:起|开始|算起)?(?:的)?"  # 从现在起
    r"(?:每隔|每过|等到|等(?:[我你他她]们?)?[上个多]?|再过多?|(?<!超)过多?|再|到了|到|在|于"  # 再过, 到了
    r"|延时|延迟|推迟|倒计时|倒数|定时)?(?:大概|大约|差不多)?$"  # 延时大约
)
_AFTERWARDS = re.compile(
    r"(?:整|左右|正|钟)?(?:的时候|嘅时候|时候|时|的话|之后|以后|过后|后|一到)?(?:了)?,?(?:就|再|便|则|才|请|准时|自动)*,?"
)
_WAITS = re.compile(r"过|等(?!到)|再|延|推|倒|定")
"""In the words before a duration, that it is waited for."""
_WAITED = re.compile(r"过|等")
_THEN = re.compile(r"就|再")
_COUNTS_DOWN = re.compile(r"定时|倒计时|倒数")
_TIMER = re.compile(r"延时|延迟|推迟|倒计时|倒数|定时")
_EVERY = re.compile(r"每隔|每过")
_RUNS = re.compile(
    r"(?P<more>再)?(?:多|继续|让它)?(?:[吹看亮转听播放玩用坐睡洗烤烧煮炖蒸跑扫晒充泡烘响]|(?<!离)开|工作|运[行转])多?$"
)
"""Before a duration, what goes on for so long: 空调再吹半小时就关."""
_ENDS = re.compile(r",?(?:(?:就|便|再|才),?(?:自动|把.{1,6}?)?(?=[关停熄闩断灭叫提通])|(?=叫醒?我|提醒我|通知我))")
"""Behind it, what ends that: 就关, 叫我."""
_BY_ITSELF = re.compile(r"自动(?=[关停熄断])")
_PASSED_BY = re.compile(r"(?:之|以|过)?后")
_APPOINTS = re.compile(r"(?:定|设定?|设置|预约|预定)(?:好|了)?一?个?$")
_APPOINTED = re.compile(r"的?(?:自动)?(?=关|开|启动|停)")
"""给空调定个两小时的关机."""
_SWITCHES = re.compile(r"关|熄|闩|停|打开|开(?!始)")
_OVER = re.compile(r"(?:(?<![然最])(?:之|以)?后,?|[,;]再?)(?:每?[隔间]隔?)?$")
_DUE = re.compile(r"[再就才便,]*")
_LATER_ONLY = "the time belongs to a later action only"
_WHICH_DAYS = "the words do not settle on which days"
_UNTIL = re.compile(r"(?:直到|一直到|持续到|保持到|[开亮响播放关]到|之前|为止)$")
_BEFORE = re.compile(r"之前|以前|前")
_UP_TO = re.compile(r"(?:到|至|-|~|–)(?:第二天|次日|隔天)?")
"""Between two clock times, that they are the ends of a span."""
_AHEAD = re.compile(r"明|听日")
"""Before a clock time, that it is one of tomorrow's."""
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


class _Length(NamedTuple):
    """A length of time, and what stands around it that may make a delay of it."""

    around: Surroundings
    said: Duration
    lead: str
    """The words that lead to it: 再过, 等."""
    region: Span
    """The length with those words, and the words that follow it: 之后, 就."""
    told: bool
    """Whether it is only told, and not waited for."""
    runs: re.Match[str] | None
    """What goes on for so long."""
    goes_on: bool
    """Whether that is to go on from now: 再吹半小时."""
    done: bool
    """Whether something is done before it in its clause."""
    by_itself: bool
    """Whether something ends by itself behind it: 五分钟自动关灯."""
    ended: bool
    """Whether what goes on, or was ordered, ends behind it: 再吹半小时就关."""

    @property
    def ordered(self) -> bool:
        """Tell whether what is done before it is an order of its own (开半小时再关)."""
        return self.done and not self.goes_on


def find_times(around: Surroundings) -> list[Condition]:
    """Return the delays and the times of day that something waits for."""
    delays = [found for one in around.durations if (found := _delay(_length(around, one))) is not None]
    return [*delays, *_clocks(around)]


def _length(around: Surroundings, said: Duration) -> _Length:
    """Return a length of time with what stands around it."""
    text, (start, end) = around.text, said.span
    towards, after = _TOWARDS.search(text, 0, start), _AFTERWARDS.match(text, end)
    region = Span(towards.start() if towards else start, after.end() if after else end)
    lead = text[region.start : start]
    told = said.direction == "none" and not _WAITS.search(lead)
    runs = _RUNS.search(text, 0, start)
    goes_on = runs is not None and runs["more"] is not None
    done = around.verb_in(around.clause_start(start), start)
    by_itself = _BY_ITSELF.match(text, end) is not None
    ended = by_itself or ((done or runs is not None) and _ENDS.match(text, end) is not None)
    return _Length(around, said, lead, region, told, runs, goes_on, done, by_itself, ended)


def _delay(length: _Length) -> Condition | None:
    """Return the condition that a length of time makes, None where nothing waits for it."""
    around, said, region = length.around, length.said, length.region
    start, end = said.span
    if length.told and any(one.span.start <= start and end <= one.span.end for one in around.clocks):
        return None  # 22时30分
    passed = _PASSED_BY.match(around.text, end)
    counted = passed.end() if passed else end
    appointed = _appointed(length, counted)
    if appointed is not None:
        return appointed
    if around.is_attribute(counted) or said.direction == "past":
        return None
    since = _since(around, length.region.start) if said.direction == "future" else None
    if since is not None:
        return Condition.unsayable(Span(since, end), DELAYED_EVENT, "time", Span(since, length.region.end))
    if said.direction == "every" or _EVERY.search(length.lead):
        asks = around.head_before(start) or around.action_starts
        return Condition.unsayable(said.span, "a repeated interval is no trigger", "interval", region) if asks else None
    if said.direction == "within" and around.action_starts:
        return Condition.unsayable(said.span, "a time within which something happens is no trigger", "until", region)
    if said.direction != "future":
        if _counts_from_an_event(length):
            return Condition.unsayable(said.span, "what a time is counted from is no trigger", "time", region)
        if not length.ended and not _is_waited(length):
            return _undecided(length)
    return _ends_an_order(length) or _from_now(length)


def _after(length: _Length, span: Span, region: Span, notes: tuple[str, ...] = ()) -> Condition:
    """Return the condition that so much time passes, without a trigger where it is not sure how much."""
    unsure = _unsure(length.around.text, length.said.span)
    trigger = None if unsure else {"time_after": length.said.canonical}
    return Condition(span, region, trigger, unsure, "time_after", notes)


def _appointed(length: _Length, counted: int) -> Condition | None:
    """Return the delay of an appointment (给空调定个两小时的关机), None where none is made."""
    text, said = length.around.text, length.said.span
    appoints = _APPOINTS.search(text, 0, said.start)
    appointed = _APPOINTED.match(text, counted) if appoints is not None else None
    if appoints is None or appointed is None:
        return None
    return _after(length, said, Span(appoints.start(), appointed.end()))


def _counts_from_an_event(length: _Length) -> bool:
    """Tell whether something happens by itself so long after what is told before (离开五分钟自动关灯)."""
    around, start = length.around, length.said.span.start
    if not length.by_itself or length.runs is not None:
        return False
    alone = start == 0 or around.text.endswith(",", 0, start)
    return not alone and not any(span.end == start for span in around.device_spans)


def _is_waited(length: _Length) -> bool:
    """Tell whether words beside a length of time make a delay of it without 后."""
    text, stop = length.around.text, length.region.end
    acts = length.around.blocks(stop)
    if acts and length.lead == "再":
        return True  # 再十分钟关灯
    if acts and _TIMER.search(length.lead) and _COOKS.match(text, stop) is None:
        return True
    # 过十分钟关掉, 等半小时再开: the verb of waiting makes it a delay without 后.
    waits = _WAITED.search(length.lead) is not None
    return waits and (acts or _THEN.search(text, length.said.span.end, stop) is not None)


def _undecided(length: _Length) -> Condition | None:
    """Return the condition of a length that is no delay from now, but may well be one all the same."""
    around, said = length.around, length.said
    start, end = said.span
    if length.told and _is_between(around, length.region.start, end):
        return Condition.unsayable(said.span, _LATER_ONLY, "time_after", length.region)
    lasts = (length.done and length.runs is None) or around.text.endswith("隔", 0, start)
    if said.direction == "none" and not lasts and end in around.verb_starts and _SWITCHES.match(around.text, end):
        # 一小时三十关灯: in that time, or once it has run for so long
        return Condition.unsayable(said.span, "the words do not settle whether it is a delay", "time_after")
    return None


def _ends_an_order(length: _Length) -> Condition | None:
    """Return the condition that what was ordered, or what is open, ends after so long; None where nothing does."""
    if not length.ended or not length.ordered:
        return None
    text, said = length.around.text, length.said
    start, end = said.span
    if _HOLDS.search(text, 0, start) and not re.search(r"把|将", text[:start]):
        begin = length.around.clause_start(start)  # 冰箱门打开超过一分钟就
        return Condition.unsayable(Span(begin, end), OTHER_DEVICE, "device", Span(begin, length.region.end))
    if said.direction == "none":  # 开半小时再关
        return Condition.unsayable(said.span, _LATER_ONLY, "time_after", Span(start, length.region.end))
    return None


def _from_now(length: _Length) -> Condition | None:
    """Return the delay that a length of time says, None where something goes on until then."""
    said = length.said
    begin = length.runs.start() if length.runs is not None and length.goes_on else length.region.start
    if _UNTIL.search(length.around.text[:begin] + length.lead):
        return None
    notes = ("the time is said roughly",) if said.approximate else ()
    return _after(length, Span(begin, said.span.end), Span(begin, length.region.end), notes)


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
    return min(starts) if around.verb_in(clause, at) else clause


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
    """Return the times of day that something waits for, and those that it lasts to."""
    text = around.text
    clocks = [one for one in around.clocks if not around.is_attribute(one.span.end)]
    if "闹钟" in text:
        clocks = [c for c in clocks if not (text.startswith("闹钟", c.span.end) or _RINGS.search(text[: c.span.start]))]
    found: list[Condition] = []
    for one, follows in zip(clocks, [*clocks[1:], None], strict=False):
        ends = bool(found) and found[-1].kind == "range" and found[-1].span.end == one.span.end
        condition = _clock(around, one, follows, ends)
        if condition is not None:
            found.append(condition)
    return found


def _clock(around: Surroundings, one: Clock, follows: Clock | None, ends: bool) -> Condition | None:
    """Return the condition that a clock time makes before the one that follows, None where it only ends a span."""
    text, (start, end) = around.text, one.span
    if start in around.verb_ends or _IS_NOW.match(text, end):
        return None
    if _UNTIL.search(text, 0, start) or _BEFORE.match(text, end):
        reason = "a time until which something holds is no trigger"
        return Condition.unsayable(one.span, reason, "until") if around.action_starts else None
    if follows is not None and _UP_TO.fullmatch(text, end, follows.span.start):
        return Condition.unsayable(Span(start, follows.span.end), "a span of time is no trigger", "range")
    if ends:
        return None
    if later := _AFTER_IT.match(text, end):  # 十点十分钟后
        return Condition.unsayable(Span(start, later.end()), DELAYED_EVENT, "time")
    return _at(around, one)


def _at(around: Surroundings, one: Clock) -> Condition | None:
    """Return the condition that it is so late, on the days that are said; None where a timer runs for so long."""
    text, (start, end) = around.text, one.span
    repeat, opens, unsure = _repeat(around, one)
    towards = _TOWARDS.search(text, 0, opens)
    begin = towards.start() if towards else opens
    if _COUNTS_DOWN.search(text, begin, start) and not around.blocks(end):
        return None
    after = _AFTERWARDS.match(text, end)
    region = Span(begin, after.end() if after else end)
    ahead = _AHEAD.search(text, begin, start) or text.startswith(("明", "听日", "听朝"), start, end)
    notes = ("the day is not kept",) if ahead else ()
    unsure = _unsettled(around, one, repeat, unsure)
    trigger = None if unsure else {"time": one.value, "repeat": repeat} if repeat else {"time": one.value}
    return Condition(Span(begin, end), region, trigger, unsure, "time", notes)


def _unsettled(around: Surroundings, clock: Clock, repeat: Any, unsure: str) -> str:
    """Return why it is not sure on which days a clock time comes, or in which half of the day."""
    if _OTHER_DAYS.search(around.text) is not None:
        return "days that no trigger says"
    habit = None if repeat else _HABIT.search(around.text)
    if habit is not None and habit.start() < clock.span.start:
        return _WHICH_DAYS
    return unsure or _unsettled_half(around, clock)


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
        return last.repeat, said[0].span.start, _WHICH_DAYS
    return last.repeat, last.span.start, ""


def _asks_between(around: Surroundings, start: int, end: int) -> bool:
    """Tell whether something is asked for, or another time is said, between two places."""
    readings = [*(one.span for one in around.clocks), *(one.span for one in around.durations)]
    return around.verb_in(start, end) or any(start < span.end <= end for span in readings)


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
