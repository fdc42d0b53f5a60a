"""What must come before an action: the triggers that a sentence states, and the parts of the text that state them.

Every trigger of the target format is found here: relative and clock times, recurrence, comparisons, sensor states that
may last, household events. A condition that stands as one and is none of these is found too, with the reason why no
trigger can say it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from curation.lexicon import Lexicon
from curation.text import Span
from rules.chinese.clocks import Clock, find_clocks
from rules.chinese.comparisons import Comparison, find_comparisons
from rules.chinese.durations import Duration, find_durations
from rules.chinese.numbers import find_numbers

_CLAUSE_END = ",。;!?、:□"
_NOT_ATTRIBUTE = re.compile(r"的(?:时候|时侯|话|时间|情况)|嘅(?:时候|话)")
_TOWARDS = re.compile(r"(?:从|自)?(?:现在|而家|依家|这会儿|今天|今日|今|明天|明日|明|听日|当天)?(?:起|开始|算起)?(?:的)?(?:每隔|每过|等到|等|再过|过|再|到了|到|在|于|延时|延迟|推迟|倒计时|倒数|定时)?(?:大概|大约|差不多)?$")
_AFTERWARDS = re.compile(r"(?:整|左右|正|钟)?(?:的时候|嘅时候|时候|时|的话|之后|以后|过后|后|一到)?(?:了)?,?(?:就|再|便|则|才|请|准时|自动)*,?")
_UNTIL = re.compile(r"(?:直到|一直到|持续到|保持到|[开亮响播放关]到|之前|为止)$")
_VAGUE_TIME = re.compile(r"(?:晚|迟|早)(?:一)?点(?:儿)?(?=再|把|关|开|打|提醒|叫|播|启|锁|拉)|(?:等|过|待)(?:一会儿?|一阵儿?|会儿?|阵儿?|一下|下|一等)(?:再|后|之后|以后|就|,|把|帮|关|开|打)|(?:稍后|晚点|晚些时候|迟啲|一会儿?后|一阵间|迟点|过一会儿?|待会儿?|等会儿?|过会儿?)")
_UNSAYABLE_TIME = re.compile(r"(?:日落|日出|太阳下山|太阳升起|黄昏|黎明|傍晚时分)(?:的时候|时|之后|以后|后|前|之前|就)|(?:后天|大后天|每个?月|每年|下(?:周|星期|礼拜|个月)|\d+月\d+[日号]|[一二三四五六七八九十]+月[一二三四五六七八九十]+[日号])")
_OFTEN = re.compile(r"每(?:隔)?(?:一|1|半|几|两|\d+)?个?(?:小时|钟头|分钟)|每(?:隔|过)")
_MEASURE_LIMIT = re.compile(r"(?:不要|别|不能|不得|不可以|不许|不准|唔好|勿|不应)(?:让[^,。;]{0,6})?(?:[^,。;]{0,6})$")
_SET_BEFORE = re.compile(r"(?:设置?|设定|调整?|调节|控制|保持|维持|固定|稳定|锁定|开|降|升|提高|降低|加|减)(?:到|为|成|至|在|定在|于)?$")
_SPOKEN = re.compile(r"(?:当|如果|每当|每次|要是|只要|一旦|若)?(?:我|有人|你听到我|听到我|听见我)(?:一)?(?:对你)?(?:说|喊|讲|叫)(?:出)?[^,。;]+?(?:的时候|嘅时候|的时侯|时|的话|嘅话|,?就|,)(?:,?(?:就|请|便))*")
_POLITE_IF = re.compile(r"(?:如果|要是|假如)?(?:你)?(?:可以|方便|没事|有空|行|能|不忙|没问题)(?:的话|嘅话)|(?:如果|要是)(?:你)?(?:可以|方便|行)")
_SUBJECT = re.compile(r"(?:[^,。;!?、:]*)$")
_TAIL_JOIN = re.compile(r"(?:了|着|咗|住)?(?:,|;)?")
_OR = re.compile(r"或者?|或是|要么")
_LASTING = re.compile(r"(?:持续|超过|达到?|满|足足|已经|连续|有|了|长达|过了|过)*$")
_LASTS = re.compile(r"(?:了|着|咗)?(?:持续|超过|达到?|满|已经|连续|有|了|长达|过了|,)*$")
_UNITS = re.compile(r"(?:%|趴|度|°c|℃|摄氏度|ppm|微克|毫克|每立方米|/?m3|[μu]g|勒克斯|流明|lux|lx|分贝|db|瓦|伏|安|百分点|人|次|以上|以下)*(?:了)?")
_RANGE = re.compile(r"(?:度|%|°c|℃)?(?:到|至|-|~|–|—|和|与)")
_REACHED = re.compile(r"(?P<word>到了?|达到?了?)(?=[0-9零一二两三四五六七八九十百千半])")
_PART_OF_DAY = re.compile(r"晚上|夜里|夜间|夜晚|白天|半夜|深夜|早上|上午|下午|凌晨|周末|平时")
_BY_ITSELF = re.compile(r"(?:现在|马上|立刻|这|那|我|你|直接|干脆|赶紧|赶快|先|请|一会儿?|顺便|只|也|早)?$")
_WEEKDAY = {"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}
_DAYS = list(dict.fromkeys(_WEEKDAY.values()))
_WEEK = re.compile(r"(?:逢|每个?|每逢)?(?:周|星期|礼拜)([一二三四五六日天])(?:(到|至|-|~)(?:周|星期|礼拜)?([一二三四五六日天])|((?:(?:和|、|,|及|与|跟|还有)?(?:周|星期|礼拜)?[一二三四五六日天])*))(?:的)?")


@dataclass(frozen=True)
class Condition:
    """One stated condition: where it stands, and the trigger it says, or why none can say it."""

    span: Span
    """The words that state it: the evidence."""
    region: Span
    """All that belongs to it and not to an action: its head, subject and tail."""
    trigger: Mapping[str, Any] | None
    reason: str = ""
    kind: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """A folded text whose quoted parts are blanked, with what the readers found in it."""

    text: str
    lexicons: Mapping[str, Lexicon]
    action_starts: tuple[int, ...] = ()
    """Where words that may begin an action stand."""
    verb_starts: tuple[int, ...] = ()
    """Those of them that are verbs."""
    room_spans: tuple[Span, ...] = ()
    device_spans: tuple[Span, ...] = field(default=())

    @cached_property
    def clocks(self) -> list[Clock]:
        """Return the clock times; 晚一点 is none."""
        return [c for c in find_clocks(self.text) if not re.match(r"[晚早迟]一?点(?![钟整半零过一二三四五十\d])", self.text[c.span.start :])]

    @cached_property
    def durations(self) -> list[Duration]:
        """Return the durations."""
        return find_durations(self.text)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Return the comparisons."""
        return find_comparisons(self.text)

    @cached_property
    def heads(self) -> list[Span]:
        """Return the words that open a condition and stand as one."""
        found = []
        for span, _ in self.lexicons["heads"].find(self.text):
            word = self.text[span.start : span.end]
            inert = any(
                other.start <= span.start and span.end <= other.end and other != span
                for other, _ in self.lexicons["inert"].find(self.text)
            )
            if inert or (word in {"当", "等", "若", "待"} and self.text[span.end : span.end + 1] in {"下", "会", "一", "着"}):
                continue
            found.append(span)
        return found

    def clause_start(self, at: int) -> int:
        """Return where the clause around `at` begins."""
        return max((self.text.rfind(mark, 0, at) for mark in _CLAUSE_END), default=-1) + 1

    def head_before(self, at: int) -> Span | None:
        """Return the last head before `at` that no action separates from it."""
        heads = [head for head in self.heads if head.end <= at]
        if not heads:
            return None
        head = heads[-1]
        between = self.text[head.end : at]
        if re.search(r"[。;!?]", between) or between.count(",") > 1:
            return None
        return head

    def tail_at(self, at: int) -> tuple[int, str]:
        """Return the end of the tail that begins at `at`, and the strongest word in it: then, when, after or nothing."""
        end, said = at, ""
        skipped = _TAIL_JOIN.match(self.text, at)
        place = skipped.end() if skipped else at
        found_comma = "," in self.text[at:place]
        while True:
            hit = next((hit for hit in self.lexicons["tails"].find(self.text, place) if hit[0].start == place), None)
            if hit is None or self._inert_at(place, hit[0].end):
                break
            said = said or hit[1]
            end = hit[0].end
            comma = self.text[end : end + 1] in {",", ";"}
            found_comma = found_comma or comma
            place = end + 1 if comma else end
            end = place
        if not said and found_comma:
            return at + len(self.text[at:]) - len(self.text[at:].lstrip("了着咗住的")) + 1, "comma"
        return end, said

    def _inert_at(self, start: int, end: int) -> bool:
        return any(
            span.start <= start and end <= span.end and span.end - span.start > end - start
            for span, _ in self.lexicons["inert"].find(self.text)
        )

    def is_attribute(self, end: int) -> bool:
        """Tell whether what ends at `end` only qualifies a noun (十点半的定时)."""
        return self.text.startswith(("的", "嘅"), end) and not _NOT_ATTRIBUTE.match(self.text, end)

    def blocks(self, end: int) -> bool:
        """Tell whether an action may begin right after `end`."""
        return any(end <= start <= end + 2 for start in self.action_starts)


