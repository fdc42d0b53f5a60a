"""Conversations as records: read by their last two turns, changed in one of them, and never put right."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.command import digest, parse_object, write
from curation.edits import apply_to_payload, make_patch, moved
from curation.record import row_of
from curation.table_files import read_parquet
from curation.turns import conversation_in, instruction_in, output_in, output_pointer, put_output, turns_before

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4)


def sharegpt(pairs: list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    turns = [turn for q, a in pairs for turn in ({"from": "human", "value": q}, {"from": "gpt", "value": a})]
    return {"conversations": turns, **more}


def messages(pairs: list[tuple[str, str]], system: str | None = None) -> dict[str, Any]:
    turns = [] if system is None else [{"role": "system", "content": system}]
    for question, answer in pairs:
        turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns}


@given(PAIRS, st.none() | TEXT)
def test_the_last_turns_are_instruction_and_output_and_the_others_the_history(
    pairs: list[tuple[str, str]], system: str | None
) -> None:
    for record in (sharegpt(pairs, system=system), messages(pairs, system)):
        found = conversation_in(record)

        assert found is not None
        assert found.problem is None
        assert (instruction_in(record), output_in(record)) == pairs[-1]
        assert turns_before(record) == [list(pair) for pair in pairs[:-1]]
        assert found.system == system


@given(PAIRS, TEXT, st.booleans())
def test_an_output_is_put_where_it_stands_and_nothing_else_changes(
    pairs: list[tuple[str, str]], output: str, chat: bool
) -> None:
    record = messages(pairs, "管家") if chat else sharegpt(pairs, id=7, weight=0.5)
    changed = copy.deepcopy(record)

    put_output(changed, output)

    assert output_in(changed) == output
    put_output(changed, pairs[-1][1])
    assert write(changed) == write(record)


@given(PAIRS, TEXT)
def test_a_patch_of_the_record_leads_there_and_back(pairs: list[tuple[str, str]], output: str) -> None:
    record = sharegpt(pairs)
    came = write(record)
    patches = make_patch({"output": pairs[-1][1]}, {"output": output})
    pointer = output_pointer(record)

    after = apply_to_payload(came, "record", moved(patches.patch, pointer))

    assert output_in(parse_object(after)) == output
    assert apply_to_payload(after, "record", moved(patches.inverse, pointer)) == came


def test_a_patch_of_the_command_is_taken_to_the_last_turn() -> None:
    came = write(sharegpt([("开灯", "{}"), ("关灯", '{"power": "on"}')], id="a"))
    patches = make_patch({"power": "on"}, {"power": "off"})

    after = apply_to_payload(came, "command", patches.patch)

    assert after == came.replace('on\\"}', 'off\\"}')
    assert digest(apply_to_payload(after, "command", patches.inverse)) == digest(came)


HUMAN, GPT = {"from": "human", "value": "开灯"}, {"from": "gpt", "value": "{}"}
USER, ASSISTANT = {"role": "user", "content": "开灯"}, {"role": "assistant", "content": "{}"}


@pytest.mark.parametrize(
    ("record", "problem", "found"),
    [
        ({"conversations": [HUMAN, HUMAN, GPT]}, "turns out of order", "turn 2: user after user"),
        ({"conversations": [GPT]}, "turns out of order", "turn 1: assistant after nothing"),
        ({"conversations": [HUMAN]}, "no answer at the end", "the last turn is the user's"),
        ({"conversations": [HUMAN, GPT, HUMAN]}, "no answer at the end", "the last turn is the user's"),
        ({"conversations": []}, "conversations is no list of turns", ""),
        ({"conversations": "开灯"}, "conversations is no list of turns", ""),
        ({"conversations": ["开灯", "{}"]}, "a turn is no object with from and value", "turn 1"),
        ({"conversations": [HUMAN, {"from": "bot", "value": "{}"}]}, "a turn of an unknown role", "turn 2: bot"),
        ({"conversations": [HUMAN, {"from": "observation", "value": "27"}, GPT]}, "a turn of a tool", "observation"),
        ({"conversations": [HUMAN, {"from": "gpt", "value": None}, HUMAN, GPT]}, "a turn is not text", "turn 2"),
        ({"messages": [USER, {**ASSISTANT, "tool_calls": [{}]}]}, "a turn of a tool", "turn 2: assistant"),
        ({"messages": [USER, {"role": "tool", "content": "ok"}, ASSISTANT]}, "a turn of a tool", "turn 2: tool"),
        ({"messages": [USER, ASSISTANT, {"role": "system", "content": ""}]}, "turns out of order", "turn 3: system"),
        (
            {"messages": [{"role": "system", "content": "管家"}]},
            "no answer at the end",
            "the last turn is the system's",
        ),
        ({"messages": [{**USER, "content": [{"type": "text"}]}, ASSISTANT]}, "a turn is not text", "turn 1"),
        ({"messages": [USER, ASSISTANT], "conversations": [HUMAN, GPT]}, "both conversations and messages", ""),
        ({"messages": [{"role": "system", "content": "a"}, USER, ASSISTANT], "system": "b"}, "a system text and", ""),
        ({"messages": [USER, ASSISTANT], "system": 3}, "system is not text", ""),
        ({"messages": [{**USER, "content": " "}, ASSISTANT]}, "instruction is blank", ""),
        ({"messages": [USER, {**ASSISTANT, "content": None}]}, "output is missing", ""),
        ({"messages": [USER, {**ASSISTANT, "content": 3}]}, "output is neither text nor an object", ""),
    ],
)
def test_turns_that_are_no_conversation_are_a_problem_and_stay_as_they_came(
    record: dict[str, Any], problem: str, found: str
) -> None:
    row = row_of(record)

    assert row.problem is not None
    assert row.problem.startswith(problem)
    assert found in row.found
    assert row.payload == write(record)


def test_a_record_with_fields_of_its_own_is_no_conversation() -> None:
    record = {"instruction": "开灯", "output": "{}", "messages": [USER], "history": [["问", "答"]]}

    assert conversation_in(record) is None
    assert output_pointer(record) == "/output"
    assert row_of(record).earlier == '{"history": [["问", "答"]]}'


@pytest.mark.parametrize("history", [None, [], ""])
def test_an_empty_history_says_nothing(history: Any) -> None:
    row = row_of({"instruction": "开灯", "output": "{}", "history": history, "system": ""})

    assert (row.earlier, row.problem) == (None, None)


@pytest.mark.parametrize(
    ("history", "found"), [([["问", "答"], ["问"]], "turn 2"), ("问", "no list"), ([USER, ASSISTANT], "turn 1")]
)
def test_a_history_that_no_trainer_could_read_is_quarantined_rather_than_lost(history: Any, found: str) -> None:
    row = row_of({"instruction": "关了它", "output": "{}", "history": history})

    assert (row.earlier, row.problem, row.found) == (None, "history is not a list of [question, answer] pairs", found)


def test_a_system_that_is_no_text_is_quarantined() -> None:
    row = row_of({"instruction": "开灯", "output": "{}", "system": ["管家"]})

    assert (row.problem, row.found) == ("system is not text", "list")


def test_an_answer_that_is_an_object_is_an_output(tmp_path: Path) -> None:
    row = row_of({"messages": [USER, {**ASSISTANT, "content": {"a": 1}}]})

    assert (row.output_kind, row.problem) == ("object", None)


def test_a_table_of_conversations_needs_no_other_column(tmp_path: Path) -> None:
    import polars as pl

    pl.DataFrame({"conversations": [[HUMAN, GPT], [HUMAN]]}).write_parquet(tmp_path / "raw.parquet")

    batch = pl.concat(read_parquet(tmp_path / "raw.parquet", 10))

    assert batch["instruction"].to_list() == ["开灯", None]
    assert batch["problem"].to_list() == [None, "no answer at the end"]
    assert json.loads(batch["payload"][0]) == {"conversations": [HUMAN, GPT]}
