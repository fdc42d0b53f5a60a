"""Commands in processes of their own, several at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.children import ChildError, children


def test_a_command_that_fails_is_told_when_the_others_have_come_to_an_end(tmp_path: Path) -> None:
    ended: list[int] = []
    homes = [tmp_path / name for name in ("first", "second")]
    commands = [("init", str(homes[0])), ("versions", "--workspace", str(tmp_path / "none")), ("init", str(homes[1]))]

    with pytest.raises(ChildError, match=r"^exit code 2: .*none"):
        children(commands, 2, ended.append)

    assert ended == [0, 1, 2, 3]
    assert all((home / "rewright.toml").is_file() for home in homes)


def test_no_command_is_no_work() -> None:
    children([], 2, lambda ended: None)
