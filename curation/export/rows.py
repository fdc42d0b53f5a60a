"""The rows of a version that are exported: unchanged and rewritten ones, those in review where they are asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from curation.command import Unreadable, digest, parse_object, write
from curation.draft import StoreError
from curation.manifest import Version
from curation.notation import LABEL, Notation
from curation.shares import SPLITS
from curation.store import Store
from curation.turns import ALIASES, conversation_in, is_history
from curation.version import verify

FIELDS = ("instruction", "input", "output", "system", "history")
"""What trainers know of a record; whatever else it carried is `extra`."""

_BATCH = 5_000


class Row(NamedTuple):
    """A row to export."""

    key: str
    split: str
    disposition: str
    """unchanged | rewritten | review."""
    instruction: str
    input: str
    output: str
    """Text, also where the record held an object."""
    system: str | None
    history: list[list[str]] | None
    """Earlier turns, each a question and its answer."""
    extra: str | None
    """JSON text of the record's other fields; None where it has none."""
    digest: str
    """Of the record as the store holds it."""


@dataclass(frozen=True)
class Choice:
    """Which rows of which version are exported."""

    store: Store
    version: Version
    review: bool = False
    """Rows that wait for a person are exported, too."""

    def rows(self, split: str | None = None) -> Iterator[Row]:
        """Yield the rows in order, of one split or of all; what is no record is left out.

        Raises `StoreError` where rows cannot be read, do not have the digest they were published with, or are in no
        split.
        """
        try:
            yield from self._rows(split)
        except pl.exceptions.PolarsError as error:
            raise self.damaged(f"cannot be read: {error}") from error

    def damaged(self, told: str) -> StoreError:
        """Return the error that the version is not as it was published."""
        version = self.version
        return StoreError(
            f"version {version.number} ({version.short}) is not as it was published: {told}; for all that is wrong, "
            f"run in its workspace: rewright verify {version.number}"
        )

    def _rows(self, split: str | None) -> Iterator[Row]:
        wanted = ["unchanged", "rewritten", *(["review"] if self.review else [])]
        columns = ("disposition", "digest", "payload", "split")
        for batch in self.store.batches(self.version, _BATCH, columns):
            chosen = batch.filter(pl.col("disposition").is_in(wanted))
            if split is not None:
                chosen = chosen.filter(pl.col("split").eq_missing(split) | pl.col("split").is_null())
            for key, disposition, stated, payload, place in chosen.select("key", *columns).iter_rows():
                if digest(payload) != stated:
                    raise self.damaged(f"{key} does not have the bytes it was published with")
                fields = _fields(payload, self.version)
                if fields is None:
                    continue
                if place not in SPLITS:
                    raise StoreError(
                        f"version {self.version.number} ({self.version.short}) has no splits: it comes from a data set "
                        "that was read in before splits were drawn; curate that again"
                    )
                yield Row(key, place, disposition, *fields, stated)


def chosen(store: Store, ref: str | int | Version, review: bool = False) -> Choice:
    """Return the rows of a version, which was checked as a whole: its row and rules, its digests and counts.

    Raises `StoreError` where it is not as it was published, and `UnknownVersion`.
    """
    choice = Choice(store, store.version(ref), review)
    if faults := verify(store, choice.version, replaying=False):
        raise choice.damaged("; ".join(map(str, faults[:3])))
    return choice


class Census(NamedTuple):
    """What the rows to export come to."""

    digest: str
    """Of the version and of every row exported, with its split and disposition."""
    rows: Mapping[str, int]
    """By split; splits without rows are left out."""
    dispositions: Mapping[str, int]
    fields_of: Mapping[str, tuple[str, ...]]
    """By split: of `system`, `history` and `extra` those that any of its rows has."""
    types: Mapping[str, Mapping[str, int]]
    """Rows by type of command and split."""
    unreadable: int
    """Rows that the version holds and that are no records: only a data set as it came has them."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Return those of `system`, `history` and `extra` that any row of any split has."""
        return tuple(name for name in _OPTIONAL if any(name in names for names in self.fields_of.values()))


def census(choice: Choice) -> Census:
    """Count and digest the rows to export."""
    lines = hashlib.sha256(write([_LAYOUT, choice.version.id, choice.review]).encode())
    splits, dispositions = Counter[str](), Counter[str]()
    found: dict[str, set[str]] = {}
    types: dict[str, Counter[str]] = {}
    notation = choice.store.notation(choice.version)
    for row in choice.rows():
        lines.update(write([row.key, row.split, row.disposition, row.digest]).encode())
        splits[row.split] += 1
        dispositions[row.disposition] += 1
        found.setdefault(row.split, set()).update(name for name in _OPTIONAL if getattr(row, name) is not None)
        types.setdefault(type_of(row.output, choice.version, notation), Counter())[row.split] += 1
    counts = choice.version.counts
    held = sum(counts[name] for name in ("unchanged", "rewritten", *(["review"] if choice.review else [])))
    return Census(
        lines.hexdigest(),
        {split: splits[split] for split in SPLITS if splits[split]},
        dict(sorted(dispositions.items())),
        {split: tuple(name for name in _OPTIONAL if name in found[split]) for split in SPLITS if split in found},
        {kind: {split: types[kind][split] for split in SPLITS} for kind in sorted(types)},
        held - splits.total(),
    )


_LAYOUT = 1  # changes when the same rows come out otherwise, since the digest names folders that are never overwritten
_OPTIONAL = ("system", "history", "extra")


def _fields(
    payload: str, version: Version
) -> tuple[str, str, str, str | None, list[list[str]] | None, str | None] | None:
    """Return what `Row` has of a record, None where a trainer could do nothing with it."""
    try:
        record = parse_object(payload)
    except Unreadable:
        return None
    if (turns := conversation_in(record)) is not None:
        rest = {name: value for name, value in record.items() if name not in {turns.field, "system"}}
        own = {"instruction": turns.instruction, "output": turns.output, "system": turns.system}
        record = rest | own | ({"history": turns.history} if turns.history else {})
    for alias, name in ALIASES.items():
        if alias in record and record.get(name) is None:
            record[name] = record.pop(alias)
    instruction, said, output = record.get("instruction"), record.get("input"), record.get("output")
    if isinstance(output, dict):
        output = write(output, version.order)
    if not isinstance(instruction, str) or not instruction.strip() or not isinstance(output, str):
        return None
    system, history = record.get("system"), record.get("history")
    known = {"instruction", "output"}
    if said is None or isinstance(said, str):
        known.add("input")
    if system is None or isinstance(system, str):
        known.add("system")
    if history is None or is_history(history):
        known.add("history")
    extra = {name: value for name, value in record.items() if name not in known}
    return (
        instruction,
        said if isinstance(said, str) else "",
        output,
        system if isinstance(system, str) else None,
        history if "history" in known else None,
        write(extra) if extra else None,
    )


def type_of(output: str, version: Version, notation: Notation) -> str:
    """Return the type of a command as reports name it; of a label, the label."""
    try:
        command = notation.read(output)
    except Unreadable:
        return "unreadable"
    if notation.label:
        return str(command[LABEL])
    if "error" in command:
        return "error"
    kind = command.get(next(iter(version.order.get("", ("type",))), "type"))
    return kind if isinstance(kind, str) else "none"
