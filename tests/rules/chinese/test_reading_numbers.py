"""Numbers in Chinese: the value that was said, or nothing."""

from __future__ import annotations

import pytest

from curation.text import fold
from rules.chinese.numbers import find_numbers, number_readings, read_number

PLAIN: dict[str, dict[float, str]] = {
    "plain": {7: "七", 14: "十四", 58: "五十八", 306: "三百零六", 4070: "四千零七十", 86_021: "八万六千零二十一"},
    "zero": {0: "零", 309: "三〇九"},
    "traditional": {52_000: "五萬兩千", 240_000_000: "兩億四千萬"},
    "formal": {39: "叁拾玖", 615: "陸佰壹拾伍", 8_040: "捌仟零肆拾", 173: "壹百七十三"},
    "colloquial": {340: "三百四", 7_200: "七千二", 45_000: "四万五", 24: "廿四", 736: "七百卅六", 2: "俩", 3: "仨"},
    "spaced": {62_500: "6 万2 千5 百", 4_783: "四千 七百 八十三"},
    "mixed": {83_000: "8万3千", 502: "5百02", 37_000: "3.7万"},
    "digit by digit": {408: "四零八", 2024: "二零二四", 11: "幺幺"},
    "decimal": {0.3: "零点三", 6.28: "六点二八", 400.05: "四百点零五", 31_000.5: "三万一千点五", 15_000: "一点五万"},
    "Arabic": {26: "２６", 12_345: "12,345", 0.75: ".75", 9.5: "９．５"},
    "negative": {-8: "负八", -40_000: "負四萬", -12: "-12", -3: "零下三", -0.6: "负零点六"},
    "fraction": {
        0.25: "四分之一",
        2.5: "二又二分之一",
        0.015: "二百分之三",
        -0.2: "负五分之一",
        0.875: "7/8",
        0.4: "五份之二",
        0.75: "四份三",
    },
    "large": {5_0000_0000_0000: "五万亿", 30_0000_0000: "三十亿", 700_0006: "七百万零六"},
    "half": {2.5: "两个半", 4.5: "四米半", 50: "半百"},
    "roughly": {300_000: "三十余万", 20_000_000: "两千多万"},
    "two noughts": {2_007: "两千零零七"},
    "variant characters": {200: "両百", 28: "弍十八"},
}


@pytest.mark.parametrize(
    ("value", "text"), [(value, text) for examples in PLAIN.values() for value, text in examples.items()]
)
def test_a_number_is_read_whole_and_alone(value: float, text: str) -> None:
    folded = fold(text).text
    assert [(number.value, number.unit) for number in find_numbers(folded)] == [(value, None)]
    assert read_number(folded) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (45, "百分之四十五"),
        (3.5, "百分之三点五"),
        (100, "百分之百"),
        (100, "百分百"),
        (100, "百份百"),
        (35, "百份之三十五"),
        (72, "72%"),
        (72, "７２％"),
        (33, "三十三趴"),
        (8, "八个百分点"),
        (60, "六成"),
        (65, "六成半"),
        (68, "六成八"),
        (75, "7.5成"),
        (5, "半成"),
        (50, "一半"),
        (70, "七折"),
        (75, "七五折"),
        (50, "对折"),
        (0.7, "千分之七"),
        (0.05, "万分之五"),
        (-15, "负百分之十五"),
        (2345, "百分之2,345"),
    ],
)
def test_a_share_is_read_in_percent(value: float, text: str) -> None:
    (number,) = find_numbers(fold(text).text)
    assert (number.value, number.unit) == (value, "%")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (23, "c", "23摄氏度"),
        (23, "c", "23℃"),
        (75, "f", "75华氏度"),
        (19, "degree", "十九度"),
        (19.5, "degree", "十九度半"),
        (36.8, "degree", "三十六度八"),
        (22.5, "degree", "22度5"),
        (-4.5, "degree", "零下四度五"),
        (23, "c", "摄氏二十三度"),
        (75, "f", "華氏七十五度"),
        (0.5, "degree", "半度"),
        (-7, "degree", "零下七度"),
        (3500, "k", "三千五K"),
    ],
)
def test_a_unit_of_temperature_is_named(value: float, unit: str, text: str) -> None:
    (number,) = find_numbers(fold(text).text)
    assert (number.value, number.unit) == (value, unit)


@pytest.mark.parametrize(
    "text",
    ["24度3档", "二十四度三分钟后", "24度8点关", "24度2号空调", "24度一起开", "24度一并关", "24度4到6点", "24度五间房"],
)
def test_behind_degrees_a_figure_that_counts_something_is_no_tenth(text: str) -> None:
    assert find_numbers(text)[0].value == 24


def test_a_percentage_makes_the_end_of_its_range_one() -> None:
    found = find_numbers("湿度百分之四十到五十五")
    assert [(number.value, number.unit) for number in found] == [(40, "%"), (55, "%")]
    assert [number.unit for number in find_numbers("百分之四十到五十五度")] == ["%", "degree"]


@pytest.mark.parametrize(
    ("value", "text"), [(98.7, "FM九十八点七"), (639, "AM六百三十九"), (89.1, "FM 89.1"), (2.5, "2.5千瓦")]
)
def test_letters_beside_a_number_take_nothing_of_it(value: float, text: str) -> None:
    assert [number.value for number in find_numbers(fold(text).text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "把百叶窗拉上一点", "差一点忘了", "一下", "一起打开", "万一停电", "千万不要开", "统一设置", "参数",
        "大陆台", "队伍",
        "周三", "星期五", "礼拜天", "房间十分闷", "十字绣", "零食柜", "他俩的房间", "几十盏灯", "二三十度",
        "五六度",
        "pm2.5传感器", "light_01", "二氧化碳", "下一首", "一到家就开灯", "20:15", "万", "半夜", "一会儿",
        "三星电视", "三菱冷氣", "五羊本田", "3M净水器", "4K电视", "乱七八糟", "太热十分了", "pm二点五", "过半小时",
    ],
)  # fmt: skip
def test_words_that_only_look_like_a_number_are_not_read(text: str) -> None:
    assert find_numbers(fold(text).text) == []


@pytest.mark.parametrize("text", ["二百五百", "三四十", "十十", "百百", "一千千", "3.4.5.6"])
def test_what_is_no_well_formed_numeral_has_no_value(text: str) -> None:
    assert read_number(text) is None


def test_whole_values_are_ints() -> None:
    assert [type(read_number(text)) for text in ("五点零", "1.5万", "26", "半百")] == [int] * 4


def test_several_numbers_are_read_in_order_with_the_characters_they_were_said_with() -> None:
    text = "第3盏灯调到百分之四十色温两千七"
    found = find_numbers(text)
    assert [(text[slice(*number.span)], number.value) for number in found] == [
        ("3", 3),
        ("百分之四十", 40),
        ("两千七", 2700),
    ]
    assert [reading.value for reading in number_readings(text)] == [3, 40, 2700]


def test_a_weekday_in_front_does_not_swallow_the_number() -> None:
    assert [number.value for number in find_numbers("周五二十六度")] == [26]


def test_numerals_of_absurd_length_are_left_alone() -> None:
    assert find_numbers("9" * 5000) == []
    assert find_numbers("八" * 5000) == []