def find_conditions(around: Surroundings) -> list[Condition]:
    """Return the conditions of a sentence from left to right, not overlapping."""
    found: list[Condition] = []

    def add(condition: Condition | None) -> None:
        if condition and not any(c.span.start < condition.span.end and condition.span.start < c.span.end for c in found):
            found.append(condition)

    for match in _SPOKEN.finditer(around.text):
        if around.text[: match.start()].endswith(("提醒", "告诉", "通知")):
            continue
        add(Condition(Span(*match.span()), Span(*match.span()), None, "a spoken phrase is no trigger", "phrase"))
    dated = _UNSAYABLE_TIME.search(around.text)
    if dated and around.action_starts and not around.is_attribute(dated.end()):
        times = [c for c in _times(around) if c.span.start >= dated.start()]
        end = max([dated.end(), *(c.region.end for c in times)])
        add(Condition(Span(dated.start(), end), Span(dated.start(), end), None, "a time that no clock says", "time"))
    for condition in (*_comparisons(around), *_states(around), *_events(around), *_times(around)):
        add(condition)
    found = [c for c in found if not _inside_phrase(c, found)]
    add(_unsayable(around, found))
    return _merge_regions(around, sorted(found, key=lambda condition: condition.span))


def _inside_phrase(condition: Condition, found: Sequence[Condition]) -> bool:
    return any(
        other.kind == "phrase" and other is not condition and other.span.start <= condition.span.start < other.span.end
        for other in found
    )


