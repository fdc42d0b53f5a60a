"""The contract: whether and why, told by two validators that must agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generate import Generator
from curation.contract import Contract

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "rules/smart_home/schema/command.schema.json").read_text(encoding="utf-8")
)
HOME = Contract(SCHEMA)
JUDGE = jsonschema.Draft202012Validator(SCHEMA)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
names = st.sampled_from(
    [
        "mcp_type",
        "function",
        "params",
        "device_id",
        "trigger",
        "action",
        "command",
        "arg",
        "delta",
        "op",
        "error",
        "time",
    ]
)
words = st.sampled_from(["iot", "chain", "sensor_trigger", "turn_on", "light_living_01", "30m", "07:00", "daily", ""])
values = st.recursive(
    scalars | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=8
)
commands = st.dictionaries(names, values, max_size=5)


@settings(deadline=None, max_examples=200)
@given(commands)
def test_both_validators_say_the_same(command: dict[str, Any]) -> None:
    assert HOME.keeps(command) == JUDGE.is_valid(command)
    assert (HOME.broken_by(command) is None) == HOME.keeps(command)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), names, values)
def test_both_validators_say_the_same_of_commands_that_are_nearly_right(seed: int, name: str, value: Any) -> None:
    record = next(Generator(seed).records(1))
    output = record["output"]
    try:
        command = json.loads(output) if isinstance(output, str) else output
    except ValueError:
        return
    if isinstance(command, dict):
        for changed in (
            command,
            {**command, name: value},
            {**command, "params": {**command.get("params", {}), name: value}},
        ):
            assert HOME.keeps(changed) == JUDGE.is_valid(changed)


@pytest.mark.parametrize("number", [10**40, -(10**40), 1e308, 5e-324, -0.0, 2**63, 1.0])
def test_numbers_of_any_size_are_judged_alike(number: float) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 2**64}}}

    assert Contract(schema).keeps({"n": number}) == jsonschema.Draft202012Validator(schema).is_valid({"n": number})


def test_what_breaks_it_is_told_with_its_place() -> None:
    contract = Contract({"type": "object", "properties": {"a": {"items": {"type": "string"}}}})

    assert contract.broken_by({"a": ["x"]}) is None
    assert contract.broken_by({"a": ["x", 1]}) == "$.a[1]: 1 is not of type 'string'"
