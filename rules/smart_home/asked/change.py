"""Changes that are said relative to now: 调低一点, 加强, 太热了, 调高两度."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.smart_home.asked.amount import amount_in, ends_at, inside_number, is_by
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import EITHER_WAY, LEAVES, MAIN, POWER, Mention, Relative, main_property
from rules.smart_home.vocabulary import Token

_STRENGTH = {"humidifier": "level", "dehumidifier": "level"}
"""What 大 and 强 mean on devices whose main property is a target, not an effort."""
_NO_MORE = re.compile(r"[到至为成于过达得冻]|去到")
"""What makes an adjective part of the value or a bound of it: 调亮到50%, 不低于20度."""
_TO = re.compile(r"(?:到|至|为|成|去到)")
_MOST = re.compile(r"最[多少大高亮强快响热小低暗弱慢轻冷]")
_MORE = re.compile(r"再|更")
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


def read_relative(unit: Unit, clauses: Clauses, device: Mention | None) -> Relative | None:
    """Return the change that a clause states relative to now, or None."""
    text = clauses.text
    of = unit.of
    more = "adverbs" in of or _MORE.search(text, unit.start, unit.end) is not None
    if "properties" in of and not {"adjectives", "verbs", "changes"} & of.keys():
        scarce = unit.all("properties")[-1].values["properties"]
        if scarce not in {"color", "channel"} and _SHORT.search(text, unit.start, unit.end):
            return Relative(scarce, 1, asked=False)
    if (signed := _signed(unit, clauses, device)) is not None:
        return signed
    if not (more or "softeners" in of or "changes" in of or "adjectives" in of):
        return None
    tokens = [t for t in unit.tokens if t.end <= unit.end]
    if (why := LESS_OF.search(text, unit.start, unit.end)) is not None:
        before = [t for t in tokens if t.end <= why.start()]
        if any("adjectives" in t for t in before):
            tokens = before
        elif _PERSON.search(text, unit.start, why.end()):
            return None
    named = unit.all("properties")
    kind = device.type if device else None
    if kind in {"timer", "alarm_clock"} or _MOST.search(text[unit.start : unit.end]):
        return None
    soft = next((t for t in tokens if "softeners" in t.values and not inside_number(t, clauses)), None)
    if soft is not None and _WHICH.match(text, soft.end) and any("devices" in t and t.start > soft.end for t in tokens):
        return None
    if _THAN_OTHER.search(text, unit.start, unit.end):
        return None
    change = next((t for t in tokens if "changes" in t.values), None)
    adjective = _adjective(tokens, soft, text[: unit.end])
    too = _TOO.search(text, unit.start, unit.end) or _SO.search(text, unit.start, unit.end)
    if too is not None and adjective is not None and too.end() < adjective.start and adjective.text[0] != "听":
        too = _SO.search(text, too.end(), unit.end) or too  # 声音太大了吵死了
    lacks = _LACKS.search(text, unit.start, unit.end) if too is None else None
    amount, amount_at = amount_in(unit, clauses, kind)
    anchor = next((t for t in (change, adjective) if t is not None), None)
    aimless = adjective is not None and adjective.values["adjectives"].endswith("0")
    wished = aimless and not (adjective and "verbs" not in of and _PRAISES.search(text, unit.start, adjective.start))
    if anchor is not None and amount_at is not None and _TO.search(text[anchor.start : amount_at]):
        return None
    by = amount_at is not None and is_by(tokens, adjective, amount_at, text)
    if not aimless and any(
        unit.start < n.span.start < unit.end and _TO.search(text[max(unit.start, n.span.start - 2) : n.span.start])
        for n in clauses.numbers
    ):
        return None
    if (
        adjective is not None
        and soft is not None
        and adjective.values["adjectives"].startswith("level")
        and any("verbs" in t and t.start == soft.end for t in tokens)
    ):
        return None  # 快点开灯 asks for haste
    if anchor is not None and (
        (_TO.match(text, (adjective or anchor).end) and (too is None or too.end() != (adjective or anchor).start))
        or text.startswith("于", (adjective or anchor).end)
        or (amount_at is not None and text.endswith("过", anchor.end, amount_at))
    ):
        return None  # 高于26度 and 高过26度 compare
    if adjective is not None and kind is None and not named and _of_people(adjective, unit, text):
        return None
    if not by:
        if amount is not None and why is not None:
            return None  # 空调26度不要太冷 sets it
        amount = amount_at = None  # 空调26度大风, 大房间空调25度: what it is to be, and not by how much
    prop: str | None = named[-1].values["properties"] if named else None
    sign: int | None = None
    asked = True
    if adjective is not None:
        value = adjective.values["adjectives"]
        own, sign = value[:-1], {"+": 1, "-": -1}.get(value[-1])
        if (own != "*" and (prop is None or (prop == "level" and own not in {"level"}))) or (
            own == "volume" and prop == "volume"
        ):
            prop = own
        complaint = any(said is not None and 0 <= adjective.start - said.end() <= 1 for said in (too, lacks))
        complaint = (
            complaint
            or adjective.text.startswith("听")
            or (adjective.text in _UNWELCOME and bool(named or kind) and _ENDS.match(text, adjective.end) is not None)
        )
        directed = change is not None and change.end <= adjective.start
        directed = directed and not (too and 0 <= adjective.start - too.end() <= 1)  # 风扇转得太猛
        if adjective.text.startswith("听") and too is not None and text.startswith(_LOUD, too.end()):
            return None  # 太吵了听不见: what is to be heard, and what is too loud?
        if _NOT_SO.search(text, unit.start, adjective.start) and not directed:
            if not _misses(value, adjective.text, bool(named or kind)):
                return None
            asked = False
        elif complaint and not directed:
            sign, asked = sign if sign is None or lacks else -sign, False
        elif not (
            soft or more or amount is not None or directed or wished or _opened(tokens, adjective, text, unit.end)
        ):
            return None
        if adjective.text in {"多", "少"} and kind in MAIN["position"] and (verb := _last_power(tokens)) is not None:
            sign = sign if sign is None or verb.values["verbs"] in {"turn_on", "open"} else -sign  # 窗帘关多一点
        if prop is None and kind is None and own == "*" and _PLAYS.search(text, unit.start, adjective.start):
            prop = "volume"
        if prop is None and own == "*" and adjective.text in {"大", "小", "强", "弱"}:
            prop = _STRENGTH.get(kind or "", prop)
        if own == "temperature" and (prop == "color_temperature" or kind in MAIN["brightness"]):
            # Warm light is light of a low colour temperature in kelvin.
            prop, sign = "color_temperature", None if sign is None else -sign
    elif change is not None and change.values["changes"] != "0":
        sign = 1 if change.values["changes"] == "+" else -1
        if prop is None and kind is None and _PLAYS.search(text, unit.start, change.start):
            prop = "volume"
        if kind in LEAVES | EITHER_WAY and not (amount is not None or soft or named):
            return None  # 晾衣架下降 moves it all the way
        if len(change.text) == 1 and not (amount is not None or soft or named):
            return None
    elif (soft or (amount is not None and more)) and (verb := _last_power(tokens)) is not None:
        if kind not in MAIN["position"] and (kind is not None or soft is None):
            return None  # 再开空调26度 says how warm it is to be; only what moves opens by so much more
        if soft is None and (verb.end != amount_at or _comes_next(unit, clauses)):
            return None  # 再 says what comes next: 关灯，再把窗帘打开50%
        if soft is not None and (
            (soft.start != verb.end and not _closes(soft, unit, device, text)) or _counts(soft, tokens)
        ):
            return None  # 点 is a measure word only right behind the verb (拉开一点); 点读机 is a thing
        sign, prop = (
            (1 if verb.values["verbs"] in {"turn_on", "open"} else -1),
            prop or main_property(kind) or "position",
        )
    else:
        return None
    steps = (
        2
        if (soft is not None and soft.values["softeners"] == "2") or (too and "太多" in text[unit.start : unit.end])
        else 1
    )
    main = prop is None
    if kind == "ac" and main and adjective is not None and adjective.text in {"大", "小", "强", "弱"}:
        return Relative(None, sign, amount, steps, main, asked)  # the breeze or the cold: only the record knows
    return Relative(prop or main_property(kind), sign, amount, steps, main, asked)


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


def _comes_next(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether 再 says that this is the next thing to do, and not that it is to be done some more."""
    return unit.tokens[0].text == "再" and any("verbs" in t and t.end <= unit.start for t in clauses.tokens)


