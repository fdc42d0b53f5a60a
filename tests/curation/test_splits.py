"""Splits: no sentence in two of them, in proportion by type, the same in every version."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.columns import bare
from curation.record import batch_of_texts
from curation.shares import SPLITS, Shares
from curation.splits import draw_splits, grouped
from curation.store import Store
from curation.version import verify
from tests.curation.toy_store import payload, publish_curated, raw_frame, with_splits

HALF = Shares(0.5, 0.25, 0.25)
SCRIPTS = {"开": "開", "关": "關", "灯": "燈", "厅": "廳", "电": "電", "热": "熱"}


def drawn(rows: Sequence[tuple[str, str]], shares: Shares = HALF) -> list[tuple[str, str]]:
    """Return group and split of each row, given as instruction and type."""
    return splits_of(
        [{"instruction": said, "input": "", "output": json.dumps({"kind": kind})} for said, kind in rows], shares
    )


def splits_of(records: Sequence[Any], shares: Shares) -> list[tuple[Any, Any]]:
    """Return group and split of each record; what is no object is read as it is."""
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in records]
    return with_splits(raw_frame(texts), texts, "kind", shares).select("grp", "split").rows()


def respelt(text: str, marks: str) -> str:
    """Return the sentence in the other script, with marks and spaces between its characters."""
    return marks.join(SCRIPTS.get(character, character) for character in text) + "！"


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text("开关灯厅电热一二", min_size=1, max_size=6), min_size=1, max_size=30),
    st.sampled_from(["", "，", " ", "、"]),
    st.sampled_from(["", "。", "~"]),
    st.integers(0, 5),
    st.lists(st.sampled_from("abc"), min_size=60, max_size=60),
)
def test_a_sentence_in_either_script_and_any_punctuation_is_in_one_split(
    sentences: list[str], marks: str, end: str, seed: int, kinds: list[str]
) -> None:
    rows = [*sentences, *(respelt(text, marks) + end for text in sentences)]

    found = drawn(list(zip(rows, kinds, strict=False)), Shares(0.4, 0.3, 0.3, seed))

    splits: dict[str, set[str]] = {}
    for group, split in found:
        splits.setdefault(group, set()).add(split)
    assert all(len(of_group) == 1 for of_group in splits.values())
    assert found[: len(sentences)] == found[len(sentences) :]


@settings(deadline=None, max_examples=60)
@given(st.permutations(range(60)))
def test_the_order_of_the_rows_decides_nothing(order: list[int]) -> None:
    rows = [(f"开{number}号灯", "abc"[number % 3]) for number in range(60)]

    as_given = drawn(rows)

    assert drawn([rows[place] for place in order]) == [as_given[place] for place in order]


def test_every_type_has_its_share_of_every_split() -> None:
    rows = [(f"开{number}号灯", kind) for kind, n in (("a", 1000), ("b", 40), ("c", 25)) for number in range(n)]
    rows = [(f"{said}{kind}", kind) for said, kind in rows]

    counts = Counter((kind, split) for (_, kind), (_, split) in zip(rows, drawn(rows, Shares()), strict=True))

    assert [counts["a", split] for split in SPLITS] == [900, 50, 50]
    assert [counts["b", split] for split in SPLITS] == [36, 2, 2]
    assert [counts["c", split] for split in SPLITS] == [23, 1, 1]


def test_types_too_rare_to_hold_one_out_are_drawn_together() -> None:
    rows = [(f"开{number}号灯", f"kind {number}") for number in range(200)]

    counts = Counter(split for _, split in drawn(rows, Shares()))

    assert counts == {"train": 180, "validation": 10, "test": 10}


def test_another_seed_draws_others_and_the_same_seed_the_same() -> None:
    rows = [(f"开{number}号灯", "a") for number in range(100)]

    assert drawn(rows, HALF) == drawn(rows, HALF)
    assert drawn(rows, HALF) != drawn(rows, Shares(0.5, 0.25, 0.25, seed=1))


def test_a_row_without_instruction_is_in_no_split_and_one_without_type_is() -> None:
    found = splits_of(['{"output": "{}"}', "no JSON", '{"instruction": "开灯", "output": "not JSON"}'], Shares())

    assert [split for _, split in found] == [None, None, "train"]


def test_an_output_that_is_an_object_has_a_type_too() -> None:
    found = splits_of(
        [{"instruction": f"{verb}{n}号灯", "output": {"kind": verb}} for verb in "开关" for n in range(20)], Shares()
    )

    splits = [split for _, split in found]
    assert Counter(splits[:20]) == Counter(splits[20:]) == {"train": 18, "validation": 1, "test": 1}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc")), max_size=80), st.integers(0, 3))
def test_a_draw_in_parts_is_the_draw_of_the_whole(rows: list[tuple[int, str]], seed: int) -> None:
    shares = Shares(0.5, 0.25, 0.25, seed)
    read = batch_of_texts([json.dumps({"instruction": f"{n}号灯", "output": {"kind": kind}}) for n, kind in rows])
    groups = grouped(read, bare(read["instruction"]), "kind", seed).with_columns(
        seq=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    cuts = [0, 2**62, 2**63, 2**64 - 1]
    parts = [
        groups.filter(pl.col("draw") >= pl.lit(low, pl.UInt64), pl.col("draw") < pl.lit(high, pl.UInt64))
        for low, high in itertools.pairwise(cuts)
    ]

    assert draw_splits(parts, len(rows), shares).equals(draw_splits([groups], len(rows), shares))


@pytest.mark.parametrize("shares", [(0.9, 0.05, 0.1), (1.1, -0.1, 0.0), (0.5, 0.5, float("nan"))])
def test_shares_must_be_shares(shares: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="together 1"):
        Shares(*shares)


def test_nothing_may_be_held_out() -> None:
    assert {split for _, split in drawn([("开灯", "a"), ("关灯", "b")], Shares(1.0, 0.0, 0.0))} == {"train"}


def test_later_versions_keep_the_splits_of_the_raw_data_set_and_verify(tmp_path: Path) -> None:
    store = Store(tmp_path)
    texts = [payload(number) for number in range(40)]
    with store.publish(None, kind="raw") as draft:
        draft.add(with_splits(raw_frame(texts), texts, "kind", HALF))
        raw = draft.commit()
    version = publish_curated(store, raw, size=7)

    before = {key: (grp, split) for key, grp, split in store.read(raw, ("grp", "split")).drop("seq").rows()}
    after = store.read(version, ("grp", "split"), deleted=True).drop("seq").rows()

    assert len(after) == 40
    assert all(before[key] == (grp, split) for key, grp, split in after)
    assert {split for _, _, split in after} == set(SPLITS)
    assert verify(store, version) == []
