"""Comparisons in Chinese: operator and value."""

from __future__ import annotations

import pytest

from curation.text import fold
from rules.chinese.comparisons import comparison_readings, find_comparisons

ONE = {
    ">": [
        "高于31度", "大於31", "超过三十一", "湿度超出31%", "比31高", "比三十一还大", "高過31度", "突破31",
        "＞31", "31之上", "超过摄氏三十一度", "超31度", "一过31度", "過咗31度", "高過咗31",
        "升穿31", "熱過31度", "唔止31", "逾31",
        "高出31度", "31度以上(不含31度)",
    ],
    "<": [
        "低于31度", "小於31", "不足三十一", "不到31%", "未滿31", "跌破三十一度", "比31低", "比三十一度更冷",
        "低過31", "<31", "唔夠31度", "唔到31", "没有达到31度", "低過咗31", "跌穿31", "凍過31度", "比31度仲凍",
    ],
    ">=": [
        "不低于31", "大于等于31", "大於或等於31", "至少三十一", "31度以上", "三十一及以上", "达到31",
        "升到31度", "起码31",
        "≥31", "≧31", ">=31", "不少於31", "没低于31", "31或更高", "升至31以上",
        "唔低過31", "唔少過31", "冇低過31", "等于或高于31", "31度（含）以上",
        "去到31度", "升到咗31度", "最少都有31%", "不是低于31",
    ],
    "<=": [
        "不高于31", "小于或者等于31", "不超过三十一", "至多31", "最多三十一", "31%以下", "三十一及以下",
        "31以内", "降到31度",
        "≤31", "≦31", "<=31", "不大於31", "别超过31度", "沒有超過31", "跌到31以下",
        "唔高過31", "唔好超過31", "唔准多過31", "冇高過31", "不是高于31度", "最高不超过31",
        "等於或者低於31", "31(含)以下",
        "凍到31度", "跌咗到31度", "低至31度", "电量只剩31%",
        "電量淨返31%", "電量得返31%", "只有31%",  "耗到31%", "最多去到31度",
    ],
    "==": ["等于31", "等於三十一", "=31", "温度是31度时", "溫度係31度就", "如果刚好31度"],
}  # fmt: skip


@pytest.mark.parametrize(("operator", "text"), [(operator, text) for operator, texts in ONE.items() for text in texts])
def test_a_comparison_is_read(operator: str, text: str) -> None:
    assert [(found.operator, found.value) for found in find_comparisons(fold(text).text)] == [(operator, 31)]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (18, 25, "18到25度"),
        (18, 25, "十八度至二十五度之间"),
        (40, 60, "湿度介于百分之四十和百分之六十之间"),
        (40, 60, "40%~60%"),
        (5, 8, "在5与8之间"),
        (100, 300, "100ppm-300ppm"),
        (18, 26, "18≤温度≤26"),
    ],
)
def test_a_range_is_two_comparisons(low: float, high: float, text: str) -> None:
    assert [(found.operator, found.value) for found in find_comparisons(text)] == [(">=", low), ("<=", high)]


def test_several_comparisons_are_read_in_order() -> None:
    text = "温度高于27度并且湿度低于百分之三十五"
    found = find_comparisons(text)
    assert [(one.operator, one.value, one.unit, text[slice(*one.span)]) for one in found] == [
        (">", 27, "degree", "高于27度"),
        ("<", 35, "%", "低于百分之三十五"),
    ]


def test_a_when_behind_the_number_is_not_taken_for_hours() -> None:
    assert [found.value for found in find_comparisons("湿度超过六十时开窗")] == [60]


@pytest.mark.parametrize(
    "text",
    [
        "超过二十分钟", "至少两小时", "三天以上", "晚于八点", "八点到九点", "10到20分钟", "周一到周五",
        "调高两度", "调到26度",
        "把窗帘升到40%", "将温度降到20度", "亮度提高到70", "第3个灯", "不等于5", "20和30号灯", "温度高", "比较低",
        "空调温度为26度", "温度设为26度时", "过了三个路口", "还剩两盏灯", "比外面高出5度", "空调调低到18度",
        "三到五楼", "如果是三楼就关", "经过31度",
    ],
)  # fmt: skip
def test_what_is_no_comparison_with_a_value_is_not_read(text: str) -> None:
    assert find_comparisons(text) == []


def test_a_question_for_more_is_not_a_denial() -> None:
    assert [found.operator for found in find_comparisons("温度有没有超过33度")] == [">"]


@pytest.mark.parametrize("text", ["有冇超過33度", "會唔會超過33度", "系唔系高過33度", "高唔高過33度", "是不是高于33度"])
def test_a_question_whether_it_is_above_is_no_denial(text: str) -> None:
    assert [found.operator for found in find_comparisons(fold(text).text)] == [">"]


@pytest.mark.parametrize(("operator", "text"), [(">=", "一半以上"), ("<=", "一半以下"), (">", "湿度过半")])
def test_half_is_compared_in_percent(operator: str, text: str) -> None:
    assert [(one.operator, one.value, one.unit) for one in find_comparisons(text)] == [(operator, 50, "%")]


def test_hundreds_and_more_are_above_them() -> None:
    assert [(found.operator, found.value) for found in find_comparisons("浓度有八百多")] == [(">", 800)]


def test_a_reading_carries_operator_and_value() -> None:
    assert [reading.value for reading in comparison_readings("高于19度")] == [{"operator": ">", "value": 19}]
