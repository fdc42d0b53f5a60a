"""Every example of every rule of the home, one test each; and every line of every rule file proven by them."""

from __future__ import annotations

import gc
from functools import cache
from pathlib import Path

import pytest

from curation.check import check
from curation.engine import Engine
from curation.pack import load_packs
from curation.rule import Example, Rule
from curation.verdict import Bench

RULES = Path(__file__).parents[2] / "rules"


@cache
def bench() -> Bench:
    return Bench(load_packs([RULES / "smart_home"]))


EXAMPLES = [
    pytest.param(
        rule,
        example,
        id=f"{rule.id}::{example.instruction}::{example.place}",
        marks=[pytest.mark.xfail(strict=True, reason="marked 'todo' in the rule file")] if example.todo else [],
    )
    for rule in bench().pack.rules
    for example in rule.examples
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_rule_does_with_its_example_what_it_says(rule: Rule, example: Example) -> None:
    assert bench().fails(rule, example) == ""


def test_a_row_that_is_judged_leaves_nothing_for_the_garbage_collector() -> None:
    """Workers look for garbage seldom, because there is none; a decline once kept the frames that it came through."""
    pack = bench().pack
    engine = Engine(pack, pack.open_context({}))
    examples = [one for rule in pack.rules for one in rule.examples if one.expects == "declines"]
    gc.collect()
    gc.disable()
    try:
        made = [engine.judge(one.instruction, one.input, one.output) for one in examples]
        assert any(one.doubts for one in made)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_every_line_of_every_rule_file_is_proven() -> None:
    findings = check(bench().pack)
    assert findings.ok, str(findings)
