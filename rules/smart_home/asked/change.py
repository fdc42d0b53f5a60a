"""Changes that are said relative to now: 调低一点, 加强, 太热了, 调高两度."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rules.smart_home.asked.amount import amount_in, ends_at, inside_number, is_by
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import EITHER_WAY, LEAVES, MAIN, POWER, Mention, Relative, main_property
from rules.smart_home.vocabulary import Token

_STRENGTH = {"humidifier": "level", "dehumidifier": "level"}
"""What 大 and 强 mean on devices whose main property is a target, not an effort."""
_EFFORT = frozenset({"大", "小", "强", "弱"})
_OPENING = frozenset({"turn_on", "open"})
_TO = re.compile(r"(?:到|至|为|成|去到)")
_MOST = re.compile(r"最[多少大高亮强快响热小低暗弱慢轻冷]")
_MORE = re.compile(r"再|更")
_FORETOLD = re.compile(r"(?:会|将|将?要|大|大幅|骤|继续|开始|[今明后]天|[今明]晚|天气)$")
"""Before 降温, that the weather does."""
_THAN_OTHER = re.compile(r"(?<![把将让])(?:^|[,。;!请])(?:这|那|我们?家|家里)[^,。;]{0,8}比[那这另别隔]")
"""Begins what only tells how one thing is beside another: 这盏灯比那盏亮一点."""
_SIGN = re.compile(r"(?:\+|(?P<minus>[-−]))(?=[0-9])")
_WHICH = re.compile(r"[的嘅](?!话|时)")
"""Behind 高一点, that it tells which one is meant: 高一点的那个灯."""
LESS_OF = re.compile(
    r"(?:别|不要|唔好|咪|请勿)再?(?:[把将].{1,6}?)?(?:[开调弄搞较校放])?得?(?:[那这][么样]|咁|太|过于)(?![快慢早急])(?=(.{1,3}))"
)
"""Before what there is to be less of: 灯别那么亮. Behind a change it only says why: 灯暗点别那么亮."""
_TOO = re.compile(rf"{LESS_OF.pattern}|(?:太|有[点啲]儿?|有些|过于)(?=(.{{1,3}}))")
_NOT_SO = re.compile(r"(?:不(?:是)?[太很]|[一半]点(?:儿|啊)?[也都][不唔])$")
"""Before an adjective, that there is too little of it: 灯不太亮, 灯一点也不亮."""
_ENDS = re.compile(r"[吧啊呀啦了,。!;]|$")
_UNWELCOME = frozenset({"刺眼", "晃眼", "吵", "嘈", "闷热", "潮", "潮湿"})
"""What nobody misses."""
_PLAYS = re.compile(r"音乐|歌曲?|曲子|广播|铃声")
"""What is heard: 音乐小一点 is said of its volume."""
_LOUD = ("大", "吵", "嘈", "响")
_PERSON = re.compile(r"[说讲吃跑念读写唱骑]|走(?![廊道])|开车")
"""What somebody does and no device: 慢一点说."""
_NOTHING_SAID = re.compile(r"[多少一点些啲儿好很的了吧啦呀哦喔啊呢嘛,。!;□请帮我给0-9%]*")
"""Besides which behind 多 something else is asked for: 多一点耐心."""
_FEELS = r"(?:[冷热冻闷焗暗黑吵嘈湿潮]|闷热|刺眼|晃眼|[大小细]声|干燥|潮湿|干(?!净))"
_SO = re.compile(
    rf"(?<![你您们设置关弄刚正最还也就挺幸])好(?={_FEELS}(?:[啊呀哦喔啦了呢哇哈喇吧,。!;]|$))"
    rf"|(?:(?<=[,。里内间厅室房我请烦□])|(?<!.))(?:很|怎么[这那]么)(?={_FEELS}(?:[啊呀了呢哇吧,。!;?]|$))"
    rf"|(?={_FEELS}(?:[死坏爆疯](?:[了我人]|啦|咗|喇|$)|[得到](?:受不了|要[命死]|不行|不得了|慌|难受|顶唔顺|睡不着|瞓唔着|发抖|震)"
    rf"|过头))|(?=听[不唔])"
)
"""What complains without 太: 好冷啊, 热死了, 听不见."""
_PRAISES = re.compile(r"[真好很挺]$")
"""Before what nobody wants otherwise: 今天真舒服."""
_LACKS = re.compile(r"[不唔]够(?![多少])(?=(.{1,2}))")
"""Before what there is too little of: 不够亮."""
_SHORT = re.compile(r"(?:[不唔]够|不足)(?=[了啊呀吧啦,。!;]|$)|(?:没什么|没啥|冇乜)(?=[风光声亮])")
"""Says of what is named that there is too little of it: 亮度不够, 没什么风."""


@dataclass(slots=True)
class _Wording:
    """The words of a clause that may state a change."""

    unit: Unit
    clauses: Clauses
    device: Mention | None
    kind: str | None
    """The type of the device."""
    prop: str | None
    """The property that is named last."""
    tokens: Sequence[Token]
    """The known words, without those of a reason behind the change (灯暗点别那么亮)."""
    soft: Token | None
    """How far, in a word: 一点, 很多."""
    more: bool
    """Whether it is to be so some more: 再亮."""
    change: Token | None
    """The verb: 调, 降低."""
    adjective: Token | None
    """The direction: 亮, 高."""
    less: re.Match[str] | None
    """What there is to be less of: 别那么."""
    too: re.Match[str] | None
    """What there is too much of: 太, 好…啊."""
    lacks: re.Match[str] | None
    """What there is too little of: 不够."""
    amount: float | None
    """How far, in a number."""
    place: int | None
    """Where that number stands, or one that is how much there shall be (空调26度大风) and not how far."""


def read_relative(unit: Unit, clauses: Clauses, device: Mention | None) -> Relative | None:
    """Return the change that a clause states relative to now, or None."""
    text, of = clauses.text, unit.of
    if "properties" in of and (plain := _scarce(unit, text) or _signed(unit, clauses, device)):
        return plain
    more = "adverbs" in of or _MORE.search(text, unit.start, unit.end) is not None
    if not (more or "softeners" in of or "changes" in of or "adjectives" in of):
        return None
    if device is not None and device.type in {"timer", "alarm_clock"}:
        return None
    if _MOST.search(text, unit.start, unit.end) or _THAN_OTHER.search(text, unit.start, unit.end):
        return None
    said = _wording(unit, clauses, device, more)
    if _softens_else(said) or _names_value(said) or _asks_somebody(said):
        return None
    if said.adjective is not None:
        return _by_adjective(said, said.adjective)
    if said.change is not None and said.change.values["changes"] != "0":
        return _by_verb(said, said.change)
    return _by_opening(said)


def _scarce(unit: Unit, text: str) -> Relative | None:
    """Return that there is too little of what a clause names and says nothing else of (亮度不够), or None."""
    if not {"adjectives", "verbs", "changes"}.isdisjoint(unit.of):
        return None
    prop = unit.of["properties"][-1].values["properties"]
    if prop in {"color", "channel"} or not _SHORT.search(text, unit.start, unit.end):
        return None
    return Relative(prop, 1, asked=False)


def _signed(unit: Unit, clauses: Clauses, device: Mention | None) -> Relative | None:
    """Return the change that a sign before a number is (亮度+10), unless it is that of the value (冷冻室温度-18)."""
    named = unit.all("properties")
    sign = _SIGN.match(clauses.text, named[-1].end, unit.end) if named else None
    if sign is None:
        return None
    prop = named[-1].values["properties"]
    amount = next((abs(n.value) for n in clauses.numbers if sign.start() <= n.span.start <= sign.end()), None)
    cold = prop == "temperature" and sign["minus"] and ((device and device.type == "fridge") or (amount or 0) >= 10)
    return None if amount is None or cold else Relative(prop, -1 if sign["minus"] else 1, amount)


def _wording(unit: Unit, clauses: Clauses, device: Mention | None, more: bool) -> _Wording:
    """Return the words of a clause from which a change is read."""
    text, named = clauses.text, unit.of.get("properties")
    kind = device.type if device else None
    tokens = [t for t in unit.tokens if t.end <= unit.end]
    less = LESS_OF.search(text, unit.start, unit.end)
    if less is not None:
        before = [t for t in tokens if t.end <= less.start()]
        tokens = before if any("adjectives" in t.values for t in before) else tokens
    soft = next((t for t in tokens if "softeners" in t.values and not inside_number(t, clauses)), None)
    change = next((t for t in tokens if "changes" in t.values), None)
    adjective = _adjective(tokens, soft, text[: unit.end])
    too = _too(unit, adjective, text)
    lacks = _LACKS.search(text, unit.start, unit.end) if too is None else None
    amount, place = amount_in(unit, clauses, kind)
    if place is not None and not is_by(tokens, adjective, place, text):
        amount = None  # 空调26度大风, 大房间空调25度: what it is to be, and not by how much
    prop = named[-1].values["properties"] if named else None
    return _Wording(
        unit, clauses, device, kind, prop, tokens, soft, more, change, adjective, less, too, lacks, amount, place
    )


def _adjective(tokens: Sequence[Token], soft: Token | None, text: str) -> Token | None:
    """Return the adjective that gives a change its direction: 调高, 小一点, 再亮些, 大点声."""
    found = [t for t in tokens if "adjectives" in t]
    if len(found) > 1 and found[-1].text == "多" and found[-2].end == found[-1].start:
        found.pop()  # 冻多一度
    if soft is not None and text.startswith("声", soft.end) and found:
        return found[-1]._replace(values={"adjectives": "volume" + found[-1].values["adjectives"][-1]})
    return found[-1] if found else None


def _too(unit: Unit, adjective: Token | None, text: str) -> re.Match[str] | None:
    """Return what says that there is too much of something (太热了, 热死了), nearest to the adjective, or None."""
    too = _TOO.search(text, unit.start, unit.end) or _SO.search(text, unit.start, unit.end)
    if too is not None and adjective is not None and too.end() < adjective.start and adjective.text[0] != "听":
        return _SO.search(text, too.end(), unit.end) or too  # 声音太大了吵死了
    return too


def _softens_else(said: _Wording) -> bool:
    """Tell whether a softener says which thing is meant (高一点的那个灯) or asks for haste (快点开灯), not how far."""
    soft, adjective = said.soft, said.adjective
    if soft is None:
        return False
    if _WHICH.match(said.clauses.text, soft.end) and any(
        "devices" in t.values and t.start > soft.end for t in said.tokens
    ):
        return True
    hastens = adjective is not None and adjective.values["adjectives"].startswith("level")
    return hastens and any("verbs" in t.values and t.start == soft.end for t in said.tokens)


def _names_value(said: _Wording) -> bool:
    """Tell whether a clause says what value there shall be, or what it compares with (调亮到50%, 高过26度)."""
    text, unit, adjective, place = said.clauses.text, said.unit, said.adjective, said.place
    if said.less is not None and said.amount is None and place is not None:
        return True  # 空调26度不要太冷 sets it
    first = said.change or adjective
    if first is not None:
        last = adjective or first
        if place is not None and (_TO.search(text, first.start, place) or text.endswith("过", first.end, place)):
            return True
        if text.startswith("于", last.end):
            return True
        if _TO.match(text, last.end) and (said.too is None or said.too.end() != last.start):
            return True
    return not (adjective is not None and _is_aimless(adjective)) and any(
        unit.start < n.span.start < unit.end and _TO.search(text, max(unit.start, n.span.start - 2), n.span.start)
        for n in said.clauses.numbers
    )


def _asks_somebody(said: _Wording) -> bool:
    """Tell whether a change is asked of somebody (慢点走, 走路别那么快) or of something no device has (少一点废话)."""
    text, unit, adjective, less = said.clauses.text, said.unit, said.adjective, said.less
    before = less is not None and adjective is not None and adjective.end <= less.start()
    if less is not None and not before and _PERSON.search(text, unit.start, less.end()):
        return True
    if adjective is None or said.kind is not None or said.prop is not None:
        return False
    if adjective.text in {"多", "少"}:
        return _NOTHING_SAID.fullmatch(text, adjective.end, unit.end) is None
    return adjective.values["adjectives"].startswith("level") and _PERSON.search(text, unit.start, unit.end) is not None


def _by_adjective(said: _Wording, adjective: Token) -> Relative | None:
    """Return the change in the direction of an adjective, or None where that only says how something is."""
    value = adjective.values["adjectives"]
    sign, asked = {"+": 1, "-": -1}.get(value[-1]), True
    if adjective.text[0] == "听" and said.too is not None and said.clauses.text.startswith(_LOUD, said.too.end()):
        return None  # 太吵了听不见: what is to be heard, and what is too loud?
    if not _is_directed(said, adjective):
        if _NOT_SO.search(said.clauses.text, said.unit.start, adjective.start):
            if not _misses(value, adjective.text, bool(said.prop or said.kind)):
                return None
            asked = False
        elif _complains(said, adjective):
            sign, asked = sign if said.lacks else _opposite(sign), False
        elif not _is_wanted(said, adjective):
            return None
    if _closes_further(said, adjective):
        sign = _opposite(sign)
    prop = _changed_property(said, adjective)
    if prop == "color_temperature" and value[:-1] == "temperature":
        sign = _opposite(sign)  # Warm light is light of a low colour temperature in kelvin.
    return _relative(said, prop, sign, asked=asked)


def _is_directed(said: _Wording, adjective: Token) -> bool:
    """Tell whether a verb of change stands before an adjective (调得亮), which then is asked for (not 风扇转得太猛)."""
    change = said.change
    return change is not None and change.end <= adjective.start and not _touches(said.too, adjective)


def _complains(said: _Wording, adjective: Token) -> bool:
    """Tell whether it is said that something is too much so (太热), too little (不够亮) or unwelcome (吵)."""
    if _touches(said.too, adjective) or _touches(said.lacks, adjective) or adjective.text[0] == "听":
        return True
    about = said.prop is not None or said.kind is not None
    return about and adjective.text in _UNWELCOME and _ENDS.match(said.clauses.text, adjective.end) is not None


def _touches(words: re.Match[str] | None, adjective: Token) -> bool:
    """Tell whether words end right before an adjective."""
    return words is not None and 0 <= adjective.start - words.end() <= 1


def _misses(value: str, word: str, about: bool) -> bool:
    """Tell whether somebody who finds a thing not so bright or cold wants more of it, rather than just saying so.

    `about` tells whether the words name what is to be so: 空调不太冷 asks for more, and 我不太冷 for nothing.
    """
    wanted = value.endswith("+") or value.startswith("temperature")
    return wanted and word not in _UNWELCOME and (about or value == "brightness+")


def _is_wanted(said: _Wording, adjective: Token) -> bool:
    """Tell whether an adjective is asked for by what stands beside it (亮一点, 再亮, 低两度, 开大)."""
    if said.soft or said.more or said.amount is not None:
        return True
    text, unit = said.clauses.text, said.unit
    if _is_aimless(adjective) and ("verbs" in unit.of or not _PRAISES.search(text, unit.start, adjective.start)):
        return True
    return _opened(said.tokens, adjective, text, unit.end)


def _is_aimless(adjective: Token) -> bool:
    """Tell whether an adjective says how it shall be without a direction (舒服)."""
    return adjective.values["adjectives"].endswith("0")


def _opened(tokens: Sequence[Token], adjective: Token, text: str, end: int) -> bool:
    """Tell whether a verb of opening or setting stands right before the adjective (开大, 设低; not 打开热水阀).

    An adjective that more words follow is part of a name (打开热水循环泵), but for the room of 开大客厅空调.
    """
    last = ends_at(adjective.end, end, text)
    verb = next(
        (
            t
            for t in tokens
            if t.end == adjective.start and t.values.get("verbs") in {"turn_on", "turn_off", "open", "close", "set"}
        ),
        None,
    )
    if verb is None:
        return False
    behind = [t for t in tokens if t.start >= adjective.end]
    if last or not behind or behind[0].start != adjective.end:
        return last
    if "rooms" in behind[0] or "verbs" in behind[0]:
        return True
    # 开大音量, 关小电视声音; but 打开低音量模式, and 开大风 is how the wind is to be
    changed = behind[1] if "devices" in behind[0] and len(behind) > 1 else behind[0]
    short = len(verb.text) == 1 and adjective.values["adjectives"].startswith("*")
    return short and "properties" in changed and changed.text != "风"


def _closes_further(said: _Wording, adjective: Token) -> bool:
    """Tell whether 多 or 少 says how far something is to be closed (窗帘关多一点)."""
    if adjective.text not in {"多", "少"} or said.kind not in MAIN["position"]:
        return False
    verb = _last_power(said.tokens)
    return verb is not None and verb.values["verbs"] not in _OPENING


def _opposite(sign: int | None) -> int | None:
    """Return the other direction, or None where none is said."""
    return None if sign is None else -sign


def _changed_property(said: _Wording, adjective: Token) -> str | None:
    """Return the property that an adjective changes, or None where it is the main one of the device."""
    own, prop, kind = adjective.values["adjectives"][:-1], said.prop, said.kind
    if own == "temperature" and (prop == "color_temperature" or kind in MAIN["brightness"]):
        return "color_temperature"
    if own != "*":
        return own if prop is None or prop == "level" else prop
    if prop is None and kind is None and _is_of_music(said, adjective):
        return "volume"
    if prop is None and adjective.text in _EFFORT:
        return _STRENGTH.get(kind or "")
    return prop


def _is_of_music(said: _Wording, word: Token) -> bool:
    """Tell whether what is heard is named before a word, of whose volume it is said (音乐小一点)."""
    return _PLAYS.search(said.clauses.text, said.unit.start, word.start) is not None


def _by_verb(said: _Wording, change: Token) -> Relative | None:
    """Return the change of a verb that has its own direction (加强), or None where it moves something all the way."""
    prop, kind = said.prop, said.kind
    if (kind in LEAVES | EITHER_WAY or len(change.text) == 1) and not (said.amount is not None or said.soft or prop):
        return None  # 晾衣架下降
    if prop is None and kind is None and _is_of_music(said, change):
        prop = "volume"
    if change.text.endswith("温"):  # 降温两度; the weather does so by itself
        untold = said.amount is None and said.soft is None and kind is None
        if untold or _FORETOLD.search(said.clauses.text, 0, change.start):
            return None
        prop = "temperature"
    return _relative(said, prop, 1 if change.values["changes"] == "+" else -1)


def _by_opening(said: _Wording) -> Relative | None:
    """Return by how much something is to be opened or closed further (窗帘开一点, 再开30%), or None."""
    soft, kind, verb = said.soft, said.kind, _last_power(said.tokens)
    if verb is None or (kind not in MAIN["position"] and (kind is not None or soft is None)):
        return None  # 再开空调26度 says how warm it is to be; only what moves opens by so much more
    if soft is not None:
        behind = soft.start == verb.end or _closes(soft, said.unit, said.device, said.clauses.text)
        if not behind or _counts(soft, said.tokens):
            return None  # 点 is a measure word only right behind the verb (拉开一点); 点读机 is a thing
    elif said.amount is None or not said.more or verb.end != said.place or _comes_next(said.unit, said.clauses):
        return None  # 再 says what comes next: 关灯，再把窗帘打开50%
    return _relative(
        said, said.prop or main_property(kind) or "position", 1 if verb.values["verbs"] in _OPENING else -1
    )


def _last_power(tokens: Sequence[Token]) -> Token | None:
    powers = [t for t in tokens if "verbs" in t and t.values["verbs"] in POWER]
    return powers[-1] if powers else None


def _closes(soft: Token, unit: Unit, device: Mention | None, text: str) -> bool:
    """Tell whether how far something is to move stands behind its name, and ends the clause (打开窗帘一点)."""
    if device is None or device.span.end != soft.start or soft.text == "点":
        return False
    return ends_at(soft.end, unit.end, text)


def _counts(soft: Token, tokens: Sequence[Token]) -> bool:
    """Tell whether 啲 counts the things behind it (閂埋啲窗: the windows, not a little)."""
    return soft.text == "啲" and any("devices" in t and t.start == soft.end for t in tokens)


def _comes_next(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether 再 says that this is the next thing to do, and not that it is to be done some more."""
    return unit.tokens[0].text == "再" and any("verbs" in t and t.end <= unit.start for t in clauses.tokens)


def _relative(said: _Wording, prop: str | None, sign: int | None, *, asked: bool = True) -> Relative:
    """Return the change of a property, by default the main one of the device, as far as is said."""
    main, adjective = prop is None, said.adjective
    if main and not (said.kind == "ac" and adjective is not None and adjective.text in _EFFORT):
        prop = main_property(said.kind)  # of the breeze and the cold only the record knows which is meant
    very = (said.soft is not None and said.soft.values["softeners"] == "2") or (
        said.too is not None and "太多" in said.clauses.text[said.unit.start : said.unit.end]
    )
    return Relative(prop, sign, said.amount, 2 if very else 1, main, asked)


def is_complaint(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a clause complains (太热了), which names no action."""
    said = (clauses.text, unit.start, unit.end)
    return any(words.search(*said) for words in (_TOO, _SO, _LACKS, _SHORT))