def _region(around: Surroundings, start: int, end: int, head: Span | None, subject_from: int | None = None) -> Span:
    """Return what a condition takes from the sentence: from its head or subject to the end of its tail."""
    begin = around.clause_start(start) if subject_from is None else subject_from
    if head is not None:
        begin = min(begin, head.start) if begin <= head.end else head.start
        begin = head.start if head.start >= begin else begin
    return Span(begin, end)


def _comparisons(around: Surroundings) -> list[Condition]:
    found: list[Condition] = []
    for one in _compared(around):
        condition = _comparison(around, one, found)
        if condition is not None:
            found.append(condition)
    return found


def _compared(around: Surroundings) -> list[Comparison]:
    """Return the comparisons with what the reader leaves to the sentence: 一到28度 and 到了50度 are reached, not a range."""
    text, read = around.text, list(around.comparisons)
    for index, one in enumerate(read[:-1]):
        if text.startswith("一到", one.span.start) and one.value == 1:
            read[index + 1] = Comparison(Span(one.span.start, read[index + 1].span.end), ">=", read[index + 1].value, read[index + 1].unit)
            del read[index]
            break
    for number in find_numbers(text):
        before = _REACHED.search(text, max(0, number.span.start - 3), number.span.start + 1)
        if before and before.end() == number.span.start and not any(c.span.start < number.span.end and number.span.start < c.span.end for c in read):
            closed = _UNITS.match(text, number.span.end)
            stop = closed.end() if closed else number.span.end
            measured = any(hit.end == before.start() for hit, _ in around.lexicons["measures"].find(text))
            if (measured or around.head_before(before.start())) and around.tail_at(stop)[1] in {"then", "when", "after"}:
                read.append(Comparison(Span(before.start(), number.span.end), ">=", number.value, number.unit))
    return sorted(read, key=lambda one: one.span)


