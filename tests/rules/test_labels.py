"""Packs whose outputs are labels: the set of labels, and the rules of both domains, proven like those of the home."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from curation.augment import Generated, judged_candidate
from curation.check import check
from curation.engine import Engine
from curation.pack import load_packs
from curation.record import group_text, is_history
from curation.rule import Example, Rule
from curation.templates import Template, load_templates
from curation.text import fold, is_traditional
from curation.verdict import Bench
from rules.labels import contract
from rules.labels.label_set import LabelSet, spelling

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
DOMAINS = {
    "support_intents": ("support_intents.jsonl", "support/support_raw.jsonl"),
    "news": ("news.jsonl", "news/news_raw.jsonl"),
}


@cache
def bench(domain: str) -> Bench:
    return Bench(load_packs([RULES / "labels", RULES / domain]))


@cache
def engine(domain: str) -> Engine:
    pack = bench(domain).pack
    return Engine(pack, pack.open_context({"seen": []}))


@cache
def label_set(domain: str) -> LabelSet:
    return LabelSet.read(yaml.safe_load((RULES / domain / "labels.yaml").read_text("utf-8")))


def judged(domain: str, instruction: str, output: str, **fields: Any) -> Any:
    notation = engine(domain).pack.notation
    record = {"instruction": instruction, "input": "", "output": output, **fields}
    return notation.told(record, engine(domain).judge(instruction, "", notation.seen(record)))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def suite(domain: str) -> list[dict[str, Any]]:
    return lines(RULES / domain / "suites" / DOMAINS[domain][0])


def group(text: str) -> str:
    return group_text(fold(text).text)


RULE_EXAMPLES = [
    pytest.param(domain, rule, example, id=f"{domain}::{rule.id}::{example.instruction}::{example.place}")
    for domain in DOMAINS
    for rule in bench(domain).pack.rules
    for example in rule.examples
]


@pytest.mark.parametrize(("domain", "rule", "example"), RULE_EXAMPLES)
def test_the_rule_does_with_its_example_what_it_says(domain: str, rule: Rule, example: Example) -> None:
    assert bench(domain).fails(rule, example) == ""


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_line_of_every_rule_file_is_proven(domain: str) -> None:
    findings = check(bench(domain).pack)
    assert findings.ok, str(findings)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_name_of_a_label_is_written_as_the_label_and_nothing_else_is(domain: str) -> None:
    content = yaml.safe_load((RULES / domain / "labels.yaml").read_text("utf-8"))
    system = "A system of its own."
    for name, about in content["labels"].items():
        for alias in about["aliases"]:
            assert judged(domain, "一句话", alias, system=system).changes[-1].output == name
        left = judged(domain, "一句话", name, system=system)
        assert (left.disposition, left.type_after) == ("unchanged", name)
        doubted = judged(domain, "一句话", name + "甲", system=system)
        assert (doubted.disposition, doubted.changes) == ("review", ())
        assert doubted.doubts[0].rule == "check.unknown-label"


@pytest.mark.parametrize("domain", DOMAINS)
@given(
    before=st.text(' \u3000\t。，"“”「」【】!！', max_size=4),
    after=st.text(" \u3000。.；\u200b》…", max_size=4),
    at=st.integers(0, 10),
)
def test_marks_and_spaces_around_a_label_never_make_another(domain: str, before: str, after: str, at: int) -> None:
    names = list(label_set(domain).means)
    name = names[at % len(names)]
    found = judged(domain, "一句话", f"{before}{name}{after}", system="A system of its own.")
    assert (found.changes[-1].output if found.changes else f"{before}{name}{after}") == name
    assert not found.doubts


@given(st.text(max_size=12))
def test_a_label_that_no_name_spells_is_never_changed(text: str) -> None:
    if not text.strip() or len(text.strip().splitlines()) > 1:
        return
    found = judged("support_intents", "一句话", text)
    if spelling(text) not in label_set("support_intents").aliases:
        assert (found.disposition, found.changes) == ("review", ())
    else:
        assert found.disposition != "review"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"labels": {"甲": {"means": "x"}}}, "non-empty|too short|enough"),
        ({"labels": {"甲": {"means": "x"}, "乙": {}}}, "'means' is a required property"),
        ({"labels": {"甲": {"means": "x"}, "乙": {"means": "y", "aliases": ["「甲」"]}}}, "a name of '甲' already"),
        ({"labels": {"甲": {"means": "x", "aliases": ["…"]}, "乙": {"means": "y"}}}, "write a name with letters"),
        ({"labels": {"甲": {"means": "x"}, "乙": {"means": "y"}}, "other": "丙"}, "'丙' is no label"),
        (
            {
                "labels": {"甲": {"means": "x"}, "乙": {"means": "y"}},
                "guidelines": {"g": {"system": "s", "labels": ["丙"]}},
            },
            "'丙' is no label",
        ),
        (
            {
                "labels": {"甲": {"means": "x"}, "乙": {"means": "y"}},
                "guidelines": {"g": {"system": "s", "labels": ["甲"]}, "h": {"system": "s ", "labels": ["乙"]}},
            },
            "the same text",
        ),
    ],
)
def test_a_set_of_labels_that_is_none_is_refused_with_what_is_wrong(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        LabelSet.read(wrong)


def test_guidelines_that_rules_would_not_see_are_refused() -> None:
    content = yaml.safe_load((RULES / "news/labels.yaml").read_text("utf-8"))

    assert set(contract(content, ("system",))["properties"]) == {"label", "system"}
    with pytest.raises(ValueError, match=r"write 'fields: \[system\]'"):
        contract(content, ("history",))


TEMPLATES = [
    pytest.param(domain, template, id=f"{domain}::{template.id}")
    for domain in DOMAINS
    for template in load_templates(bench(domain).pack)
]


@cache
def made(domain: str, template: Template) -> tuple[Generated, ...]:
    found = [judged_candidate(engine(domain), template, str(number)) for number in range(60)]
    refused = {one for one in found if isinstance(one, str)}
    assert refused <= {"another sentence in traditional script"}
    return tuple(one for one in found if not isinstance(one, str))


@pytest.mark.parametrize(("domain", "template"), TEMPLATES)
def test_whatever_a_template_says_is_a_record_that_the_rules_leave_alone(domain: str, template: Template) -> None:
    for one in made(domain, template):
        record = json.loads(one.payload)
        fields = {name: record[name] for name in ("system", "history") if name in record}
        left = judged(domain, record["instruction"], record["output"], **fields)
        assert (left.disposition, record["output"]) == ("unchanged", template.label)
        assert ("system" in record) == (domain == "news")
    assert {is_traditional(json.loads(one.payload)["instruction"]) for one in made(domain, template)} == {True, False}


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_suite_has_every_label_and_shares_no_sentence_with_the_data_or_the_templates(domain: str) -> None:
    cases = suite(domain)
    asked = {group(case["instruction"]) for case in cases}
    data = lines(ROOT / "examples" / DOMAINS[domain][1])
    said = {group(row["instruction"]) for row in data}
    said |= {group(turn[0]) for row in data if is_history(row.get("history")) for turn in row["history"]}
    said |= {
        group(json.loads(one.payload)["instruction"])
        for template in load_templates(bench(domain).pack)
        for one in made(domain, template)
    }
    assert len(cases) >= 60
    assert len(asked) == len(cases) == len({case["id"] for case in cases})
    assert not asked & said
    assert {case["output"] for case in cases} == set(label_set(domain).means)
    assert sum(is_traditional(case["instruction"]) for case in cases) >= len(cases) / 10


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_rules_have_nothing_to_say_against_a_suite(domain: str) -> None:
    for case in suite(domain):
        fields = {name: case[name] for name in ("system", "history") if name in case}
        assert judged(domain, case["instruction"], case["output"], **fields).disposition == "unchanged", case["id"]
