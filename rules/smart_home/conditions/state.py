"""Conditions that a sensor tells, which may have to last, and events of the household."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from curation.text import Span
from rules.smart_home.conditions.surroundings import (
    BARE_DAYPART,
    DELAYED_EVENT,
    NO_TRIGGER,
    ORDERS,
    OTHER_DEVICE,
    Condition,
    Surroundings,
)

_ADVERBIAL = frozenset({"leave_home", "arrive_home", "wake_up"})
"""Events that say when something is to be done with no other word beside them: 出门关灯; 要睡觉关灯 is said of now."""
_BY_NOW = re.compile(r"了|咗")
_TELLS = re.compile(
    r"(?:通知|提醒|告诉)(?:我|大?家)|(?:给我)?(?:手机)?(?:[发传]|推送)|喊我|叫醒?我|提[返番下]?我|话我知"
)
_ASKED = re.compile(r"(?:请|麻烦你?|唔该你?|拜托)*,?")
_WHERE = re.compile(r"(?:里|外|的|嘅|度)*")
_SUBJECT = re.compile(r"(?:请|麻烦|帮我|记得|等)*(?:我们?|家人|有人|每次)?(?:一)?")
_BEFORE_IT = re.compile(r"了?(?:之前|以前|前)(?:的时候)?,?(?:就)?")
_SOON = re.compile(r"(?:快要?|即将|将要?|准备|正要|(?<!只)要)$")
"""Before an event, that it is yet to come: 快到家的时候."""
_NAMES = re.compile(r"模式|场景|情[景境]|的路上|时间")
"""Behind an event, what is only named after it: 回家模式, 起床时间."""
_REMINDS = re.compile(r"(?:记得|请|都|□)*")
"""Behind an event or a state, before what is to be done; 别忘了 is blanked."""
_LASTING = re.compile(r"(?:持续|超过|达到?|满|足足|已经|连续|有|了|长达|过了|过)*$")
_MEANWHILE = re.compile(
    r"(?:以上|之内|内|都|还|仍|一直|内都|,)*(?:家里|屋里|客厅|卧室|房间|房间里|室内|走廊|浴室|厨房)?(?:都|还)?"
)
"""Between a length of time and a state that lasts so long: 十分钟内客厅都没人."""
_OVER = re.compile(r"以上|了")
_FULFILLED = re.compile(r"时(?!间)|就|的话|,")
_LEAVES = ("门", "窗", "窗户", "窗子")
"""What a state ends with whose words are an order by themselves: 开门, 关窗."""
_NO_LEAF = re.compile(r"[开关闩锁闭箱柜车库炉机叶出进入]$")
"""Before 门 or 窗, what is done to it (关窗开空调 tells of no open window), or what else it is the end of (出门)."""
_WHO = re.compile(r"[客家工别他大老病主佣友亲器本男女僧找叫让]$")
"""Before 人来 or 人走, who it is."""
_UNDONE = ("没", "未", "冇")
_SO = re.compile(r",?(?:就|便|则)(?![行好可是])")
_NOTHING = re.compile(r"[,。!;□吧啊]*(?:谢谢你?|多谢|唔该晒?|拜托)?[,。!;]*")
_NOT = re.compile(r"(?:不|没有?|未|别|冇)(?:在)?$|(?:没有?|无|冇)人(?:在)?$|(?:检测|侦测|感应|感测|监测|闻)不到$")
"""Before what a sensor tells or a household does, that it is not so: 不出门, 没人回家, 检测不到漏水."""
_MISHAPS = ("漏水", "漏气", "泄漏")
"""What nobody states but as a condition, so that it needs no 了: 漏水关总阀."""
_FORECAST = re.compile(r"(?:快|(?<!只)要|可能|也许|或许|恐怕|大概|预[报计测]|说|(?<!机)会|即将|将)(?:会|要|有)?$")
"""Before rain, that it is yet to come: 快下雨, 预报有雨."""
_COMING = re.compile(r"明天|明日|今晚|后天|下午|上午|晚上|待会")
"""Before it, when it is to come: 明天下雨的话."""
_REPORTS = re.compile(r"检测到|探测到|侦测到|感应到|感测到|监测到|发现|未|没检测|没有检测|闻到")
"""Words that report an observation, which nobody says of the present: 检测到漏水，关总阀."""
_PASSES = re.compile(r"(?:再|又)?(?:过了?|等)?多?")
_JOINS = re.compile(r"[把将让给]|并|且|又|同时|和|或|[,。;!?、]")
_BESIDE = re.compile(
    r"(?:请|帮我|麻烦|了|着|咗|住|紧|的|嘅|都|还|也|一直|任何|[下起]?来|一?(?:触发|报警|响起?)|持续|连续|超过|达到?|满|已经|以上"
    r"|[还仍]?[没未]有?[关停]上?|里面?|内|外面?|中|度|家|屋企|房[间子]|室[内外]|屋[子里内]|楼[上下])*(?:情况下?)?"
)
"""What may stand between a state and the word that closes it, and takes nothing from it."""
_PLACE = re.compile(r"到?[^但没不未]{0,4}[上里内外旁边前门间](?:面|边)?")
"""Where somebody is or goes: 有人在沙发上, 有人走进储物间."""
_LASTS = re.compile(r"(?:了|着|咗)?(?:持续|超过|达到?|满|已经|连续|有|了|长达|过了|,)*$")
_AT_ONCE = frozenset({"detected", "rain", "leak"})
_LATER = re.compile(r"(?:了|咗)?,?(?!持续|超过|达|满|已经|连续|长达|有)")
_AFTER = re.compile(r"(?:之|以|过)?后")
"""有人进来五秒后 is later, and not for so long; 没人五分钟后 may well be both."""

_NOT_SO = "what is not so is no trigger"
_YET_TO_COME = "a forecast is no trigger"


class _Hit(NamedTuple):
    """A state that a sensor tells, and what stands around it."""

    around: Surroundings
    named: Span
    """The words of the lexicon."""
    sensor: str
    state: str
    span: Span
    """Those words with the room behind them, and with how long the state lasts."""
    seen: int
    """Where they end but for how long it lasts."""
    lasting: str
    head: Span | None
    clause: int
    begin: int
    """Where the condition begins: with its head, or with its clause."""
    tail_end: int
    said: str
    """What the tail behind it says."""

    @property
    def words(self) -> str:
        """Return the words of the lexicon."""
        return self.around.text[self.named.start : self.named.end]

    @property
    def region(self) -> Span:
        """Return all that belongs to the state and not to an action."""
        return Span(self.begin, max(self.tail_end, self.span.end))

    @property
    def fulfilled(self) -> bool:
        """Tell whether the head has a condition of its own before the state (如果下雨就关窗)."""
        return self.head is not None and _FULFILLED.search(self.around.text, self.head.end, self.span.start) is not None


def find_states(around: Surroundings) -> list[Condition]:
    """Return the conditions that a sensor tells, from left to right."""
    named = around.lexicons["sensors"].find(around.text)
    return [
        condition
        for span, value in named
        if not around.is_attribute(span.end) or around.tail_at(span.end)[1]
        if (condition := _state(_hit(around, span, value), named)) is not None
    ]


def _hit(around: Surroundings, named: Span, value: str) -> _Hit:
    """Return a state that the lexicon knows with what stands around it."""
    sensor, _, state = value.partition(":")
    seen = next((room.end for room in around.room_spans if room.start == named.end), named.end)
    lasting, start, end = _lasting(around, named.start, seen)
    inner = next((head for head in around.heads if named.start <= head.start < named.end), None)  # 窗户要是开着
    head = inner or around.head_before(start)
    clause = around.clause_start(start)
    begin = clause if head is None or head is inner else head.start
    return _Hit(
        around, named, sensor, state, Span(start, end), seen, lasting, head, clause, begin, *around.tail_at(end)
    )


def _state(hit: _Hit, told: Sequence[tuple[Span, str]]) -> Condition | None:
    """Return the condition that a state makes, among all that are told; None where it is an order or only a name."""
    later = None if hit.said else _closed_later(hit.around, hit.span.end, hit.head)
    if later is not None:
        rest, closes = later
        lasts = [one.span.start for one in hit.around.durations if rest.start <= one.span.start < rest.end]
        if _tells_another(hit, rest.end, told):
            if hit.words.endswith("人"):
                return None  # 有人睡觉时, 有人开门就
        elif _takes_more(hit.around, hit.words, rest._replace(end=min([rest.end, *lasts]))):
            # 如果下雨打开窗帘，谢谢: the words go on with the order itself
            return _something_else(hit, closes) if hit.around.acts_behind(closes) else None
        elif not lasts:
            tail_end, said = hit.around.tail_at(rest.end)  # 有人进入房间时
            hit = hit._replace(tail_end=tail_end, said=said)
    if _is_name(hit) or _is_order(hit) or _is_of_some(hit):
        return None
    closed = _is_closed(hit)
    if not closed and hit.fulfilled and _NOTHING.fullmatch(hit.around.text, hit.span.end):
        return None  # 当二氧化碳低于680时浴室窗户打开: what is to be done comes last
    waits = hit.head is None and not closed and not _is_adverbial(hit)
    return _unsayable(hit, waits) or _sayable(hit, waits)


def _tells_another(hit: _Hit, end: int, told: Sequence[tuple[Span, str]]) -> bool:
    """Tell whether an event, or the state of a sensor, is told from a state up to `end`."""
    start = hit.span.start
    events = hit.around.lexicons["events"].find(hit.around.text, start)
    return any(start <= other.start < end and other != hit.named for other, _ in (*events, *told))


def _something_else(hit: _Hit, closes: int) -> Condition:
    """Return the condition that somebody does something, or of another device (有人按门铃时, 漏水传感器没电时)."""
    whole = Span(hit.head.start if hit.head is not None else hit.clause, closes)
    device = any(one.start < hit.span.end < one.end for one in hit.around.device_spans)
    reason = OTHER_DEVICE if device else NO_TRIGGER
    return Condition.unsayable(Span(hit.span.start, closes), reason, "other", whole)


def _is_name(hit: _Hit) -> bool:
    """Tell whether the words name a scene that is switched on, or a door or window that no sensor watches."""
    if hit.words.endswith("雨天") and hit.span.start in hit.around.verb_ends:
        return True  # 打开下雨天场景
    leaf = hit.words.startswith(("门", "窗", "房门"))
    return leaf and _NO_LEAF.search(hit.around.text, hit.clause, hit.named.start) is not None


def _is_of_some(hit: _Hit) -> bool:
    """Tell whether some of the people are meant and not anybody (客人来了就, 机器人走了就)."""
    return hit.words.startswith("人") and _WHO.search(hit.around.text, hit.clause, hit.named.start) is not None


def _is_order(hit: _Hit) -> bool:
    """Tell whether the words ask that a door or a window be moved, and state nothing."""
    around, end = hit.around, hit.span.end
    opens = max(hit.clause, hit.head.end if hit.head is not None else 0)
    if ORDERS.search(around.text, opens, hit.named.start):
        return True  # 先厨房窗户打开，再… is an order
    if not hit.words.endswith(_LEAVES) or hit.words.startswith(_UNDONE):
        return False
    if hit.fulfilled or not around.acts_behind(max(hit.tail_end, end)):
        return True
    if hit.head is not None:
        return False
    if any(one.span.start == hit.named.end for one in around.durations):
        return True  # 开窗十分钟就关 is two orders, 开窗超过十分钟就关 is none
    return hit.said not in {"when", "after"} and _SO.match(around.text, end) is None  # 开门，关灯 and 开门再关灯


def _is_closed(hit: _Hit) -> bool:
    """Tell whether what stands behind a state makes a condition of it, as a head would."""
    around, (start, end) = hit.around, hit.span
    comma = hit.said == "comma"
    if hit.lasting or hit.said not in {"", "comma"}:
        return True
    if _REPORTS.match(hit.words) and (comma or around.blocks(end)):
        return True
    if comma and "一" in hit.words and around.acts_behind(hit.tail_end):
        return True  # 大门一打开，
    return _acts_then(around, hit.clause, start, end)


def _is_adverbial(hit: _Hit) -> bool:
    """Tell whether rain says when something is to be done with no other word beside it (下雨关窗)."""
    if hit.words.endswith("雨天"):
        return True
    start, end = hit.span
    return hit.sensor == "rain_sensor" and end in hit.around.verb_starts and _alone(hit.around, start)


def _unsayable(hit: _Hit, waits: bool) -> Condition | None:
    """Return the condition of a state that no sensor tells so: it is yet to come, denied, or only counted from."""
    around, (start, end) = hit.around, hit.span
    whole = Span(hit.begin, end)
    if hit.sensor == "rain_sensor" and _COMING.search(around.text, hit.begin, start):
        return Condition.unsayable(whole, _YET_TO_COME, "state", hit.region)
    if hit.sensor == "rain_sensor" and _FORECAST.search(around.text, hit.clause, start):
        return Condition.unsayable(whole, _YET_TO_COME, "state", hit.region, open=waits)
    if hit.sensor != "light_sensor" and around.has_bare_daypart(hit.begin, start):
        return Condition.unsayable(whole, BARE_DAYPART, "state", hit.region)
    if _NOT.search(around.text, hit.clause, start):
        return Condition.unsayable(hit.span, _NOT_SO, "state", hit.region, open=waits)
    at_once = hit.lasting and hit.state in _AT_ONCE
    if at_once and _LATER.match(around.text, hit.seen) and _AFTER.match(around.text, end):
        return Condition.unsayable(hit.span, DELAYED_EVENT, "state", hit.region)
    return None


def _sayable(hit: _Hit, waits: bool) -> Condition:
    """Return the condition whose trigger says a state, and how long it must last."""
    trigger = {hit.sensor: hit.state, "for": hit.lasting} if hit.lasting else {hit.sensor: hit.state}
    notes = hit.around.room_note(hit.begin, hit.span.end)
    return Condition(hit.span, hit.region, trigger, kind="state", open=waits, notes=notes)


def _acts_then(around: Surroundings, clause: int, start: int, end: int) -> bool:
    """Tell whether an order follows a state that stands alone in its clause (漏水了关水阀, 门口有人通知我)."""
    asked = _ASKED.match(around.text, clause)
    place = asked.end() if asked else clause
    for room in around.room_spans:
        place = room.end if room.start == place and room.end <= start else place
    if _WHERE.fullmatch(around.text, place, start) is None:
        return False
    passed = _BY_NOW.match(around.text, end)
    behind = passed.end() if passed else end
    told = passed is not None or around.text.endswith(("了", "咗", *_MISHAPS), start, end)
    return (told and _acts_next(around, behind)) or _TELLS.match(around.text, behind) is not None


def _closed_later(around: Surroundings, end: int, head: Span | None) -> tuple[Span, int] | None:
    """Return the words between a state and what closes its clause, and where that ends.

    Behind a head a comma closes it, or what is to be done (如果有人摔倒，通知我).
    """
    text, tail = around.text, _tail_behind(around, end)
    stop, closes = tail, around.tail_at(tail)[0] if tail else 0
    if head is not None:
        comma = text.find(",", end)
        if comma >= 0 and (not tail or comma < tail) and not around.verb_in(end, comma):
            stop = closes = comma
        elif not tail:
            stop = closes = next((start for start in around.action_starts if start >= end), 0)
    compared = any(end <= one.span.start < stop for one in around.comparisons)
    if not stop or compared or _JOINS.search(text, end, stop):
        return None
    return Span(end, stop), closes


def _tail_behind(around: Surroundings, end: int) -> int:
    """Return where the first tail behind a state begins that may close its clause, 0 without one."""
    text = around.text
    for (start, stop), value in around.lexicons["tails"].find(text, end):
        if around.inert_at(start, stop) or (value == "then" and text[start] in "再才"):
            continue
        if not text.endswith(("然", "随", "最") if value == "after" else "同", 0, start):  # 然后, 同时
            return start
    return 0


def _takes_more(around: Surroundings, words: str, rest: Span) -> bool:
    """Tell whether words behind a state say something else than the state alone does."""
    start, end = rest
    if around.verb_in(start, end):
        return True
    said = list(around.text)
    for known in around.room_spans:
        if start <= known.start < end:
            said[known.start : known.end] = "里" * (known.end - known.start)
    left = "".join(said[start:end])
    if _BESIDE.fullmatch(left):
        return False
    return _PLACE.fullmatch(left) is None or words.endswith("人")


def _lasting(around: Surroundings, start: int, end: int) -> tuple[str, int, int]:
    """Return how long a state must last, if it is said beside it, and the span with it."""
    text = around.text
    for one in around.durations:
        if one.span.end <= start and _MEANWHILE.fullmatch(text, one.span.end, start):
            prefix = _LASTING.search(text, 0, one.span.start)
            return one.canonical, prefix.start() if prefix else one.span.start, end
        if one.span.start >= end and _LASTS.fullmatch(text, end, one.span.start):
            over = _OVER.match(text, one.span.end)
            return one.canonical, start, over.end() if over else one.span.end
    return "", start, end


def _alone(around: Surroundings, start: int) -> bool:
    """Tell whether nothing but a subject, or words that remind, stand in the clause before `start`."""
    return _SUBJECT.fullmatch(around.text, around.clause_start(start), start) is not None


def _acts_next(around: Surroundings, end: int) -> bool:
    """Tell whether an order begins at `end`, perhaps behind a word that reminds (出门记得关灯)."""
    reminds = _REMINDS.match(around.text, end)
    return around.acts_at(reminds.end() if reminds else end)


def find_events(around: Surroundings) -> list[Condition]:
    """Return the events of the household that something waits for."""
    told = around.lexicons["events"].find(around.text)
    return [condition for span, event in told if (condition := _event(around, span, event)) is not None]


def _event(around: Surroundings, span: Span, event: str) -> Condition | None:
    """Return the condition that an event makes, None where its words name a scene, or nothing comes behind 睡前."""
    text, (start, end) = around.text, span
    bedtime = text.endswith("前", start, end)  # 睡前
    if _NAMES.match(text, end) or (bedtime and not _opens(around, span)):
        return None
    before = _BEFORE_IT.match(text, end - bedtime)
    tail_end, said = (before.end(), "when") if before is not None else around.tail_at(end)
    head, clause = around.head_before(start), around.clause_start(start)
    begin = head.start if head is not None else clause
    region = Span(begin, tail_end)
    at_once = "一" in text[start:end] and said == "comma"  # 我一回到家，…
    closed = said not in {"", "comma"} or at_once or (not said and _is_adverb(around, event, span, clause))
    waits = head is None and not closed
    passes = _passes(around, tail_end)
    if passes is not None and not waits:
        return Condition.unsayable(Span(start, passes), DELAYED_EVENT, "event", Span(begin, passes))
    soon = before or _SOON.search(text, clause, start)
    if soon is not None and not waits and event in {"arrive_home", "wake_up"}:
        return Condition.unsayable(span, "what comes before an event is no trigger", "event", region)
    if _NOT.search(text, 0, start):
        return Condition.unsayable(span, _NOT_SO, "event", region, open=waits)
    return Condition(span, region, {"event": event}, kind="event", open=waits)


def _opens(around: Surroundings, span: Span) -> bool:
    """Tell whether an event opens its clause, and an order, a comma or a length of time follows (睡前关灯)."""
    comes = around.text.startswith(",", span.end) or any(one.span.start == span.end for one in around.durations)
    return _alone(around, span.start) and (comes or _acts_next(around, span.end))


def _is_adverb(around: Surroundings, event: str, span: Span, clause: int) -> bool:
    """Tell whether an event says when an order that follows is to be done (出门关灯, 到家了开灯)."""
    if event not in _ADVERBIAL:
        return False
    if _alone(around, span.start) and _acts_next(around, span.end):
        return True
    return "我" not in around.text[: span.end] and _acts_then(around, clause, *span)  # 我出门了 is said of now


def _passes(around: Surroundings, tail_end: int) -> int | None:
    """Return where a length of time ends that is to pass behind an event (我出门后过十分钟), None without one."""
    for one in around.durations:
        if tail_end <= one.span.start and _PASSES.fullmatch(around.text, tail_end, one.span.start):
            return one.span.end
    return None
