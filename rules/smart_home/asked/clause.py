"""A sentence cut into clauses, each with the tokens from which what it asks for is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from curation.text import Span
from rules.chinese.numbers import Number
from rules.smart_home.asked.model import JOBS, LEAVES, POWER, main_property
from rules.smart_home.vocabulary import Token

_MARKS = re.compile(r"[,。;!?、:把将帮张]|(?<=再)让")
_HANDLED = frozenset("把将帮张让")
"""Words behind which stands what the verb is done to."""
_SHEET = re.compile(r"张(?=.{0,6}[灯门锁窗])")
"""张 is one of them in Cantonese, before these; elsewhere it counts, or is a name."""
_PLACE = itemgetter(0, 1)
_ALONE = frozenset({*JOBS, "notify", "play_media", "next", "previous", "mute", "lock", "unlock"})
"""Verbs that ask for something with nothing beside them."""
_TASKS = frozenset({"spin", "keep_warm", "charge"})
"""What a device starts or stops to do: 开始脱水."""
_WITHIN = frozenset({"先", "再", "改", "也", "还", "又", "既", "也要", "既要"})
"""Joining words that may stand within a clause, as long as it is not complete."""
_WITH = frozenset({"和", "与", "跟", "同"})
"""Joining words that join nothing where no name stands before them: 和我说."""
_VALUE = re.compile(
    r"(?P<set>(?:也|再|都)?(?:设|调|定|改|换|切|开|升|降|加|减)[^,。;把将]{0,3}?[到为成至在])?"
    r"(?:[0-9零一二两三四五六七八九十百半]|最[大高亮强快响热小低暗弱慢轻冷]|自动)"
    r"|再?(?:调|开|加|减|降|升|高|低|大|小|强|弱|快|慢|亮|暗|冷|暖)"
)
"""What a property is set to or how it is changed, right behind it, with the verb that sets it."""
_DIRECTED = re.compile(r"(?:再|稍微?|略微?)?(?:[调较校]|开(?!关))?得?[高低大小强弱快慢亮暗冷暖热细]")
"""How a property is changed, right behind it (声音大一点)."""
_STEP_ON = re.compile(r"[个了]?(?:[一些点啲]|少少)|[0-9零一二两三四五六七八九十百半]")
"""How far a change goes, right behind it."""
_STOP = re.compile(r"[,。;!?]")
_BRIEFLY = re.compile(r"(?:一?下|□)*")
"""Between a verb and a joining word, that no thing is named: 关一下再开空调."""
_ONLY_VALUE = re.compile(
    r"(?:目标(?:值|是|为|设为?)?)?(?:[0-9.零一二两三四五六七八九十百点]+(?:度半?|摄氏度|°c|℃|%|[档挡级段])|百分之[0-9零一二三四五六七八九十]+|一半)"
    r"(?:就[好行]了?|吧|左右|的?样子)?"
)
"""A clause that is nothing but a value, of the device that was spoken of: 打开空调，26度."""


@dataclass(slots=True)
class Unit:
    """The tokens of one clause, gathered before they are read."""

    start: int
    end: int
    tokens: list[Token] = field(default_factory=list)
    joiner: str = ""
    """What stands before it: and, then, comma, pause, ba or nothing."""
    of: dict[str, list[Token]] = field(default_factory=dict)
    """Its tokens by lexicon; of a lexicon that has none, nothing."""
    says: bool = False
    """Whether any of its tokens is more than a word that joins clauses."""

    def add(self, token: Token) -> None:
        """Add the next token."""
        self.tokens.append(token)
        values = token.values
        for lexicon in values:
            if lexicon in self.of:
                self.of[lexicon].append(token)
            else:
                self.of[lexicon] = [token]
        if len(values) != 1 or "connectives" not in values:
            self.says = True

    def first(self, lexicon: str) -> Token | None:
        """Return the first token of a lexicon."""
        found = self.of.get(lexicon)
        return found[0] if found else None

    def all(self, lexicon: str) -> Sequence[Token]:
        """Return the tokens of a lexicon."""
        return self.of.get(lexicon, ())


@dataclass(slots=True)
class Clauses:
    """What `read_actions` needs: the masked text, its tokens, the numbers in it and the parts that are no action."""

    text: str
    tokens: Sequence[Token]
    numbers: Sequence[Number]
    durations: Sequence[Span]
    removed: Sequence[Span]
    contents: Mapping[int, str]
    """Quoted content by where its verb ends: media titles and messages, as spoken."""


def cut(clauses: Clauses) -> list[Unit]:
    """Cut a text at punctuation, at joining words, before 把, and before a verb when the clause so far is complete."""
    tokens = clauses.tokens
    if clauses.removed:
        tokens = [t for t in tokens if not any(r.start < t.end and t.start < r.end for r in clauses.removed)]
    events: list[tuple[int, int, Any]] = [(t.start, t.end, t) for t in tokens]
    if marks := _marks(clauses):
        events = sorted([*marks, *events], key=_PLACE)
    cutting = _Cutting(clauses, tokens)
    for start, end, event in events:
        if isinstance(event, str):
            cutting.pass_mark(start, end, event)
        elif "connectives" in event.values and len(event.values) == 1:
            cutting.join(event)
        else:
            cutting.take(event)
    cutting.close(len(clauses.text), "")
    return [unit for unit in cutting.units if unit.says]


class _Cutting:
    """The clauses that are cut off so far, and the one that is open."""

    __slots__ = ("clauses", "current", "numbers", "tokens", "units")

    def __init__(self, clauses: Clauses, tokens: Sequence[Token]) -> None:
        self.clauses = clauses
        self.tokens = tokens
        self.numbers = {n.span.start: n for n in clauses.numbers}
        self.units: list[Unit] = []
        self.current = Unit(0, 0)

    def close(self, at: int, joiner: str) -> None:
        """End the open clause at a place and open the next one there, which `joiner` joins to it."""
        ended, self.current = self.current, Unit(at, at, joiner=joiner)
        ended.end = at
        if ended.tokens:
            self.units.append(ended)
        elif self.numbers and self.units and _ONLY_VALUE.fullmatch(self.clauses.text[ended.start : at].strip(",。!")):
            ended.says = any(ended.start <= start < at for start in self.numbers)
            self.units.append(ended)
        elif joiner == "ba" and ended.joiner:
            self.current.joiner = ended.joiner

    def pass_mark(self, start: int, end: int, mark: str) -> None:
        """Close the open clause at a mark; before 把 and at what is no action, only where it is complete."""
        current = self.current
        if mark == "ba":
            if _complete(current, self.numbers) or not {"adjectives", "nouns"}.isdisjoint(current.of):
                self.close(start, "ba")
        elif mark == "cut" and not _complete(current, self.numbers):
            current.start = current.start if current.tokens else end
        else:
            self.close(start, mark if mark != "cut" else "")
            self.current.start = end

    def join(self, token: Token) -> None:
        """Close the open clause before a joining word, unless that stands within it (先) or joins none (同我熄灯)."""
        current, word = self.current, token.text
        if not _shares(current, token, self.clauses.text, self.tokens):
            if word in _WITHIN and not _complete(current, self.numbers):
                current.add(token)
                return
            if word in _WITH and {"devices", "rooms", "nouns"}.isdisjoint(current.of):
                return
            if word == "同" and not _name_follows(token, self.tokens):
                return
        joiner = token.values["connectives"]
        self.close(token.start, joiner)
        self.current.start = token.end
        self.current.add(token)
        self.current.joiner = joiner

    def take(self, token: Token) -> None:
        """Add a token to the open clause, or to the next where the token begins it."""
        if self.current.tokens and _begins(self.current, token, self.clauses, self.tokens, self.numbers):
            self.close(token.start, "serial")
        elif self.clauses.text[token.start - 1] == "后" and _is_second(self.current, token):
            self.close(token.start, "then")
        self.current.add(token)
        self.current.end = token.end


def _begins(unit: Unit, token: Token, clauses: Clauses, tokens: Sequence[Token], numbers: Mapping[int, Number]) -> bool:
    """Tell whether a token opens the next clause, with nothing said between."""
    values = token.values
    if (
        _begins_clause(unit, token, numbers, clauses.text)
        if "verbs" in values
        else _new_topic(unit, token, clauses.text)
    ):
        return True
    if ("nouns" in unit.of and _behind_scene(unit, token, clauses.text, tokens)) or (
        "connectives" in values and _shares(unit, token, clauses.text, tokens)
    ):
        return True
    return (
        ("properties" in values and _new_property(unit, token, clauses))
        or ("rooms" in values and _next_room(unit, token, tokens))
        or (values.get("verbs") in POWER and _changed(unit) and _name_follows(token, tokens))
        or (("changes" in values or token.text == "再") and _new_change(unit, token, tokens, numbers))
        or _next_changed(unit, token, tokens, clauses.text)
    )


def only_switches(unit: Unit) -> bool:
    """Tell whether a clause is but a verb of power, and names nothing that it were done to (关闭 in 关闭和打开窗帘)."""
    verbs = unit.all("verbs")
    return (
        len(verbs) == 1
        and verbs[0].values["verbs"] in POWER
        and all(t in verbs or "connectives" in t.values for t in unit.tokens)
    )


def _shares(unit: Unit, joint: Token, text: str, tokens: Sequence[Token]) -> bool:
    """Tell whether a clause is but a verb that shares what the verb behind the joining word is done to."""
    if not only_switches(unit) or _BRIEFLY.fullmatch(text, unit.end, joint.start) is None:
        return False
    following = _touching(joint, tokens)
    return following is not None and following.values.get("verbs") in POWER  # 先关闭再打开窗帘


def _marks(clauses: Clauses) -> list[tuple[int, int, str]]:
    """Return the signs, words and parts that are no action at which a text may be cut, and what each is."""
    marks = []
    for found in _MARKS.finditer(clauses.text):
        at, sign = found.start(), found.group()
        if sign in _HANDLED:
            if sign != "张" or _SHEET.match(clauses.text, at):
                marks.append((at, at + 1, "ba"))
        else:
            marks.append((at, at + 1, "pause" if sign == "、" else "comma"))
    if clauses.removed:
        marks = [m for m in marks if not any(r.start <= m[0] < r.end for r in clauses.removed)]
        marks += [(r.start, r.end, "cut") for r in clauses.removed]
    if clauses.numbers:
        marks = [m for m in marks if not any(n.span.start < m[0] < n.span.end for n in clauses.numbers)]
    return marks


def _name_follows(token: Token, tokens: Sequence[Token]) -> bool:
    """Tell whether a device or room stands right behind (客厅灯同卧室灯; not 同我熄灯)."""
    following = next((t for t in tokens if t.start >= token.end), None)
    return (
        following is not None
        and following.start - token.end <= 2
        and ("devices" in following.values or "rooms" in following.values)
    )


def _complete(unit: Unit, numbers: Mapping[int, Number]) -> bool:
    """Tell whether a clause has its verb and what the verb is done to."""
    of = unit.of
    if "verbs" not in of:
        return "changes" in of and "devices" in of
    if "devices" in of or "modes" in of or "colors" in of or "properties" in of or "nouns" in of:
        return True
    verb = of["verbs"][0]
    return verb.values["verbs"] in _ALONE or any(
        start >= verb.end for start in numbers if start >= unit.start and start < unit.end + 12
    )


def _changed(unit: Unit) -> bool:
    """Tell whether a clause without a verb says what is to be changed, and how (音量调低, before 关灯)."""
    of = unit.of
    return "changes" in of and "verbs" not in of and ("properties" in of or "devices" in of)


def _begins_clause(unit: Unit, token: Token, numbers: Mapping[int, Number], text: str) -> bool:
    """Tell whether a verb opens a new clause rather than belonging to the one before it."""
    verb = unit.first("verbs")
    if verb is None or not _complete(unit, numbers):
        return False
    kinds = [t.values["verbs"] for t in unit.all("verbs")]
    new = token.values["verbs"]
    last = unit.tokens[-1]
    if kinds[-1] == "set" and last.end == token.start and new in {"keep_warm", "mute", "next", "previous"}:
        return False  # 切到保温, 调到下一个台
    if kinds[-1] == "set" and new in {"set", *POWER}:
        after = [t for t in unit.tokens if t.start >= verb.end and ("modes" in t.values or "colors" in t.values)]
        return bool(after) or any(verb.end <= start < token.start for start in numbers)
    if last.text == "停止" and last.end == token.start and new in POWER:
        return False  # 停止关窗帘
    if kinds[-1] in {"start", "stop", "pause", "resume"} and new in {"clean", "wash", *_TASKS}:
        return False
    if kinds[-1] == "start" and new == "play_media" and last.end == token.start:
        return False  # 开始播放
    if (
        kinds[-1] in {"turn_on", "start"}
        and new in {"clean", "wash"}
        and not ("verbs" in last.values or last.text == "再")
        and not any(_does_no_job(t.values["devices"]) for t in unit.all("devices"))  # 打开窗帘煮咖啡
    ):
        return new == "clean" and kinds[-1] == "clean"
    if "swing" in {new, kinds[-1]} and {new, kinds[-1]} & POWER and len(unit.all("devices")) < 2:
        return text[last.end : token.start] not in {"", "的", "嘅"}  # 打开空调的扫风 is one request
    if new in {"arm", "disarm"} and kinds[-1] in {"turn_on", "start"}:
        return False  # 启动安防布防
    if new in {"return_to_base"} and kinds[-1] in {"start"}:
        return False
    if new in {"clean", "wash"} and "verbs" in last.values and (last.end == token.start or new != kinds[-1]):
        return False
    # 把灯打开: the object came first; another verb right behind belongs to the clause only if nothing parts them.
    return not (last.end == token.start and "verbs" in last.values and new == kinds[-1])


def _does_no_job(device: str) -> bool:
    """Tell whether a type of device opens or shines, and can neither wash nor clean."""
    return device in LEAVES or main_property(device) == "brightness"


def _behind_scene(unit: Unit, token: Token, text: str, tokens: Sequence[Token]) -> bool:
    """Tell whether a verb behind the name of a scene or a mode has a thing of its own (离家模式关灯)."""
    kind = token.values.get("verbs")
    if kind not in POWER and kind not in {"play_media", "notify"}:
        return False
    scene = unit.of["nouns"][-1]
    verb = unit.first("verbs")
    if verb is not None and verb.start > scene.start:
        return False
    if kind not in POWER:
        return True
    said = {"devices", "rooms", "verbs"}
    following = next((t for t in tokens if t.start >= token.end and not said.isdisjoint(t.values)), None)
    if following is None or ("verbs" in following and "devices" not in following):
        return False
    return _MARKS.search(text, token.end, following.start) is None


def _new_property(unit: Unit, token: Token, clauses: Clauses) -> bool:
    """Tell whether a property opens a clause because its own value follows (空调26度风速三档, 打开灯亮度调到50%)."""
    own = _VALUE.match(clauses.text, token.end)
    if own is None:
        return False
    verbs = unit.all("verbs")
    switched = bool(verbs) and verbs[-1].values["verbs"] in POWER and "devices" in unit.of
    if switched and (own["set"] or _DIRECTED.match(clauses.text, token.end)):
        return True
    start = unit.tokens[0].start
    timed = clauses.durations
    moded = any(t.end < token.start for t in unit.all("modes"))  # not 制冷温度
    return (
        moded
        or "colors" in unit.of
        or any(
            start < n.span.start < token.start and not any(d.start <= n.span.start < d.end for d in timed)
            for n in clauses.numbers
        )
    )


def _new_change(unit: Unit, token: Token, tokens: Sequence[Token], numbers: Mapping[int, Number]) -> bool:
    """Tell whether a verb of change opens a clause behind a complete action (关掉电视调亮台灯, 灯打开再调暗一点)."""
    behind = _touching(token, tokens)
    if token.text == "再":
        return behind is not None and "changes" in behind and _acts(unit, numbers)
    if behind is not None and "adverbs" in behind:
        behind = _touching(behind, tokens)
    if behind is None:
        directed = token.values["changes"] != "0" and token.end in numbers
    elif "adjectives" in behind:
        directed = True
    else:
        named = "properties" in behind or "devices" in behind or "rooms" in behind or "softeners" in behind
        directed = token.values["changes"] != "0" and named and (len(token.text) > 1 or "softeners" in behind)
    if not directed:
        return False
    last = unit.tokens[-1]
    if "verbs" in last and last.values["verbs"] in JOBS and last.end == token.start:
        return False  # 停止调低
    plays = any(verb.values["verbs"] == "play_media" for verb in unit.all("verbs"))
    if plays and "properties" in last and last.end == token.start:
        return False  # 播放儿歌音量调小: the property is what is changed
    if _acts(unit, numbers):
        return True
    first = unit.first("changes")
    if first is None or "verbs" in unit.of:
        return False
    # 降低音量调亮灯光, 灯调暗调低音量
    done = any(t.start > first.start and ("devices" in t or "properties" in t or "softeners" in t) for t in unit.tokens)
    beyond = None if behind is None else _touching(behind, tokens)
    return done or (beyond is not None and ("devices" in beyond or "properties" in beyond))


def _is_second(unit: Unit, token: Token) -> bool:
    """Tell whether a verb behind 后 is the second of two that share what they are done to (先关后开路由器)."""
    return token.values.get("verbs") in POWER and unit.end + 1 == token.start and only_switches(unit)


def _touching(token: Token, tokens: Sequence[Token]) -> Token | None:
    """Return the token that begins where another ends."""
    return next((t for t in tokens if t.start == token.end), None)


def _acts(unit: Unit, numbers: Mapping[int, Number]) -> bool:
    """Tell whether a clause says by itself what is to be done, before a change that follows."""
    verbs = unit.all("verbs")
    if not verbs or not _complete(unit, numbers):
        return False
    if verbs[-1].values["verbs"] != "set":
        return True
    start = verbs[-1].end
    return any(t.start >= start and ("modes" in t or "colors" in t) for t in unit.tokens) or any(
        start <= at < unit.end + 12 for at in numbers
    )


def _next_changed(unit: Unit, token: Token, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether a thing with a predicate of its own follows one that is changed (灯暗一点声音小一点)."""
    of, values, last = unit.of, token.values, unit.tokens[-1]
    if not ("changes" in of or "adjectives" in of) or not ("devices" in of or "properties" in of):
        return False
    if "verbs" in of or not ("devices" in values or "rooms" in values or "properties" in values):
        return False
    if last.end == token.start and ("devices" in last or "rooms" in last):
        return False
    thing = min(t.start for name in ("devices", "properties") for t in of.get(name, ()))
    if not any(t.start > thing and (_is_directed(t, of) or _by_a_step(t, text)) for t in unit.tokens):
        return False
    mark = _STOP.search(text, token.end)
    stop = mark.start() if mark else len(text)
    predicate = {"verbs", "changes", "adjectives"}
    return any(token.end <= t.start < stop and not predicate.isdisjoint(t.values) for t in tokens)


