"""What can be asked of a published version: replay its edits, verify it against its parent, compare it with another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from curation.columns import digests
from curation.command import digest
from curation.decision import read_decisions
from curation.edits import Order, PatchFailed, apply_to_payload
from curation.manifest import FORMAT, GONE, Ruleset, Version, manifest, seal
from curation.snapshot import Snapshot, Window
from curation.standing import standing
from curation.tables import collected
from curation.tally import tally

if TYPE_CHECKING:
    from curation.store import Store

__all__ = ["Change", "Fault", "Ruleset", "Version", "diff", "replay", "verify"]


_NOTHING = "{}"
"""The payload that a generated record is made from."""


class Fault(NamedTuple):
    """Something that is not as it was published."""

    key: str | None
    """The record it is about; None where it is about the version."""
    what: str

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.key}: {self.what}" if self.key else self.what


class Change(NamedTuple):
    """A row that two versions do not have in common."""

    kind: str
    """added | removed | changed | disposition (the same bytes, another disposition)."""
    key: str
    row: int
    before: str | None
    """Payload in the first version; None where the row is not in it."""
    after: str | None
    disposition_before: str | None
    disposition_after: str | None
    rules: tuple[str, ...]
    """Rules that edited the row on the way from one version to the other, in order."""


def replay(payload: str, edits: Iterable[Mapping[str, Any]], order: Order | None = None) -> str:
    """Return what the edits (rows of the table of edits, in order) make of a payload, byte for byte.

    Each edit must start from the bytes it was made on, end at the bytes it was made to, and lead back. Raises
    `PatchFailed` naming the first that does not.
    """
    for edit in edits:
        name = f"edit {edit['ord']} by {edit['rule']}"
        if digest(payload) != edit["before"]:
            raise PatchFailed(f"{name} was made on other bytes")
        try:
            after = apply_to_payload(payload, edit["target"], edit["patch"], order)
        except PatchFailed as error:
            raise PatchFailed(f"{name} does not apply: {error}") from None
        if digest(after) != edit["after"]:
            raise PatchFailed(f"{name} leads to other bytes than it did")
        try:
            back = apply_to_payload(after, edit["target"], edit["inverse"], order)
        except PatchFailed as error:
            raise PatchFailed(f"{name} is not undone by its inverse: {error}") from None
        if back != payload:
            raise PatchFailed(f"{name} is not undone by its inverse")
        payload = after
    return payload


def verify(store: Store, ref: str | int | Version, *, replaying: bool = True) -> list[Fault]:
    """Return all that is wrong with a version; nothing means that it was re-derived from its parent bit for bit.

    Checks the version's row, rules, id, digests and counts; every payload against its digest; every key of a raw data
    set; and for each row that the version changed, that the parent's bytes and the edits give its bytes, that every
    inverse leads back, that a rollback undoes the edit it names, that a person's edit has its decision, and that what
    is gone or queued has its reason. Ancestors are checked by verifying them.
    Without `replaying` only the version as a whole is checked: row, rules, id, digests and counts. Raises
    `UnknownVersion` where there is no such version.
    """
    version = store.version(ref)
    faults: list[Fault] = []
    snapshot = cache(lambda: store.snapshot(version))
    checks: tuple[Callable[[], Iterator[Fault]], ...] = (
        lambda: _row(store, version),
        lambda: _digests(snapshot(), version),
        lambda: _rows(snapshot(), version),
        lambda: _decided(store, version),
    )
    for check in checks if replaying else checks[:2]:
        try:
            faults.extend(check())
        except Exception as error:  # damaged files fail somewhere in a reader, in any way
            faults.append(Fault(None, f"cannot be read: {type(error).__name__}: {error}"))
    return list(dict.fromkeys(faults))  # several checks read the same files


def diff(store: Store, first: str | int | Version, second: str | int | Version) -> Iterator[Change]:
    """Yield the rows that differ between any two versions, in the order of the second.

    Holds one range of rows at a time where both come from the same raw data set, everything otherwise.
    """
    lines = [[version.draft for version in store.lineage(ref)] for ref in (first, second)]
    before, after = (Snapshot(store.tables, line) for line in lines)
    path = [draft for draft in dict.fromkeys([*lines[0], *lines[1]]) if (draft in lines[0]) != (draft in lines[1])]
    together = Snapshot(store.tables, list(dict.fromkeys([*lines[0], *lines[1]])))
    windows = together.windows() if lines[0][0] == lines[1][0] else iter([None])
    for window in windows if path else ():
        yield from _changes(before, after, together, path, window)


def _row(store: Store, version: Version) -> Iterator[Fault]:
    """Yield what is wrong with the version's own row and its rules."""
    if seal(version.row()) != version.seal:
        yield Fault(None, "the version's row was changed after it was published")
    if version.ruleset is None:
        return
    rows = store.tables.scan("rulesets").filter(pl.col("digest") == version.ruleset).pipe(collected)
    if rows.is_empty():
        yield Fault(None, f"its rules {version.ruleset} are not in the store")
        return
    rules = store.ruleset(version)
    row = rows.row(0, named=True)
    if rules is None or rules.digest != version.ruleset or seal(row) != row["seal"]:
        yield Fault(None, f"its rules {version.ruleset} were changed after they were stored")
    elif rules.order != version.order:
        yield Fault(None, "its key order is not that of its rules")