def _of_people(adjective: Token, unit: Unit, text: str) -> bool:
    """Tell whether a change is asked of somebody (慢点走) or of something that no device has (少一点废话)."""
    if adjective.text in {"多", "少"}:
        return _NOTHING_SAID.fullmatch(text, adjective.end, unit.end) is None
    return adjective.values["adjectives"].startswith("level") and _PERSON.search(text, unit.start, unit.end) is not None


def _adjective(tokens: Sequence[Token], soft: Token | None, text: str) -> Token | None:
    """Return the adjective that gives a change its direction: 调高, 小一点, 再亮些, 大点声."""
    found = [t for t in tokens if "adjectives" in t]
    if len(found) > 1 and found[-1].text == "多" and found[-2].end == found[-1].start:
        found.pop()  # 冻多一度
    if soft is not None and text.startswith("声", soft.end) and found:
        return found[-1]._replace(values={"adjectives": "volume" + found[-1].values["adjectives"][-1]})
    return found[-1] if found else None


def _misses(value: str, word: str, about: bool) -> bool:
    """Tell whether somebody who finds a thing not so bright or cold wants more of it, rather than just saying so.

    `about` tells whether the words name what is to be so: 空调不太冷 asks for more, and 我不太冷 for nothing.
    """
    wanted = value.endswith("+") or value.startswith("temperature")
    return wanted and word not in _UNWELCOME and (about or value == "brightness+")


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