def _is_directed(token: Token, of: Mapping[str, list[Token]]) -> bool:
    """Tell whether a token is a verb of change whose clause gives it a direction."""
    return "changes" in token and (token.values["changes"] != "0" or "adjectives" in of)


def _by_a_step(token: Token, text: str) -> bool:
    """Tell whether a token is a direction with how far behind it (亮一点, 低两度; not 大灯)."""
    return "adjectives" in token and _STEP_ON.match(text, token.end) is not None


def _next_room(unit: Unit, token: Token, tokens: Sequence[Token]) -> bool:
    """Tell whether a room behind a whole request belongs to the request that follows it (客厅关灯卧室开灯)."""
    verb, device = unit.first("verbs"), unit.first("devices")
    if verb is None or device is None or device.start < verb.start:
        return False
    following = next((t for t in tokens if t.start == token.end), None)
    return following is not None and following.values.get("verbs") in POWER and _name_follows(following, tokens)


def _new_topic(unit: Unit, token: Token, text: str) -> bool:
    """Tell whether a token that is no verb, behind 把灯关了, is what the next clause is about."""
    verb, device = unit.first("verbs"), unit.first("devices")
    if verb is None or device is None or device.start > verb.start:
        return False
    if verb.end == token.start and text.endswith(("给", "帮"), 0, device.start):
        return False  # 给鱼缸开灯
    if verb.values["verbs"] in {"set", "activate_scene", "notify", "play_media", "start", "stop"}:
        return False
    return "devices" in token.values or "rooms" in token.values or "properties" in token.values
