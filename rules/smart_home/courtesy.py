"""Words around an order that ask for nothing: who is called, that it is urgent, that an appointment follows."""

from __future__ import annotations

import re

from rules.smart_home.vocabulary import Vocabulary

_PREAMBLE = re.compile(
    r"(?:请|帮我|给我|麻烦)*(?:设置|设定|设|创建|新建|添加|建立|建|新增|定|做)(?:一个|个|一条|条)?(?:新的?)?(?:自动化|定时任务|定时|任务|规则|联动|时)[,:。;]"
)
"""Words that announce an appointment and ask for nothing themselves: 创建自动化：每天早上七点打开窗帘."""
_GREETING = re.compile(r"(?:喂+|嗨|嘿|哈[喽啰罗]|[你您]好|hi|hello)[,。!;]+(?=.)")
"""Words that call whoever is to listen: 喂，打开客厅的灯 feeds nobody, and 你好，开灯 is no small talk."""
_NEAR = range(3, 9)
"""Where a verb stands before which nothing but a name is said."""
_HASTE = re.compile(r"(?<=[,。!;])(?:快(?:一?[点些]儿?|快)|赶[紧快]的?)[吧啊哦啦呀]*(?=[,。!;]|$)")
"""Words that urge, in a clause of their own: 打开客厅的灯，快点. Beside a fan they may be meant for the fan."""
_HASTE_FIRST = re.compile(r"(?:请|你|麻烦)*(?:快一?[点些]儿?|赶[紧快]的?)(?=[把将给帮])")
_REMINDS = re.compile(r"(?:千万)?(?:别|不要|唔好)(?:再)?忘(?:了|记了?|咗)?(?:要)?")
"""What reminds of an order: 别忘了关灯."""
_REGARDLESS = re.compile(
    r"(?:不管|无论|不论)(?:[^,。;?!]{0,6}(?:有没有|有无|是否|是不是|在不在)[^,。;?!都也]{0,8}|[^,。;?!]{1,8}与否),?"
)
"""What makes no difference to an order: 不管有没有人，十点都关灯."""
_BRIEFLY = re.compile(r"(?<=[0-9])一下|(?<=([开关拉熄调闩]))一(?=\1)")
"""Softens the order and is no digit: 调到60一下, 关一关."""


def without_courtesies(text: str, vocabulary: Vocabulary) -> str:
    """Return a folded text with such words blanked; spans stay valid."""
    if made := _PREAMBLE.match(text):
        text = _blanked(text, made)
    if called := _GREETING.match(text):
        text = f"{_blanked(text, called)[: called.end() - 1]},{text[called.end() :]}"
    elif (
        text.startswith(("你好", "您好")) and not text.endswith(("吗", "?")) and _first_verb(text, vocabulary) in _NEAR
    ):
        text = f"□□{text[2:]}"  # 你好小度关灯
    if "快" in text or "赶" in text:
        urged = _HASTE.search(text)
        if (
            urged
            and not re.search(r"扇|风", text)
            and any(vocabulary.lexicons[kind].find(text[: urged.start()]) for kind in ("verbs", "modes"))
        ):
            text = _blanked(text, urged)
        if hurried := _HASTE_FIRST.match(text):
            text = _blanked(text, hurried)
    if "忘" in text:
        text = _REMINDS.sub(lambda said: "□" * len(said.group()), text)
    if ("论" in text or "不管" in text) and (regardless := _REGARDLESS.search(text)):
        text = _blanked(text, regardless)
    if "一" in text:
        text = _BRIEFLY.sub(lambda said: "□" * len(said.group()), text)
    return text


def _first_verb(text: str, vocabulary: Vocabulary) -> int:
    """Return where the first verb stands, or -1."""
    return next((span.start for span, _ in vocabulary.lexicons["verbs"].find(text)), -1)


def _blanked(text: str, said: re.Match[str]) -> str:
    """Return the text with words blanked that ask for nothing; spans stay valid."""
    return text[: said.start()] + "□" * (said.end() - said.start()) + text[said.end() :]
