"""Triggers as raw logs have them are read as what they may mean, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from rules.smart_home.old_triggers import read_old, tells_when
from rules.smart_home.old_values import WEEK, read_days
from rules.smart_home.triggers import is_canonical, sensor_ids

DELAYS: list[Any] = [
    {"type": "time_delay", "minutes": 30},
    {"delay": "30min"},
    {"delay_minutes": 30},
    {"after": "30 minutes"},
    "30分钟后",
    {"delay": "PT30M"},
    {"type": "delay", "value": 30, "unit": "minutes"},
    {"time_after": "1800s"},
    {"delay": "00:30:00"},
    {"type": "timer", "duration": "0.5h"},
    {"hours": 0, "minutes": 29, "seconds": 60},
    {"delay": {"value": 30, "unit": "minutes"}},
]
CLOCKS: list[Any] = [
    {"time": "22:30"},
    {"type": "time", "at": "10:30 PM"},
    {"time": "22:30:00"},
    {"at": "晚上十点半"},
    {"schedule": "22:30"},
    {"hour": 22, "minute": 30},
    {"type": "time", "value": "22:30"},
    [{"platform": "time", "at": "22:30:00"}],
    {"executeAt": "2026-03-08T22:30:00.000+08:00"},
]
COMPARISONS: list[Any] = [
    {"condition": "temperature>28"},
    {"condition": "温度 > 28"},
    {"temperature": {"gt": 28}},
    {"temperature": ">28"},
    "temperature > 28",
    {"type": "condition", "sensor": "temperature", "operator": "gt", "value": 28},
    {"conditions": [{"sensor": "temperature", "op": ">", "threshold": 28}]},
    {"temperature": 28, "operator": ">"},
    {"temperature_above": 28},
    {"metric": "temperature", "above": 28},
    {"expression": "temperature>28"},
    {"platform": "numeric_state", "entity_id": "sensor.indoor_temperature", "above": "28"},
]
LEAKS: list[Any] = [
    {"water_leak_sensor_01": "leak"},
    {"sensor_id": "water_leak_sensor_01", "state": "leak"},
    {"water_leak": True},
    {"sensor": "water_leak", "status": "detected"},
    {"condition": "leak_detected"},
    {"water_leak_sensor": "detected"},
    {"event": "leak"},
    {"platform": "state", "entity_id": "binary_sensor.kitchen_water_leak", "to": "on"},
]
EVENTS: list[Any] = [
    {"event": "leave"},
    {"platform": "zone", "event": "leave"},
    {"type": "presence", "state": "away"},
]


def test_midnight_at_the_end_of_a_day_is_midnight() -> None:
    assert read_old({"time": "24:00"}) == {"time": ["00:00"]}


def test_a_type_may_name_the_sensor() -> None:
    assert read_old({"type": "motion", "state": "detected"}) == {"motion_sensor": ["detected"]}


@pytest.mark.parametrize("trigger", DELAYS, ids=str)
def test_a_delay_is_read_in_any_unit_and_spelling(trigger: Any) -> None:
    assert read_old(trigger) == {"time_after": ["30m"]}


@pytest.mark.parametrize("trigger", CLOCKS, ids=str)
def test_a_clock_time_is_read_on_twenty_four_hours(trigger: Any) -> None:
    assert read_old(trigger) == {"time": ["22:30"]}


@pytest.mark.parametrize("trigger", COMPARISONS, ids=str)
def test_a_comparison_is_read_with_its_measure(trigger: Any) -> None:
    assert read_old(trigger) == {"temperature": [{"operator": ">", "value": 28}]}


@pytest.mark.parametrize("trigger", LEAKS, ids=str)
def test_a_sensor_state_is_read_by_type(trigger: Any) -> None:
    assert read_old(trigger) == {"water_leak_sensor": ["leak"]}


@pytest.mark.parametrize(
    ("cron", "time", "days"),
    [
        ("30 22 * * *", "22:30", WEEK),
        ("5 7 * * 1-5", "07:05", WEEK[:5]),
        ("0 9 ? * sat,sun", "09:00", WEEK[5:]),
        ("15 18 * * 0", "18:15", ("sun",)),
        ("15 18 * * 5-7", "18:15", WEEK[4:]),
        ("45 6 * * MON,wed", "06:45", ("mon", "wed")),
        ("0 45 6 ? * MON-FRI", "06:45", WEEK[:5]),
    ],
)
def test_a_cron_line_is_read_as_time_and_days(cron: str, time: str, days: tuple[str, ...]) -> None:
    for trigger in ({"cron": cron}, {"type": "cron", "expression": cron}):
        assert read_old(trigger) == {"time": [time], "repeat": [frozenset(days)]}


@pytest.mark.parametrize("trigger", EVENTS, ids=str)
def test_what_somebody_does_is_read_as_an_event(trigger: Any) -> None:
    assert read_old(trigger) == {"event": ["leave_home"]}


def test_a_measure_may_have_a_number_in_its_name() -> None:
    assert read_old({"condition": "pm2_5>110"}) == {"pm25": [{"operator": ">", "value": 110}]}


def test_weekly_says_that_something_comes_back_and_not_on_which_days() -> None:
    assert read_old({"at": "19:00", "repeat": "weekly", "days": [2, 5]}) == {
        "time": ["19:00"],
        "repeats": [True],
        "repeat": [frozenset({"tue", "fri"})],
    }


def test_a_bare_number_may_be_seconds_or_minutes() -> None:
    assert read_old({"delay": 30}) == {"time_after": ["30s", "30m"]}


def test_a_trigger_that_only_names_a_sensor_claims_nothing() -> None:
    assert read_old({"sensor_id": "rain_sensor_01"}) == {}


@pytest.mark.parametrize(
    "trigger",
    [
        {"cron": "30 22 1 * *"},
        {"cron": "*/5 22 * * *"},
        {"cron": "0 30 22 ? * 2"},
        {"cron": "30 22 * * 5-1"},
        {"when": "sunset"},
        30,
        None,
        {"x": {"y": "z"}},
        {"delay": -5},
        {"delay": "9" * 400 + "h"},
        {"executeAt": "2026-03-08T22:30:00Z"},
        {"hour": 25},
        {"hour": [9]},
        {"event": {"type": "party"}},
    ],
    ids=lambda trigger: str(trigger)[:30],
)
def test_what_cannot_be_read_is_not_read_in_part(trigger: Any) -> None:
    assert read_old(trigger) is None


@pytest.mark.parametrize(
    ("trigger", "canonical"),
    [
        ({"time_after": "1h30m"}, True),
        ({"time_after": "90m"}, False),
        ({"time": "07:00", "repeat": "daily"}, True),
        ({"time": "7:00"}, False),
        ({"temperature": {"operator": ">", "value": 28}}, True),
        ({"temperature": {"operator": "gt", "value": 28}}, False),
        ({"door_sensor_entrance_01": "open"}, True),
        ({"door_sensor_entrance_01": "opened"}, False),
        ({"event": "sleep"}, True),
        ({"event": "bedtime"}, False),
        ({}, False),
    ],
)
def test_only_the_spelling_of_the_target_format_is_canonical(trigger: Any, canonical: bool) -> None:
    assert is_canonical(trigger) is canonical


def test_sensor_ids_are_found_at_any_depth_and_bare_types_are_not() -> None:
    found = sensor_ids(
        {"a": [{"sensor_id": "rain_sensor_01"}], "motion_sensor_hall_01": "motion", "door_sensor": "open"}
    )
    assert sorted(found) == ["motion_sensor_hall_01", "rain_sensor_01"]


WEEK = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}


@pytest.mark.parametrize(
    ("spelled", "days"),
    [
        ("everyday", WEEK),
        ("workdays", WEEK - {"sat", "sun"}),
        ("mon-fri", WEEK - {"sat", "sun"}),
        ("sat,sun", {"sat", "sun"}),
        (["Monday", "Wednesday"], {"mon", "wed"}),
        ([2, 5], {"tue", "fri"}),
        (0, {"sun"}),
        ("once", set()),
        ("monthly", None),
        ("thursday tue", {"tue", "thu"}),
        ({"on": "mon"}, None),
        (True, None),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_days_are_read_however_they_are_spelled(spelled: Any, days: set[str] | None) -> None:
    assert read_days(spelled) == days


@pytest.mark.parametrize("days", [{"days": ["mon"]}, {"repeat": "mon"}, {"weekday": 1}, {"every": "monday"}], ids=str)
def test_the_days_of_an_old_trigger_are_read_beside_its_time(days: dict[str, Any]) -> None:
    assert read_old({"hour": 9, **days}) == {"time": ["09:00"], "repeat": [{"mon"}]}


def test_what_two_parts_say_must_hold_for_both() -> None:
    assert read_old({"delay": 30, "countdown": "30m"}) == {"time_after": ["30m"]}
    assert read_old({"delay": 30, "countdown": "20m"}) == {"time_after": []}


def test_a_threshold_without_an_operator_may_be_either_way() -> None:
    readings = read_old({"humidity_threshold": 40}) or {}
    assert {one["operator"] for one in readings["humidity"]} == {">", "<", ">=", "<=", "=="}


def test_chinese_words_are_read_by_whoever_can() -> None:
    assert read_old({"event": "回家"}) is None
    assert read_old({"event": "回家"}, lambda _: {"event": "arrive_home"}) == {"event": ["arrive_home"]}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("timer", 5), ("delayMinutes", 5), ("off_time", "22:00"), ("weekdays", True), ("humidity_below", 40)),
        *(
            ("timestamp", 1714568400),
            ("条件", "x"),
            ("x", "30min"),
            ("x", "半小时后"),
            ("x", "temperature>28"),
            ("temperature", {"gt": 28}),
        ),
    ],
)
def test_a_name_or_a_value_says_when(key: str, value: Any) -> None:
    assert tells_when(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("temperature", 26),
            ("power", "on"),
            ("mode", "auto"),
            ("message", "半小时后吃药"),
        ),
        *(("fan_speed", "3"), ("content", "一小时之后"), ("channel", "5"), ("attribute", "x"), ("color", {"r": 1})),
    ],
)
def test_what_is_done_does_not_say_when(key: str, value: Any) -> None:
    assert not tells_when(key, value)
