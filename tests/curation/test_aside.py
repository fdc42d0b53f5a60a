"""Rows put aside come back as they were, whether memory or files held them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import curation.aside
from curation.aside import Aside


@pytest.mark.parametrize("held", [1, 3, 100])
def test_rows_come_back_in_their_order(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curation.aside, "_HELD", held)
    frames = [pl.DataFrame({"seq": [at, at + 1], "payload": [f"{at}", None]}) for at in range(0, 10, 2)]

    with Aside() as aside:
        for frame in frames:
            aside.put(frame)

        assert pl.concat(aside.frames()).equals(pl.concat(frames))


def test_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curation.aside, "_HELD", 1)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with Aside() as aside:
        aside.put(pl.DataFrame({"seq": [1]}))
        assert list(tmp_path.iterdir())

    assert not list(tmp_path.iterdir())
