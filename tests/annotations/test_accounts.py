"""Accounts of a server, and which server a workspace talks to."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from annotations.server.accounts import accounts_of
from annotations.server.address import Address, address_file, find_server
from annotations.server.environment import ServerError, locked, make_environment


@pytest.fixture(autouse=True)
def no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARGILLA_API_URL", "ARGILLA_API_KEY", "ARGILLA_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def test_accounts_are_made_once_with_a_password_each(tmp_path: Path) -> None:
    made, new = accounts_of(tmp_path)
    again, new_again = accounts_of(tmp_path)
    assert (new, new_again) == (True, False)
    assert again == made
    assert made.owner.role == "owner"
    assert [account.role for account in made.accounts] == ["owner", "annotator", "annotator"]
    assert len({account.password for account in made.accounts}) == len({one.api_key for one in made.accounts}) == 3
    assert accounts_of(tmp_path / "other")[0].secret != made.secret


def test_a_new_annotator_is_added_and_others_stay(tmp_path: Path) -> None:
    before, _ = accounts_of(tmp_path, ("anna",))
    after, new = accounts_of(tmp_path, ("anna", "ben"))
    assert new
    assert after.accounts[:2] == before.accounts
    assert after.accounts[2].username == "ben"


def test_only_its_user_can_read_the_file(tmp_path: Path) -> None:
    accounts_of(tmp_path)
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]


def test_a_server_named_in_the_environment_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGILLA_API_URL", "https://argilla.example/")
    with pytest.raises(ServerError, match="both"):
        find_server(tmp_path)
    monkeypatch.setenv("ARGILLA_API_KEY", "k")
    assert find_server(tmp_path) == Address("https://argilla.example", "k", "rewright")
    monkeypatch.setenv("ARGILLA_WORKSPACE", "home")
    assert find_server(tmp_path).workspace == "home"


def test_the_running_server_of_the_workspace_is_found(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="rewright review serve"):
        find_server(tmp_path)
    accounts, _ = accounts_of(tmp_path / ".argilla")
    address_file(tmp_path / ".argilla").write_text("http://127.0.0.1:1", encoding="utf-8")
    assert find_server(tmp_path) == Address("http://127.0.0.1:1", accounts.owner.api_key, "rewright")


def test_a_lock_is_held_once_and_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path), pytest.raises(BlockingIOError), locked(path):
        pass
    with locked(path):
        pass


@pytest.mark.slow
def test_an_environment_that_cannot_be_made_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.server.environment.REQUIREMENTS", ("./no-such-package-here",))
    lines: list[str] = []
    with pytest.raises(ServerError, match="no-such-package-here"):
        make_environment(tmp_path / "venv", lines.append)
    assert not (tmp_path / "venv" / "complete").exists()
    assert lines


def test_an_address_is_shown_without_user_password_and_key() -> None:
    assert f"{Address('https://ann:SECRET@argilla.example:443', 'KEY')}" == "https://argilla.example:443"
