"""The trace: the engine's own path, watched, in words that tell what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.command import parse_object, write
from curation.engine import Engine
from curation.matching import fires, misses
from curation.pack import load_pack
from curation.text import fold
from curation.trace import Trace, Tried, explain
from curation.trace_text import as_json, lines

PACK = load_pack(Path(__file__).parent / "toy_pack")
ENGINE = Engine(PACK, PACK.open_context(PACK.catalogue))
LATTE = '{"kind": "order", "drink": "latte"}'


def traced(instruction: str, output: Any = LATTE) -> Trace:
    return explain(ENGINE, instruction, "", output)


def tried(trace: Trace, rule: str) -> Tried:
    return next(one for step in trace.steps for one in step.tried if one.rule == rule)


@pytest.mark.parametrize("output", [LATTE, '{"kind": "order"}', "nothing", f"```json\n{LATTE}\n```", {"kind": "order"}])
@pytest.mark.parametrize(
    "instruction", ["来两杯拿铁", "請來2杯半糖拿鐵", "99杯拿铁", "第二杯拿铁", "少糖，谢谢", "你好"]
)
def test_watching_changes_nothing(instruction: str, output: Any) -> None:
    assert traced(instruction, output).judgement == ENGINE.judge(instruction, "", output)


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_a_rule_misses_something_exactly_where_it_does_not_fire(rule: Any) -> None:
    examples = [example for other in PACK.rules for example in other.examples if isinstance(example.output, str)]
    commands = [parse_object(example.output) for example in examples if example.output.startswith("{")]
    for example in examples:
        text = fold(example.instruction)
        for command in commands:
            facts = ENGINE.context.describe(command)
            fired = fires(rule, text, facts, ENGINE.context, example.record) is not None
            assert fired == (misses(rule, text, facts, ENGINE.context) == ()), (rule.id, example.instruction, command)


def test_a_rule_that_proposes_shows_its_words_and_its_values() -> None:
    trace = traced("來兩杯拿鐵")
    count = tried(trace, "order.count")

    assert trace.folded == "来两杯拿铁"
    assert [(hit.name, hit.words, hit.value, hit.span) for hit in trace.readings] == [("number", "两", 2, (1, 2))]
    assert count.outcome == "proposes"
    assert count.output == '{"kind": "order", "drink": "latte", "count": 2}'
    (group, hit), *rest = count.patterns
    assert (group, hit.words, hit.span, hit.value, rest) == (
        "any",
        "两杯拿铁",
        (1, 5),
        {"number": 2, "drink": "latte"},
        [],
    )
    assert [hit.words for hit in count.literals] == ["杯拿铁"]


@pytest.mark.parametrize(
    ("instruction", "output", "rule", "expected"),
    [
        ("拿铁", LATTE, "order.count", "silent: no pattern under 'any' matches"),
        ("第二杯拿铁半价", LATTE, "order.count", "silent: a pattern under 'none' matches 第二杯"),
        ("两杯拿铁", '{"kind": "question"}', "order.count", "silent: command kind is question, not order"),
        (
            "两杯拿铁",
            '{"count": 1}',
            "order.count",
            "silent: command kind is nothing, not order; command count is present, not absent",
        ),
        ("请问半糖", '{"kind": "question"}', "order.sugar", "silent: command kind is question, must not be question"),
        ("半糖", '{"kind": "order"}', "order.sugar", "silent: sentence manner is plain, not polite"),
        ("请", '{"kind": "order"}', "order.sugar", "silent: '<sweet>' does not match"),
        ("99杯拿铁", LATTE, "order.count", "declines: more than anyone drinks: 99"),
        ("请做半糖", '{"kind": "order", "options": {}, "x": 1}', "order.sugar", "proposes"),
        ("请做半糖", '{"kind": "order", "options": {"ice": 1}}', "order.sugar", "fires, and finds nothing to do"),
    ],
)
def test_each_rule_says_what_it_did_or_what_kept_it_silent(
    instruction: str, output: str, rule: str, expected: str
) -> None:
    said = [line for line in lines(traced(instruction, output)) if rule in line and "=>" not in line]
    assert any(expected in line for line in said), said


def test_the_end_says_what_became_of_the_record_and_why() -> None:
    declined = list(lines(traced("99杯拿铁")))
    assert declined[-2:] == ["disposition  review", "because      order.count: more than anyone drinks: 99"]
    assert "  => nothing applied; later phases are not run" in declined

    done = list(lines(traced("两杯拿铁")))
    assert "  => order.count applied" in done
    assert done[-1] == 'output       {"kind": "order", "drink": "latte", "count": 2}'

    unreadable = list(lines(traced("两杯拿铁", "[1]")))
    assert unreadable[-2:] == ["disposition  quarantined", "because      not an object: an array"]


def test_a_rule_about_the_form_is_traced_before_the_command_is_read() -> None:
    trace = traced("你好", f"```json\n{LATTE}\n```")
    assert trace.form == "fenced"
    assert trace.steps[0].phase == "format"
    assert tried(trace, "format.fence").outcome == "proposes"
    assert as_json(trace)["phases"][0]["applied"]["rule"] == "format.fence"


def test_the_trace_is_one_json_value_and_hides_no_control_character() -> None:
    trace = traced("来两杯拿铁\x1b[2J")
    assert parse_object(write(as_json(trace)))["disposition"] == "rewritten"
    assert not any("\x1b" in line for line in lines(trace, words=True))