def _comparison(around: Surroundings, one: Comparison, found: list[Condition]) -> Condition | None:
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
    if head is None and not said and not around.blocks(stop) and not _joined_condition(text, stop) and not ranged:
        return None
    region = Span(clause if head is None or head.start <= clause else head.start, tail_end if said else stop)
    if head is None and (put := re.search(r"[把将].*?((?:当|在|到)?(?:室内|室外)?(?:的)?(?:温度|湿度)?)$", before)):
        region = Span(clause + put.start(1), region.end)
    begin = max([c.span.end for c in found if c.span.end <= start] + [clause])
    where = Span(begin, stop)
    follows = next((c for c in around.comparisons if c.span.start > start), None)
    if ranged and follows is not None and follows.span.start <= ranged.end() and one.operator == ">=":
        whole = Span(begin, follows.span.end)
        stop = follows.span.end
        tail_end, said = around.tail_at(stop)
        return Condition(whole, Span(region.start, max(tail_end, stop)), None, "a range of values is no trigger", "comparison")
    if found and found[-1].reason == "a range of values is no trigger" and start < found[-1].span.end:
        return None
    measure = _measure(around, before, text[start:stop], found)
    if measure is None:
        return Condition(where, region, None, "the format compares only temperature, humidity, PM2.5, CO2 and battery", "comparison")
    if _PART_OF_DAY.search(text[region.start : start]):
        return Condition(where, region, None, "a part of the day without a time is no trigger", "comparison")
    notes = ("the room of the condition is not kept",) if any(clause <= room.start < start for room in around.room_spans) else ()
    return Condition(where, region, {measure: {"operator": one.operator, "value": one.value}}, kind="comparison", notes=notes)


def _joined_condition(text: str, at: int) -> bool:
    """Tell whether another condition is joined right here (超过30度并且湿度大于70%)."""
    return re.compile(r",?(?:并且|而且|且|同时|并|又|和|或者|或)").match(text, at) is not None


def _measure(around: Surroundings, before: str, words: str, earlier: Sequence[Condition]) -> str | None:
    hits = [value for _, value in around.lexicons["measures"].find(before + words)]
    if hits:
        return hits[-1]
    if re.search(r"亮度|光照|照度|功率|电压|电流|音量|噪音|噪声|甲醛|浓度|风速|价格|重量|时间|人数|分贝|voc", before):
        return None
    if re.search(r"度|°c|℃", words) or re.search(r"冷|热", before):
        return "temperature"
    if "ppm" in words:
        return "co2"
    last = earlier[-1].trigger if earlier else None
    return next(iter(last)) if last and re.search(r"%|趴", words) is None else ("humidity" if re.search(r"湿", before) else None)


