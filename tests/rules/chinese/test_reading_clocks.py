"""Times of day in Chinese: the clock value, and what is no time at all."""

from __future__ import annotations

import pytest

from curation.text import fold
from rules.chinese.clocks import clock_readings, find_clocks

TIMES = {
    "00:00": ["凌晨零点", "晚上十二點", "24:00", "午夜", "0点整", "12am", "AM 12:00", "夜晚過咗十二點", "半夜12点"],
    "00:40": ["零点四十", "凌晨十二点四十分", "00:40"],
    "00:45": ["凌晨零點三個骨"],
    "01:00": ["今晚一点", "半夜一点", "凌晨1點", "一点钟"],
    "02:20": ["夜里两点二十", "晚上两点二十分"],
    "03:50": ["凌晨差十分四点", "差十分四点", "四点差十分", "缺十分四點"],
    "06:00": ["六点", "清晨六點", "朝早六點正", "6am", "AM 6:00", "a.m.6点"],
    "06:40": ["差廿分七點", "七点欠二十分"],
    "06:45": ["六点三刻", "早上六點九個字", "差一刻七点", "争一个骨七点", "06:45:30"],
    "06:58": ["差兩分鐘七點", "七点差两分"],
    "07:05": ["七點踏一", "早上七点零五分", "七点过五分", "上午7:05"],
    "07:30": ["七点半", "七點搭半", "7点30", "七時三十分", "今早七点半"],
    "09:15": ["九点一刻", "上午9点15", "9:15am"],
    "11:25": ["十一點五個字", "十一点二十五"],
    "12:00": ["中午十二点", "正午", "上午12点", "十二點鐘", "12pm"],
    "13:20": ["中午一点二十", "晏晝一點四", "13点20分", "下午1:20", "PM 1:20", "下午PM1:20"],
    "16:40": ["下晝四點八個字", "下午四点四十分", "4:40p", "4點40pm"],
    "18:10": ["傍晚六点十分", "傍晚时分六点十分", "PM6点10分", "黄昏六點十分", "十八点十分"],
    "19:45": ["差一刻晚上八点", "离晚上八点还有一刻钟"],
    "08:30": ["距离九点还有半个小时", "離九點還差三十分鐘"],
    "21:55": ["晚上差五分十点", "夜晚九點五十五", "晚9点55分", "今晚九点五十五分", "每晚都在九點五十五"],
    "23:30": [
        "深夜十一点半",
        "晚上11:30",
        "二十三点三十",
        "晚上到了十一点半",
        "夜晚如果過咗十一點半",
        "晚上一到十一点半",
        "廿三点半",
        "２３：３０",
    ],
}


@pytest.mark.parametrize(("value", "text"), [(value, text) for value, texts in TIMES.items() for text in texts])
def test_a_time_of_day_is_read(value: str, text: str) -> None:
    folded = fold(text).text
    assert [(clock.value, clock.span) for clock in find_clocks(folded)] == [(value, (0, len(folded)))]


@pytest.mark.parametrize(
    "text",
    [
        "调暗一点", "大一点", "一点都不亮", "一点一点地开", "三点式", "七点一声道", "两点一线", "九点钟方向",
        "百分点",
        "六点五度", "三十点", "26点", "四点三", "小时候", "三小时", "一时", "第一点", "如下两点", "还差一点",
        "比分3:2", "25:10",
        "8:75", "午夜模式", "早一点开门", "晚一点再说", "音量大三点", "音量调到八点", "音量八点",
        "38度5时", "1:30小时", "pm2.5", "pm二点五,开",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_time_is_not_read(text: str) -> None:
    assert find_clocks(text) == []


@pytest.mark.parametrize("text", ["大概八点", "八点左右", "八点多", "约八点钟"])
def test_a_rough_time_is_marked(text: str) -> None:
    assert [(clock.value, clock.exact) for clock in find_clocks(text)] == [("08:00", False)]


def test_without_a_part_of_the_day_the_hour_is_as_spoken() -> None:
    (clock,) = find_clocks("四点十分")
    assert (clock.value, clock.hour, clock.minute, clock.daypart) == ("04:10", 4, 10, None)


@pytest.mark.parametrize("text", ["每天一点开泵", "明天一点", "在一点关", "9月3日一点"])
def test_one_o_clock_is_a_time_where_a_time_is_due(text: str) -> None:
    assert [clock.value for clock in find_clocks(text)] == ["01:00"]


def test_the_span_takes_in_the_part_of_the_day() -> None:
    text = "明天下午的三点二十五关窗"
    (clock,) = find_clocks(text)
    assert (text[slice(*clock.span)], clock.value, clock.daypart) == ("下午的三点二十五", "15:25", "afternoon")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["20:00", "22:30"], "晚上八点到十点半"),
        (["13:00", "17:00"], "下午一点至五点"),
        (["07:00", "19:00"], "早上七点到晚上七点"),
        (["09:00", "14:00"], "9:00-14:00"),
        (["18:00", "20:30"], "晚上六点和八点半"),
        (["14:00", "16:00"], "下午两点或者四点"),
        (["10:00", "03:00"], "上午十点和三点"),
    ],
)
def test_a_later_time_beside_another_takes_its_part_of_the_day(values: list[str], text: str) -> None:
    assert [clock.value for clock in find_clocks(text)] == values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("20:00", "晚上八点26度"),
        ("07:00", "早上七点两盏灯都开"),
        ("10:00", "周二十点开会"),
        ("08:00", "八点3号灯打开"),
        ("06:10", "早上六点十分pm2.5"),
        ("09:20", "9:20pm10"),
        ("21:20", "9:20pm26度"),
    ],
)
def test_a_number_behind_or_a_weekday_before_the_hour_is_not_part_of_the_time(value: str, text: str) -> None:
    assert [clock.value for clock in find_clocks(text)] == [value]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["07:40"], "七點八開燈"),
        (["07:40"], "喺七點八熄客廳燈"),
        (["07:40"], "客廳燈七點八開"),
        (["08:20"], "星期三八點四熄燈"),
        ([], "調到七點八熄燈"),
        ([], "七點八"),
        ([], "十八点五开暖气"),
    ],
)
def test_fives_are_said_without_a_part_of_the_day_where_a_time_is_due_before_an_order(
    values: list[str], text: str
) -> None:
    assert [clock.value for clock in find_clocks(fold(text).text)] == values


def test_a_reading_carries_the_value() -> None:
    assert [reading.value for reading in clock_readings("六点半开灯,七点关灯")] == ["06:30", "07:00"]
