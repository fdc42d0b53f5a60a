"""Comparisons in Chinese: operator and value."""

from __future__ import annotations

import pytest

from curation.text import fold
from rules.chinese.comparisons import comparison_readings, find_comparisons

ONE = {
    ">": [
        "高于31度", "大於31", "超过三十一", "湿度超出31%", "比31高", "比三十一还大", "高過31度", "突破31",
        "＞31", "31之上",
    ],
    "<": [
        "低于31度", "小於31", "不足三十一", "不到31%", "未滿31", "跌破三十一度", "比31低", "比三十一度更冷",
        "低過31", "<31",
    ],
    ">=": [
        "不低于31", "大于等于31", "大於或等於31", "至少三十一", "31度以上", "三十一及以上", "达到31",
        "升到31度", "起码31",
        "≥31", "≧31", ">=31", "不少於31", "没低于31", "31或更高", "升至31以上",
    ],
    "<=": [
        "不高于31", "小于或者等于31", "不超过三十一", "至多31", "最多三十一", "31%以下", "三十一及以下",
        "31以内", "降到31度",
        "≤31", "≦31", "<=31", "不大於31", "别超过31度", "沒有超過31", "跌到31以下",
    ],
    "==": ["等于31", "等於三十一", "=31"],
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
    ],
)  # fmt: skip
def test_what_is_no_comparison_with_a_value_is_not_read(text: str) -> None:
    assert find_comparisons(text) == []


def test_a_question_for_more_is_not_a_denial() -> None:
    assert [found.operator for found in find_comparisons("温度有没有超过33度")] == [">"]


def test_hundreds_and_more_are_above_them() -> None:
    assert [(found.operator, found.value) for found in find_comparisons("浓度有八百多")] == [(">", 800)]


def test_a_reading_carries_operator_and_value() -> None:
    assert [reading.value for reading in comparison_readings("高于19度")] == [{"operator": ">", "value": 19}]