def _states(around: Surroundings) -> list[Condition]:
    found = []
    for span, value in around.lexicons["sensors"].find(around.text):
        sensor, _, state = value.partition(":")
        start, end = span
        if around.is_attribute(end) and around.tail_at(end)[1] == "":
            continue
        beside = next((room for room in around.room_spans if room.start == end), None)
        end = beside.end if beside else end
        lasting, start, end = _lasting(around, start, end)
        head = around.head_before(start)
        tail_end, said = around.tail_at(end)
        clause = around.clause_start(start)
        if head is None and said in {"", "comma"} and not lasting and not (said == "comma" and _reports(around.text[span.start : span.end])):
            if not (_reports(around.text[span.start : span.end]) and around.blocks(end)):
                continue
        if re.search(r"把|将", around.text[clause : span.start]):
            continue
        begin = head.start if head is not None else clause
        if re.search(r"明天|明日|今晚|后天|下午|上午|晚上|待会", around.text[begin:start]) and sensor == "rain_sensor":
            found.append(Condition(Span(begin, end), Span(begin, max(tail_end, end)), None, "a forecast is no trigger", "state"))
            continue
        if _PART_OF_DAY.search(around.text[begin:start]) and sensor != "light_sensor":
            found.append(Condition(Span(begin, end), Span(begin, max(tail_end, end)), None, "a part of the day without a time is no trigger", "state"))
            continue
        trigger: dict[str, Any] = {sensor: state}
        if lasting:
            trigger["for"] = lasting
        rooms = any(begin <= room.start < end for room in around.room_spans)
        found.append(
            Condition(Span(start, end), Span(begin, max(tail_end, end)), trigger, kind="state",
                      notes=("the room of the condition is not kept",) if rooms else ())
        )
    return found


def _reports(words: str) -> bool:
    """Tell whether the words report an observation, which nobody says of the present (检测到漏水，关总阀)."""
    return re.match(r"检测到|侦测到|感应到|发现|未|没检测|没有检测|闻到", words) is not None


def _lasting(around: Surroundings, start: int, end: int) -> tuple[str, int, int]:
    """Return how long a state must last, if it is said beside it, and the span with it."""
    for one in around.durations:
        if one.span.end <= start:
            between = around.text[one.span.end : start]
            if re.fullmatch(r"(?:以上|之内|内|都|还|仍|一直|内都|,)*(?:家里|屋里|客厅|卧室|房间|房间里|室内|走廊|浴室|厨房)?(?:都|还)?", between):
                prefix = _LASTING.search(around.text[: one.span.start])
                return one.canonical, prefix.start() if prefix else one.span.start, end
        elif one.span.start >= end:
            between = around.text[end : one.span.start]
            if _LASTS.fullmatch(between):
                stop = one.span.end
                over = re.compile(r"以上|了").match(around.text, stop)
                return one.canonical, start, over.end() if over else stop
    return "", start, end


def _events(around: Surroundings) -> list[Condition]:
    found = []
    for span, event in around.lexicons["events"].find(around.text):
        start, end = span
        if re.compile(r"模式|场景|情景|的路上|时间").match(around.text, end):
            continue
        head = around.head_before(start)
        before_tail = re.compile(r"(?:了)?(?:之前|以前|前)(?:的时候)?,?(?:就)?").match(around.text, end)
        tail_end, said = around.tail_at(end)
        if before_tail:
            tail_end, said = before_tail.end(), "when"
        if head is None and said in {"", "comma"}:
            continue
        begin = head.start if head is not None else around.clause_start(start)
        region = Span(begin, tail_end)
        offset = next((one for one in around.durations if one.span.start == tail_end), None)
        if offset is not None:
            found.append(Condition(Span(start, offset.span.end), Span(begin, offset.span.end), None, "a delay after an event is no trigger", "event"))
        elif before_tail and event in {"arrive_home", "wake_up"}:
            found.append(Condition(span, region, None, "what comes before an event is no trigger", "event"))
        else:
            found.append(Condition(span, region, {"event": event}, kind="event"))
    return found


