"""The labelled sentences that are kept outside the project: at least 98 % of each set must be read right."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from rules.chinese import read

CASES = (Path(__file__).resolve().parents[3] / "../shared/cases").resolve()
SETS = {"duration": "duration", "clock": "clock", "numerals": "number", "comparators": "comparison"}


@pytest.mark.parametrize("name", SETS)
def test_labelled_sentences_are_read_right(name: str) -> None:
    scorer, sentences = CASES / "score_cases.py", CASES / f"{name}.jsonl"
    if not (scorer.exists() and sentences.exists()):
        pytest.skip("the labelled sentences are not here")
    spec = importlib.util.spec_from_file_location("score_cases", scorer)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cases = [json.loads(line) for line in sentences.read_text("utf-8").splitlines() if line.strip()]
    cases = [case for case in cases if case["kind"] != "debatable" and "debatable" not in case.get("note", "")]
    wrong = [case for case in cases if not module.right(name, case, {"found": read(SETS[name], case["text"])})]
    assert len(wrong) <= 0.02 * len(cases), [case["text"] for case in wrong]
