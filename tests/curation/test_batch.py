"""The batch function and its pre-filter: pure, however cut, and passing over no row that a rule would touch."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.batch import Batch, asks, run_batch
from curation.columns import bare, digests, squeezed
from curation.command import Keys, digest, write
from curation.engine import Engine
from curation.prefilter import untouched
from curation.record import add_keys, batch_of, group_text, row_of
from curation.text import fold
from tests.curation.toy_packs import engine

TOY = engine()
LATTE = '{"kind": "order", "drink": "latte"}'

words = st.sampled_from(
    [
        "请",
        "請",
        "麻煩",
        "来",
        "两",
        "2",
        " 3 ",
        "１２",
        "99",
        "杯",
        "份",
        "拿铁",
        "拿 鐵",
        "摩卡",
        "，",
        "半糖",
        "无 糖",
        "第",
    ]
)
instructions = st.lists(words, min_size=1, max_size=7).map("".join)
outputs = st.sampled_from(
    [
        LATTE,
        '{"kind": "question"}',
        '{"kind": "order", "count": 3}',
        '{"drink": "latte"}',
        '{"drink":"latte","kind":"order"}',
        f"```\n{LATTE}\n```",
        "好的",
        "",
    ]
)


def rows_of(records: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return records as rows with keys, as the survey reads them."""
    rows = batch_of(row_of(record) for record in records)
    return add_keys(rows.with_row_index("seq").with_columns(pl.col("seq").cast(pl.Int64)), Keys())


def record(instruction: str, output: Any = LATTE, **more: Any) -> dict[str, Any]:
    return {"instruction": instruction, "input": "", "output": output, **more}


def ran(records: Sequence[dict[str, Any]], by: Engine = TOY, **marks: Any) -> Batch:
    return run_batch(by, rows_of(records), **marks)


def test_every_row_that_is_not_as_it_came_is_there_once_and_the_others_are_not() -> None:
    made = ran(
        [
            record("来两杯拿铁"),
            record("有拿铁吗"),
            record("来99杯拿铁"),
            record("拿铁", "好的"),
            record(" "),
            {"instruction": "拿铁", "input": ""},
        ]
    )

    assert made.records.select("seq", "op", "disposition").rows() == [
        (0, "upsert", "rewritten"),
        (2, "upsert", "review"),
        (3, "delete", "quarantined"),
        (4, "delete", "quarantined"),
        (5, "delete", "quarantined"),
    ]
    assert made.outcomes.select("seq", "disposition", "reason").rows() == [
        (3, "quarantined", "not JSON"),
        (4, "quarantined", "instruction is blank"),
        (5, "quarantined", "output is missing"),
    ]


def test_counts_say_what_the_tables_say() -> None:
    made = ran(
        [record("来两杯拿铁"), record("有拿铁吗"), record("来99杯拿铁"), record("請來兩杯拿鐵，半糖"), record("", "")]
    )

    assert made.counts == Counter(
        {
            ("hits", "order.count"): 1,
            ("declines", "order.count"): 1,
            ("conflicts", "order.count"): 1,
            ("conflicts", "order.sugar"): 1,
            ("review", "more than anyone drinks"): 1,
            ("review", "rules propose different outputs"): 1,
            ("quarantined", "instruction is blank"): 1,
            ("before", "order"): 4,
            ("after", "order"): 4,
            ("before", "unreadable"): 1,
        }
    )


def test_only_the_output_of_a_payload_changes() -> None:
    came = record("來兩杯拿鐵", '{"kind": "order"}', id=7, meta={"b": 1.0, "a": [None, "ä"]})

    made = ran([came])

    wanted = write({**came, "output": '{"kind": "order", "count": 2}'})
    assert made.records["payload"].to_list() == [wanted]
    assert json.loads(made.records["payload"][0])["instruction"] == "來兩杯拿鐵"


def test_an_output_that_came_as_an_object_is_judged_as_it_came() -> None:
    made = ran([record("拿铁", {"kind": "order"})])

    # No rule of this pack takes objects.
    assert made.outcomes["reason"].to_list() == ["output is not text"]


def test_dropped_rows_are_gone_with_a_pointer_and_are_judged_by_no_rule() -> None:
    made = ran([record("来两杯拿铁"), record("来两杯拿铁")], dropped={1: ("exact duplicate", "the first")})

    assert made.outcomes.select("seq", "disposition", "reason", "kept").rows() == [
        (1, "dropped", "exact duplicate", "the first")
    ]
    assert made.counts["hits", "order.count"] == 1


def test_indexed_rows_are_there_although_nothing_changed() -> None:
    made = ran([record("有拿铁吗？"), record("来两杯拿铁")], indexed=frozenset({0}))

    assert made.records.select("seq", "disposition").rows() == [(0, "unchanged"), (1, "rewritten")]
    assert made.indexed.select("seq", "group", "input").rows() == [(0, "有拿铁吗", "")]


