"""The store: versions of data sets with everything that led to them, in one folder or object-store prefix.

Tables only grow. Readers enter through the table of versions, whose rows are appended last: a version is there whole or
not at all, whatever process was killed when.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curation.command import Json, Unreadable, parse_object
from curation.draft import Draft, StoreError
from curation.manifest import Ruleset, Version, version_from
from curation.notation import Notation, notation_of
from curation.snapshot import WINDOW, Snapshot, Window
from curation.tables import Tables, collected
from curation.turns import output_in

if TYPE_CHECKING:
    from deltalake import DeltaTable

_TAG = re.compile(r"[^\W_][\w.+/-]*")
_RELEASE = re.compile(r"v\d+\.\d+\.\d+(?:[-+].*)?")
_HEX = re.compile(r"(?:v_)?([0-9a-f]{6,32})")
_LIKE_AN_ID = re.compile(r"v_[0-9a-f]*|[0-9a-f]{4,32}")
"""Of a tag: it would be taken for the version whose id begins so, by people already where programs want six digits."""
_UNOPENED = re.compile(r"[\[\]\\^|\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")
"""What delta-rs cannot open, or opens elsewhere, in the path of a folder (deltalake 1.6)."""
_PARTITION = re.compile(r"(?<![^/])[^/=*]*=[^/=*]*(?![^/])")
"""A part of a path, also in an object store, that polars (2.1) takes for a column of every table below it."""
_REASONS = ("decline", "conflict", "duplicate")
_LISTED = 12


class UnknownVersion(StoreError):  # noqa: N818 - what it is
    """A reference names no version of the store, or more than one; the message says which there are."""


class TagTaken(StoreError):  # noqa: N818 - what it is
    """A release tag names another version already, and is never moved."""


class Store:
    """Versions of data sets, to publish, read and compare; many may read while one publishes."""

    def __init__(self, path: str | Path, storage_options: Mapping[str, str] | None = None) -> None:
        """Open the store at `path` (a folder or an object-store address); it is made when something is published.

        Raises `StoreError` for a path that delta-rs or polars cannot use.
        """
        local = "://" not in str(path)
        whole = str(Path(path).resolve()) if local else str(path)
        if found := _PARTITION.search(whole) or (_UNOPENED.search(whole) if local else None):
            raise StoreError(
                f"{path}: no store can be in a folder whose path has {found[0]!r} in it; rename the folder, or let "
                "`store` in rewright.toml name another"
            )
        self.tables = Tables(path, storage_options)

    # -- versions and tags ------------------------------------------------------------------------------------------

    def versions(self, handle: DeltaTable | None = None) -> list[Version]:
        """Return the published versions, oldest first."""
        rows = self.tables.scan("versions", handle).sort("number").pipe(collected)
        return [version_from(row) for row in rows.iter_rows(named=True)]

    def version(self, ref: str | int | Version, among: Sequence[Version] | None = None) -> Version:
        """Return the version with this tag, number, or id (at least six digits of it); raises `UnknownVersion`."""
        if isinstance(ref, Version):
            return ref
        versions = self.versions() if among is None else among
        name = str(ref).strip()
        wanted = self.tags().get(name)
        if wanted is None and (digits := _HEX.fullmatch(name)):
            wanted = f"v_{digits[1]}"
        if name.isascii() and name.isdigit() and int(name) in {version.number for version in versions}:
            return next(version for version in versions if version.number == int(name))
        found = [version for version in versions if wanted and version.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        raise UnknownVersion(self._unknown(name, versions, found))

    def lineage(self, ref: str | int | Version, among: Sequence[Version] | None = None) -> list[Version]:
        """Return the versions from the raw data set to this one, oldest first."""
        versions = self.versions() if among is None else among
        by_id = {version.id: version for version in versions}
        line = [self.version(ref, versions)]
        while (parent := line[-1].parent) is not None:
            if parent not in by_id:
                raise UnknownVersion(self._unknown(parent, versions, []))
            line.append(by_id[parent])
        return line[::-1]

    def tags(self) -> dict[str, str]:
        """Return for each tag, by name, the id of the version it stands at now."""
        rows = self.tables.scan("tags").sort("move").select("name", "version").pipe(collected)
        return dict(sorted(dict(rows.rows()).items()))

    def tag(self, name: str, ref: str | int | Version) -> Version:
        """Put a tag on a version and return it. A tag like `v1.2.0` is given once, any other moves.

        Raises `StoreError` for a name that could be taken for a number or an id, `TagTaken` for a release tag that
        names another version.
        """
        from deltalake.exceptions import CommitFailedError

        self.check_tag_name(name)
        version = self.version(ref)
        while True:
            handle = self.tables.open_or_create("tags")
            moves = self.tables.scan("tags", handle).sort("move").pipe(collected)
            if not self._check_tag_free(name, version.id, moves):
                return version
            row = {"move": moves.height, "name": name, "version": version.id, "created_at": datetime.now(UTC)}
            try:
                self.tables.append("tags", pl.DataFrame([row]), handle, step=moves.height)
            except CommitFailedError:
                if self.tables.scan("tags").pipe(collected).height == moves.height:  # nobody was quicker
                    raise
            else:
                return version

    def check_tag_name(self, name: str) -> None:
        """Raise `StoreError` unless a tag may have this name."""
        if not _TAG.fullmatch(name) or name.isdigit() or _LIKE_AN_ID.fullmatch(name):
            raise StoreError(
                f"{name!r} cannot be a tag: use a letter or digit, then letters, digits and . _ + / -, and nothing "
                "that reads as a number or as the beginning of a version id (v_, or four or more of 0-9 a-f alone)"
            )

    def check_tag_free(self, name: str, version: str) -> None:
        """Raise `TagTaken` where a release tag stands at another version than the one with this id."""
        self._check_tag_free(name, version, self.tables.scan("tags").sort("move").pipe(collected))

    def _check_tag_free(self, name: str, version: str, moves: pl.DataFrame) -> bool:
        """Tell whether giving the tag would change anything."""
        now = dict(moves.select("name", "version").rows()).get(name)
        if now is not None and now != version and _RELEASE.fullmatch(name):
            raise TagTaken(f"{name} was given to {now} and stays there; choose the next number for {version}")
        return now != version

    def _unknown(self, name: str, versions: Sequence[Version], found: Sequence[Version]) -> str:
        tags: dict[str, list[str]] = {}
        for tag, identity in self.tags().items():
            tags.setdefault(identity, []).append(tag)
        listed = [
            " ".join([str(version.number), f"({version.short}, {version.kind})", *tags.get(version.id, [])])
            for version in (found or versions)[-_LISTED:]
        ]
        left = len(found or versions) - len(listed)
        known = "; ".join([*([f"{left} older ones"] if left > 0 else []), *listed])
        if found:
            return f"{name!r} could be any of: {known}"
        return f"no version {name!r} in {self.tables.root}; there {'are: ' + known if known else 'is none yet'}"

    # -- publishing -------------------------------------------------------------------------------------------------

    def publish(
        self,
        parent: str | int | Version | None,
        *,
        kind: str,
        ruleset: Ruleset | None = None,
        source: Mapping[str, Any] | None = None,
        message: str = "",
        actor: str = "",
    ) -> Draft:
        """Begin a version made from `parent` (None: a data set as it came); use it in a `with` statement."""
        return Draft(self, parent, kind, ruleset, source or {}, message, actor)

    def ruleset(self, version: str | int | Version) -> Ruleset | None:
        """Return the rules a version was made with, None where it was made without."""
        wanted = self.version(version).ruleset
        if wanted is None:
            return None
        rows = self.tables.scan("rulesets").filter(pl.col("digest") == wanted).pipe(collected)
        if rows.is_empty():
            return None
        row = rows.row(0, named=True)
        return Ruleset(row["name"], row["text"], json.loads(row["order"]), json.loads(row["libraries"]))

    def notation(self, version: str | int | Version) -> Notation:
        """Return how outputs are written in a version: as the rules say that it, or its nearest ancestor, has."""
        rules = (self.ruleset(one) for one in reversed(self.lineage(version)))
        return notation_of(next((one for one in rules if one is not None), None))

    # -- reading ----------------------------------------------------------------------------------------------------

    def snapshot(self, version: str | int | Version) -> Snapshot:
        """Return the rows of a version's lineage."""
        return Snapshot(self.tables, [one.draft for one in self.lineage(version)])

    def read(
        self,
        version: str | int | Version,
        columns: Sequence[str] = ("disposition", "digest", "payload", "split", "grp"),
        *,
        deleted: bool = False,
    ) -> pl.DataFrame:
        """Return a version's rows in order: `seq`, `key` and `columns`; with `deleted`, also those that are gone."""
        return _seen(self.snapshot(version), columns, deleted, None)

    def batches(
        self,
        version: str | int | Version,
        size: int = WINDOW,
        columns: Sequence[str] = ("disposition", "digest", "payload", "split", "grp"),
        *,
        deleted: bool = False,
    ) -> Iterator[pl.DataFrame]:
        """Yield what `read` returns in pieces of at most `size` rows, holding one at a time."""
        snapshot = self.snapshot(version)
        for window in snapshot.windows(size):
            rows = _seen(snapshot, columns, deleted, window)
            if rows.height:
                yield rows

    def edits(self, version: str | int | Version) -> pl.DataFrame:
        """Return the edits that made a version from its parent, in order of row and edit."""
        return self._own("edits", version)

    def queue(self, version: str | int | Version) -> pl.DataFrame:
        """Return what a version hands to people, in order of row."""
        return self._own("queue", version)

    def outcomes(self, version: str | int | Version) -> pl.DataFrame:
        """Return why rows are gone from a version, in order of row."""
        return self._own("outcomes", version)

    def rows(self, version: str | int | Version) -> Iterator[dict[str, Any]]:
        """Yield every row that ever came in, in order, with what became of it.

        `{"row", "key", "disposition", "output", "rules", "reasons"}`: the output as in the version, None where the row
        is gone or never was a record; the rules whose edits stand; why it is queued or gone.
        """
        snapshot = self.snapshot(version)
        for window in snapshot.windows():
            rules, reasons = _rules(snapshot, window), _reasons(snapshot, window)
            rows = snapshot.rows(("disposition", "payload"), window)
            for seq, key, op, draft, disposition, payload in rows.iter_rows():
                yield {
                    "row": seq,
                    "key": key,
                    "disposition": disposition,
                    "output": None if op == "delete" else _output(payload),
                    "rules": rules.get(key, []),
                    "reasons": reasons.get((draft, key), []),
                }

    def _own(self, name: str, version: str | int | Version) -> pl.DataFrame:
        draft = self.version(version).draft
        return Snapshot(self.tables, [draft]).changes(name).drop("draft")


