"""What a sentence takes back: verbs behind 不要, 别, 没, and appointments that are cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from curation.literals import sieve
from curation.text import Span
from rules.smart_home.vocabulary import Token, Vocabulary

_BUT = re.compile(r"了|直接|而是|,|。|;")

_NOT_AS = re.compile(r"得?(?:[那这][么样]|咁|太|过于)(?:[亮暗黑大小高低冷热吵嘈强弱响干湿冻凉潮闷细]|刺眼)")
"""Less of it is asked for, and nothing taken back: 声音别开那么大."""
_SETS_SO = frozenset("开调较校弄搞")
"""Verbs before it that only say how a thing is set."""

_CANCEL = re.compile(r"(?:取消|删除|删掉|清除|撤销|停用|别再|不用|移除)")
_APPOINTED = re.compile(r"定时|计时|闹钟|自动化|任务|预约|场景|日程")


def find_negated(text: str, tokens: Sequence[Token], vocabulary: Vocabulary) -> set[int]:
    """Return where the verbs stand that a word such as 不要 takes back."""
    found: set[int] = set()
    for span, _ in vocabulary.lexicons["negations"].find(text):
        if text[span.start : span.end] in {"没有", "没", "未", "不", "莫"} and not any(
            t.start == span.end and ("verbs" in t.values or "changes" in t.values) for t in tokens
        ):
            continue  # 没人, 没电, 莫妮卡的灯: nothing is taken back
        if text.startswith("不", span.start) and text[: span.start].endswith(("能", "可", "行", "好", "要", "会")):
            continue  # 能不能 asks
        if text.startswith("别", span.start) and (
            text.startswith("的", span.end) or text[: span.start].endswith(("分", "个", "特", "级", "区", "性", "类"))
        ):
            continue  # 个别, 别的灯
        for token in tokens:
            if token.start < span.end:
                continue
            between = text[span.end : token.start]
            if _BUT.search(between) or _NOT_AS.search(between):
                break
            if token.text in _SETS_SO and _NOT_AS.match(text, token.end):
                break
            if "verbs" in token.values or "changes" in token.values:
                found.add(token.start)
                break
    return found


_STOPS = re.compile(r"[,。;!?、]|而是|是(?=[开关])|就|的话|把|将")
"""Where what is not to be done is said to the end: 窗户没关就把空调关了 takes back nothing of the air conditioner."""


def taken_back(text: str, tokens: Sequence[Token], negated: set[int], vocabulary: Vocabulary) -> list[Span]:
    """Return the parts of the text that say what is not to be done (别开风扇), with what it is not done to."""
    parts = []
    for start in sorted(negated):
        opens = max(
            (span.start for span, _ in vocabulary.lexicons["negations"].find(text) if span.end <= start), default=start
        )
        ends = [
            t.start for t in tokens if t.start > start and ("verbs" in t or "changes" in t) and t.start not in negated
        ]
        mark = _STOPS.search(text, start)
        stop = min([*ends, mark.start() if mark else len(text)])
        parts.append(Span(opens, stop))
    return parts


_TAKES_BACK = re.compile(r"^(?:请|帮我|麻烦)?(?:把)?(?:取消|撤销|撤掉|删掉|删除|清除)(?!静音|消音)")


_NO_LONGER = re.compile(
    r"(?:刚才|刚刚|之前|昨[天晚])?(?:[定设约]|预约|设定|设置)好?(?:了)?的[^,。;]*,?(?:不用|不要|算|取消|不必)了[吧啦]?[,。!]*(?:谢谢你?|多谢|唔该晒?)?[,。!]*$"
)
"""What was appointed before, and is not wanted any more: 刚才定的一小时后关电视不用了."""


_LEAVES_MODE = re.compile(
    r"(?:请|帮我|麻烦)*(?:把)?取消(?![^,。;]*(?:定时|预约|任务|自动化|点|时|分钟|每|[明后]天))[^,。;]*模式(?!的)"
)
"""Ends a mode, which is no appointment: 取消空调制冷模式."""


def cancels(text: str) -> bool:
    """Tell whether the sentence takes an appointment back rather than making one."""
    if "取消" in text and _LEAVES_MODE.match(text):
        return False
    if _TAKES_BACK.match(text) or ("了" in text[-8:] and _NO_LONGER.search(text)):
        return True
    return _CANCEL.search(text) is not None and _APPOINTED.search(text) is not None


_AUTOMATION = r"的(?:[那这][个条])?(?:自动化|定时(?:任务|器)?|联动|任务|规则|预约)"
_DISABLES = [
    re.compile(rf"(?:把|将|^)(?P<content>[^,。;把将]+){_AUTOMATION}[都也先]*(?:给我)?[关停禁]"),
    re.compile(rf"(?:关闭|关掉|关了|停用|禁用|停掉|暂停|停止)(?P<content>[^,。;]+){_AUTOMATION}"),
    re.compile(r"[停禁]用(?P<content>[^,。;]+)"),
]
_MAY_DISABLE = sieve(_DISABLES)


def disables(text: str, tokens: Iterable[Token], readings: Iterable[Span]) -> bool:
    """Tell whether an automation is switched off by what it does (停用下雨关窗), which is not to be done now."""
    if _MAY_DISABLE.search(text) is None or _TAKES_BACK.match(text):
        return False
    says = [*(t.start for t in tokens if "verbs" in t), *(start for start, _ in readings)]
    named = [found.span("content") for pattern in _DISABLES if (found := pattern.search(text))]
    return any(start <= at < end for start, end in named for at in says)