def _times(around: Surroundings) -> list[Condition]:
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
        if around.is_attribute(end) or one.direction == "past":
            continue
        after = _AFTERWARDS.match(text, end)
        stop = after.end() if after else end
        if one.direction == "every" or re.search(r"每隔|每过", lead):
            if around.head_before(start) or around.action_starts:
                found.append(Condition(one.span, Span(begin, stop), None, "a repeated interval is no trigger", "interval"))
            continue
        if one.direction == "within" and around.action_starts:
            found.append(Condition(one.span, Span(begin, stop), None, "a time within which something happens is no trigger", "until"))
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
        if _UNTIL.search(prefix) or re.compile(r"之前|以前|前").match(text, end):
            if around.action_starts:
                found.append(Condition(one.span, one.span, None, "a time until which something holds is no trigger", "until"))
            continue
        follows = clocks[index + 1] if index + 1 < len(clocks) else None
        if follows and re.fullmatch(r"(?:到|至|-|~|–)(?:第二天|次日|隔天)?", text[end : follows.span.start]):
            found.append(Condition(Span(start, follows.span.end), Span(start, follows.span.end), None, "a span of time is no trigger", "range"))
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
        notes = ("the day is not kept",) if re.search(r"明|听日", text[begin:start]) or one_day_ahead(text[start:end]) else ()
        found.append(Condition(Span(begin, end), Span(begin, after.end() if after else end), trigger, kind="time", notes=notes))
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


def _unsayable(around: Surroundings, found: Sequence[Condition]) -> Condition | None:
    """Return the condition that stands as one although no trigger can say it."""
    text = around.text
    for pattern, reason in (
        (_VAGUE_TIME, "a delay without an amount"),
        (_OFTEN, "a repeated interval is no trigger"),
    ):
        match = pattern.search(text)
        if match and around.action_starts and not around.is_attribute(match.end()):
            end = match.end() - 1 if pattern is _VAGUE_TIME and match.group()[-1] in "把帮关开打" else match.end()
            return Condition(Span(match.start(), end), Span(match.start(), end), None, reason, "time")
    if found:
        return None
    recurring = next(iter(around.lexicons["repeats"].find(text)), None)
    if recurring is not None and around.action_starts and not around.is_attribute(recurring[0].end):
        return Condition(recurring[0], recurring[0], None, "a recurrence without a time is no trigger", "interval")
    for head in around.heads:
        rest = text[head.end :]
        close = next(
            (
                span
                for span, value in around.lexicons["tails"].find(text, head.end)
                if not around._inert_at(*span) and (value != "after" or text[head.start : head.end] not in {"等", "待"})
            ),
            None,
        )
        comma = text.find(",", head.end)
        if text[head.start : head.end] in {"当", "等", "待"} and close is None and comma < 0:
            continue
        if _POLITE_IF.match(text, head.start) or (not rest):
            continue
        stop = close.end if close is not None and (comma < 0 or close.end <= comma + 3) else comma + 1
        if stop <= head.end:
            stop = next((start for start in around.action_starts if start > head.end), 0)
        if stop <= head.end or not any(start >= stop for start in around.action_starts):
            continue
        return Condition(Span(head.start, stop), Span(head.start, stop), None, "a condition that no trigger can say", "other")
    match = re.search(r"(?:的话|嘅话)", text)
    if match and not _POLITE_IF.search(text) and any(start >= match.end() for start in around.action_starts):
        begin = around.clause_start(match.start())
        if not re.search(r"(?:我|他|她|你|刚才|刚刚)(?:说|讲)?$", text[begin : match.start()]):
            return Condition(Span(begin, match.end()), Span(begin, match.end()), None, "a condition that no trigger can say", "other")
    return _finished(around) or _closed(around)


