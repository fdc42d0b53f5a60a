"""What a version is made of: its row, its rules, and the manifest whose digest names it.

The name depends on the data, the rules and the decisions, and on no time, place or person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from curation.command import digest, write
from curation.edits import Order

DISPOSITIONS = ("unchanged", "rewritten", "review", "quarantined", "dropped")
"""What became of a row that came in; exactly one of these."""

GONE = ("quarantined", "dropped")
"""Dispositions of rows that a version does not hold any more."""

FORMAT = 2
"""Of the digests in a manifest; another number wherever the same rows would have other digests than before."""

_PREFIX = "v_"


@dataclass(frozen=True)
class Ruleset:
    """The rules a version was made with: their canonical text, and what else replaying its edits needs."""

    name: str
    text: str
    order: Order = field(default_factory=dict, hash=False)
    """The key order in which commands are written."""
    libraries: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Versions of the libraries the rules ran with; no part of the digest."""

    @property
    def digest(self) -> str:
        """Return the digest of the rules' text."""
        return digest(self.text)

    def row(self) -> dict[str, Any]:
        """Return the row of the table of rule sets."""
        row = {
            "digest": self.digest,
            "name": self.name,
            "text": self.text,
            "order": write(self.order),
            "libraries": write(dict(sorted(self.libraries.items()))),
        }
        return {**row, "seal": seal(row)}


@dataclass(frozen=True)
class Version:
    """A published version: one row of the table of versions."""

    number: int
    """Counts the versions of a store from 0, in the order they were published."""
    id: str
    """`v_` and 32 digits of the manifest's digest: the same input, rules and decisions have the same id anywhere."""
    draft: str
    """Under which its rows stand in the other tables."""
    parent: str | None
    """Id of the version it was made from; None for a data set as it came."""
    kind: str
    """raw | curated | review | rollback | augmented."""
    ruleset: str | None
    """Digest of the rules."""
    content: str
    """Digest of the state of every row that came in."""
    edits: str
    """Digest of its edits."""
    counts: Mapping[str, Any] = field(hash=False)
    """`rows_in`, one number per disposition, `rows_out` (unchanged and rewritten), and what the publisher added."""
    source: Mapping[str, Any] = field(hash=False)
    """Where the data came from: file name without folder, field mapping."""
    manifest: str
    """The JSON text whose digest is the id."""
    pinned: Mapping[str, int] = field(hash=False)
    """The Delta version of each table at which the version was complete."""
    actor: str
    message: str
    created_at: datetime
    """UTC."""
    seal: str
    """Digest of the row itself, so that `verify` sees a change to any part of it."""

    @property
    def order(self) -> Order:
        """Return the key order in which the version's commands are written."""
        order: Order = json.loads(self.manifest)["order"]
        return order

    @property
    def short(self) -> str:
        """Return the first eight digits of the id, enough to refer to it."""
        return self.id[len(_PREFIX) :][:8]

    def row(self) -> dict[str, Any]:
        """Return the row of the table of versions, without its seal."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "seal"}
        return {**row, **{name: write(row[name]) for name in ("counts", "source", "pinned")}}


def version_from(row: Mapping[str, Any]) -> Version:
    """Return the version that a row of the table of versions describes."""
    return Version(**{**row, **{name: json.loads(row[name]) for name in ("counts", "source", "pinned")}})


def manifest(
    parent: str | None, kind: str, ruleset: str | None, order: Order, digests: Mapping[str, str]
) -> tuple[str, str]:
    """Return the text that says what a version is made of, and the id that follows from it."""
    text = write({"format": FORMAT, "parent": parent, "kind": kind, "ruleset": ruleset, "order": order, **digests})
    return text, _PREFIX + digest(text)[:32]


def seal(row: Mapping[str, Any]) -> str:
    """Return the digest of a row over all its columns but the seal."""
    values = {name: value for name, value in row.items() if name != "seal"}
    return digest(write({name: v.isoformat() if isinstance(v, datetime) else v for name, v in values.items()}))
