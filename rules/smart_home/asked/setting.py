"""Properties that a clause sets to a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rules.chinese.numbers import Number
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import MAIN, Mention, main_property

_COUNTS = re.compile(r"号|个(?!百)|盏|台(?![,。;!?吧啦呀]|$)|楼|层|路|点|分(?!之)|的(?!亮度|音量|温度|湿度)")
"""What makes a number count or name things instead of setting a value."""
_SHARES = frozenset({"position", "brightness", "volume", "humidity"})
"""Properties whose fractions (三分之一) are shares of a hundred."""
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
    if values and (name or "set" in kinds or "turn_on" in kinds or "turn_off" in kinds or "open" in kinds or not kinds):
        number = values[-1]
        around = clauses.text[number.span.end : number.span.end + 3]
        if (
            clauses.text[: number.span.start].endswith("第")
            and name != "channel"
            and "频道" not in around
            and "台" not in around
        ):
            return None
        inferred = name or _by_unit(number, around, kind)
        if inferred and inferred not in {"color"} and not _COUNTS.match(around):
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


def _by_unit(number: Number, around: str, kind: str | None) -> str | None:
    """Return the property that a value's unit means on a type of device."""
    if re.match(r"摄氏度|度|°c|℃", around) or number.unit in {"c", "degree"}:
        return "temperature" if kind is None or kind in MAIN["temperature"] else None
    if re.match(r"档|挡|级|格", around):
        return "level" if kind not in {"tv", "speaker"} else "volume"
    if re.match(r"k", around) or number.unit == "k":
        return "color_temperature"
    if re.match(r"台|频道", around):
        return "channel"
    return main_property(kind)