def test_a_rule_that_a_person_must_always_see_queues_each_rewrite() -> None:
    made = ran([record("請做半糖", '{"kind": "order"}')])

    assert made.records["disposition"].to_list() == ["rewritten"]
    assert made.queue.select("seq", "kind", "rule", "reason").rows() == [
        (0, "all", "order.sugar", "review policy of the rule")
    ]
    assert made.counts["queued", "all"] == 1


def test_a_sample_is_the_same_in_every_run_and_about_as_large_as_its_rate() -> None:
    keys = [f"{number:024x}-0" for number in range(4000)]

    drawn = [key for key in keys if asks("sample", 0.1, "order.count", key)]

    assert drawn == [key for key in keys if asks("sample", 0.1, "order.count", key) == "sample"]
    assert 320 < len(drawn) < 480
    assert drawn != [key for key in keys if asks("sample", 0.1, "order.sugar", key)]
    assert not any(asks("none", 0.0, "order.count", key) for key in keys)
    assert {key for key in keys if asks("sample", 0.05, "order.count", key)} <= set(drawn)


@settings(deadline=None)
@given(
    records=st.lists(st.builds(record, instructions, outputs), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 11)),
)
def test_it_does_not_matter_where_batches_are_cut(records: list[dict[str, Any]], cuts: set[int]) -> None:
    rows = rows_of(records)
    edges = [0, *sorted(cut for cut in cuts if cut < len(records)), len(records)]
    whole = run_batch(engine(), rows)

    parts = [run_batch(TOY, rows[start:end]) for start, end in itertools.pairwise(edges)]

    for table in ("records", "edits", "queue", "outcomes", "indexed"):
        assert pl.concat([getattr(part, table) for part in parts]).equals(getattr(whole, table))
    assert sum((part.counts for part in parts), Counter()) == whole.counts


@settings(deadline=None)
@given(records=st.lists(st.builds(record, instructions, outputs), min_size=1, max_size=12))
def test_the_pre_filter_passes_over_no_row_that_a_rule_would_touch(records: list[dict[str, Any]]) -> None:
    rows = rows_of(records).filter(pl.col("problem").is_null())

    found = untouched(TOY, rows)

    for seq, kind in found.iter_rows():
        made = TOY.judge(records[seq]["instruction"], "", records[seq]["output"])
        assert made.disposition == "unchanged"
        assert made.type_before == made.type_after == kind


def test_the_pre_filter_passes_over_rows_without_the_words_of_any_rule() -> None:
    rows = rows_of(
        [record("今天好热"), record("今天好熱"), record("來２杯拿 鐵"), record("今天好热", '{"drink": "latte"}')]
    )

    # order.count needs a drink or what it is counted in; order.sugar needs some sugar.
    assert untouched(TOY, rows)["seq"].to_list() == [0, 1]


texts = st.text(max_size=30) | st.lists(
    st.sampled_from([*"關门Ａa１2 　.,，。-5%％:½ǅßİ", "\u200b", "㎡", "¨", "LED lamp"]), max_size=12
).map("".join)


@given(st.lists(texts.filter(lambda text: text.isprintable() or text.strip() == text), min_size=1, max_size=5))
def test_a_folded_column_holds_what_folding_each_text_gives_but_for_spaces(given_texts: list[str]) -> None:
    column = pl.Series(given_texts, dtype=pl.String)

    assert squeezed(column).to_list() == [fold(text).text.replace(" ", "") for text in given_texts]


@given(texts, texts)
def test_texts_of_one_group_are_equal_in_letters_and_digits(one: str, other: str) -> None:
    columns = bare(pl.Series([one, other, one + "。", f" {other}"], dtype=pl.String)).to_list()

    assert columns[0] == columns[2]
    assert columns[1] == columns[3]
    if group_text(fold(one).text) == group_text(fold(other).text):
        assert columns[0] == columns[1]


def test_columns_keep_nulls_and_may_be_empty() -> None:
    assert squeezed(pl.Series([None, "開 燈"], dtype=pl.String)).to_list() == [None, "开灯"]
    assert bare(pl.Series([], dtype=pl.String)).to_list() == []


@given(st.lists(st.none() | st.text(), max_size=20))
def test_the_digests_of_a_column_are_those_of_its_texts(texts: list[str | None]) -> None:
    column = pl.Series("text", texts, dtype=pl.String).to_frame()

    made = column.select(digests("text")).to_series().to_list()

    assert made == [None if text is None else digest(text) for text in texts]


@pytest.mark.parametrize("text", ["關 燈", "开灯", "ＬＥＤ ON", "5 6", "a b"])
def test_a_word_of_a_folded_text_is_a_word_of_the_folded_column(text: str) -> None:
    folded = fold(text).text
    column = squeezed(pl.Series([f"，{text}！"], dtype=pl.String))

    assert column.str.contains(folded.replace(" ", ""), literal=True).all()
