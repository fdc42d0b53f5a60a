"""Who may log in at a server of this machine: accounts with random passwords, in a file only its user can read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

OWNER = "owner"
WORKSPACE = "rewright"
_ANNOTATORS = ("annotator-1", "annotator-2")


class Account(NamedTuple):
    """Somebody who may log in; the password is the first one, and may have been changed since."""

    username: str
    role: str
    password: str
    api_key: str


class Accounts(NamedTuple):
    """The accounts of a server, and the secret that signs their sessions."""

    workspace: str
    secret: str
    accounts: tuple[Account, ...]

    @property
    def owner(self) -> Account:
        """The account that pushes and pulls."""
        return next(account for account in self.accounts if account.role == OWNER)


def accounts_of(folder: Path, annotators: Sequence[str] = _ANNOTATORS) -> tuple[Accounts, bool]:
    """Return the accounts of the server in a folder, and whether they are new; `annotators` who are missing are added.

    The file `accounts.json` has mode 0600 from its first byte on. Accounts of the file that the server does not know
    are made when it starts.
    """
    path = folder / "accounts.json"
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        known = Accounts(kept["workspace"], kept["secret"], tuple(Account(**one) for one in kept["accounts"]))
    else:
        known = Accounts(WORKSPACE, secrets.token_hex(32), (_new(OWNER, OWNER),))
    names = {account.username for account in known.accounts}
    missing = tuple(_new(name, "annotator") for name in annotators if name not in names)
    if path.exists() and not missing:
        return known, False
    accounts = known._replace(accounts=known.accounts + missing)
    _write(path, accounts)
    return accounts, True


def _new(username: str, role: str) -> Account:
    return Account(username, role, secrets.token_urlsafe(15), secrets.token_urlsafe(48))


def _write(path: Path, accounts: Accounts) -> None:
    """Replace the file in one step, so that a cut leaves the old accounts or the new, and never lets others read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {**accounts._asdict(), "accounts": [account._asdict() for account in accounts.accounts]}, indent=2
    )
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
