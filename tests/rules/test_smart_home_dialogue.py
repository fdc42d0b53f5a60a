"""Dialogues: the device comes from the turns before or from nowhere, and a conversation keeps its shape."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from curation.check import check
from curation.command import write
from curation.curate import curate
from curation.engine import Engine
from curation.export.rows import Choice
from curation.export.shapes import messages, sharegpt
from curation.pack import load_packs
from curation.record import group_text, row_of
from curation.rule import Example, Rule
from curation.store import Store
from curation.text import fold, is_traditional
from curation.turns import conversation_in, earlier_in, instruction_in, put_output, turns_before
from curation.verdict import Bench
from curation.version import verify
from curation.workers import Rules

ROOT = Path(__file__).parents[2]
HOME, OWN = ROOT / "rules/smart_home", ROOT / "rules/smart_home_dialogue"
SUITE = HOME / "suites/dialogue.jsonl"
SAMPLE = ROOT / "examples/dialogue"
DEVICES = yaml.safe_load((ROOT / "examples/devices.yaml").read_text(encoding="utf-8"))
LOST = {"change", "value", "power", "later", "passed-over", "three-turns"}
"""Kinds of the suite whose one device only the turns before say."""


@cache
def bench() -> Bench:
    return Bench(load_packs([HOME, OWN]))


@cache
def engine() -> Engine:
    return Engine(bench().pack, bench().pack.open_context(DEVICES))


def lines(*paths: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


RULE_EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}::{example.instruction}::{example.place}")
    for rule in bench().pack.rules
    if rule.pack == "smart_home_dialogue"
    for example in rule.examples
]


@pytest.mark.parametrize(("rule", "example"), RULE_EXAMPLES)
def test_the_rule_does_with_its_example_what_it_says(rule: Rule, example: Example) -> None:
    assert bench().fails(rule, example) == ""


def test_every_line_of_every_rule_file_is_proven() -> None:
    findings = check(bench().pack, [OWN])

    assert findings.ok, str(findings)


def judged(case: dict[str, Any], output: Any) -> tuple[str, str]:
    found = engine().judge(case["instruction"], "", write(output, engine().pack.order), earlier_in(case, None))
    return found.disposition, found.changes[-1].output if found.changes else ""


def test_a_device_taken_out_of_a_right_answer_comes_back_from_the_turns_before() -> None:
    cases = [case for case in lines(SUITE) if case["kind"] in LOST]
    wrong = {}
    for case in cases:
        lost = json.loads(json.dumps(case["output"]))
        params = lost["params"]
        params.pop("device_id") if "device_id" in params else params["action"].pop("device_id")
        if judged(case, lost) != ("rewritten", write(case["output"], engine().pack.order)):
            wrong[case["id"]] = judged(case, lost)

    assert wrong == {}
    assert len(cases) > 45


def test_the_same_device_is_never_given_to_a_record_without_turns_before() -> None:
    lost = {"mcp_type": "iot", "function": "set_brightness", "params": {}}

    for case in lines(SUITE):
        found = engine().judge(case["instruction"], "", write(lost))
        assert all(change.rule.phase != "context" for change in found.changes)


def test_the_rules_leave_the_suite_alone_and_it_shares_no_sentence_with_the_sample_data() -> None:
    cases = lines(SUITE)
    sample = lines(*sorted(SAMPLE.glob("*.jsonl")))
    spoken = {group_text(fold(said).text) for record in sample for said in sentences(record)}
    asked = {group_text(fold(said).text) for case in cases for said in sentences(case)}

    assert spoken.isdisjoint(asked)
    assert len({case["id"] for case in cases}) == len(cases) >= 60
    assert {is_traditional(case["instruction"]) for case in cases} == {True, False}
    assert [case["id"] for case in cases if judged(case, case["output"])[0] != "unchanged"] == []


def sentences(record: dict[str, Any]) -> list[str]:
    said = [instruction_in(record), *(question for question, _ in turns_before(record))]
    return [one for one in said if isinstance(one, str)]


def test_the_sample_data_has_both_shapes_and_a_history() -> None:
    sample = lines(*sorted(SAMPLE.glob("*.jsonl")))

    assert len(sample) >= 100
    assert {field for record in sample for field in ("conversations", "messages", "history") if field in record} == {
        "conversations",
        "messages",
        "history",
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(str(tmp_path_factory.mktemp("dialogue")))
    curate(made, SAMPLE, Rules((str(HOME), str(OWN)), {}, DEVICES))
    return made


def test_a_version_of_conversations_follows_from_its_edits(store: Store) -> None:
    assert verify(store, 1) == []


def test_an_edit_changes_the_last_turn_and_nothing_else(store: Store) -> None:
    came = {
        key: payload for batch in store.batches(store.version(0), 500, ("payload",)) for key, payload in pairs(batch)
    }
    changed = 0
    for batch in store.batches(store.version(1), 500, ("payload",)):
        for key, payload in pairs(batch):
            if payload == came[key]:
                continue
            before, after = json.loads(came[key]), json.loads(payload)
            assert before != after
            put_output(before, None)
            put_output(after, None)
            assert write(before) == write(after)
            changed += 1

    assert changed > 60


def pairs(batch: Any) -> list[tuple[str, str]]:
    return list(batch.select("key", "payload").iter_rows())


def test_an_export_gives_a_conversation_its_turns_back(store: Store) -> None:
    version = store.version(1)
    stored = {
        key: json.loads(payload) for batch in store.batches(version, 500, ("payload",)) for key, payload in pairs(batch)
    }
    seen = set()
    for row in Choice(store, version).rows():
        record = stored[row.key]
        if "conversations" in record:
            turns = [{"from": turn["from"], "value": turn["value"]} for turn in record["conversations"]]
            assert sharegpt(row)["conversations"] == turns
            assert sharegpt(row).get("system") == record.get("system")
            assert json.loads(row.extra or "{}").keys() == record.keys() - {"conversations", "system"}
        elif "messages" in record:
            assert messages(row) == record
        seen.add(next(iter(record.keys() & {"conversations", "messages", "history"})))

    assert seen == {"conversations", "messages", "history"}


def test_turns_with_a_problem_are_quarantined_as_they_came() -> None:
    for record in lines(*SAMPLE.glob("*.jsonl")):
        found = conversation_in(record)
        if found is not None and found.problem is not None:
            row = row_of(record)
            assert row.problem == found.problem
            assert json.loads(row.payload) == record
