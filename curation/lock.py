"""The lock file of a modeler's repository: which version, by which rules and with which rows, each data set is."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from curation.draft import StoreError
from curation.whole_file import write_whole

LOCK = "rewright.lock"
_HEAD = (
    "# Written by `rewright pull`, which keeps it up to date; `rewright pull --locked` fails where anything differs.\n"
)


class Asked(NamedTuple):
    """What was asked for by a pull; a lock pins what came of it once for each."""

    store: str
    ref: str
    format: str
    review: bool

    def __str__(self) -> str:
        """Return the question in words."""
        return f"{self.store}@{self.ref} as {self.format}{' with review' if self.review else ''}"


@dataclass(frozen=True)
class Pinned:
    """A data set as it was pulled."""

    store: str
    """As it was named."""
    ref: str
    """The tag, number or id by which the version was named."""
    version: str
    content: str
    """Digest of the state of every row of the version."""
    ruleset: str
    """Digest of the rules; empty for a data set as it came."""
    format: str
    review: bool
    digest: str
    """Of every row exported."""
    folder: str
    """Where the files are, from the lock file's folder on."""

    @property
    def asked(self) -> Asked:
        """Return what the data set was asked for by."""
        return Asked(self.store, self.ref, self.format, self.review)


def read_lock(path: Path) -> list[Pinned]:
    """Return what a lock file pins; nothing where there is none. Raises `StoreError` for a file that is no lock."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if unknown := content.keys() - {"data"}:
            raise ValueError(f"unknown key {min(unknown)!r}, a lock has only [[data]]")
        return [_pinned(entry) for entry in content.get("data", [])]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StoreError(f"{path}: no lock file: {error}; take it away and pull again") from error


def write_lock(path: Path, pinned: Sequence[Pinned]) -> None:
    """Write a lock file, in order of what was asked for, in one step."""
    entries = sorted(pinned, key=lambda one: one.asked)
    lines = [
        "\n[[data]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in asdict(entry).items())
        for entry in entries
    ]
    write_whole(path, _HEAD + "".join(lines))


def differences(before: Pinned, now: Pinned) -> list[str]:
    """Return in words what is not as it was pinned."""
    return [
        f"{field.name} is {getattr(now, field.name) or 'none'}, pinned is {getattr(before, field.name) or 'none'}"
        for field in fields(Pinned)
        if getattr(before, field.name) != getattr(now, field.name)
    ]


def _pinned(entry: dict[str, Any]) -> Pinned:
    pinned = Pinned(**entry)
    for name, value in asdict(pinned).items():
        if not isinstance(value, bool if name == "review" else str):
            raise TypeError(f"{name} = {value!r}")
    return pinned
