"""The evaluation suites of the home: well formed, right by the shipped rules, and said nowhere that a model learns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from benchmarks.generate import KINDS, ROOMS, Generator
from curation.augment import judged_candidate
from curation.command import parse_object, write
from curation.engine import Engine
from curation.pack import Pack, load_packs
from curation.record import group_text
from curation.templates import load_templates
from curation.text import fold, is_traditional

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
SUITES = RULES / "smart_home" / "suites"
SHARED = ROOT.parent / "shared"
PACKS = {"home": ("smart_home",), "with the supplement": ("smart_home", "smart_home_supplement")}
SCRIPTED = {"gateway_home_01", "light_all"}
"""Devices of the bundled data that the generator does not make, and that scenes speak of."""


@cache
def suite(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in (SUITES / f"{name}.jsonl").read_text("utf-8").splitlines())


def cases() -> tuple[dict[str, Any], ...]:
    return suite("basic") + suite("advanced")


@cache
def pack(which: str) -> Pack:
    return load_packs([RULES / name for name in PACKS[which]])


@cache
def engine(which: str) -> Engine:
    catalogue = yaml.safe_load((ROOT / "examples/devices.yaml").read_text("utf-8"))
    return Engine(pack(which), pack(which).open_context(catalogue))


def text(output: dict[str, Any]) -> str:
    return json.dumps(output, ensure_ascii=False)


def group(sentence: str) -> str:
    return group_text(fold(sentence).text)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def steps(output: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the actions of a gold as a list writes them."""
    params = output["params"]
    action = params.get("action")
    if action is None:
        setting = {name: value for name, value in params.items() if name not in {"device_id", "power"}}
        command = f"turn_{params['power']}" if "power" in params else output["function"]
        return [{"device_id": params["device_id"], "command": command, "arg": setting}]
    if isinstance(action, list):
        return list(action)
    arg = action["arg"]
    if "command" in action:
        return [action]
    if isinstance(arg, str):
        return [{"device_id": action["device_id"], "command": arg, "arg": {}}]
    return [{**action, "command": arg["op"], "arg": {name: value for name, value in arg.items() if name != "op"}}]


def logged(output: dict[str, Any]) -> dict[str, Any]:
    """Return what a log that acts at once, does one thing, and drops relative amounts has for a gold."""
    first = steps(output)[0]
    power = {"turn_on": "on", "turn_off": "off"}.get(first["command"])
    setting = {name: value for name, value in first["arg"].items() if name != "delta"}
    params = {"device_id": first["device_id"], **({"power": power} if power else setting)}
    function = "control_device" if power else first["command"]
    return {"mcp_type": "iot", "function": function, "params": params, "confirm": output["confirm"]}


def test_the_suites_are_as_large_as_they_are_said_to_be() -> None:
    said = (SUITES / "README.md").read_text("utf-8")
    counts = Counter(case["kind"] for case in cases())
    assert {case["kind"] for case in suite("basic")} == {"basic"}
    assert counts["basic"] >= 60
    assert len(suite("advanced")) >= 120
    for kind, least in {"condition": 35, "chain": 30, "fuzzy": 30, "scene": 25}.items():
        assert counts[kind] >= least
    for kind, count in counts.items():
        assert f"| `{kind}` | {count} |" in said


@pytest.mark.parametrize("name", ["basic", "advanced"])
def test_each_line_is_one_case_written_as_outputs_are_written(name: str) -> None:
    raw = (SUITES / f"{name}.jsonl").read_text("utf-8")
    assert raw == "".join(text(case) + "\n" for case in suite(name))
    for case in suite(name):
        assert list(case) in (
            ["id", "kind", "instruction", "output"],
            ["id", "kind", "instruction", "output", "accept"],
        )
        assert case["id"].startswith(f"{case['kind']}-")
        right = [case["output"], *case.get("accept", [])]
        assert len({text(one) for one in right}) == len(right)
        for one in right:
            assert write(parse_object(text(one)), pack("home").order) == text(one)


def test_no_id_and_no_sentence_stands_twice() -> None:
    assert len({case["id"] for case in cases()}) == len(cases())
    assert len({group(case["instruction"]) for case in cases()}) == len(cases())


def test_every_right_output_keeps_the_contract() -> None:
    contract = Draft202012Validator(json.loads((RULES / "smart_home/schema/command.schema.json").read_text("utf-8")))
    for case in cases():
        for output in (case["output"], *case.get("accept", [])):
            assert [error.message for error in contract.iter_errors(output)] == [], case["id"]


