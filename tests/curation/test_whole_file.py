"""A file is there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.whole_file import whole, write_whole


def test_what_fails_half_way_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "灯\n")

    with pytest.raises(UnicodeEncodeError), whole(tmp_path / "a") as part:
        part.write_text("half\n\ud800", encoding="utf-8")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "灯\n"}


def test_a_written_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    write_whole(tmp_path / "whole", "")

    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode
