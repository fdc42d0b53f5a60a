"""What a sentence takes back: verbs behind 不要, 别, 没, and appointments that are cancelled."""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation.text import Span
from rules.smart_home.vocabulary import Token, Vocabulary

_BUT = re.compile(r"了|直接|而是|,|。|;")


_CANCEL = re.compile(r"(?:取消|删除|删掉|清除|撤销|停用|别再|不用|移除)")
_APPOINTED = re.compile(r"定时|计时|闹钟|自动化|任务|预约|场景|日程")


def find_negated(text: str, tokens: Sequence[Token], vocabulary: Vocabulary) -> set[int]:
    """Return where the verbs stand that a word such as 不要 takes back."""
    found: set[int] = set()
    for span, _ in vocabulary.lexicons["negations"].find(text):
        if text[span.start : span.end] in {"没有", "没", "未", "不"} and not any(
            t.start == span.end and ("verbs" in t.values or "changes" in t.values) for t in tokens
        ):
            continue  # 没人, 没电: nothing is taken back
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
            if _BUT.search(between):
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


def cancels(text: str) -> bool:
    """Tell whether the sentence takes an appointment back rather than making one."""
    if _TAKES_BACK.match(text):
        return True
    return _CANCEL.search(text) is not None and _APPOINTED.search(text) is not None
