"""What one clause asks for: its predicate, read off its verbs, values, changes and names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from curation.literals import sieve
from curation.text import Span
from rules.chinese.numbers import Number
from rules.smart_home.asked.change import LESS_OF, read_relative
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.left import goes_on, left_in, only_tells, without
from rules.smart_home.asked.model import (
    BEYOND,
    EITHER_WAY,
    LEAVES,
    POWER,
    SETTERS,
    WORKERS,
    Action,
    Mention,
)
from rules.smart_home.asked.said import Said
from rules.smart_home.asked.scene import NO_SCENES, read_scene
from rules.smart_home.asked.setting import (
    is_measured,
    is_shut_by,
    named_level,
    names_which,
    read_setting,
    says_more,
    values_beside,
)
from rules.smart_home.vocabulary import Token

_INTENTION = re.compile(
    r"(?:我们?|咱们?|(?:老?[爷奶爸妈]+子?|老人|孩子|宝宝)|等下|[等待一]会儿?|阵间)(?:要|想|准备|在|正|刚|快(?![热冷冻])|得|去)"
)
"""What somebody is about to do: 浴霸打开，我要洗澡."""
EXCEPT = re.compile(
    r"除(?:了|去|咗|开).{1,10}?(?:以外|之外|外|都|全|其他|其它|其余|别的|一律|所有)|(?<!删)除(?![湿霜菌螨味]).{1,8}?(?:以外|之外|外(?!面|头))|除了|除去|除外"
    r"|[^,。;把将关开熄]{1,6}(?:以外|之外)的|[只净单](?:留|剩(?![下余返]?(?:百分|[0-9零一二两三四五六七八九十])))"
)
"""What is left out; besides (除了开灯，还要拉窗帘) it names one more thing."""
_BESIDES = re.compile(r"除(?:了|咗|去).{1,12}(?:还|也|亦|再)")
_STATION = re.compile(
    r"(?:[换转切调校较拨]台?[到去至成]|[换转切]台)(?P<name>(?![上下第别其那这])[^,。;0-9]{1,8}?(?:卫视|新闻|频道|台|电影|体育)"
    r"|cctv-?[0-9]{1,2}\+?|[a-z]{1,6}tv)(?=[吧啦呀,。!]|$)"
)
"""A channel by its name: 转到新闻台, 调到CCTV5."""
_A_LITTLE = re.compile(r"(?:一?[点些]|少少|啲)?")
_WHO = 3
"""How many characters may say who is to be told."""
_MUSIC = frozenset({"音乐", "背景音乐", "歌", "歌曲"})
"""What is stopped where it is to be switched off, and is no device."""
_LIMITS = ("阈值", "警戒", "警告", "警报", "上限", "下限")
"""What a value may be that no property of a device is set to."""
_SOURCE = re.compile(r"hdmi|usb|(?<![a-z])(?:av|dp)[0-9]|信号源")
"""Where a picture comes from, for which there is no command."""
_ANOTHER = re.compile(r"[换转](?:一?首歌?|歌|一?个.+)")
_BACK = re.compile(r"往[前回上]|倒回")
"""Beside 换台, that the one before is meant: 往前换台."""
_ANY_SONG = re.compile(r"$|[,。;!?吧啦呀啊呢谢唔听□]|[可好行][以吗么不唔]")
"""Behind 换一首, that no song is named."""
_SOUNDS = frozenset({"tv", "speaker", "projector", "set_top_box"})
"""Types that can be heard."""
_WORK = WORKERS - {"switch", "plug", "oven", "microwave", "kettle", "sprinkler"}
"""Types that are started for a job."""
_MAY_LEVEL = re.compile(r"[档挡速风力]|[到成为至][高中低强弱大小安静标]")
_TIMES = re.compile(r"计时|倒计时|番茄钟")
_ALARM_SET = re.compile(
    r"^[^不别没]*?(?:预?[定订]|设定?|[较校调拨加]|新增|添加)(?!了|好|时|[高低大小])(?:一?个|[到为在去成])?[^,。;]*闹钟"
)
"""定个七点的闹钟; of an alarm clock no other verb need be said."""
_ALARM_ALONE = re.compile(r"[^,。;!?不别没取关删了]{1,12}[点分半刻0-9]钟?[的嘅]闹钟[吧啦]?[,。!]*(?:谢谢)?")
REASON = re.compile(
    r"[,。;、]*(?:我|他|她)?(?:有点|真)?(?:(?:免得|以免|省得|免至)|(?P<fear>怕|惊|担心|防止|避免|小心))"
)
"""Why something is asked for: 风扇关了，怕着凉."""
_PLAN = re.compile(r"(?:要|准备|打算|正在|快|想)$")
"""Before a verb, what is going to happen anyhow: 客厅要放电影，打开影院模式."""
_THAN = re.compile(
    r"比(?![较如]|现在|刚才|之前|以前|原来|目前|平时|[昨今]|上次|[这那当而]|依家)[^,。;0-9一二两三四五六七八九十]{1,8}[高低大小多少冷热亮暗快慢]"
)
"""Compares with something else."""
_SET_SO = re.compile(r"得?(?:太|过于|[那这][么样]|咁)")
"""Behind a verb that says how a thing is, and asks for nothing: 窗帘开太大了."""
_ODD = sieve([_INTENTION, EXCEPT, REASON, _TIMES])
"""What hardly any sentence has."""


def leaves_out(text: str) -> bool:
    """Tell whether a sentence makes an exception (除了书房，灯都关了), which no action says."""
    return EXCEPT.search(text) is not None and _BESIDES.search(text) is None


def read_clause(unit: Unit, clauses: Clauses, device: Mention | None) -> list[Action]:
    """Return what one clause asks for, nothing where it has no predicate.

    `device` is the one that the clause names last, or that it is about without naming it.
    """
    if ("modes" in unit.of or "colors" in unit.of) and (left_behind := left_in(unit, clauses)):
        return _read_without(left_behind, unit, clauses, device)
    text = clauses.text
    verbs = unit.all("verbs")
    kinds = [t.values["verbs"] for t in verbs]
    phrase = text[unit.start : unit.end]
    if device is not None and ("clean" in kinds or "wash" in kinds) and "devices" not in unit.of:
        device = device if device.type in WORKERS else None  # 关灯，扫地 starts no light
    odd = _ODD.search(text, 0, unit.end) is not None
    if odd and _only_explains(unit, phrase, kinds):
        return []
    numbers = [n for n in clauses.numbers if unit.start <= n.span.start < unit.end] if clauses.numbers else ()
    values = numbers
    if numbers and clauses.durations:
        values = [n for n in numbers if not any(d.start <= n.span.start < d.end for d in clauses.durations)]
    relative = read_relative(unit, clauses, device)
    said = Said(unit, clauses, device, phrase, verbs, kinds, odd, numbers, values, relative)
    for reader in _READERS:
        if (found := reader(said)) is not None:
            return found
    return []


def _only_explains(unit: Unit, phrase: str, kinds: Sequence[str]) -> bool:
    """Tell whether a clause only says what somebody is about to do, or why something is asked for."""
    if _INTENTION.match(phrase.lstrip(",。;、")) and "devices" not in unit.of and "play_media" not in kinds:
        return True
    reason = REASON.match(phrase)
    return reason is not None and not (reason["fear"] and "devices" in unit.of)


def _read_content(said: Said) -> list[Action] | None:
    """Read a message or what is to be played."""
    kinds, device = said.kinds, said.device
    if not {"pause", "stop", "resume"}.isdisjoint(kinds):
        return None
    kind = "notify" if "notify" in kinds else "play_media"
    if kind not in kinds:
        return None
    token = said.verbs[kinds.index(kind)]
    text = said.clauses.text
    if token.text.endswith("响警报") or (token.text.startswith("触发") and text.startswith("器", token.end)):
        return said.asks_of(Mention("alarm", None, "警报", Span(token.end - 2, token.end)), "turn_on")
    contents = said.clauses.contents
    content = contents.get(token.end, "")
    if not content and kind == "notify":  # 提醒家人带伞
        content = next((words for at, words in contents.items() if 0 < at - token.end <= _WHO), "")
    name = "message" if kind == "notify" else "content"
    on = device if kind == "play_media" and device is not None and device.type in {"tv", "speaker"} else None
    planned = kind == "play_media" and _PLAN.search(said.clauses.text, said.unit.start, token.start) is not None
    pours = token.text == "放" and not content  # 放热水
    action = said.asks_of(on, kind, {name: content} if content else {}, certain=not (planned or pours))
    if content and (rest := _behind(said.unit, token.end)) is not None:
        return [*action, *read_clause(rest, said.clauses, on)]  # 播放轻音乐音量20
    return action


def _read_exception(said: Said) -> list[Action] | None:
    device = said.device
    if not (said.odd and said.kinds) or device is None:
        return None
    left = EXCEPT.search(said.clauses.text, 0, said.unit.end)
    if left is None or _BESIDES.search(said.clauses.text):
        return None
    if device.room or left.start() <= device.span.start < left.end():
        device = None  # the room, or the device, is what is left out
    last = said.kinds[-1]
    return said.asks_of(device, last if last in POWER else "adjust", certain=False)


def _read_measure(said: Said) -> list[Action] | None:
    """Read how strong something shall be where no number says it."""
    if _MAY_LEVEL.search(said.phrase):
        level = named_level(said.unit, said.clauses, said.device, said.kinds)
        if level is not None:
            if said.kinds[-1:] == ["turn_off"]:
                return said.asks("adjust", certain=False)  # 关掉强风: what then?
            return said.asks("set_fan_speed", {"level": level}, certain=False)  # which number is it?
    if "比" in said.phrase and not said.verbs and "changes" not in said.unit.of and _THAN.search(said.phrase):
        return said.asks("adjust", certain=False)  # 空调比楼下的低两度, which may only tell
    if "倍" in said.phrase and not {"changes", "adjectives", "properties"}.isdisjoint(said.unit.of):
        return said.asks("adjust", certain=False)  # twice as loud as what?
    return None


def _read_change(said: Said) -> list[Action] | None:
    relative, text = said.relative, said.clauses.text
    if relative is not None and "colors" in said.unit.of and _adds_color(said):
        return said.asks("adjust", certain=False)  # 台灯增加暖色光
    if relative is None or not (relative.asked or all(_SET_SO.match(text, verb.end) for verb in said.verbs)):
        return None
    sets = relative.asked and relative.amount is None and any(_may_be_value(n, said.unit, text) for n in said.numbers)
    setter = SETTERS.get(relative.prop or "", "adjust")
    arg = {"delta": relative.delta} if relative.delta is not None else {}
    return [Action(said.span, said.device, setter, arg, relative, certain=not sets)]  # 空调26度再低一点: which of both?


def _adds_color(said: Said) -> bool:
    """Tell whether a colour is what there shall be more or less of, and no name (红色的灯亮一点)."""
    change, color = said.unit.first("changes"), said.unit.all("colors")[-1]
    if change is None or change.end > color.start or said.clauses.text.startswith(("的", "灯"), color.end):
        return False
    return _A_LITTLE.fullmatch(said.clauses.text, change.end, color.start) is not None


def _read_station(said: Said) -> list[Action] | None:
    if (said.numbers and "tv" not in said.phrase) or not ("set" in said.kinds or "next" in said.kinds):
        return None
    station = _STATION.search(said.phrase)
    if station is None or (said.numbers and "tv" not in station["name"]):
        return None
    device = said.device
    on = device if device is not None and device.type in {"tv", "set_top_box", "projector"} else None
    return said.asks_of(on, "set_channel", {"channel": station["name"].upper()}, certain=False)  # which number it has


def _read_plain(said: Said) -> list[Action] | None:
    """Read a verb that says all that is to be done."""
    kinds = said.kinds
    if not BEYOND.isdisjoint(kinds):
        off = not {"turn_off", "stop"}.isdisjoint(kinds)  # 关闭摇头
        return said.asks("adjust" if off else next(k for k in kinds if k in BEYOND), certain=False)
    for command in ("next", "previous", "mute", "lock", "unlock", "return_to_base"):
        if command in kinds:
            verb = said.verbs[kinds.index(command)]
            if _ANOTHER.fullmatch(verb.text) and _ANY_SONG.match(said.clauses.text, verb.end) is None:
                # 换首轻音乐 names what is to be played, 换歌单 and 换个台灯 ask for something else.
                return said.asks("play_media", certain=False) if verb.text.endswith("首") else []
            return said.asks(command, certain=not (command == "next" and _BACK.search(said.phrase)))
    return None


def _read_timer(said: Said) -> list[Action] | None:
    kinds, kind, unit = said.kinds, said.device.type if said.device else None, said.unit
    rings = kind == "alarm_clock" and not kinds
    if rings and (_ALARM_SET.search(said.phrase) or _ALARM_ALONE.fullmatch(said.phrase.lstrip(","))):
        return said.asks("set_timer")
    if kind in {"timer", "alarm_clock"} or (said.odd and _TIMES.search(said.phrase)):
        lasts = any(unit.start <= length.start < unit.end for length in said.clauses.durations)
        if lasts or kinds or "计时" in said.phrase or "倒数" in said.phrase:
            if (job := next((k for k in kinds if k in {"delete", "stop", "pause", "resume"}), None)) is not None:
                return said.asks(job)
            if lasts or "set" in kinds or "start" in kinds or {"turn_on", "turn_off"}.isdisjoint(kinds):
                return said.asks("set_timer")
    if "delete" not in kinds:
        return None
    if said.device is not None and "modes" in unit.of and said.takes_back:
        return said.asks("adjust", certain=False)  # 把空调的睡眠模式取消
    if said.device is None or said.device.span.end > unit.start:
        return said.asks("delete")
    return said.asks_of(None, "delete", certain=False)  # 打开电扇，然后删除所有待办: of the fan, nothing


def _read_value(said: Said) -> list[Action] | None:
    """Read what a property is set to."""
    unit, clauses, device, values, kinds = said.unit, said.clauses, said.device, said.values, said.kinds
    if values and any(word in said.phrase for word in _LIMITS):
        return said.asks("adjust", certain=False)  # 设定警告阈值35度: it limits something else
    absolute = read_setting(unit, clauses, device, values, kinds)
    if absolute is not None:
        name, value = absolute
        if name in {"mode", "color", "color_temperature"} and not values and kinds[-1:] in (["turn_off"], ["stop"]):
            return said.asks("adjust", certain=False)  # 关闭空调除湿: which mode then?
        # No command of the target format sets several.
        more = {} if value == "auto" else _mode_beside(unit, name, kinds) | values_beside(name, values, clauses, device)
        certain = not more and (_is_known(name, value) if not values else _settles(said, name, value))
        return said.asks(SETTERS[name], {name: value} | more, certain=certain)
    if values and clauses.removed and "set" in kinds and device is None:
        return said.asks_of(None, "set", certain=False)  # 音量超过50就调到30: what is compared, perhaps
    return None


def _is_known(name: str, value: Any) -> bool:
    """Tell whether commands have a word for the value of a property: no level is called 强劲."""
    return name != "level" or value in {"auto", "max", "min"}


def _settles(said: Said, name: str, value: Any) -> bool:
    """Tell whether the values of a clause settle what a property is set to."""
    unit, device, values, text = said.unit, said.device, said.values, said.clauses.text
    if values[-1].unit == "f":
        return False  # the devices count in Celsius: 80 degrees Fahrenheit are none that they can be set to
    if is_shut_by(name, value, values[-1], said.kinds[-1] if said.kinds else None, text):
        return False
    from_here = device.span.end if device is not None and device.span.start >= unit.start else unit.start
    if "adjectives" in unit.of and says_more(unit, text, from_here):
        return False
    return len([n for n in values if is_measured(n, text)]) < 2


def _read_job(said: Said) -> list[Action] | None:
    """Read a job that a device is to do, or do no longer."""
    kinds, unit = said.kinds, said.unit
    for job in ("pause", "resume", "stop", "start"):
        if job in kinds:
            # 车内最高二十三度时停止空调: a value that the job does not take.
            return said.asks(job, certain=not any(is_measured(n, said.clauses.text) for n in said.values))
    if "clean" in kinds or "wash" in kinds:
        # No command of the target format says which room is to be swept.
        work = next(verb for verb in said.verbs if verb.values["verbs"] in {"clean", "wash"})
        job = "stop" if said.clauses.text.endswith("结束", unit.start, work.start) else "start"
        return said.asks(job, certain=not ("clean" in kinds and unit.first("rooms")))
    if "unclear" in kinds:
        return said.asks("adjust", certain=False) if said.device else []
    return None


def _read_power(said: Said) -> list[Action] | None:
    word = next((kind for kind in reversed(said.kinds) if kind in POWER), None)
    if word is None:
        return None
    device, unit = said.device, said.unit
    if device is not None and device.words in _MUSIC and word in {"turn_off", "close"}:
        return said.asks_of(None, "stop", certain=False)  # 关闭音乐: on which device?
    if "devices" not in unit.of and any(t.values["properties"] == "volume" for t in unit.all("properties")):
        # 关掉声音; the other way round it has no command of the target format.
        heard = device if device is not None and device.type in _SOUNDS else None
        off = word in {"turn_off", "close"}
        return said.asks_of(heard, "mute" if off else "unmute", certain=off)
    if device is not None and device.type in EITHER_WAY - LEAVES and word in {"open", "close"}:
        return said.asks(word, certain=False)
    if said.relative is not None and LESS_OF.search(said.phrase):
        return said.asks(power_command(word, device), certain=False)  # 打开空调不要太冷
    if device is not None and device.type in _WORK and said.verbs[-1].text in {"启动", "开动"}:
        return said.asks("start")  # 启动洗衣机
    # No catalogue knows 灯1 from 灯2.
    settled = not (said.values and names_which(said.values, said.clauses.text)) and not _switches_function(said)
    return said.asks(power_command(word, device), certain=settled)


def _switches_function(said: Said) -> bool:
    """Tell whether something that a device can do is switched, and not its power: 空调的自清洁功能 (not 童锁功能)."""
    if "功能" not in said.phrase:
        return False
    device = said.device
    return device is None or device.type is None or not said.clauses.text.startswith("功能", device.span.end)


def _read_rest(said: Said) -> list[Action] | None:
    """Read what is moved up or down, and what is set to nothing that is said."""
    device, unit, kinds = said.device, said.unit, said.kinds
    moved = unit.first("changes")
    way = None if moved is None else moved.values["changes"]
    if way in {"+", "-"} and device is not None and device.type in LEAVES | EITHER_WAY:
        return said.asks("open" if way == "+" else "close", certain=not said.values)  # not 晾衣架下降2米
    if "set" in kinds and device is None and _SOURCE.search(said.phrase):
        return said.asks("set", certain=False)  # 切换到HDMI一号
    if "activate_scene" in kinds or "set" in kinds:
        return said.asks("set") if (device and device.type) or unit.first("properties") or unit.first("colors") else []
    return None


_READERS = (
    _read_content,
    _read_exception,
    _read_measure,
    _read_change,
    read_scene,
    _read_station,
    _read_plain,
    _read_timer,
    _read_value,
    _read_job,
    _read_power,
    _read_rest,
)
"""Who reads a predicate, in this order: the first that knows what is asked says it."""


def _behind(unit: Unit, place: int) -> Unit | None:
    """Return the part of a clause behind a place that is about a property, or None."""
    about = next((t for t in unit.all("properties") if t.start >= place), None)
    if about is None:
        return None
    rest = Unit(about.start, unit.end)
    for token in unit.tokens:
        if token.start >= about.start:
            rest.add(token)
    return rest


def _read_without(left: Sequence[Token], unit: Unit, clauses: Clauses, device: Mention | None) -> list[Action]:
    """Return what a clause asks for that says which mode or colour there shall be no more (空调别制热了)."""
    rest, others = without(unit, left, clauses)
    if not {"modes", "colors"}.isdisjoint(rest.of):
        return read_clause(rest, others, device)
    if only_tells(unit, left, clauses) or goes_on(unit, left, clauses):
        return []
    span, modes = Span(unit.start, unit.end), [t.values["modes"] for t in left if "modes" in t]
    if device is None and modes and NO_SCENES.isdisjoint(modes) and clauses.text.startswith("模式", left[-1].end):
        return [Action(span, None, "deactivate_scene", certain=False)]  # 退出睡眠模式
    return [Action(span, device, "adjust", certain=False)]  # what then?


def _may_be_value(number: Number, unit: Unit, text: str) -> bool:
    """Tell whether a number beside a change says what is to be set, or how far (调低5)."""
    return is_measured(number, text) or any(t.end == number.span.start and "softeners" not in t for t in unit.tokens)


def _mode_beside(unit: Unit, name: str, kinds: Sequence[str]) -> dict[str, Any]:
    """Return the mode or colour that a clause sets beside a value, unless it only says which value (制冷温度)."""
    color = unit.first("colors") if name == "brightness" else None
    said = color or unit.first("modes")
    if said is None or name in {"mode", "color"} or said.text in {"加热", "吹风", "送风"} or "start" in kinds:
        return {}
    if any(said.end <= t.start <= said.end + 1 and ("properties" in t or "devices" in t) for t in unit.tokens):
        return {}
    if color is None:
        return {"mode": said.values["modes"]}
    value = color.values["colors"]
    return {"color_temperature" if value in {"warm", "cool"} else "color": value}


def power_command(word: str, device: Mention | None) -> str:
    """Return the command for opening or closing this type of device."""
    opens = word in {"turn_on", "open"}
    kind = device.type if device else None
    if kind == "lock":
        return "unlock" if opens else "lock"
    if kind in LEAVES:
        return "open" if opens else "close"
    return "turn_on" if opens else "turn_off"