def _digests(snapshot: Snapshot, version: Version) -> Iterator[Fault]:
    """Yield where what is stored does not have the digests and counts that the version states."""
    if (made := json.loads(version.manifest).get("format")) != FORMAT:
        yield Fault(None, f"its digests are of format {made}, and can be checked only by a program that makes these")
        return
    state = tally(snapshot, reasons=True)
    digests = {
        "content": state.content,
        **{name: snapshot.digest(name, version.draft) for name in ("edits", "queue", "outcomes")},
    }
    text, identity = manifest(version.parent, version.kind, version.ruleset, version.order, digests)
    if version.content != digests["content"]:
        yield Fault(None, "its content does not have its digest")
    if version.edits != digests["edits"]:
        yield Fault(None, "its edits do not have their digest")
    if text != version.manifest:
        yield Fault(None, f"its manifest is {version.manifest}, what is stored makes {text}")
    if identity != version.id:
        yield Fault(None, f"its id is {version.id}, what is stored makes {identity}")
    for name, counted in state.counts.items():
        if version.counts.get(name) != counted:
            yield Fault(None, f"it states {version.counts.get(name)} for {name}, counted {counted}")
    for disposition in GONE:
        stated = version.counts.get(f"{disposition}_by_reason")
        if stated is not None and stated != state.reasons[disposition]:
            yield Fault(None, f"its counts by reason of {disposition} rows are not those of its outcomes")


def _rows(snapshot: Snapshot, version: Version) -> Iterator[Fault]:
    """Yield the rows that are not what they should be."""
    left = {name: snapshot.count(name, version.draft) for name in ("edits", "queue", "outcomes")}
    for window in snapshot.windows():
        rows = snapshot.rows(("disposition", "digest", "payload", "split"), window)
        for key in rows.filter(digests("payload").ne_missing(pl.col("digest")))["key"]:
            yield Fault(key, "its payload does not have its digest")
        own = {
            name: snapshot.changes(name, window, (version.draft,)).rows_by_key("key", named=True, include_key=True)
            for name in left
        }
        left = {name: left[name] - sum(map(len, found.values())) for name, found in own.items()}
        changed = rows.filter(pl.col("draft") == version.draft)
        for name, keys in (("edits", changed["key"]), ("outcomes", changed["key"]), ("queue", rows["key"])):
            for key in sorted(own[name].keys() - set(keys)):
                yield Fault(key, f"the version has {name} for it, but did not change it")
        if version.parent is not None:
            yield from _replayed(version, _before(snapshot, window), changed, own)
            yield from _stacked(snapshot, window, own["edits"])
    for name, number in left.items():
        if number:
            yield Fault(None, f"{number} of its {name} are about no row of it")
    if version.parent is None:
        yield from _keys(snapshot)


def _before(snapshot: Snapshot, window: Window) -> dict[str, tuple[int, str]]:
    """Return place and last payload of the parent's rows, gone or not."""
    rows = snapshot.changes("records", window, snapshot.drafts[:-1]).filter(pl.col("op") == "upsert")
    return {key: (seq, payload) for key, seq, payload in rows.select("key", "seq", "payload").iter_rows()}