def _seen(snapshot: Snapshot, columns: Sequence[str], deleted: bool, window: Window | None) -> pl.DataFrame:
    rows = snapshot.rows(columns, window)
    if not deleted:
        rows = rows.filter(pl.col("op") != "delete")
    return rows.select(list(dict.fromkeys(("seq", "key", *columns))))


def _rules(snapshot: Snapshot, window: Window) -> dict[str, list[str]]:
    """Return for each key the rules that edited it and were not rolled back since, in order."""
    rules: dict[str, list[str]] = {}
    for key, rule, kind in snapshot.changes("edits", window).select("key", "rule", "kind").iter_rows():
        standing = rules.setdefault(key, [])
        if kind == "rollback" and rule in standing:
            standing.remove(rule)
        elif kind == "rule" and rule not in standing:
            standing.append(rule)
    return rules


def _reasons(snapshot: Snapshot, window: Window) -> dict[tuple[str, str], list[str]]:
    """Return for each draft and key why the row was queued, or is gone."""
    reasons: dict[tuple[str, str], list[str]] = {}
    queued = snapshot.changes("queue", window).filter(pl.col("kind").is_in(_REASONS))
    for rows in (queued, snapshot.changes("outcomes", window)):
        for draft, key, reason, found in rows.select("draft", "key", "reason", "found").iter_rows():
            reasons.setdefault((draft, key), []).append(f"{reason}: {found}" if found else reason)
    return reasons


def _output(payload: str) -> Json:
    try:
        return output_in(parse_object(payload))
    except Unreadable:
        return None
