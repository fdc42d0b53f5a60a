"""Rows put aside come back as they were, whether memory or files held them."""

from __future__ import annotations

import resource
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curation.aside
from curation.aside import Aside, Parts


@pytest.mark.parametrize("held", [1, 100, 2**20])
def test_rows_come_back_in_their_order(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curation.aside, "_HELD", held)
    frames = [pl.DataFrame({"seq": [at, at + 1], "payload": [f"{at}", None]}) for at in range(0, 10, 2)]

    with Aside() as aside:
        for frame in frames:
            aside.put(frame)

        assert pl.concat(aside.frames()).equals(pl.concat(frames))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 20), max_size=8), max_size=8), st.sampled_from([1, 100, 2**20]))
def test_every_row_comes_back_in_its_part_and_in_its_order(batches: list[list[int]], held: int) -> None:
    values = [value for batch in batches for value in batch]

    with pytest.MonkeyPatch.context() as patched, Parts(pl.col("value") // 5) as parts:
        patched.setattr(curation.aside, "_HELD", held)
        for batch in batches:
            parts.put(pl.DataFrame({"value": batch}, {"value": pl.Int64}))
        first, second = ([part["value"].to_list() for part in parts] for _ in range(2))

    assert first == second
    found = [value for part in first for value in part]
    if len(first) > 1:
        assert found == sorted(values, key=lambda value: value // 5)
        assert all(len({value // 5 for value in part}) == 1 for part in first)
    else:
        assert found == values


def test_where_no_more_can_be_written_the_message_says_where_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curation.aside, "_HELD", 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    with Aside() as aside:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
        try:
            with pytest.raises(OSError, match=r"File too large.*set TMPDIR") as told:
                aside.put(pl.DataFrame({"payload": [f"{number * 7919}" for number in range(10_000)]}))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert told.value.filename.endswith("0.arrow")


@pytest.mark.parametrize("kind", [Aside, lambda: Parts(pl.col("seq"))])
def test_no_file_is_left(kind: type[Aside], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curation.aside, "_HELD", 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with kind() as aside:
        aside.put(pl.DataFrame({"seq": [1]}))
        assert list(tmp_path.iterdir())

    assert not list(tmp_path.iterdir())
