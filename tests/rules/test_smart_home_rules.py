"""Every example of every rule of the home, one test each; and every line of every rule file proven by them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from curation.check import check
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


def test_every_line_of_every_rule_file_is_proven() -> None:
    findings = check(bench().pack)
    assert findings.ok, str(findings)
