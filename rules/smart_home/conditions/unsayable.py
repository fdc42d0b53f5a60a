"""Conditions that stand as one although no trigger of the target format can say them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from curation.text import Span
from rules.smart_home.conditions.dated import TIMES, find_vague
from rules.smart_home.conditions.days import Days
from rules.smart_home.conditions.occasion import OCCASIONS, find_day, find_occasion
from rules.smart_home.conditions.surroundings import (
    DELAYED_EVENT,
    NO_TRIGGER,
    ORDERS,
    OTHER_DEVICE,
    TIME_KINDS,
    Condition,
    Surroundings,
    overlap,
)

_WHEN = r"的时候|嘅时候|时(?!间|候)"
"""What says that something is the time for what is to be done."""
_POLITE_IF = re.compile(
    r"(?:如果|要是|假如)?(?:你)?(?:可以|方便|没事|有空|行|能|不忙|没问题|需要|有需要|不麻烦)(?:的话|嘅话)"  # 可以的话
    r"|(?:在|等)?你?(?:方便|有空|得闲|得空|不忙)(?:的时候|嘅时候|时)"  # 有空的时候
    r"|(?:如果|要是)(?:你)?(?:可以|方便|行|有空|有时间|不麻烦)"  # 如果方便
)
_AT_ONCE = re.compile(
    r"(?:^|[,。;])(?P<what>(?:[^,。;]{0,7}[^,。;0-9二三四五六七八九十百第])?"  # who or what, and no number
    r"一(?![直起下会定点样律并同边块齐共键到]|开始)[^,。;一]{1,4}?)"  # 一 and what happens: 一开
    r",?(?:就|便)(?!是|好)"
)
"""As soon as something happens: 水一开就关火."""
_BY_ITSELF = re.compile(r"(?:现在|马上|立刻|这|那|我|你|直接|干脆|赶紧|赶快|先|请|一会儿?|顺便|只|也|早)?$")

_CLOSES = re.compile(
    rf"(?:{_WHEN}|[𠮶那]阵时?|(?:之|以)?(?<![然随而最])[后前]|就|便|则|了就|自动)[,□]*(?:先|请|自动|马上|立刻|立即|即刻)?$"
)
"""What closes a condition before an action: 洗澡前先, 离开厨房后别忘了 (blanked), 温度过低自动."""
_COMES_ABOUT = re.compile(
    r"(?:[洗煮烧烤扫做播]?完成?|(?<=水)[开滚]|好|结束|烧开|煮好|到了|坏|满|没电|充满电?|响|离线"
    r"|打开|关闭|关掉|启动|开启|停止|停机)(?:了)?(?:的时候|时(?!间|候)|之后就|以后就|后就|就)(?!是|好)"
)
_THEN = rf"(?:{_WHEN}|[𠮶那]阵时?|(?:之|以)?后(?!面)(?:就|再)?|就(?!是|好|行))"
_SWITCHED = re.compile(
    r"(?:[开关停闩熄](?:了|咗)|打开|开启|关闭|关掉|关上|[关开]机|拉上|拉开|合上|[放降拉]下来?|[升收卷]起来?|暂停|停止|停下|启动|开始(?:工作|运行|[打清]?扫地?|播放)?"
    rf"|被[^,。;]{{1,3}}?)(?:了|咗)?{_THEN}"
)
"""What is said of a device whose name stands before: 电视关了以后, 门被撬开时."""
_NOTIFIES = re.compile(r"通知|提醒|告诉|叫我|[提话]")
_SUPPLY = re.compile(rf"(?:[停断][电水气网]|来电|恢复供[电水]|供[电水]恢复)(?:恢复)?(?:了|咗)?{_THEN}")
_SHOW = re.compile(
    rf"(?:电影|会议|音乐|节目|比赛|视频|直播|播放|歌曲?)(?:开始|停止|暂停|停|结束|完毕)(?:了|咗)?{_THEN}"
)
"""What goes on by itself: 电影开始时."""
_WHILE = re.compile(r"(?:的时候|嘅时候|时(?!间|候|段)|[𠮶个那]阵时?|的话|就(?![行好可是能])),?")
_SUBJECT = re.compile(r"(?:请|麻烦)?(?:在|当|我们?|有人|谁)?一?")
_BEHIND = re.compile(r"(?:如果|要是|假如|假若|万一|一旦|只要)[^,。;!?]{2,}")
"""A condition behind what is to be done: 关灯如果太亮."""
_TELLS_ME = re.compile(
    r"(?:^|[,。;])(?:请|麻烦你?|唔该)*(?P<what>[^,。;把将请帮先给让]{2,10}?(?:了|咗)"
    r"|(?:有人|老人|小孩|孩子|宝宝|婴儿|[猫狗爸妈]+|爷爷|奶奶)[^,。;把将请帮先给让]{1,6}?)"
    r"(?:通知我|提醒我|告诉我|叫我|喊我|提我|话我知|(?:给我)?(?:手机)?[发传](?:一?[个条])?(?:通知|消息|讯息|信息))"
)
"""What somebody is to be told of: 快递到了通知我."""
_DONE = re.compile(
    r"[洗煮烧烤扫做炖蒸烘](?:好|完|熟|开|干净)(?:了)?,?(?:就|后|之后|以后|再)?(?=提醒|通知|告诉|[叫喊]我|(?:给我)?(?:手机)?[发传])"
)
_CHANGES = re.compile(
    r"(?:温度|室温|水温|气温|湿度|光线|亮度|音量|电量|风速)(?:突然|忽然|一|再|继续|开始|快速)*"
    r"(?:下降|升高|上升|降低|升|降|变[高低大小亮暗冷热干湿]|增加|减少)(?:了|得[^,。;]{1,4}?)?"
    rf"(?:{_WHEN}|的话|,?就|后|(?<=了)(?:请|自动)?(?=[开关打启闭把将拉])),?"
)
"""A change without a number: 温度下降得很快时."""
_CHANGED = re.compile(r"(?:下降|升高|上升|降低|升|降|变[高低大小亮暗冷热干湿]|增加|减少)了")
"""What `_CHANGES` needs where no word closes it: 温度升高了打开空调."""
_BY = r"了?[0-9零一二两三四五六七八九十百点半.]+(?:个百分点|摄氏度|度半?|℃|°c|%)?(?:以上)?"
_CHANGES_BY = re.compile(
    r"(?<![调设把将])(?:温度|室温|水温|气温|湿度|亮度|音量|电量)"
    rf"(?:(?:下降|升高|上升|降低|升|降|增加|减少|变化){_BY}|比[^,。;]{{1,10}}?[高低大小多少]出?{_BY})"
    rf"(?:{_WHEN}|的话|就(?![好行可够是])),?"
)
"""A change by so much, or a difference of so much: 温度下降两度就, 温度比设定高三度就."""
_OF_TWO = re.compile(
    r"(?:低于|高于|小于|大于|超过|等于)[^,。;0-9一二两三四五六七八九十百半]{0,4}(?:温度|湿度|亮度|音量|浓度|设定值)(?:的?时候?|的话|,|就)"
)
"""A measure that is compared with another one: 室外温度低于室内温度，开窗."""
_APART = re.compile(
    r"比[^,。;0-9一二两三四五六七八九十]{1,8}(?:[高低热冷大小多少])(?:出|了|过)?[^,。;]{1,6}?"
    rf"(?:{_WHEN}|的话|,?就(?![行好可是能]))"
)
"""What is compared with something else than a number: 温度比设定值高两度就."""
_ASKS = re.compile(r"[把将先让给帮]")
_SPEAKS = re.compile(r"(?:我|他|她|你|刚才|刚刚)(?:说|讲)?$")
"""Before 的话, whose words they are."""
_FELT = frozenset("热冷暗亮黑湿干吵嘈闷潮焗冻")
"""What a clause may be in one character: 热了就开空调."""
_NO_CLAUSE = re.compile(r"[把将先]|之$|以$|可以|最(?![高低多少])")
"""In the words before a closing word, that they ask for something, or that it is part of another word."""
_WAIT = frozenset({"等", "待"})
_COME = re.compile(r"(?:[了完好到来醒走满]|结束)$")
"""Behind 等, that it waits for something."""
_CLOSED = re.compile(r"[,的嘅了着就便则时候话后□请再]*")
"""Behind a time that opens a condition, that nothing more is supposed."""
_STILL = re.compile(r"[^,。;就]{0,6}?(?:还|仍|没|未|不)[^,。;]{1,8}?(?:的话|就|,)")
"""Behind it, that something is so still."""
_GONE = re.compile(r"(?:离开|走出|走进|进入|回到)[^,。;]{1,6}$")
"""Before a delay, what it begins with: 离开房间三分钟后关灯."""
_NO_IF = frozenset({"等", "待", "等到", "一到", "每逢"})
"""Heads that may only lead to a time."""
_NEEDS_A_TAIL = frozenset({"当", "等", "待"})
"""Heads that open a condition only where something closes it."""
_COOKED = re.compile(r"水|饭|汤|菜|粥|茶|咖啡|衣服")
"""What no device is, and a finished job is told of all the same: 水烧开了就关火."""
_DETECTED = re.compile(r"(?:检测|探测|侦测|感应|感测|监测)到[^,。;]*?(?=,|。|;|$)")
_IF = re.compile(r"(?:的话|嘅话)")
_NAMED = re.compile(
    r"(?:[□的都也请帮我你它会能要想让给里内上下个这那每一全和与跟同及0-9号第二三四]|所有|全部|麻烦|可以|系统|智能|现在|今天"
    r"|(?:根据|按照?|随着?).*)*"
)
"""Names of devices and rooms (masked) and what may stand beside them, which state nothing."""

_SO = re.compile("就|便")
"""What `_AT_ONCE` needs besides the 一 that so many sentences have."""
UNSAYABLE = (
    *TIMES,
    _TELLS_ME,
    _IF,
    _SO,
    _DONE,
    _COMES_ABOUT,
    _CLOSES,
    _DETECTED,
    _WHILE,
    _SWITCHED,
    _SUPPLY,
    _SHOW,
    _APART,
    _OF_TWO,
    _CHANGED,
    *OCCASIONS,
)
"""Of what is found here, all but heads and days needs a match of one of these."""


def find_unsayable(around: Surroundings, found: Sequence[Condition]) -> Condition | None:
    """Return the condition that stands as one although no trigger can say it."""
    timed = find_vague(around) or _recurring(around, found) or find_day(around)
    if timed is not None:
        return timed
    if found:
        return _delayed(around, found) or _unread(around, found)
    return (
        _changed(around)
        or _opened(around)
        or _supposed(around)
        or _at_once(around)
        or _finished(around)
        or _supplied(around)
        or _switched(around)
        or _come_about(around)
        or find_occasion(around)
        or _done_to(around)
        or _told(around)
        or _closed(around)
        or _detected(around)
    )


def _recurring(around: Surroundings, found: Sequence[Condition]) -> Condition | None:
    """Return the first days that belong to no condition (十点关灯，每天都这样)."""
    for days in around.days:
        if _is_left(around, days, found):
            return Condition.unsayable(days.span, "a recurrence without a time is no trigger", "interval")
    return None


def _is_left(around: Surroundings, days: Days, found: Sequence[Condition]) -> bool:
    """Tell whether days are said that belong to no condition; a sensor waits daily anyhow."""
    if not around.action_starts or around.is_attribute(days.span.end):
        return False
    if days.repeat == "daily" and any(one.kind in {"state", "event", "comparison"} for one in found):
        return False
    times = [one.region for one in found if one.kind not in {"state", "event", "comparison"}]
    return not any(overlap(region, days.span) for region in times)


def _delayed(around: Surroundings, found: Sequence[Condition]) -> Condition | None:
    """Return what somebody does before a delay begins (离开房间三分钟后关灯)."""
    for one in found:
        gone = _GONE.search(around.text, around.clause_start(one.span.start), one.span.start)
        if gone is not None and one.kind == "time_after":
            return Condition.unsayable(Span(*gone.span()), DELAYED_EVENT, "other")
    return None


def _unread(around: Surroundings, found: Sequence[Condition]) -> Condition | None:
    """Return what is supposed besides the conditions that are found (如果老婆在家，晚上八点开空调)."""
    told = [other.region for other in found if other.kind not in TIME_KINDS]
    for one in (_supposed(around), *(_opened_by(around, head) for head in _heads_beside(around, told))):
        if one is None or any(overlap(one.span, region) for region in told):
            continue
        times = [other.region.end for other in found if overlap(one.span, other.region)]
        if not times:
            return one
        rest = _supposed_then(around, max(times), one.span.end)
        if rest is not None:
            return Condition.unsayable(rest, NO_TRIGGER, "other")
    return None


def _heads_beside(around: Surroundings, told: Sequence[Span]) -> Iterator[Span]:
    """Return the heads that open none of the conditions that are found, but for those that may only lead to a time."""
    for head in around.heads:
        if around.text[head.start : head.end] not in _NO_IF and not any(overlap(head, region) for region in told):
            yield head


def _supposed_then(around: Surroundings, begin: int, end: int) -> Span | None:
    """Return what is supposed of a time that a head opens (如果到了十点灯还开着就关掉), None where nothing is."""
    still = _STILL.match(around.text, begin)
    if still is not None and around.acts_behind(still.end()):
        return Span(*still.span())
    return Span(begin, end) if begin < end and _CLOSED.fullmatch(around.text, begin, end) is None else None


def _changed(around: Surroundings) -> Condition | None:
    """Return the condition that a measure changes, or is compared with no number."""
    text = around.text
    differs = _CHANGES_BY.search(text)
    if differs and around.acts_behind(differs.end()) and not re.search(r"[把将]", text[: differs.start()]):
        whole = around.with_clause(differs)
        return Condition.unsayable(whole, "a change or a difference is no trigger", "comparison")
    changes = _CHANGES.search(text)
    asked = changes and ORDERS.search(text, around.clause_start(changes.start()), changes.start())  # 把温度升高了再…
    if changes and not asked and around.acts_behind(changes.end()):
        whole = Span(*changes.span())
        return Condition.unsayable(whole, "a change without a number is no trigger", "comparison")
    apart = _OF_TWO.search(text) or _APART.search(text)
    if apart and around.acts_behind(apart.end()):
        whole = around.with_clause(apart)
        return Condition.unsayable(whole, "a measure is compared with no number", "comparison")
    return None


def _opened(around: Surroundings) -> Condition | None:
    """Return the condition that only its head shows (如果孩子哭就)."""
    return next((found for head in around.heads if (found := _opened_by(around, head)) is not None), None)


def _opened_by(around: Surroundings, head: Span) -> Condition | None:
    """Return the condition behind a head, None where it is a courtesy, or nothing is to be done behind it."""
    text, word = around.text, around.text[head.start : head.end]
    tails = around.lexicons["tails"].find(text, head.end)
    closes = [span for span, value in tails if value != "after" or word not in _WAIT]
    close = next((span for span in closes if not around.inert_at(*span)), None)
    comma = text.find(",", head.end)
    if word in _NEEDS_A_TAIL and close is None and comma < 0 and not _has_come(around, head, word):
        return None
    if head.end == len(text) or _POLITE_IF.match(text, head.start):
        return None
    behind = _BEHIND.match(text, head.start)
    if behind and (close is None or close.start > behind.end()) and _is_asked_before(around, head.start):
        return Condition.unsayable(Span(*behind.span()), NO_TRIGGER, "other")
    stop = close.end if close is not None and (comma < 0 or close.end <= comma + 3) else comma + 1
    if stop <= head.end:
        stop = next((start for start in around.action_starts if start > head.end), 0)
    if stop <= head.end or not around.acts_behind(stop):
        return None
    return Condition.unsayable(Span(head.start, stop), NO_TRIGGER, "other")


def _has_come(around: Surroundings, head: Span, word: str) -> bool:
    """Tell whether what is waited for is said to be over right before what is to be done (等水开了关火)."""
    start = next((start for start in around.action_starts if start > head.end and around.acts_at(start)), 0)
    return word in _WAIT and _COME.search(around.text, head.end + 1, start) is not None


def _is_asked_before(around: Surroundings, at: int) -> bool:
    """Tell whether something is asked for in the clause before a place, and no title begins there."""
    titled = around.text.endswith(("的", "放", "听", "播", "首"), 0, at)  # 放张学友的如果这都不算爱
    return not titled and around.verb_in(around.clause_start(at), at)


def _supposed(around: Surroundings) -> Condition | None:
    """Return the condition that 的话 closes, where that is no courtesy, and not what somebody says (听他的话)."""
    match = _IF.search(around.text)
    if match is None or _POLITE_IF.search(around.text) or not around.acts_behind(match.end()):
        return None
    whole = around.with_clause(match)
    spoken = _SPEAKS.search(around.text, whole.start, match.start())
    return None if spoken else Condition.unsayable(whole, NO_TRIGGER, "other")


def _at_once(around: Surroundings) -> Condition | None:
    """Return the condition that something is to be done as soon as something happens (水一开就关火)."""
    soon = _AT_ONCE.search(around.text)
    if soon is None or not around.acts_behind(soon.end()):
        return None
    return Condition.unsayable(Span(soon.start("what"), soon.end()), NO_TRIGGER, "other")


def _finished(around: Surroundings) -> Condition | None:
    """Return the condition that a finished job makes of which somebody is to be told (衣服洗完后提醒我)."""
    done = _DONE.search(around.text)
    whole = around.with_clause(done) if done else None
    if done is None or whole is None or whole.start == done.start():
        return None
    return Condition.unsayable(whole, OTHER_DEVICE, "device")


def _supplied(around: Surroundings) -> Condition | None:
    """Return the condition that the power fails or comes back, or a show begins or ends (电影开始时)."""
    for match in (_SUPPLY.search(around.text), _SHOW.search(around.text)):
        whole = around.with_clause(match) if match else None
        if match is None or whole is None or ORDERS.search(around.text, whole.start, match.start()):
            continue
        if around.acts_behind(match.end()):
            return Condition.unsayable(whole, NO_TRIGGER, "other")
    return None


def _switched(around: Surroundings) -> Condition | None:
    """Return the condition that another device has been switched (电视打开时)."""
    for match in _SWITCHED.finditer(around.text):
        start, end = match.span()
        whole = around.with_clause(match)
        if around.verb_in(whole.start, start) or _ASKS.search(around.text, whole.start, start):
            continue
        named = any(whole.start <= span.start and span.end <= start for span in around.device_spans)
        # 电视打开后把声音设成15 is done to one device; 就 and 的时候 wait, whatever follows.
        another = (
            not match.group().endswith("后")
            or any(span.start >= end for span in around.device_spans)
            or _NOTIFIES.match(around.text, end) is not None
        )
        if named and another and around.acts_behind(end):
            return Condition.unsayable(whole, OTHER_DEVICE, "device")
    return None


def _come_about(around: Surroundings) -> Condition | None:
    """Return the condition that a device, or what is cooked or washed, is so far (水烧开了就关火)."""
    text = around.text
    for match in _COMES_ABOUT.finditer(text):
        whole = around.with_clause(match)
        if whole.start == match.start() or ORDERS.search(text, whole.start, match.start()):
            continue
        device = any(whole.start <= span.start < match.start() for span in around.device_spans)
        told = device or _COOKED.search(text, whole.start, match.start()) is not None
        if told and around.acts_behind(match.end()):
            return Condition.unsayable(whole, OTHER_DEVICE, "device")
    return None


def _done_to(around: Surroundings) -> Condition | None:
    """Return the condition that something is done to a device (开空调的时候关窗, 锁门就关灯)."""
    text = around.text
    for device in around.device_spans:
        closes = _WHILE.match(text, device.end)
        if closes is None or not around.acts_behind(closes.end()):
            continue
        begin = around.clause_start(device.start)
        done = [start for start in around.verb_starts if begin <= start < device.start]
        if len(done) == 1 and _SUBJECT.fullmatch(text, begin, done[0]):
            return Condition.unsayable(Span(begin, closes.end()), OTHER_DEVICE, "device")
    return None


def _told(around: Surroundings) -> Condition | None:
    """Return the condition of which somebody is to be told (饭好了告诉我, 老人摔倒通知我)."""
    told = _TELLS_ME.search(around.text)
    return told and Condition.unsayable(Span(*told.span("what")), NO_TRIGGER, "other")


def _closed(around: Surroundings) -> Condition | None:
    """Return the condition that only its closing word shows (燃气浓度超标就关阀)."""
    return next((found for start in around.action_starts if (found := _closed_at(around, start)) is not None), None)


def _closed_at(around: Surroundings, start: int) -> Condition | None:
    """Return the condition that ends where an action begins, None where the words before that state none."""
    text = around.text
    before = _CLOSES.search(text, 0, start)
    if before is None or around.inert_at(before.start(), before.start() + 1):
        return None
    if "前" in before.group() and not around.acts_at(start):
        return None  # 大门前的灯 says where
    whole = around.with_clause(before)
    begin, end = whole.start, before.start()
    if before.group().startswith("自动") and (not around.acts_at(start) or _only_names(around, begin, end)):
        return None  # 客厅空调自动关闭
    if before.group().startswith("则") and any(verb < begin for verb in around.verb_starts):
        return None  # 客厅开暖气，卧室则开风扇 says what is otherwise there
    clause = text[begin:end].removeprefix("请").removeprefix("麻烦")
    if _POLITE_IF.search(text, begin, start) or text.find(clause, 0, begin) >= 0:
        return None  # 打开灯，打开后调到50%
    if _says_nothing(clause) or around.verb_in(begin, end):
        return None
    if any(span.start == begin and span.end == end for span in around.device_spans):
        return None  # 空气净化器就打开
    return Condition.unsayable(whole, NO_TRIGGER, "other")


def _says_nothing(clause: str) -> bool:
    """Tell whether the words before a closing word state nothing by themselves, or ask for something."""
    short = len(clause) < 2 and clause not in _FELT
    return short or _BY_ITSELF.fullmatch(clause) is not None or _NO_CLAUSE.search(clause) is not None


def _only_names(around: Surroundings, begin: int, end: int) -> bool:
    """Tell whether the words between two places name something, and state nothing of it."""
    said = list(around.text)
    properties = [span for span, _ in around.lexicons["properties"].find(around.text)]
    for start, stop in (*around.device_spans, *around.room_spans, *properties):
        said[start:stop] = "□" * (stop - start)
    return _NAMED.fullmatch("".join(said[begin:end])) is not None


def _detected(around: Surroundings) -> Condition | None:
    """Return the condition that a detector tells of something else than a sensor does (检测到冰箱门没关提醒我)."""
    match = _DETECTED.search(around.text)
    acts = [start for start in around.action_starts if start > match.start() + 3] if match else []
    return Condition.unsayable(Span(match.start(), acts[0]), NO_TRIGGER, "other") if match and acts else None
