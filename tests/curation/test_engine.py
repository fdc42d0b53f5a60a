"""The rules of a pack on one record: phases, agreement, conflict, declines, contract, and where the record ends."""

from __future__ import annotations

import json
import pickle
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.contract import Contract
from curation.edits import apply_to_payload
from curation.engine import CONTRACT, Engine
from curation.judgement import Attempt, Judgement, RewriterFault
from tests.curation.toy_packs import AGAIN, POLITE, engine, variant

TOY = engine()
LATTE = '{"kind": "order", "drink": "latte"}'


def judged(instruction: str, output: Any, by: Engine = TOY) -> Judgement:
    return by.judge(instruction, "", output)


def outputs(judgement: Judgement) -> list[tuple[str, str]]:
    return [(change.rule.id, change.output) for change in judgement.changes]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return an engine in which two rules count, and a later phase looks at the count."""
    rules = {"20-order/again.yaml": AGAIN, "30-manner/polite.yaml": POLITE.replace("order.polite", "manner.polite")}
    return engine(variant(tmp_path_factory.mktemp("twice"), rules=rules))


def test_a_record_no_rule_has_anything_to_say_about_is_unchanged() -> None:
    made = judged("今天有拿铁吗", LATTE)

    assert (made.disposition, made.changes, made.doubts) == ("unchanged", (), ())
    assert (made.type_before, made.type_after) == ("order", "order")


def test_a_change_says_which_words_as_spoken_it_rests_on() -> None:
    (change,) = judged("請來 兩 杯 拿鐵", LATTE).changes

    assert change.output == '{"kind": "order", "drink": "latte", "count": 2}'
    assert change.span == (3, 9)
    assert (change.rule.id, change.target, change.also) == ("order.count", "command", ())


def test_rules_that_propose_the_same_make_one_change_that_names_all(twice: Engine) -> None:
    (change,) = judged("来两杯拿铁", LATTE, twice).changes

    assert (change.rule.id, change.also) == ("order.again", ("order.count",))


def test_rules_that_propose_different_outputs_apply_none_and_show_all() -> None:
    made = judged("請來兩杯拿鐵，半糖", LATTE)

    assert (made.disposition, made.changes) == ("review", ())
    (doubt,) = made.doubts
    assert (doubt.kind, doubt.found) == ("conflict", "order.count, order.sugar")
    assert [rule for rule, _ in doubt.proposals] == ["order.count", "order.sugar"]
    assert [json.loads(output) for _, output in doubt.proposals] == [
        {"kind": "order", "drink": "latte", "count": 2},
        {"kind": "order", "drink": "latte", "options": {"sugar": "half", "ice": "normal"}},
    ]


def test_a_decline_stops_the_phase_and_shows_what_others_proposed(twice: Engine) -> None:
    made = judged("来12杯拿铁", LATTE, twice)

    assert (made.disposition, made.changes) == ("review", ())
    (doubt,) = made.doubts
    assert (doubt.kind, doubt.rule, doubt.reason, doubt.found) == (
        "decline",
        "order.again",
        "more than anyone drinks",
        "12",
    )
    assert doubt.proposals == (("order.count", '{"kind": "order", "drink": "latte", "count": 12}'),)


def test_every_rule_that_declines_is_told(twice: Engine) -> None:
    made = judged("来99杯拿铁", LATTE, twice)

    assert [doubt.rule for doubt in made.doubts] == ["order.again", "order.count"]


def test_a_declined_record_keeps_what_earlier_phases_made() -> None:
    made = judged("来99杯拿铁", f"```json\n{LATTE}\n```")

    assert made.disposition == "review"
    assert outputs(made) == [("format.fence", LATTE)]
    assert [doubt.rule for doubt in made.doubts] == ["order.count"]


def test_a_later_phase_sees_what_an_earlier_one_made_and_no_rule_of_its_own_does(twice: Engine) -> None:
    made = judged("请来两杯拿铁", LATTE, twice)

    assert outputs(made) == [
        ("order.again", '{"kind": "order", "drink": "latte", "count": 2}'),
        ("manner.polite", '{"kind": "order", "drink": "latte", "count": 2, "options": {"ice": "little"}}'),
    ]


def test_a_doubt_keeps_later_phases_from_running(twice: Engine) -> None:
    assert judged("请来两杯拿铁，半糖", LATTE, twice).changes == ()


def test_the_format_phase_brings_an_output_into_the_one_way_before_the_others_look() -> None:
    made = judged("来两杯拿铁", '```json\n{"drink": "latte", "kind": "order"}\n```')

    assert outputs(made) == [
        ("format.fence", LATTE),
        ("order.count", '{"kind": "order", "drink": "latte", "count": 2}'),
    ]
    assert [change.target for change in made.changes] == ["record", "command"]
    assert made.changes[0].span is None


def test_an_output_that_is_written_otherwise_is_judged_although_no_rule_rewrites_its_form() -> None:
    (change,) = judged("来两杯拿铁", '{"kind":"order"}').changes

    assert change.output == '{"kind": "order", "count": 2}'


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "empty"),
        ("好的", "not JSON"),
        ('{"kind": "order"', "truncated"),
        ("[1]", "not an object"),
        ('{"kind": NaN}', "NaN or Infinity"),
        ('{"kind": 1, "kind": 2}', "duplicate key"),
        ("```json\n[1]\n```", "not JSON"),
        ({"kind": "order"}, "output is not text"),
    ],
)
def test_an_output_that_is_no_command_is_quarantined_with_its_reason(output: Any, reason: str) -> None:
    made = judged("来两杯拿铁", output)

    assert made.disposition == "quarantined"
    assert made.unreadable is not None
    assert made.unreadable[0] == reason
    assert (made.changes, made.doubts, made.type_after) == ((), (), "unreadable")


def test_an_output_that_breaks_the_contract_goes_to_a_person_with_the_place() -> None:
    made = judged("拿铁", '{"drink": "latte"}')

    assert made.disposition == "review"
    (doubt,) = made.doubts
    assert (doubt.rule, doubt.rule_digest, doubt.kind) == (CONTRACT, "", "decline")
    assert doubt.found.startswith("$: 'kind' is a required property")


def test_the_contract_looks_at_what_the_rules_made() -> None:
    by = engine()
    by.contract = Contract({"type": "object", "not": {"required": ["count"]}})

    assert judged("拿铁", LATTE, by).doubts == ()
    assert [doubt.rule for doubt in judged("来两杯拿铁", LATTE, by).doubts] == [CONTRACT]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("count / 0", r"the rewriter set_count fails with ZeroDivisionError: .* \(cafe\.py:\d+\)"),
        ("return Rewritten({**command, 'count': float('nan')})", r"the rewriter set_count fails with ValueError: "),
        ("return Rewritten({**command, 'count': {1, 2}})", r"the rewriter set_count fails with TypeError: "),
    ],
)
def test_a_fault_in_a_rewriter_is_no_decline_and_names_rule_and_record(tmp_path: Path, fault: str, told: str) -> None:
    broken = engine(
        variant(tmp_path, python={"if count > most:": f"if count == 4:\n        {fault}\n    if count > most:"})
    )

    with pytest.raises(RewriterFault, match=rf"20-order/count\.yaml of the pack cafe: {told}.*'来四杯拿铁'") as raised:
        judged("来四杯拿铁", LATTE, broken)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value), "it comes from another process"


def test_a_watcher_is_told_of_every_rule_and_changes_nothing(twice: Engine) -> None:
    attempts: list[Attempt] = []

    made = twice.explain("请来两杯拿铁", "", f"```\n{LATTE}\n```", attempts.append)

    assert made == twice.judge("请来两杯拿铁", "", f"```\n{LATTE}\n```")
    assert [(one.rule.id, bool(one.match)) for one in attempts] == [
        ("format.fence", True),
        ("order.again", True),
        ("order.count", True),
        ("order.sugar", False),
        ("manner.polite", True),
    ]


@given(
    instruction=st.lists(
        st.sampled_from(["请", "來", "两", "12", "99", "杯", "份", "拿铁", "摩卡", "，", "半糖", "無糖", "第", "谢谢"]),
        max_size=8,
    ).map("".join),
    output=st.sampled_from(
        [
            LATTE,
            '{"kind": "question"}',
            '{"kind": "order", "count": 3}',
            '{"drink": "latte"}',
            f"```\n{LATTE}\n```",
            "?",
        ]
    ),
    seed=st.integers(0, 99),
)
def test_the_order_of_rules_and_what_was_judged_before_change_nothing(
    twice: Engine, instruction: str, output: str, seed: int
) -> None:
    rules = list(twice.pack.rules)
    random.Random(seed).shuffle(rules)
    other = Engine(replace(twice.pack, rules=tuple(rules)), twice.context)

    made = twice.judge(instruction, "", output)

    assert other.judge(instruction, "", output) == made
    assert twice.judge(instruction, "", output) == made


@given(
    instruction=st.sampled_from(["来两杯拿铁", "請來三杯摩卡", "请做半糖", "来99杯拿铁", "麻烦来五份拿铁，少糖"]),
    output=st.sampled_from([LATTE, f"```json\n{LATTE}\n```", '{"drink":"latte","kind":"order"}', '{"count": 1}']),
)
def test_every_change_leads_on_from_the_one_before_and_back(twice: Engine, instruction: str, output: str) -> None:
    payload = json.dumps({"instruction": instruction, "output": output}, ensure_ascii=False)
    now = payload
    made = twice.judge(instruction, "", output)
    for change in made.changes:
        after = apply_to_payload(now, change.target, change.patch, twice.pack.order)
        assert json.loads(after)["output"] == change.output
        assert json.loads(apply_to_payload(after, change.target, change.inverse, twice.pack.order)) == json.loads(now)
        now = after
    assert json.loads(now)["instruction"] == instruction
