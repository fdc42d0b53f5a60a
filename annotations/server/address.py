"""Which Argilla server a workspace talks to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from annotations.server.accounts import WORKSPACE, accounts_of
from annotations.server.environment import ServerError
from curation.problems import without_login


class Address(NamedTuple):
    """An Argilla server, the key of the account to use, and the workspace of it that reviews are in."""

    url: str
    api_key: str
    workspace: str = WORKSPACE

    def __str__(self) -> str:
        """Return the address as it may be shown: without user, password and key."""
        return without_login(self.url)


def find_server(folder: Path) -> Address:
    """Return the server of ARGILLA_API_URL and ARGILLA_API_KEY, else the one that runs for the workspace in `folder`.

    ARGILLA_WORKSPACE names another workspace of that server than `rewright`. Raises `ServerError` where there is none.
    """
    workspace = os.environ.get("ARGILLA_WORKSPACE") or WORKSPACE
    url, key = os.environ.get("ARGILLA_API_URL"), os.environ.get("ARGILLA_API_KEY")
    if url and key:
        return Address(url.rstrip("/"), key, workspace)
    if url or key:
        raise ServerError("set both ARGILLA_API_URL and ARGILLA_API_KEY, or neither")
    running = address_file(folder / ".argilla")
    if not running.exists():
        raise ServerError(
            "no Argilla server: start one with `rewright review serve`, or set ARGILLA_API_URL and ARGILLA_API_KEY"
        )
    accounts, _ = accounts_of(folder / ".argilla", ())
    return Address(running.read_text(encoding="utf-8").strip(), accounts.owner.api_key, accounts.workspace)


def address_file(folder: Path) -> Path:
    """Return the file that holds the address of the server in `folder` while it runs."""
    return folder / "address"
