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
_POSTURE = re.compile(
    r"[歇躲守陪盯睡趴躺坐站蹲跪穿戴饿拿抱觉煎炒炖蒸熬焖泡晾晒挂盖铺下刮飘醒忙病等留看听玩写吃喝带背]$"
)
"""Before 着, what somebody is at."""
_HANDLES = re.compile(r"[把将]")
_ALERTS = re.compile(
    r"(?:就|则|便|并|且|[,;]|自动|马上|立[即刻]|即刻|的话|时候?|后|请|[帮给]我|再|度|%|(?<!在)给[^,。;我]{1,6})$"
)
"""Before 报警 or 充电, that it is to be done."""
_SET_OFF = re.compile(r"(?:了|的)?(?:时(?!间)|的?时候|(?:之|以)?后|就|的话)")
"""Behind 触发报警, that it is what something waits for."""
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
_BY_ITSELF = re.compile(r"(?:触发|地|去|来|[给帮为]我|帮你)*")
"""Between 自动 and the verb that it belongs to: 自动触发开启."""
_OWN_FUNCTION = re.compile(r"[^,。;把将模]{1,4}功能")
_SET_BY = frozenset({"verbs", "changes", "devices", "properties"})
_HANDLED_SO = ("把", "将")
"""Behind 自动, that it says how it is done: 自动把灯打开."""
_SELF_ACTING = ("定时", "自动", "延时", "延迟", "预约", "远程", "一键")
"""Before a verb of power and 功能, that both name what a device can do: 定时关闭功能."""
_SWITCHED_SELF = re.compile(r"(?:打开|开启|启用|关闭|关掉|停用)(?:定时|自动|延时|延迟)$")
_HALF = re.compile(r"[^,。;]{0,4}(?<![0-9零一二两三四五六七八九十点度个])半$")
"""Between a verb and 开, that it says how far: 窗帘拉半开."""
_RUNS_SO = re.compile(r"(?:模式下?|静音|[度%档挡])(?:持续|连续|自动)?$")
"""Before 运行, what is set already, so that it only says how the device is to run: 设为自动模式运行."""
_KEEPS_RUNNING = re.compile(r"(?:持续|连续|自动)$")
_CHARGES = re.compile(r"(?:现在|马上|立[即刻]|赶紧|开始|先|去)*充电(?=[吧啦呀]?(?:$|[,。;!]|再|然后))")
"""Behind a robot vacuum, that it is sent to its dock: 扫地机器人充电."""
_OF_TWO_KINDS = frozenset({"灯光", "回家", "充电", "自动", "帘", "风"})
"""Words that are settled before any verb is, by what stands beside them."""
_LET_IT = re.compile(r"[让叫][它他佢](?:先|去)?$")
_CHARGERS = ("桩", "器", "宝", "线", "头", "枪", "座", "口")
_MODE = ("模式", "场景")
_FUNCTION = ("功能", *_MODE)
_SERVICE = ("系统", "功能", "服务")
"""What a verb right before names."""
_IN_MODE = re.compile(r"[^,。;把将大小强弱调开]{1,2}模式")
"""Behind 风, that it is part of what a mode is called."""


def settled_words(tokens: Sequence[Token], text: str) -> list[Token]:
    """Let a word of two kinds be the one its place makes it (前门的锁 and 锁门; 亮灯 and 太亮)."""
    settled: list[Token] = []
    for index, token in enumerate(tokens):
        word = token.text
        if word in _OF_TWO_KINDS:
            if _is_none(index, tokens, text):
                continue
            if word == "灯光" and text.startswith(("啲", "少少"), token.end):
                settled.append(token._replace(end=token.end - 1, text="灯"))
                token = Token(token.end - 1, token.end, "光", {"adjectives": "brightness+"})  # 盏灯光啲
            elif _goes_to_base(index, tokens, text):
                token = token._replace(values={"verbs": "return_to_base"})  # 让扫地机回家
        elif word.isascii() and _within_latin(token, text):
            continue  # tv in cctv5
        if "verbs" in token.values:
            last = settled[-1] if settled else None
            if last is not None and last.text == word and text[last.end : token.start] in {"", "一", "□"}:
                continue  # 停一停 is one stop
            token = _settled_verb(token, index, tokens, last, text)
        settled.append(token)
    return settled


