"""One rule on one record: when it fires, what it proposes, and that it changes nothing it is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curation.formats import Reformatted
from curation.matching import apply_rule, bind, fires
from curation.pack import load_pack
from curation.rewriting import Decline, Rewritten
from curation.text import fold

PACK = load_pack(Path(__file__).parent / "toy_pack")
CONTEXT = PACK.open_context(PACK.catalogue)
COUNT = PACK.rule("order.count")
SUGAR = PACK.rule("order.sugar")


def applied(rule: Any, instruction: str, output: Any) -> Any:
    return apply_rule(rule, {"instruction": instruction, "input": "", "output": output}, PACK.order, CONTEXT)


def test_a_rule_binds_what_its_pattern_read() -> None:
    assert applied(COUNT, "来两杯拿铁", '{"kind": "order"}') == Rewritten({"kind": "order", "count": 2})


def test_a_match_carries_span_values_and_the_record() -> None:
    record = {"instruction": "来两杯拿鐵", "input": "x", "output": "…"}
    match = fires(
        COUNT, fold("来两杯拿鐵"), {"kind": frozenset({"order"}), "count": frozenset({"absent"})}, CONTEXT, record
    )
    assert match is not None
    assert match.span == (1, 5)
    assert match.values == {"number": 2, "drink": "latte"}
    assert match.record is record


@pytest.mark.parametrize(
    "facts", [{}, {"kind": frozenset({"order"})}, {"kind": frozenset({"tip"}), "count": frozenset({"absent"})}]
)
def test_a_rule_is_silent_where_a_fact_does_not_hold(facts: dict[str, frozenset[str]]) -> None:
    assert fires(COUNT, fold("来两杯拿铁"), facts, CONTEXT, {}) is None


def test_a_rule_is_silent_where_a_pattern_under_none_matches() -> None:
    assert applied(COUNT, "第2杯拿铁", '{"kind": "order"}') is None


def test_a_rule_is_silent_where_an_unless_holds() -> None:
    assert applied(SUGAR, "请做半糖", '{"kind": "question"}') is None
    assert applied(SUGAR, "请做半糖", '{"kind": "order"}') is not None


def test_a_decline_comes_back_with_reason_and_finding() -> None:
    result = applied(COUNT, "99杯拿铁", '{"kind": "order"}')
    assert isinstance(result, Decline)
    assert (result.reason, result.found) == ("more than anyone drinks", "99")


def test_nothing_to_do_and_the_same_command_are_no_proposal() -> None:
    assert applied(SUGAR, "请做半糖", '{"kind": "order", "options": {"sugar": "none"}}') is None
    unmoved = replace(COUNT, rewriter=lambda command, *_, **__: Rewritten(dict(reversed(command.items()))))
    assert applied(unmoved, "两杯拿铁", '{"kind": "order", "drink": "latte"}') is None


@pytest.mark.parametrize("output", ["", "no", '```\n{"kind": "order"}\n```', {"kind": "order"}, None, 3])
def test_an_output_that_is_no_command_is_left_alone(output: Any) -> None:
    assert applied(COUNT, "来两杯拿铁", output) is None


def test_a_text_rewriter_works_on_the_output_as_it_came() -> None:
    fence = PACK.rule("format.fence")
    assert applied(fence, "拿铁", '```\n{"drink": 1, "kind": 2}\n```') == Reformatted('{"kind": 2, "drink": 1}')
    assert applied(fence, "拿铁", '{"drink": 1, "kind": 2}') is None


def test_a_fault_in_a_rewriter_is_not_taken_for_a_decline() -> None:
    def faulty(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        applied(replace(COUNT, rewriter=faulty), "两杯拿铁", '{"kind": "order"}')


def test_names_are_bound_at_any_depth_and_only_whole_texts() -> None:
    given = {"a": "<x>", "b": {"c": ["<x>", "y <x>", 1]}, "d": True}
    assert bind(given, {"x": 0}) == {"a": 0, "b": {"c": [0, "y <x>", 1]}, "d": True}
    assert given["a"] == "<x>"


def test_a_name_that_was_not_read_declines() -> None:
    with pytest.raises(Decline, match="no <x>"):
        bind({"a": "<x>"}, {})
