"""The supplement: refusals, scenes and templates, proven like the rules of the home, and off unless switched on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml

from curation.augment import Generated, judged_candidate
from curation.check import check
from curation.engine import Engine
from curation.pack import load_packs
from curation.rule import Example, Rule
from curation.templates import Template, load_templates
from curation.text import fold, is_traditional
from curation.verdict import Bench
from rules.smart_home_supplement import label
from rules.smart_home_supplement.faults import fault_of

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
OWN = RULES / "smart_home_supplement"
CODES = {
    "NOT_A_CONTROL_COMMAND": "small-talk",
    "DEVICE_NOT_SUPPORTED": "missing-device",
    "AMBIGUOUS_COMMAND": "no-device",
    "INVALID_PARAMETER": "out-of-range",
    "MALFORMED_COMMAND": "broken-off",
}


@cache
def bench() -> Bench:
    return Bench(load_packs([RULES / "smart_home", OWN]))


@cache
def engine(supplement: bool = True) -> Engine:
    pack = bench().pack if supplement else load_packs([RULES / "smart_home"])
    return Engine(pack, pack.open_context(yaml.safe_load((ROOT / "examples/devices.yaml").read_text("utf-8"))))


@cache
def templates() -> tuple[Template, ...]:
    return load_templates(bench().pack)


RULE_EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}::{example.instruction}::{example.place}")
    for rule in bench().pack.rules
    if rule.pack == "smart_home_supplement"
    for example in rule.examples
]


@pytest.mark.parametrize(("rule", "example"), RULE_EXAMPLES)
def test_the_rule_does_with_its_example_what_it_says(rule: Rule, example: Example) -> None:
    assert bench().fails(rule, example) == ""


def test_every_line_of_every_rule_file_is_proven() -> None:
    findings = check(bench().pack, [OWN])
    assert findings.ok, str(findings)


@pytest.mark.parametrize("instruction", ["今天心情不错", "打开按摩椅", "把它打开", "把亮度调到", "客厅空调调到六十度"])
@pytest.mark.parametrize("output", ["", "{", "[]", "好的"])
def test_without_the_supplement_unreadable_outputs_stay_quarantined(instruction: str, output: str) -> None:
    assert engine(supplement=False).judge(instruction, "", output).disposition == "quarantined"
    refused = engine().judge(instruction, "", output)
    assert (refused.disposition, refused.type_before, refused.type_after) == ("rewritten", "unreadable", "error")
    assert all(change.rule.review.mode == "all" for change in refused.changes)


@pytest.mark.parametrize(
    "instruction",
    [
        "打开客厅的灯",
        "客廳的窗關了嗎",
        "先别关灯",
        "半小时后关空调",
        "空调调低一点",
        "打开空调",
        "我回来了",
        "有点冷",
        "关煤气",
        "打开音乐",
        "turn on the light",
        "离家模式",
        "把幕后灯带打开",
    ],
)
def test_what_may_be_a_command_is_never_refused(instruction: str) -> None:
    assert engine().judge(instruction, "", "").disposition == "quarantined"


@pytest.mark.parametrize("place", ["", "半小时后", "如果下雨就", "每天早上七点"])
def test_a_condition_before_it_hides_no_fault(place: str) -> None:
    home = engine().context
    fault = fault_of(home.analyse(fold(f"{place}把客厅空调调到六十度")), home)  # type: ignore[arg-type]
    assert fault is not None
    assert fault.kind == "out-of-range"


def test_a_refusal_speaks_the_script_of_the_instruction() -> None:
    for spoken in ("客厅空调调到六十度", "客廳空調調到六十度"):
        refused = json.loads(engine().judge(spoken, "", "").changes[0].output)
        assert refused["error"] == "INVALID_PARAMETER"
        assert is_traditional(refused["message"]) == is_traditional(spoken)


@cache
def made(template: Template) -> tuple[Generated, ...]:
    found = [judged_candidate(engine(), template, str(number)) for number in range(20)]
    refused = [one for one in found if isinstance(one, str)]
    assert refused == []
    return tuple(one for one in found if not isinstance(one, str))


TEMPLATES = [pytest.param(template, id=template.id) for template in templates()]


@pytest.mark.parametrize("template", TEMPLATES)
def test_whatever_a_template_says_the_rules_leave_it_alone_and_the_contract_holds(template: Template) -> None:
    for one in made(template):
        record = json.loads(one.payload)
        judged = engine().judge(record["instruction"], "", record["output"])
        assert judged.disposition == "unchanged"
        assert label(json.loads(record["output"])) == template.label


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_speaks_both_scripts(template: Template) -> None:
    scripts = {is_traditional(json.loads(one.payload)["instruction"]) for one in made(template)}
    assert scripts == {True, False}


@pytest.mark.parametrize("template", [one for one in templates() if not one.by], ids=lambda template: template.id)
def test_what_the_analyser_hears_in_a_sentence_is_what_its_template_meant(template: Template) -> None:
    for one in made(template):
        record = json.loads(one.payload)
        heard = engine().context.analyse(fold(record["instruction"]))
        params = json.loads(record["output"])["params"]
        assert dict(heard.trigger or {}) == params.get("trigger", {})  # type: ignore[attr-defined]
        actions = params.get("action", [params])
        assert len(heard.actions) == (len(actions) if isinstance(actions, list) else 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("template", TEMPLATES)
def test_equal_seeds_make_equal_records(template: Template) -> None:
    one, two = (template.make(Random(seed), engine().context) for seed in ("a", "a"))
    assert one == two


@pytest.mark.parametrize(("code", "template"), CODES.items())
def test_every_kind_of_refusal_has_a_template(code: str, template: str) -> None:
    chosen = next(one for one in templates() if one.id == template)
    assert {json.loads(json.loads(one.payload)["output"])["error"] for one in made(chosen)} == {code}