def _replayed(
    version: Version,
    before: Mapping[str, tuple[int, str]],
    changed: pl.DataFrame,
    own: Mapping[str, Mapping[str, list[dict[str, Any]]]],
) -> Iterator[Fault]:
    """Yield the changed rows that do not follow from the parent's and the version's edits, queue and outcomes."""
    order = version.order
    for row in changed.iter_rows(named=True):
        key, disposition = row["key"], row["disposition"]
        edits, outcomes = own["edits"].get(key, []), own["outcomes"].get(key, [])
        made = version.kind == "augmented" and key not in before
        if made:
            yield from _made(row, edits)
        elif key not in before or before[key][0] != row["seq"]:
            yield Fault(key, "it is not in the parent at this place")
            continue
        try:
            result = replay(_NOTHING if made else before[key][1], edits, order)
        except PatchFailed as error:
            yield Fault(key, str(error))
        else:
            if row["op"] == "upsert" and result != row["payload"]:
                yield Fault(key, "the parent's bytes and its edits do not give its bytes")
        if (row["op"] == "delete") != (disposition in GONE):
            yield Fault(key, f"it is {disposition}, but its operation is {row['op']}")
        if {outcome["disposition"] for outcome in outcomes} != ({disposition} if disposition in GONE else set()):
            yield Fault(key, f"it is {disposition}, but its outcomes do not say so")
        if version.kind == "curated" and disposition == "rewritten" and not edits:
            yield Fault(key, "it is rewritten, but nothing edited it")
        if disposition == "review" and key not in own["queue"]:
            yield Fault(key, "it is in review, but nothing queued it")
        if version.kind in ("review", "rollback") and not (edits or outcomes or key in own["queue"]):
            yield Fault(key, "it changed, but nothing says why")


def _made(row: Mapping[str, Any], edits: list[dict[str, Any]]) -> Iterator[Fault]:
    """Yield what is wrong with a row that was made from a template, out of nothing."""
    key = row["key"]
    if [edit["kind"] for edit in edits] != ["generate"]:
        yield Fault(key, "it is not in the parent, and nothing made it")
    if row["split"] not in (None, "train"):
        yield Fault(key, f"it was made and is for {row['split']}")
    if row["digest"] is not None and key != f"{row['digest'][:24]}-0":
        yield Fault(key, "its key does not follow from its payload")


def _stacked(snapshot: Snapshot, window: Window, own: Mapping[str, list[dict[str, Any]]]) -> Iterator[Fault]:
    """Yield the rows of which an edit is rolled back that did not stand."""
    if keys := [key for key, edits in own.items() if any(edit["kind"] == "rollback" for edit in edits)]:
        edits = snapshot.changes("edits", window).filter(pl.col("key").is_in(keys))
        for key, line in sorted(edits.rows_by_key("key", named=True, include_key=True).items()):
            try:
                standing(line)
            except PatchFailed as error:
                yield Fault(key, str(error))


def _decided(store: Store, version: Version) -> Iterator[Fault]:
    """Yield the rows with a person's edit for which no decision is in the store, or another than there was."""
    by_people = store.tables.scan("edits", drafts=[version.draft]).filter(pl.col("kind") == "review")
    edits = by_people.select("seq", "key", "rule_digest").pipe(collected).sort("seq")
    known = {decision.id for decision in read_decisions(store.tables)} if edits.height else set()
    for _, key, decision in edits.iter_rows():
        if decision not in known:
            yield Fault(key, f"a person edited it, but the decision {decision} is not in the store")


def _keys(snapshot: Snapshot) -> Iterator[Fault]:
    """Yield the rows of a raw data set whose key does not follow from their payload and place."""
    head = pl.col("digest").str.slice(0, 24)
    rows = snapshot.rows(("digest",)).with_columns(
        due=pl.concat_str(head, pl.lit("-"), pl.int_range(pl.len()).over(head).cast(pl.String))
    )
    for key, due in rows.filter(pl.col("key").ne_missing(pl.col("due"))).select("key", "due").iter_rows():
        yield Fault(key, f"its key should be {due}")


def _changes(
    before: Snapshot, after: Snapshot, together: Snapshot, path: list[str], window: Window | None
) -> Iterator[Change]:
    columns = ("disposition", "digest", "payload")
    rows = before.rows(columns, window).join(
        after.rows(columns, window), on="key", how="full", coalesce=True, suffix="_after"
    )
    was, remains = pl.col("op").eq_missing("upsert"), pl.col("op_after").eq_missing("upsert")
    kind = (
        pl.when(was & ~remains).then(pl.lit("removed"))
        .when(remains & ~was).then(pl.lit("added"))
        .when(was & (pl.col("digest") != pl.col("digest_after"))).then(pl.lit("changed"))
        .when(pl.col("disposition") != pl.col("disposition_after")).then(pl.lit("disposition"))
    )  # fmt: skip
    rows = rows.select(
        kind.alias("kind"),
        "key",
        pl.coalesce("seq_after", "seq").alias("row"),
        pl.when(was).then("payload").alias("before"),
        pl.when(remains).then("payload_after").alias("after"),
        disposition_before=pl.col("disposition"),
        disposition_after=pl.col("disposition_after"),
    )
    edits = together.changes("edits", window, path).rows_by_key("key", named=True)
    for row in rows.filter(pl.col("kind").is_not_null()).sort("row", "key").iter_rows(named=True):
        rules = dict.fromkeys(edit["rule"] for edit in edits.get(row["key"], []))
        yield Change(**row, rules=tuple(rules))