def _within_latin(token: Token, text: str) -> bool:
    """Tell whether a word of Latin letters stands within a longer one."""
    before, behind = text[token.start - 1 : token.start], text[token.end : token.end + 1]
    return (before.isascii() and before.isalpha()) or (behind.isascii() and behind.isalpha())


def _is_none(index: int, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether a word is none where it stands: 帘 in 浴帘, 自动 in 自动关, 风 in 无风感模式."""
    token = tokens[index]
    if token.text == "自动":
        return _says_how(index, tokens, text)
    if token.text == "帘":
        return _is_no_curtain(index, tokens, text)
    return token.text == "风" and _IN_MODE.match(text, token.end) is not None


def _goes_to_base(index: int, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether 回家 or 充电 is what the robot vacuum before it is to do."""
    word = tokens[index].text
    if word == "回家":
        return any(t.values.get("devices") == "robot_vacuum" for t in tokens[:index][-2:])
    if word != "充电":
        return False
    robots = [t for t in tokens[max(index - 4, 0) : index] if t.values.get("devices") == "robot_vacuum"]
    return bool(robots) and (
        _CHARGES.match(text, robots[-1].end) is not None or _LET_IT.search(text, 0, tokens[index].start) is not None
    )


def _says_how(index: int, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether 自动 belongs to what stands behind it: 自动窗帘 is a name, 自动关 says how."""
    start, end = tokens[index][:2]
    if text.startswith("化", end) or _OWN_FUNCTION.match(text, end):
        return True  # 自动化 and 自动清洁功能 are no mode
    following = _following(index, tokens)
    if following is None:
        return False
    if text.startswith(_HANDLED_SO, end):
        before = tokens[index - 1] if index else None  # 净化器开自动，把灯关了 sets it
        return before is None or before.end < start or _SET_BY.isdisjoint(before.values)
    if following.start == end and "devices" in following.values:
        return True
    return following.values.get("verbs") in POWER and _BY_ITSELF.fullmatch(text, end, following.start) is not None


def _is_no_curtain(index: int, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether 帘 ends a word that is not known (浴帘)."""
    start = tokens[index].start
    return (index == 0 or tokens[index - 1].end < start) and _NAMED_BEFORE.search(text, 0, start) is not None


def _following(index: int, tokens: Sequence[Token]) -> Token | None:
    """Return the next token, or None behind the last."""
    return tokens[index + 1] if index + 1 < len(tokens) else None


def _settled_verb(verb: Token, index: int, tokens: Sequence[Token], last: Token | None, text: str) -> Token:
    """Return a word that may be a verb as what it is here; `last` is the settled word before it."""
    following = _following(index, tokens)
    if _is_part_of_name(verb, last, following, text) or tells_state(verb, text):
        drop = "verbs"
    elif is_done(verb, text):
        return verb._replace(values={"done": verb.values["verbs"]})  # 洗完衣服，…: what was done before
    elif _asks_nothing(verb, last, following, text):
        drop = "verbs"
    elif "devices" in verb.values:
        is_job = verb.values["verbs"] in {"clean", "wash"} and last is not None and last.end == verb.start
        if is_job and last is not None and last.values.get("verbs") in {*JOBS, *POWER}:
            return verb._replace(values={k: v for k, v in verb.values.items() if k != "verbs"})  # 停止浇水
        is_thing = text.endswith(("的", "嘅", "把", "将", "个"), 0, verb.start) or _is_lock(index, tokens, text)
        drop = "verbs" if is_thing else "devices"
    elif "adjectives" in verb.values:
        drop = "adjectives" if _is_to_be_done(verb, last, following, text) else "verbs"
    else:
        return verb
    return verb._replace(values={k: v for k, v in verb.values.items() if k != drop})


def _is_part_of_name(verb: Token, last: Token | None, following: Token | None, text: str) -> bool:
    """Tell whether a verb only helps to name something."""
    word, kind, start, end = verb.text, verb.values["verbs"], verb.start, verb.end
    about = last is not None and "properties" in last.values
    return (
        (_PANEL.match(text, end) is not None and _GANGS.search(text, 0, start) is not None)  # 四开面板
        or _is_named(verb, last, following, text)  # 打开静音风扇
        or (about and word in {"设定", "设置"} and _CHANGED.match(text, end) is not None)  # 湿度设定再往下调五趴
        or (kind == "play_media" and text.endswith(("到", "至"), 0, start))  # 转到播新闻的频道
        or (word == "开" and _MEETING.match(text, end) is not None)  # 开个视频会
        or (kind in JOBS and text.startswith(_FUNCTION, end))  # 烘干功能打开, 清洁模式
        or (kind == "notify" and text.startswith(_SERVICE, end))  # 警报提醒系统
        or (kind in POWER and (_acts_by_itself(verb, text) or _is_half(verb, last, text)))
        or (kind == "mute" and text.startswith(_MODE, end) and _is_quiet(last))  # 打开空调静音模式
        or (word == "运行" and _tells_how_it_runs(last, start, text))
    )


def _acts_by_itself(verb: Token, text: str) -> bool:
    """Tell whether a verb of power names what a device does by itself (关闭自动开启, 定时关闭功能)."""
    start, end = verb.start, verb.end
    if not text.endswith(_SELF_ACTING, 0, start):
        return False
    return text.startswith("功能", end) or (_SWITCHED_SELF.search(text, 0, start) is not None and _ends(text, end))


def _is_half(verb: Token, last: Token | None, text: str) -> bool:
    """Tell whether a verb of power behind another says with 半 how far something is to be moved (拉半开)."""
    if not text.endswith("半", 0, verb.start) or last is None or "verbs" not in last.values:
        return False
    return _HALF.search(text, last.end, verb.start) is not None


def _ends(text: str, place: int) -> bool:
    """Tell whether a clause ends at a place."""
    return _LAST.match(text, place) is not None


def _is_quiet(last: Token | None) -> bool:
    """Tell whether a word names a device whose mode 静音 is, as it plays nothing."""
    return last is not None and last.values.get("devices", "tv") not in {"tv", "speaker", "projector", "set_top_box"}


def _tells_how_it_runs(last: Token | None, start: int, text: str) -> bool:
    """Tell whether 运行 behind what is set says how the device is to run, and asks for nothing more."""
    if _RUNS_SO.search(text, 0, start) is not None:
        return True
    return last is not None and "modes" in last.values and _KEEPS_RUNNING.search(text, 0, start) is not None


def _asks_nothing(verb: Token, last: Token | None, following: Token | None, text: str) -> bool:
    """Tell whether a verb says which thing is meant or how things are, or lacks what it could be done to."""
    word, kind, start, end = verb.text, verb.values["verbs"], verb.start, verb.end
    behind = last is not None and last.end == start
    lets_down = following is not None and following.start == end and following.values.get("devices") in LEAVES
    return (
        (text.startswith("的", end) and not _WHEN.match(text, end))  # 同时开的那两盏灯
        or (word == "断了" and not (_HANDLES.search(text, 0, start) or text.startswith("吧", end)))  # 网断了
        or (word == "开" and text.endswith("水", 0, start) and text.startswith("了", end))  # 水开了，关火
        or (kind == "charge" and text.startswith(_CHARGERS, end))  # 充电桩打开
        or (_may_happen(verb) and not _ALERTS.search(text, 0, start))  # 漏水报警, 正在充电
        or (kind == "notify" and word.endswith("警") and _SET_OFF.match(text, end) is not None)  # 传感器触发报警时
        or (word == "播" and not text.startswith("□", end))  # 播下一首, 继续播
        or (kind == "play_media" and _GOES_ON.search(text, 0, start) is not None)  # 我在放音乐，把灯关了
        or (word == "落" and not lets_down)  # 落雨; 落帘 is what is to be done
        or (word == "着" and (behind or _POSTURE.search(text, 0, start) is not None))  # 孩子睡着了
    )


def _may_happen(verb: Token) -> bool:
    """Tell whether a word may say what goes on: 报警, or 充电 that is not told a robot."""
    return verb.text == "报警" or (verb.text == "充电" and verb.values["verbs"] == "charge")


def _is_to_be_done(verb: Token, last: Token | None, following: Token | None, text: str) -> bool:
    """Tell whether a verb that may be an adjective says what is to be done (亮灯), and not how (调亮灯)."""
    if _SO_THEN.search(text, 0, verb.start) and _LAST.match(text, verb.end):
        return True
    if following is None or following.start != verb.end:
        return False
    directs = last is not None and last.end == verb.start and "changes" in last.values
    return not directs and ("devices" in following.values or "rooms" in following.values)


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
