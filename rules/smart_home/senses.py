"""Words of two kinds: which one a word is where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.smart_home.asked.model import JOBS, LEAVES, POWER
from rules.smart_home.states import is_done, tells_state
from rules.smart_home.vocabulary import Token

_WHEN = re.compile(r"的(?:话|时候|时)")
_GANGS = re.compile(r"(?<![0-9零一二三四五六七八九十点:分第])[一二两三四单双1-4]$")
_PANEL = re.compile(r"(?:单控|双控|多控|零火|墙壁|智能)*(?:面板|开关)")
"""Behind 四开, that it says how many switches a panel has."""
_PARTS = re.compile(r"[,。;!的了把将]")
_POSTURE = re.compile(r"[睡趴躺坐站蹲跪穿戴饿拿抱觉煎炒炖蒸熬焖泡晾晒挂盖铺下刮飘醒忙病等留看听玩写吃喝带背]$")
"""Before 着, what somebody is at."""
_HANDLES = re.compile(r"[把将]")
_ALERTS = re.compile(r"(?:就|则|便|并|且|[,;]|自动|马上|立[即刻]|即刻|的话|时候?|后|请|[帮给]我|再|度|%)$")
"""Before 报警, that it is to be done."""
_NAMED_BEFORE = re.compile(r"[^把将的嘅啲条道块幅副张个埋返番晒下,。;、□]$")
"""Before 帘, what makes another thing of it."""
_CHANGED = re.compile(r"的?值?(?:再|往|调|升|降|提|稍|太)")
"""Behind 设定, that it is what is changed."""
_MEETING = re.compile(r"(?:个|一?场|完|了)?(?:视频|电话|早|晚|例|周|班|家长|线上|网络|在线)?会(?![议客所员])")
"""Behind 开, that somebody meets."""
_SO_THEN = re.compile(r"[就便]$|自动$")
_LAST = re.compile(r"(?:起来)?[吧啦]?(?=[,。;!]|$)")
"""Around 亮, that it is what a light is to do: 门一开灯就亮."""
_GOES_ON = re.compile(r"(?:^|[^现])在$")
"""Before a verb, that it is what goes on, and not what is to be done."""


def settled_words(tokens: Sequence[Token], text: str) -> list[Token]:
    """Let a word of two kinds be the one its place makes it (前门的锁 and 锁门; 亮灯 and 太亮)."""
    settled = []
    for index, token in enumerate(tokens):
        if token.text == "灯光" and text.startswith(("啲", "少少"), token.end):
            settled.append(token._replace(end=token.end - 1, text="灯"))
            token = Token(token.end - 1, token.end, "光", {"adjectives": "brightness+"})  # 盏灯光啲
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "自动" and following is not None and following.start == token.end:
            kinds = following.values
            if "devices" in kinds or kinds.get("verbs") in POWER:
                continue  # 自动窗帘 is a name, 自动关 says how
        if token.text == "回家" and any(t.values.get("devices") == "robot_vacuum" for t in tokens[:index][-2:]):
            token = token._replace(values={"verbs": "return_to_base"})  # 让扫地机回家
        last = tokens[index - 1] if index else None
        if (
            token.text == "帘"
            and (last is None or last.end < token.start)
            and _NAMED_BEFORE.search(text, 0, token.start)
        ):
            continue  # 浴帘 is no curtain
        if "verbs" not in token.values:
            settled.append(token)
            continue
        drop = None
        last = settled[-1] if settled else None
        if last is not None and last.text == token.text and text[last.end : token.start] in {"", "一", "□"}:
            continue  # 停一停 is one stop
        if _PANEL.match(text, token.end) and _GANGS.search(text, 0, token.start):
            drop = "verbs"  # 四开面板
        elif _is_named(token, last, following, text):
            drop = "verbs"
        elif tells_state(token, text):
            drop = "verbs"  # 开着: a state, not an order
        elif (
            token.text in {"设定", "设置"}
            and last is not None
            and "properties" in last
            and _CHANGED.match(text, token.end)
        ):
            drop = "verbs"  # 湿度设定再往下调五趴: a noun
        elif token.values["verbs"] == "play_media" and text.endswith(("到", "至"), 0, token.start):
            drop = "verbs"  # 转到播新闻的频道
        elif token.text == "开" and _MEETING.match(text, token.end):
            drop = "verbs"  # 开个视频会
        elif token.values["verbs"] in JOBS and text.startswith("功能", token.end):
            drop = "verbs"  # 烘干功能打开
        elif is_done(token, text):
            settled.append(token._replace(values={"done": token.values["verbs"]}))
            continue  # 洗完衣服，…: what was done before
        elif text.startswith("的", token.end) and not _WHEN.match(text, token.end):
            drop = "verbs"  # 同时开的那两盏灯: which one, not what to do
        elif token.text == "断了" and not _HANDLES.search(text, 0, token.start):
            drop = "verbs"  # 网断了: what has happened
        elif token.text in {"报警", "充电"} and not _ALERTS.search(text, 0, token.start):
            drop = "verbs"  # 漏水报警, 正在充电: what sounds, not what is to be done
        elif token.text == "播" and not text.startswith("□", token.end):
            drop = "verbs"  # 播下一首, 继续播: nothing that could be played follows
        elif token.values["verbs"] == "play_media" and _GOES_ON.search(text, 0, token.start):
            drop = "verbs"  # 我在放音乐，把灯关了
        elif token.text == "落" and not (
            following is not None and following.start == token.end and following.values.get("devices") in LEAVES
        ):
            drop = "verbs"  # 落雨; of what is let down, only 落帘 says so by this alone
        elif token.text == "着" and (
            (last is not None and last.end == token.start) or _POSTURE.search(text, 0, token.start)
        ):
            drop = "verbs"  # 孩子睡着了
        elif "devices" in token.values and _is_lock(index, tokens, text):
            drop = "verbs"  # 打开大门锁
        elif "devices" in token.values:
            drop = "verbs" if text[: token.start].endswith(("的", "嘅", "把", "将", "个")) else "devices"
        elif "adjectives" in token.values:
            acts = _SO_THEN.search(text, 0, token.start) is not None and _LAST.match(text, token.end) is not None
            acts = acts or (
                following is not None
                and not (last is not None and last.end == token.start and "changes" in last.values)  # 调亮灯
                and following.start == token.end
                and ("devices" in following.values or "rooms" in following.values)
            )
            drop = "adjectives" if acts else "verbs"
        if drop is not None:
            token = token._replace(values={k: v for k, v in token.values.items() if k != drop})
        settled.append(token)
    return settled


def _is_named(token: Token, last: Token | None, following: Token | None, text: str) -> bool:
    """Tell whether a verb between one that switches and a device is part of the device's name (打开静音风扇)."""
    if last is None or last.end != token.start or last.values.get("verbs") not in POWER or len(last.text) < 2:
        return False
    if following is None or "devices" not in following.values or following.start - token.end > 2:
        return False
    between = text[token.end : following.start]
    return token.values["verbs"] not in POWER and not _PARTS.search(between) and "devices" not in token.values


def _is_lock(index: int, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether 锁 behind the name of a door is the lock of it: what is done to it was said before (打开大门锁)."""
    lock, names = tokens[index], tokens[:index]
    if not names or names[-1].values.get("devices") != "lock" or names[-1].end != lock.start:
        return False
    if text.startswith(("一下", "下"), lock.end) or any(
        t.start == lock.end and ("devices" in t or "rooms" in t) for t in tokens[index + 1 : index + 2]
    ):
        return False
    verb = next((t for t in reversed(names[:-1]) if "rooms" not in t), None)
    return (
        verb is not None
        and verb.values.get("verbs") in {*POWER, "lock", "unlock"}
        and re.search(r"[把将,。;]", text[verb.end : lock.start]) is None
    )