def _closed(around: Surroundings) -> Condition | None:
    """Return the condition that only its closing word shows (燃气浓度超标就关阀, 检测到冰箱门没关提醒我)."""
    text = around.text
    for start in around.action_starts:
        before = re.search(r"(?:的时候|嘅时候|时(?!间|候)|后|就|便|则|了就)(?:,)?(?:请|自动|马上|立刻|立即|即刻)?$", text[:start])
        if before is None or around._inert_at(before.start(), before.start() + 1):
            continue
        begin = around.clause_start(before.start())
        clause = text[begin : before.start()]
        if len(clause) < 2 or _BY_ITSELF.fullmatch(clause) or re.search(r"[把将先]|之$|以$|可以|最", clause):
            continue
        if any(begin <= other < before.start() for other in around.verb_starts):
            continue
        return Condition(Span(begin, before.end()), Span(begin, before.end()), None, "a condition that no trigger can say", "other")
    match = re.search(r"(?:检测|侦测|感应)到[^,。;]*?(?=,|。|;|$)", text)
    starts = [start for start in around.action_starts if match and start > match.start() + 3]
    if match and starts:
        return Condition(Span(match.start(), starts[0]), Span(match.start(), starts[0]), None, "a condition that no trigger can say", "other")
    return None


def _finished(around: Surroundings) -> Condition | None:
    """Return the condition that another device's state or a finished job makes (洗完后提醒我, 电视打开时)."""
    text = around.text
    done = re.search(r"[洗煮烧烤扫做炖蒸烘](?:好|完|熟|开|干净)(?:了)?,?(?:就|后|之后|以后|再)?(?=提醒|通知|告诉|叫我)", text)
    if done and around.clause_start(done.start()) < done.start():
        begin = around.clause_start(done.start())
        return Condition(Span(begin, done.end()), Span(begin, done.end()), None, "the state of another device is no trigger", "device")
    pattern = re.compile(r"(?:[洗煮烧烤扫做播]?完成?|好|结束|烧开|煮好|到了|坏|满|没电|充满电?|响|离线|打开|关闭|关掉|启动|开启|停止|停机)(?:了)?(?:的时候|时(?!间|候)|之后就|以后就|后就|就)(?!是|好)")
    for match in pattern.finditer(text):
        begin = around.clause_start(match.start())
        if re.search(r"把|将|先", text[begin : match.start()]) or begin == match.start():
            continue
        if any(start >= match.end() for start in around.action_starts) and any(
            begin <= span.start < match.start() for span in around.device_spans
        ):
            return Condition(Span(begin, match.end()), Span(begin, match.end()), None, "the state of another device is no trigger", "device")
    return None


def _merge_regions(around: Surroundings, conditions: list[Condition]) -> list[Condition]:
    """Let a condition's region reach to the next one where only a joining word stands between."""
    merged: list[Condition] = []
    for index, one in enumerate(conditions):
        following = conditions[index + 1] if index + 1 < len(conditions) else None
        region = one.region
        if following and following.region.start >= region.end:
            between = around.text[region.end : following.region.start]
            if re.fullmatch(r"(?:,|并且|而且|且|同时|并|又|和|或者|或|与|的时候|时)*", between):
                region = Span(region.start, following.region.start)
        merged.append(Condition(one.span, region, one.trigger, one.reason, one.kind, one.notes))
    return merged


def join(around: Surroundings, conditions: Sequence[Condition]) -> tuple[dict[str, Any] | None, str]:
    """Return the one trigger that all conditions together say, or None and the reason why none does."""
    trigger: dict[str, Any] = {}
    for index, one in enumerate(conditions):
        if one.trigger is None:
            return None, one.reason
        if index and _OR.search(around.text[conditions[index - 1].span.end : one.span.start + 2]):
            return None, "one condition or another is no trigger"
        for key, value in one.trigger.items():
            if key in trigger and trigger[key] != value:
                return None, "two conditions on one measure are no trigger"
            trigger[key] = value
    if "time" in trigger and "time_after" in trigger:
        return None, "a delay and a clock time together are no trigger"
    return trigger, ""


__all__ = ["Condition", "Surroundings", "find_conditions", "join"]
