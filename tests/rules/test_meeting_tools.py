"""Tool calls of a meeting assistant: rules proven, times told or left to a person, suite and sample data apart."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.check import check
from curation.command import write
from curation.engine import Engine
from curation.pack import load_packs
from curation.record import group_text
from curation.rewriting import Decline
from curation.rule import Example, Rule
from curation.text import fold, is_traditional, to_traditional
from curation.verdict import Bench
from rules.meeting_tools.moments import Reference, read_whole, reference_in
from rules.meeting_tools.people import split_people
from rules.meeting_tools.rewriters.values import _bare, _duration, _listed

ROOT = Path(__file__).parents[2]
OWN = ROOT / "rules/meeting_tools"
SUITE = OWN / "suites/calls.jsonl"
SAMPLE = ROOT / "examples/meeting/tool_calls.jsonl"
MONDAY = Reference(date(2026, 3, 2), datetime(2026, 3, 2, 9).time())


@cache
def bench() -> Bench:
    return Bench(load_packs([OWN]))


@cache
def engine() -> Engine:
    return Engine(bench().pack, bench().pack.open_context())


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


RULE_EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}::{example.instruction}::{example.place}")
    for rule in bench().pack.rules
    for example in rule.examples
]


@pytest.mark.parametrize(("rule", "example"), RULE_EXAMPLES)
def test_the_rule_does_with_its_example_what_it_says(rule: Rule, example: Example) -> None:
    assert bench().fails(rule, example) == ""


def test_every_line_of_every_rule_file_is_proven_in_both_scripts() -> None:
    findings = check(bench().pack)

    assert findings.ok, str(findings)
    for rule in bench().pack.rules:
        assert {is_traditional(example.instruction) for example in rule.examples} == {True, False}, rule.id


def test_each_tool_has_a_schema_a_branch_of_the_contract_and_words() -> None:
    contract = json.loads((OWN / "tools/call.schema.json").read_text(encoding="utf-8"))
    files = {path.name.removesuffix(".schema.json") for path in OWN.glob("tools/*.json")} - {"call", "types"}
    facts = bench().pack.vocabulary.sentence["tool"].values

    assert files == set(contract["properties"]["tool_name"]["enum"]) == set(engine().context.tools)  # type: ignore[attr-defined]
    assert files == set(bench().pack.vocabulary.lexicons["tools"].entries)
    assert facts == files | {"none"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("明天下午三点", "2026-03-03T15:00"),
        ("明早九点半", "2026-03-03T09:30"),
        ("聽日下晝三點", "2026-03-03T15:00"),
        ("大后天早上八点", "2026-03-05T08:00"),
        ("周五14:30", "2026-03-06T14:30"),
        ("这周日晚上七点", "2026-03-08T19:00"),
        ("下週三上午十點", "2026-03-11T10:00"),
        ("下下周一9点", "2026-03-16T09:00"),
        ("上周五", "2026-02-27"),
        ("昨天", "2026-03-01"),
        ("15号下午三点", "2026-03-15T15:00"),
        ("三月五號上午十點", "2026-03-05T10:00"),
        ("下个月3号上午九点", "2026-04-03T09:00"),
        ("明年1月3日上午十点", "2027-01-03T10:00"),
        ("3月5日（周四）14:00", "2026-03-05T14:00"),
        ("2026年3月13日14:30", "2026-03-13T14:30"),
        ("2026/3/5 15:00", "2026-03-05T15:00"),
        ("2026-03-05T15:00:00", "2026-03-05T15:00"),
        ("二〇二六年三月五日下午三点", "2026-03-05T15:00"),
        ("两小时后", "2026-03-02T11:00"),
        ("三天后下午两点", "2026-03-05T14:00"),
        ("一周后上午十点", "2026-03-09T10:00"),
        ("下午三点", "2026-03-02T15:00"),
        ("今天中午12点", "2026-03-02T12:00"),
        ("明天03:00", "2026-03-03T03:00"),
    ],
)
def test_a_time_is_told_against_the_reference(said: str, told: str) -> None:
    assert read_whole(said, MONDAY).text() == told
    assert read_whole(to_traditional(said), MONDAY).text() == told


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("明天三点", "of the morning or of the afternoon"),
        ("明天3:00", "of the morning or of the afternoon"),
        ("早上八点", "has passed"),
        ("3月1日上午九点", "has passed, or the next"),
        ("1号下午三点", "has passed, or the next"),
        ("2月30日上午九点", "no day of the calendar"),
        ("2026-02-30 10:00", "no day of the calendar"),
        ("明天下午三点到四点", "more than one time"),
        ("明天或后天上午九点", "more than one time"),
        ("明天下午三点左右", "roughly"),
        ("今晚十二点", "around midnight"),
        ("4月17日周四下午三点", "weekday disagree"),
        ("2026-03-05T15:00:30", "seconds"),
        ("下周", "cannot be read"),
        ("月底", "cannot be read"),
        ("明天下午三点前", "cannot be read"),
        ("", "cannot be read"),
        ("2026-03-05T15:00Z", "cannot be read"),
    ],
)
def test_a_time_that_could_be_another_goes_to_a_person(said: str, reason: str) -> None:
    for text in (said, to_traditional(said)):
        with pytest.raises(Decline, match=reason):
            read_whole(text, MONDAY)


@pytest.mark.parametrize(
    "said", ["明天下午三点", "下周三上午十点", "3月5日上午九点", "15号上午九点", "两小时后", "下午三点"]
)
def test_nothing_relative_is_told_without_a_reference(said: str) -> None:
    with pytest.raises(Decline, match="without a reference"):
        read_whole(said, None)


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.integers(0, 6), st.sampled_from(["", "下", "下下"]))
def test_a_weekday_is_of_a_week_that_begins_on_monday(today: date, place: int, week: str) -> None:
    now = Reference(today, None)
    monday = today - timedelta(days=today.weekday())
    meant = monday + timedelta(days=place, weeks=len(week))
    said = f"{week}周{'一二三四五六日'[place]}"

    if meant < today:
        with pytest.raises(Decline, match="has passed"):
            read_whole(said, now)
    else:
        assert read_whole(said, now).day == meant


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_a_written_time_reads_as_itself(moment: datetime) -> None:
    written = moment.strftime("%Y-%m-%dT%H:%M")

    assert read_whole(written, None).text() == written


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("当前时间: 2026-03-02 09:00", date(2026, 3, 2)),
        ("現在時間：2026/03/02（週一）09:00", date(2026, 3, 2)),
        ("今天是2026年3月2日。", date(2026, 3, 2)),
        ("客户在2026年5月1日到访", None),
        ("", None),
    ],
)
def test_a_reference_is_a_date_that_is_called_one(said: str, day: date | None) -> None:
    found = reference_in(said)

    assert (found and found.day) == day


@pytest.mark.parametrize(
    "said", ["当前时间: 2026-03-02（周二）", "现在2026-03-02，今天是2026-03-03", "当前时间: 2026-02-30"]
)
def test_a_reference_that_contradicts_itself_is_none(said: str) -> None:
    with pytest.raises(Decline):
        reference_in(said)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("张三、李四和王五", ["张三", "李四", "王五"]),
        ("陳經理與林曉彤", ["陳經理", "林曉彤"]),
        ("王和平", ["王和平"]),
        ("王和平和李四", None),
        ("我和张三", ["我", "张三"]),
        ("Tom Lee, Anna and 陈晨", ["Tom Lee", "Anna", "陈晨"]),
        ("张三 李四", ["张三", "李四"]),
        ("张三等人", None),
        ("吴昊等几位", None),
        ("何静和林", None),
        ("、", []),
    ],
)
def test_names_are_parted_only_where_they_surely_are_several(said: str, names: list[str] | None) -> None:
    if names is None:
        with pytest.raises(Decline):
            split_people(said)
    else:
        assert split_people(said) == names


def test_people_keep_their_order_and_come_once() -> None:
    assert _listed(["李四", "张三和李四", "張三"]) == ["李四", "张三"]


@pytest.mark.parametrize(
    ("title", "bare"),
    [("《周会》", "周会"), (" “周会” ", "周会"), ("《甲》和《乙》", "《甲》和《乙》"), ("“《甲》会”", "《甲》会")],
)
def test_only_the_marks_around_a_name_go(title: str, bare: str) -> None:
    assert _bare(title) == bare
    assert _bare(bare) == bare


@given(st.integers(1, 60 * 24 * 9))
def test_a_length_of_time_has_one_spelling(minutes: int) -> None:
    written = _duration(f"PT{minutes}M")

    assert _duration(written) == written
    assert _duration(f"{minutes}分钟") == _duration(f"{minutes}分鐘") == written


def test_no_sentence_of_the_suite_is_in_the_sample_data() -> None:
    spoken = {group_text(fold(record["instruct"]).text) for record in lines(SAMPLE)}
    asked = [group_text(fold(case["instruction"]).text) for case in lines(SUITE)]

    assert spoken.isdisjoint(asked)
    assert len(set(asked)) == len(asked) >= 60


def test_the_suite_has_every_tool_in_both_scripts_and_the_rules_leave_it_alone() -> None:
    cases = lines(SUITE)
    kinds = Counter(case["kind"] for case in cases)
    judged = {
        case["id"]: engine().judge(case["instruction"], case.get("input", ""), write(case["output"])) for case in cases
    }

    assert set(kinds) == set(engine().context.tools)  # type: ignore[attr-defined]
    assert min(kinds.values()) >= 5
    assert len({case["id"] for case in cases}) == len(cases)
    assert {is_traditional(case["instruction"]) for case in cases} == {True, False}
    assert {name: found.doubts for name, found in judged.items() if found.disposition != "unchanged"} == {}


def test_what_the_rules_make_of_the_sample_data_they_leave_alone() -> None:
    judged = 0
    for record in lines(SAMPLE):
        found = engine().judge(record["instruct"], record["input"], record["output"])
        if found.disposition == "rewritten":
            again = engine().judge(record["instruct"], record["input"], found.changes[-1].output)
            assert again.disposition == "unchanged", record["instruct"]
            judged += 1

    assert judged > 120


FIELDS = ["title", "start", "new_start", "duration", "before", "attendees", "people", "room", "when", "x"]
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.sampled_from(["三点", "30分钟"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3)),
    max_leaves=6,
)


@given(tool=st.one_of(st.sampled_from([*engine().context.tools, "create_reminder"]), ANY), parameters=ANY)
def test_no_call_ends_the_run(tool: Any, parameters: Any) -> None:
    """Whatever a log holds where a tool's name or its parameters stand."""
    call = json.dumps({"tool_name": tool, "parameters": parameters}, ensure_ascii=False)
    assert engine().judge("明天下午三点的周会改到四点", "当前时间: 2026-04-15 14:20", call) is not None
