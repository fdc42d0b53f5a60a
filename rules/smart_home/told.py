"""Clauses that tell of what was done, or is done as a habit, and ask for nothing: 昨晚十点关了灯, 我一般十点关灯."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from curation.literals import sieve
from curation.text import Span
from rules.smart_home.vocabulary import Token

# Within a clause, □ stands for each character of a device or room, ○ for each of a time or a length of time.
_CLAUSE = re.compile(r"(?:[^,。;!?]*(?:时候?|[前后]),)?[^,。;!?]+")
_ASKS = re.compile(r"如果|要是|假如|只要|一旦|万一|若|等|当|请(?!我)|帮|麻烦(?!我)|吧|给我|让|叫|每当")
_ADVERBS = r"(?:○|今[天早晚]|[我□都也又还就才被]|自己|自动|手动|已经?|刚刚?)*"
_PAST = re.compile(
    r"(?:昨[天晚日夜]|前[天晚]|(?<![早晚])上个?(?:周|星期|礼拜|月)[一二三四五六日天末]?|去年|刚才|刚刚)"
    rf"(?![的那这])(?:[^的了把将]*(?:的?时候?,?|[前后],?|就))?(?:[他她]们?)?{_ADVERBS}"
)
"""A time in the past, and what may stand between it and what was done then."""
_DONE = re.compile(rf"(?:已经?|早就|早已|曾经|后来|刚刚?)(?:[他她]们?)?{_ADVERBS}")
_SOMEBODY = re.compile(rf"(?<![让帮叫给等请把将为替跟和对同随其吉])[他她]们?(?!□){_ADVERBS}")
_BY_ITSELF = re.compile(r"[□的]*□○+(?:[之以过]?后)?(?:的时候|时)?(?:就|才|都|自己|自动)+")
"""A device that does something at a time: 空调十点自动关了."""
_HABIT = re.compile(
    r"(?:[我他她]们?|咱们?)[^,的把将帮]*(?:的时候)?[^,的把将帮]*(?:喜欢|习惯)[^,的把将就]*"
    r"|(?:[我他她]们?|咱们?|□)[^,的把将帮]*(?:的时候)?[^,的把将帮]*(?:一般|通常|总是|老是|经常|常常|往往)[^,的把将]*"
)
_ONCE = re.compile(r"(?:[我他她]们?|咱们?|□+)?(?:以前|从前)(?!的)[^,把将]*[会都总就了]")
_I_DID = re.compile(r"(?<![^,。;])我们?(?=[^,。;把将]*了[,。;].)")
_I_HAVE = re.compile(
    r"(?<![^,。;])我们?(?:都|也|已经?|刚刚?|先|这就|自己|顺手|[下上]楼|[去来])*[把将][^,。;把将就再]+?了[呀啊呢]?(?=[,。;!]|$)"
)
"""What somebody says to have done: 我把灯关了."""
_YOU_HAVE = re.compile(
    r"你们?[把将][^,。;把将就再]+?(?:打开|开启|启动|关[掉上闭]|拉[开上]|[锁合熄停闩][上掉]|调[高低大小亮暗])了[呀啊呢]?[。!]*"
)
"""你把灯打开了; 你把灯关了 may as well be an order."""
_BY_NOW = r"(?:升高|上升|升|涨|下降|降低|降|增[加高大]|减[少小]|变[高低大小亮暗冷热干湿])了"
_MOVED = re.compile(
    r"(?:天气?|外面|屋里|室内|温度|室温|水温|气温|湿度|亮度|光线|音量|浓度|pm2[.]5|二氧化碳|co2|甲醛|电量|风速)(?:突然|忽然|好像|又|已经?|有点|一直|在)*"
    rf"{_BY_NOW}(?:很多|好多|不少|许多|一?[点些]|[0-9一二两三四五六七八九十]+(?:度|%|个百分点)?)?[呀啊呢]?$"
)
"""How a measure has changed, which nobody asks for: 温度升高了，…"""
_HANDLED = re.compile(r"[把将调设让给帮]")
_SO = (",就", ",便", ",则")
"""Behind it, that something waits for it."""
_MAY_TELL = sieve([_PAST, _DONE, _SOMEBODY, _HABIT, _ONCE, _BY_NOW])
_ENDS = re.compile("了[呀啊啦的呢]?$")
_MORE = re.compile(r"[把将就再]|然后|接着")
_MADE = re.compile(r"[设定约]")
"""What is set up once says what is done later: 我已经设置了每天七点开窗帘."""


def told_parts(text: str, tokens: Sequence[Token], verbs: Sequence[Token], readings: Iterable[Span]) -> list[Span]:
    """Return the clauses that only tell of what was done, or is usually done; `readings` are the times in the text."""
    if not (_MAY_TELL.search(text) or (readings and _ENDS.search(text)) or _may_have_done(text)):
        return []
    if _YOU_HAVE.fullmatch(text):
        return [Span(0, len(text))]
    masked = list(text)
    for token in tokens:
        if ("devices" in token.values or "rooms" in token.values) and "verbs" not in token.values:
            masked[token.start : token.end] = "□" * (token.end - token.start)
    for start, end in readings:
        start += 2 if text[start] == "昨" else 0  # 昨晚十点
        masked[start:end] = "○" * (end - start)
    plain = "".join(masked)
    found = []
    for clause in _CLAUSE.finditer(plain):
        starts = [verb.start - clause.start() for verb in verbs if clause.start() <= verb.start < clause.end()]
        told = _I_DID.match(plain, clause.start()) is not None and plain.startswith("我", clause.start())
        did = told and starts[:1] in ([1], [2])  # 我关窗了，开空调
        moved = _has_moved(clause.group()) and not plain.startswith(_SO, clause.end())
        if _ASKS.search(clause.group().removeprefix("请").removeprefix("麻烦") if moved else clause.group()):
            continue
        if moved or (starts and (did or _tells(clause.group(), starts))):
            found.append(Span(*clause.span()))
    return found


def _may_have_done(text: str) -> bool:
    """Tell whether whoever speaks, or is spoken to, may have done something."""
    if "了" not in text or not ("我" in text or "你" in text):
        return False
    return any(pattern.search(text) is not None for pattern in (_I_DID, _I_HAVE, _YOU_HAVE))


def _tells(said: str, starts: Sequence[int]) -> bool:
    """Tell whether a masked clause, whose verbs begin at `starts`, tells of something."""
    first = starts[0]
    for mark, proofs in ((_PAST, "了把将"), (_DONE, ""), (_SOMEBODY, "了")):
        found = mark.search(said)
        if found is None or found.start() >= first or not _leads_to_verb(said, found.end(), starts):
            continue
        if not proofs or said[found.end()] in proofs or "了" in said[starts[-1] :]:
            return True
    if _ENDS.search(said) and (itself := _BY_ITSELF.match(said)) is not None and itself.end() == first:
        return True
    habit = _HABIT.match(said, 0, first) if "把" not in said[:first] else None
    if habit is not None and habit.end() == first and not said.startswith("的", first + 1):
        return True
    return _ONCE.match(said) is not None or _I_HAVE.search(said) is not None


def _has_moved(said: str) -> bool:
    """Tell whether a clause says how a measure has changed, and not how it shall (把温度升高了)."""
    moved = _MOVED.search(said)
    return moved is not None and _HANDLED.search(said, 0, moved.start()) is None


def _leads_to_verb(said: str, at: int, starts: Sequence[int]) -> bool:
    """Tell whether the one verb of a clause, or 把 before it, stands at a place."""
    if said.startswith(("把", "将"), at):
        return _MORE.search(said, at + 1) is None
    if at not in starts:
        return False
    return at == starts[-1] or _MADE.match(said, at) is not None
