"""Properties that a clause sets to a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rules.chinese.numbers import Number
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import MAIN, POWER, Mention, can_have, main_property

_COUNTS = re.compile(
    r"号|个(?!百)|[杯份勺碗壶锅]|盏|台(?![,。;!?吧啦呀]|$)|楼|层|路|点|分(?!之)|的(?!亮度|音量|温度|湿度)"
    r"|[次遍回趟套栋组排]|整?[晚夜]|下午|上午|早上|单元|声道|英?寸|[匹升瓦代米倍闪]|[房室教间]|会议|办公"
)
"""What makes a number count or name things instead of setting a value."""
_ONE = re.compile(r"[次回遍趟]|整?[晚夜]|下午|上午|早上|[个盏台扇道]")
"""Behind a one that tells no device from another."""
_UNIT = re.compile(r"摄氏度|度|°c|℃|[档挡级格k]|段(?!时间)|台|频道")
_ENDS = re.compile(r"$|[,。;!?、吧啊呀啦哦了]|多?谢|唔该|可以|[好行]吗")
"""What follows a value that ends its clause."""
_SETTING = frozenset({"set", "turn_on", "turn_off", "open", "close"})
"""Verbs beside which a number may be a value."""
_TO = ("到", "至", "为", "成", "在", "去")
_SHARES = frozenset({"position", "brightness", "volume", "humidity"})
"""Properties whose fractions (三分之一) are shares of a hundred."""
_POINTS = frozenset({"volume", "brightness", "level"})
"""Properties that may be said in points (音量调到三点)."""
_LEVEL = re.compile(
    r"(?P<name>[高中低强弱])(?:[档挡]位?|速(?!度))|(?P<wind>[强弱微柔大小])风(?=模式|$|[,。;!?、吧啦呀啊了])"
    r"|(?<=[到成为至])(?P<bare>[高中低强弱大小]等?|强劲|强力|安静|静音|标准)(?=(?:[档挡]位?|模式)?(?:$|[,。;!?、吧啦呀啊]))"
    r"|(?<=风[速量力])(?P<said>[高中低强弱大小])(?=$|[,。;!?、吧啦呀])"
)
"""A level by its name: 高档, 强风, 吸力调到安静; 风速低 asks for one only behind another request."""
_NO_BREEZE = re.compile(r"水量|出水|火力|甜度|硬度|浓度")
"""What is set by levels that are no fan speed."""
_HALF_OPEN = re.compile(r"(?<![0-9零一二两三四五六七八九十点度个])半(?:[开掩关遮]|拉[开上])(?:着|的?状态)?")
"""窗帘调到半开; 七点半开窗帘 opens it all the way."""
_NO_LEVEL = re.compile(r"(?:不要?|别|唔好|太|[刮吹起有怕]|最)$")
_RANKED = re.compile(r"[个套]?(?:频道|台)|[档挡段]|级(?!台)")
"""What makes an ordinal a value: 调到第三档."""
_STEPPED = frozenset({"ac", "heater", "humidifier", "dehumidifier"})
"""Types besides those whose main property is a level that have steps (電暖器開兩段)."""
_EXTREME = re.compile(r"(?:到)?最(大|高|亮|强|快|响|热|小|低|暗|弱|慢|轻|冷)(?![0-9一二两三四五六七八九十])")
_EXTREMES = {"亮": "brightness", "暗": "brightness", "响": "volume", "热": "temperature", "冷": "temperature"}
"""What an extreme is about where nothing is named: 调到最亮."""
_WHOLE = re.compile(r"(?:开到|(?P<shut>关到))(?:最?底|尽头?)")
"""All the way: 窗帘开到底."""
_NO_MORE = re.compile(r"[到至为成于过达得冻]|去到")
"""What makes an adjective part of the value or a bound of it: 调亮到50%, 不低于20度."""


def read_setting(
    unit: Unit, clauses: Clauses, device: Mention | None, values: Sequence[Number], kinds: Sequence[str]
) -> tuple[str, Any] | None:
    """Return the property that the clause sets and its value."""
    named = unit.all("properties")
    name = named[-1].values["properties"] if named else None
    phrase = clauses.text[unit.start : unit.end]
    extreme = _EXTREME.search(phrase) if "最" in phrase else None
    kind = device.type if device else None
    color = unit.first("colors")
    mode = unit.first("modes")
    moves = "unclear" in kinds and kind in MAIN["position"]  # 窗帘拉一半
    if moves:
        values = [n for n in values if is_measured(n, clauses.text) or 0 < n.value < 1]
    if values and (name or not kinds or moves or not _SETTING.isdisjoint(kinds)):
        number = values[-1]
        around = clauses.text[number.span.end : number.span.end + 3]
        if clauses.text[: number.span.start].endswith("第") and name != "channel" and not _RANKED.match(around):
            return None
        said = next((t.values["properties"] for t in reversed(named) if t.end <= number.span.start), name)
        if number.unit in {"c", "degree"} and said not in {"temperature", "color_temperature"}:
            said = None  # 26度自动风: the property behind is not what has so many degrees
        inferred = said or _by_unit(number, around, kind)
        if not said and kinds and POWER.issuperset(kinds) and not _is_value(number, unit, clauses):
            return None
        counts = _COUNTS.match(around) and not (said in _POINTS and around.startswith("点"))
        if inferred and inferred not in {"color"} and not counts:
            share = number.unit is None and 0 < number.value < 1 and inferred in _SHARES
            return inferred, round(100 * number.value) if share else number.value
    if name in {"channel"} and "set" in kinds:
        return "channel", phrase.rpartition("到")[2] or None
    if extreme and (prop := name or main_property(kind) or ("set" in kinds and _EXTREMES.get(extreme[1]))):
        return prop, "max" if extreme[1] in "大高亮强快响热" else "min"
    if kind in MAIN["position"] and "半" in phrase and _HALF_OPEN.search(clauses.text, unit.start, unit.end):
        return "position", 50
    if kind in MAIN["position"] and "set" in kinds and (whole := _WHOLE.search(phrase)):
        return "position", "min" if whole["shut"] else "max"
    if color is not None and kinds[-1:] == ["turn_off"] and any(t.start >= color.end for t in unit.all("devices")):
        return None  # 关掉白色台灯: which one
    if color is not None and (kind is None or kind in MAIN["brightness"]):
        value = color.values["colors"]
        return ("color_temperature", value) if value in {"warm", "cool"} else ("color", value)
    if mode is not None and (device is not None or "set" in kinds or name or not kinds):
        if name == "level":
            return "level", "auto" if mode.values["modes"] == "auto" else mode.text
        return "mode", mode.values["modes"]
    return None


def named_level(unit: Unit, clauses: Clauses, device: Mention | None, kinds: Sequence[str]) -> str | None:
    """Return the level that a clause sets by its name, which no catalogue knows the number of."""
    said = _LEVEL.search(clauses.text, unit.start, unit.end)
    if said is None or _NO_LEVEL.search(clauses.text, unit.start, said.start()):
        return None
    named = unit.all("properties")
    if (named and named[-1].values["properties"] != "level") or _NO_BREEZE.search(clauses.text, unit.start, unit.end):
        return None
    if said["said"] and not _follows_request(unit, clauses):
        return None  # 风速低 alone only tells
    about = bool(named) and named[-1].end <= said.start()
    if said["bare"] and not about and main_property(device.type if device else None) != "level":
        return None
    if not about and (
        not _SETTING.issuperset(kinds)
        or not (kinds and said["wind"] if device is None else can_have(device.type, "level"))
    ):
        return None
    return said["name"] or said["wind"] or said["bare"] or said["said"]


def _follows_request(unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a verb or a value stands before a clause."""
    verbs = any("verbs" in t and t.end <= unit.start for t in clauses.tokens)
    return verbs or any(number.span.end <= unit.start for number in clauses.numbers)


