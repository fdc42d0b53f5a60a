"""Each duplicate is found once, with the reason that weighs most and the row to compare it with."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curation.duplicates import CONFLICT, EXACT, NEAR, find_duplicates

SCHEMA = {
    "seq": pl.Int64,
    "key": pl.String,
    "digest": pl.String,
    "group": pl.String,
    "input": pl.String,
    "command": pl.String,
}
Said = tuple[str, str | None, str, str | None]
"""digest, group, input, command"""


def rows(*said: Said) -> pl.DataFrame:
    """Return rows in this order, with the keys k0, k1 and so on."""
    return pl.DataFrame([(at, f"k{at}", *row) for at, row in enumerate(said)], schema=SCHEMA, orient="row")


def found(frame: pl.DataFrame) -> list[tuple[str, str, str]]:
    return find_duplicates(frame).select("key", "reason", "other").rows()


def test_later_equal_rows_are_dropped_in_favour_of_the_first() -> None:
    frame = rows(("p", "开灯", "", "on"), ("q", "关灯", "", "off"), ("p", "开灯", "", "on"), ("p", "开灯", "", "on"))

    assert found(frame) == [("k2", EXACT, "k0"), ("k3", EXACT, "k0")]


def test_later_rows_that_say_the_same_in_other_bytes_are_near() -> None:
    frame = rows(("p", "开灯", "", "on"), ("q", "开灯", "", "on"), ("r", "开灯", "", "on"))

    assert found(frame) == [("k1", NEAR, "k0"), ("k2", NEAR, "k0")]


def test_all_rows_of_a_conflict_are_queued_with_the_first_that_says_otherwise() -> None:
    frame = rows(("p", "开灯", "", "on"), ("q", "开灯", "", "on"), ("r", "开灯", "", "off"), ("s", "开灯", "", "dim"))

    assert found(frame) == [
        ("k0", CONFLICT, "k2"),
        ("k1", CONFLICT, "k2"),
        ("k2", CONFLICT, "k0"),
        ("k3", CONFLICT, "k0"),
    ]


def test_an_exact_duplicate_in_a_conflict_is_only_dropped() -> None:
    frame = rows(("p", "开灯", "", "on"), ("p", "开灯", "", "on"), ("r", "开灯", "", "off"))

    assert found(frame) == [("k0", CONFLICT, "k2"), ("k1", EXACT, "k0"), ("k2", CONFLICT, "k0")]


def test_another_input_makes_another_instruction() -> None:
    assert found(rows(("p", "开灯", "", "on"), ("q", "开灯", "客厅", "off"))) == []


def test_rows_without_a_command_can_only_be_exact_duplicates() -> None:
    frame = rows(
        ("p", "开灯", "", None),
        ("q", "开灯", "", None),
        ("r", None, "", "on"),
        ("s", None, "", "on"),
        ("p", "开灯", "", None),
    )

    assert found(frame) == [("k4", EXACT, "k0")]


def test_no_rows_give_no_duplicates_with_the_same_columns() -> None:
    assert find_duplicates(rows()).schema == {
        "seq": pl.Int64,
        "key": pl.String,
        "reason": pl.String,
        "other": pl.String,
    }


few = st.sampled_from
said = st.tuples(few("pqrstuvw"), few(["开灯", "关灯", None]), few(["", "x"]), few(["on", "off", None]))


@given(st.lists(said, max_size=12), st.randoms(use_true_random=False))
def test_the_answer_is_that_of_the_definition_in_whatever_order_the_rows_lie(
    drawn: list[Said], order: random.Random
) -> None:
    of_digest: dict[str, Said] = {}
    for row in drawn:  # equal payloads say the same
        of_digest.setdefault(row[0], row)
    frame = rows(*(of_digest[row[0]] for row in drawn))
    expected = []
    for seq, key, digest, group, given_input, command in frame.rows():
        earlier = [row for row in frame.rows() if row[0] < seq]
        if same := [row for row in earlier if row[2] == digest]:
            expected.append((seq, key, EXACT, same[0][1]))
            continue
        if group is None or command is None:
            continue
        together = [row for row in frame.rows() if row[3:5] == (group, given_input) and row[5] is not None]
        if otherwise := [row for row in together if row[5] != command]:
            expected.append((seq, key, CONFLICT, otherwise[0][1]))
        elif same := [row for row in together if row[0] < seq]:
            expected.append((seq, key, NEAR, same[0][1]))
    places = list(range(frame.height))
    order.shuffle(places)

    assert find_duplicates(frame[places]).rows() == expected
