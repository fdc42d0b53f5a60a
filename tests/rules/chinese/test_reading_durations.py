"""Durations in Chinese: how long, which way, and how exactly."""

from __future__ import annotations

import pytest

from curation.text import fold
from rules.chinese.durations import canonical_duration, duration_readings, find_durations

LENGTHS = {
    "20s": ["20秒", "二十秒钟", "廿秒", "20 s"],
    "30s": ["半分鐘時間", "零点五分钟", "倒數三十秒", "三十sec"],
    "1m15s": ["一分十五秒", "75秒钟", "1分15秒"],
    "2m30s": ["两分半", "两分半钟", "两分钟半", "2.5分钟", "兩個半分鐘"],
    "10m": ["十分钟", "10min", "十来分钟", "約十分鐘", "二個字", "過十分", "六分之一小时"],
    "30m": ["半粒鐘", "二分之一个小时", "1/2小时", "二分一小時"],
    "35m": ["三十五分鐘左右", "七個字", "三十五分之后"],
    "45m": ["三刻钟", "四十五分鐘內", "三個骨", "四分之三小时"],
    "1h": ["粒鐘後", "每小时", "每個鐘", "一个钟头", "1小時", "六十分钟", "1個鐘", "一粒鐘"],
    "1h30m": [
        "一個鐘半",
        "个半小时内",
        "個半鐘後",
        "90分钟时间",
        "1h30min",
        "粒半鐘",
        "一又二分之一小时",
        "一小時三十",
        "一小时三十就关",
    ],
    "1h45m": ["一小时三刻", "一個鐘三個骨"],
    "2h5m": ["两小时零五分", "兩個鐘零五分鐘", "2小时5分", "125分钟"],
    "2h30m": ["两个半钟头", "兩小時半", "2.5小时", "一百五十分钟"],
    "3h15m20s": ["三小时十五分二十秒", "3個鐘頭15分鐘20秒"],
    "12h": ["半天", "半日", "十二個鐘頭"],
    "48h": ["两天", "兩日內", "四十八小时"],
    "51h": ["两天零三小时", "2天3小时"],
    "336h": ["两周后", "兩個禮拜", "2个星期", "14天"],
}


@pytest.mark.parametrize(
    ("canonical", "text"), [(canonical, text) for canonical, texts in LENGTHS.items() for text in texts]
)
def test_a_length_of_time_is_read(canonical: str, text: str) -> None:
    assert [found.canonical for found in find_durations(fold(text).text)] == [canonical]


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ("future", "八分钟后关风扇"),
        ("future", "八分鐘之後關風扇"),
        ("future", "八分钟以后关风扇"),
        ("future", "再过八分钟关风扇"),
        ("future", "過八分鐘就關風扇"),
        ("future", "過多八分鐘熄風扇"),
        ("future", "過八分關風扇"),
        ("future", "八分之后关风扇"),
        ("future", "从现在起八分钟"),
        ("future", "等八分钟再关风扇"),
        ("future", "延时八分钟关风扇"),
        ("past", "八分钟前有人按铃"),
        ("past", "八分鐘之前有人"),
        ("within", "八分钟内关掉"),
        ("within", "八分鐘以內關掉"),
        ("every", "每八分钟提醒我"),
        ("every", "每隔八分鐘提醒我"),
        ("every", "八分钟一次"),
        ("none", "风扇开八分钟"),
        ("none", "已经过了八分钟"),
        ("none", "超过八分钟没人"),
        ("none", "八分钟的计时器"),
    ],
)
def test_the_words_around_say_which_way_it_goes(direction: str, text: str) -> None:
    (found,) = find_durations(fold(text).text)
    assert (found.seconds, found.direction) == (480, direction)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1200, "二十多分钟"),
        (600, "十几分钟"),
        (7200, "大约两小时"),
        (300, "五六分钟"),
        (120, "两三分钟"),
        (1800, "大半个小时"),
    ],
)
def test_a_rough_length_is_marked_and_takes_the_lower_end(seconds: int, text: str) -> None:
    (found,) = find_durations(text)
    assert (found.seconds, found.approximate) == (seconds, True)


@pytest.mark.parametrize("text", ["两个月后", "半年内"])
def test_a_length_that_varies_with_the_calendar_is_marked_rough(text: str) -> None:
    assert [found.approximate for found in find_durations(text)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "几分钟后", "几十分钟", "十到二十分钟", "3-5分钟", "二三十分钟", "第二天", "第三个小时", "五月六日",
        "2023年",
        "房间十分冷", "给五分", "写三个字", "把这两个字念出来", "四周的灯", "今天", "周日", "七点五分",
        "六十分贝", "一点",
        "三分之一", "两天窗", "片刻", "一会儿",
        "一日三餐", "三天两头", "五周年", "兩個鐘意飲茶嘅人", "两个骨头", "半秒", "八点过十分", "太过十分",
    ],
)  # fmt: skip
def test_what_is_no_length_of_time_or_no_certain_one_is_not_read(text: str) -> None:
    assert find_durations(text) == []


def test_the_span_leaves_out_the_words_of_direction() -> None:
    text = "每隔两个半小时左右开窗"
    (found,) = find_durations(text)
    assert text[slice(*found.span)] == "两个半小时左右"


def test_two_lengths_stay_apart_unless_the_second_is_a_smaller_unit_of_the_first() -> None:
    assert [found.canonical for found in find_durations("开两小时,三十分钟后关")] == ["2h", "30m"]
    assert [found.canonical for found in find_durations("五分钟三小时")] == ["5m", "3h"]


def test_fifteen_minutes_are_three_characters_only_where_a_time_can_stand() -> None:
    assert [found.canonical for found in find_durations("再过四个字关灯")] == ["20m"]
    assert find_durations("屏幕上显示四个字") == []


def test_hours_take_no_number_that_has_a_thing_of_its_own() -> None:
    assert [found.canonical for found in find_durations("开一小时二十六度")] == ["1h"]
    assert [found.canonical for found in find_durations("开一小时三十瓦的灯")] == ["1h"]


def test_minutes_left_without_a_unit_count_when_a_direction_follows() -> None:
    assert [found.canonical for found in find_durations("一小时四十后关")] == ["1h40m"]


@pytest.mark.parametrize(
    ("seconds", "canonical"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3600, "1h"), (3661, "1h1m1s"), (7260, "2h1m"), (90_000, "25h")],
)
def test_seconds_have_one_spelling(seconds: int, canonical: str) -> None:
    assert canonical_duration(seconds) == canonical


def test_a_reading_carries_the_canonical_spelling() -> None:
    assert [reading.value for reading in duration_readings("九十分钟后")] == ["1h30m"]