def is_shut_by(name: str, value: Any, number: Number, verb: str | None, text: str) -> bool:
    """Tell whether a share may say how much is shut, or how much is left open: 窗帘拉上三成. One half is both."""
    shuts = name == "position" and verb in {"close", "turn_off", "unclear"} and value != 50
    return shuts and not text.endswith(_TO, 0, number.span.start)


def _is_value(number: Number, unit: Unit, clauses: Clauses) -> bool:
    """Tell whether a number beside nothing but 打开 is a value (灯开50, 打开空调26度) and not a name (打开灯1)."""
    if is_measured(number, clauses.text):
        return True
    before = clauses.text[unit.start : number.span.start]
    behind_verb = any(verb.end == number.span.start for verb in unit.all("verbs"))
    return before.endswith(_TO) or (behind_verb and _ENDS.match(clauses.text, number.span.end) is not None)


def is_measured(number: Number, text: str) -> bool:
    """Tell whether a number has the unit of a value."""
    return number.unit is not None or _UNIT.match(text, number.span.end) is not None


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


def values_beside(name: str, values: Sequence[Number], clauses: Clauses, device: Mention | None) -> dict[str, Any]:
    """Return what a clause sets beside its last value, as far as the units tell it (空调26度三档风)."""
    measured = [n for n in values[:-1] if is_measured(n, clauses.text)]
    kind = device.type if device else None
    said = {_by_unit(n, clauses.text[n.span.end : n.span.end + 3], kind): n.value for n in measured}
    return {prop: value for prop, value in said.items() if prop is not None and prop != name}


def names_which(values: Sequence[Number], text: str) -> bool:
    """Tell whether one of the numbers that are no value says which device is meant (灯1, 三号开关), not how many."""
    return any(n.value != 1 or text[: n.span.start].endswith("第") or not _ONE.match(text, n.span.end) for n in values)


def _by_unit(number: Number, around: str, kind: str | None) -> str | None:
    """Return the property that a value's unit means on a type of device."""
    if re.match(r"摄氏度|度|°c|℃", around) or number.unit in {"c", "degree"}:
        return "temperature" if kind is None or kind in MAIN["temperature"] else None
    if re.match(r"档|挡|级|格", around):
        return "level" if kind not in {"tv", "speaker"} else "volume"
    if around.startswith("段"):
        return "level" if main_property(kind) == "level" or kind in _STEPPED else None
    if re.match(r"k", around) or number.unit == "k":
        return "color_temperature"
    if re.match(r"台|频道", around):
        return "channel"
    return main_property(kind)