def _counts(soft: Token, tokens: Sequence[Token]) -> bool:
    """Tell whether 啲 counts the things behind it (閂埋啲窗: the windows, not a little)."""
    return soft.text == "啲" and any("devices" in t and t.start == soft.end for t in tokens)


def _closes(soft: Token, unit: Unit, device: Mention | None, text: str) -> bool:
    """Tell whether how far something is to move stands behind its name, and ends the clause (打开窗帘一点)."""
    if device is None or device.span.end != soft.start or soft.text == "点":
        return False
    return ends_at(soft.end, unit.end, text)


def _last_power(tokens: Sequence[Token]) -> Token | None:
    powers = [t for t in tokens if "verbs" in t and t.values["verbs"] in POWER]
    return powers[-1] if powers else None


def says_more(unit: Unit, text: str, after: int) -> bool:
    """Tell whether an adjective behind what is named says something beside the value that is set (空调26度大风)."""
    directing = {t.end for t in unit.tokens if not {"changes", "verbs", "adverbs"}.isdisjoint(t.values)}
    return any(
        t.start >= after
        and "colors" not in t
        and t.start not in directing
        and not text.endswith(("最", "至", "不"), 0, t.start)
        and _NO_MORE.match(text, t.end) is None
        and (t.values["adjectives"].startswith("*") or not text.endswith(("成", "%"), 0, t.start))
        for t in unit.all("adjectives")
    )


def is_complaint(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a clause complains (太热了), which names no action."""
    said = (clauses.text, unit.start, unit.end)
    return any(words.search(*said) for words in (_TOO, _SO, _LACKS, _SHORT))