def test_the_kind_is_what_the_output_is() -> None:
    for case in cases():
        kind, output = case["kind"], case["output"]
        if kind == "basic":
            assert (output["mcp_type"], "action" in output["params"]) == ("iot", False)
        elif kind == "condition":
            assert output["params"]["trigger"]
        elif kind == "chain":
            assert output["mcp_type"] == "chain"
            assert len(steps(output)) > 1
        elif kind == "fuzzy":
            assert output["params"]["action"]["arg"].keys() == {"delta"}
        else:
            scene = steps(output)[0]["command"] == "activate_scene"
            assert scene or "event" in output["params"]["trigger"], case["id"]


def test_only_devices_that_training_data_speaks_of_are_asked_for() -> None:
    generated = {f"{kind.type}_{room}_01" for kind in KINDS for room in ROOMS}
    known = {device["id"] for device in yaml.safe_load((ROOT / "examples/devices.yaml").read_text("utf-8"))["devices"]}
    used = {step["device_id"] for case in cases() for step in steps(case["output"])}
    assert used - SCRIPTED <= generated & known
    assert len(used) > 35


def test_both_scripts_are_spoken_in_every_kind() -> None:
    traditional = Counter(case["kind"] for case in cases() if is_traditional(case["instruction"]))
    for kind, count in Counter(case["kind"] for case in cases()).items():
        assert 0.15 < traditional[kind] / count < 0.4, kind
    share = f"{traditional.total() / len(cases()):.0%} of the sentences are in traditional script"
    assert share in (SUITES / "README.md").read_text("utf-8")


@pytest.mark.parametrize("which", PACKS)
def test_curating_the_suites_changes_no_gold_and_asks_nobody(which: str) -> None:
    judged = {
        case["id"]: engine(which).judge(case["instruction"], "", text(case["output"])).disposition for case in cases()
    }
    assert {id for id, disposition in judged.items() if disposition != "unchanged"} == set()


def test_out_of_a_log_that_kept_the_first_action_only_the_rules_make_the_gold() -> None:
    for case in suite("advanced"):
        judged = engine("home").judge(case["instruction"], "", text(logged(case["output"])))
        made = judged.changes[-1].output if judged.changes else text(logged(case["output"]))
        assert (judged.doubts, made) == ((), text(case["output"])), case["id"]


def said_again(sentences: Iterator[str]) -> set[str]:
    """Return the sentences that a suite says, too; there must be some to compare with."""
    ours = {group(case["instruction"]) for case in cases()}
    theirs = {group(sentence) for sentence in sentences}
    assert len(theirs) > 100
    return ours & theirs


def test_no_sentence_is_in_the_bundled_data() -> None:
    def bundled() -> Iterator[str]:
        for line in (ROOT / "examples/smart_home_raw.jsonl").read_text("utf-8").splitlines():
            start, _, rest = line.partition('"instruction": "')
            assert start == "{"
            yield rest.partition('"')[0]

    assert said_again(bundled()) == set()


def test_no_sentence_is_among_the_generated_ones() -> None:
    generated = (record["instruction"] for seed in range(4) for record in Generator(seed).records(5000))
    assert said_again(generated) == set()


def test_no_sentence_is_an_example_of_a_rule() -> None:
    rules = pack("with the supplement").rules
    assert said_again(example.instruction for rule in rules for example in rule.examples) == set()


@pytest.mark.slow
def test_no_sentence_comes_from_a_template() -> None:
    found = (
        judged_candidate(engine("with the supplement"), template, str(number))
        for template in load_templates(pack("with the supplement"))
        for number in range(100)
    )
    made = (json.loads(one.payload)["instruction"] for one in found if not isinstance(one, str))
    assert said_again(made) == set()


def test_no_sentence_is_taken_from_the_development_cases() -> None:
    if not SHARED.is_dir():
        pytest.skip("the development cases are not here")
    files = [SHARED / "data/smart_home_raw.json", *(SHARED / "cases").glob("*.jsonl")]
    read = (file.read_text("utf-8") for file in files)
    rows = (json.loads(line) for content in read for line in (content.splitlines() if content[0] == "{" else [content]))
    assert said_again(sentence for row in rows for sentence in strings(row)) == set()
