"""Properties that a clause sets to a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rules.chinese.numbers import Number
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import MAIN, POWER, Mention, main_property

_COUNTS = re.compile(
    r"号|个(?!百)|盏|台(?![,。;!?吧啦呀]|$)|楼|层|路|点|分(?!之)|的(?!亮度|音量|温度|湿度)"
    r"|[次遍回趟套栋组排]|整?[晚夜]|下午|上午|早上|单元|声道|英?寸|[匹升瓦代米]|[房室教间]|会议|办公"
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
_RANKED = re.compile(r"[个套]?(?:频道|台)|[档挡段]|级(?!台)")
"""What makes an ordinal a value: 调到第三档."""
_STEPPED = frozenset({"ac", "heater", "humidifier", "dehumidifier"})
"""Types besides those whose main property is a level that have steps (電暖器開兩段)."""
_EXTREME = re.compile(r"(?:到)?最(大|高|亮|强|快|响|热|小|低|暗|弱|慢|轻|冷)")
_EXTREMES = {"亮": "brightness", "暗": "brightness", "响": "volume", "热": "temperature", "冷": "temperature"}
"""What an extreme is about where nothing is named: 调到最亮."""


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
    if values and (name or not kinds or not _SETTING.isdisjoint(kinds)):
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
    if color is not None and (kind is None or kind in MAIN["brightness"]):
        value = color.values["colors"]
        return ("color_temperature", value) if value in {"warm", "cool"} else ("color", value)
    if mode is not None and (device is not None or "set" in kinds or name or not kinds):
        return ("level", "auto") if name == "level" else ("mode", mode.values["modes"])
    return None


def is_shut_by(name: str, value: Any, number: Number, verb: str | None, text: str) -> bool:
    """Tell whether a share says how much is shut, or how much is left open: 窗帘拉上三成. One half is both."""
    shuts = name == "position" and verb in {"close", "turn_off"} and value != 50
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
