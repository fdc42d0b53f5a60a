"""Results of an earlier version for the rows that have not changed since, so that only the others are judged again.

What the rules make of a row depends on its payload, on the rules, on the catalogue with all that was seen in the data,
and on the code that ran them. Where an earlier version agrees in all of these, its edits, queue and outcomes are the
row's own; whether it says what another row says is told anew, of all rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from platform import python_version
from types import TracebackType
from typing import Self

import polars as pl

from curation.aside import Parts
from curation.batch import Batch, Counts
from curation.command import Unreadable, digest, parse_object
from curation.duplicates import INDEX, head
from curation.manifest import Ruleset, Version
from curation.pack import Pack
from curation.record import batch_of_texts, group_text
from curation.rule import Rule
from curation.rule_file import canonical
from curation.seen import type_of
from curation.snapshot import WINDOW, Snapshot, Window
from curation.store import Store
from curation.survey import Survey, mask
from curation.tables import DRAFTED
from curation.text import fold
from curation.turns import beside
from curation.version import verify

LIBRARIES = ("opencc", "cn2an", "jsonschema", "jsonschema-rs", "google-re2", "polars", "deltalake")
"""What the results depend on beside the rules' own text."""


@cache
def engine_digest() -> str:
    """Return a digest of the code that judges: this package's, Python's and the libraries' versions."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    sources = {file.name: digest(file.read_text("utf-8")) for file in files}
    return digest(canonical([sources, {name: installed(name) for name in LIBRARIES}, python_version()]))


def earlier(store: Store, ruleset: Ruleset) -> Version | None:
    """Return the newest curated version that these rules and this code made, None where there is none that holds.

    A version that does not have the digests it states is not one.
    """
    for version in reversed(store.versions()):
        alike = version.kind == "curated" and version.ruleset == ruleset.digest
        if alike and version.counts.get("engine") == engine_digest():
            return None if verify(store, version, replaying=False) else version
    return None


class Reuse:
    """What an earlier version says of the rows of a new data set that are in it, too; use it in a `with` statement."""

    def __init__(self, store: Store, version: Version | None, survey: Survey, pack: Pack, gone: pl.Series) -> None:
        """Find the rows, those aside that are `gone`; without a version there are none."""
        lineage = [] if version is None else [one.draft for one in store.lineage(version)]
        self._came = Snapshot(store.tables, lineage[:1])
        self._made = Snapshot(store.tables, lineage[1:])
        self._rules = {rule.id: rule for rule in pack.rules}
        self._kind_key = pack.kind_key
        self._stack = ExitStack()
        self._places = self._stack.enter_context(Parts(pl.col("was") // WINDOW))
        self.count = 0
        self.rows = mask(survey.count, pl.Series([], dtype=pl.Int64))
        """For each row of the new data set whether it is reused."""
        if version is not None:
            self._find(survey, survey.sound & ~gone)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go of what is known."""
        self._stack.close()

    def _find(self, survey: Survey, wanted: pl.Series) -> None:
        """Find the wanted rows of the new data set in the one that the earlier version was made from, by their keys."""
        with Parts(pl.col("high") // pl.lit(2**60, pl.UInt64)) as parts:
            key = (*head("key"), pl.col("key").str.slice(25).cast(pl.UInt32).alias("nth"))
            for window in self._came.windows():
                parts.put(self._came.rows((), window).select(*key, _NOWHERE.alias("seq"), was="seq"))
            for batch in survey.rows():
                rows = batch.filter(wanted.slice(batch["seq"][0], batch.height))
                parts.put(rows.select(*key, "seq", _NOWHERE.alias("was")))
            for part in parts:
                new, known = (part.filter(pl.col(other).is_null()).drop(other) for other in ("was", "seq"))
                found = new.join(known, on=["high", "middle", "nth"]).select("seq", "was")
                self._places.put(found.sort("was"))
                self.rows = self.rows.scatter(found["seq"], values=True)
                self.count += found.height

    def batches(self, doubtful: pl.Series) -> Iterator[Batch]:
        """Yield what becomes of the reused rows, some at a time, as `run_batch` would.

        `doubtful` has for each row of the new data set whether its result must be told apart from that of others.
        """
        was = pl.col("was")
        for part in self._places:
            for start in part.select((was // WINDOW).unique().sort() * WINDOW)["was"]:
                window = Window(start, start + WINDOW)
                places = part.filter(was >= window.start, was < window.end)
                yield self._batch(window, places, doubtful)

    def _batch(self, window: Window, places: pl.DataFrame, doubtful: pl.Series) -> Batch:
        came = self._came.rows(("digest", "payload"), window).select("key", "digest", "payload", was="seq")
        came = came.join(places, on="was").drop("was")
        tables = {
            name: self._made.changes(name, window).drop("draft", "seq").join(came.select("key", "seq"), on="key")
            for name in DRAFTED
        }
        edits, outcomes = tables["edits"], tables["outcomes"]
        queue = tables["queue"].filter(pl.col("kind") != "duplicate")
        doubts = queue.filter(pl.col("kind").is_in(["decline", "conflict"]))
        rows = came.join(
            tables["records"].select("seq", "op", final="payload", final_digest="digest"), on="seq", how="left"
        ).with_columns(
            disposition=pl.when(pl.col("seq").is_in(outcomes["seq"].implode())).then(pl.lit("quarantined"))
            .when(pl.col("seq").is_in(doubts["seq"].implode())).then(pl.lit("review"))
            .when(pl.col("seq").is_in(edits["seq"].implode())).then(pl.lit("rewritten"))
            .otherwise(pl.lit("unchanged")),
        )  # fmt: skip
        rows = rows.with_columns(
            final=pl.when(pl.col("op").is_null()).then("payload").otherwise("final"),
            final_digest=pl.when(pl.col("op").is_null()).then("digest").otherwise("final_digest"),
            op=pl.col("op").fill_null("upsert"),
            waits=doubtful.gather(rows["seq"]),
        ).sort("seq")
        read = batch_of_texts(rows["payload"].to_list())
        rows = rows.with_columns(read["instruction"], read["input"], read["output"], read["earlier"])
        # A row's own output where it was not rewritten, else that of the payload the edits lead to.
        edited = rows.filter(pl.col("seq").is_in(edits["seq"].implode()))
        became = batch_of_texts(edited["final"].to_list())["output"]
        finals = edited.select("seq", became.alias("became"))
        rows = rows.join(finals, on="seq", how="left", maintain_order="left").with_columns(
            became=pl.coalesce("became", "output")
        )
        records = rows.filter((pl.col("disposition") != "unchanged") | pl.col("waits")).select(
            "seq", "key", "op", "disposition", digest="final_digest", payload="final", split=_NONE, grp=_NONE
        )
        return Batch(records, edits, queue, outcomes, _indexed(rows), self._counts(rows, edits, queue, outcomes))

    def _counts(self, rows: pl.DataFrame, edits: pl.DataFrame, queue: pl.DataFrame, outcomes: pl.DataFrame) -> Counts:
        """Count what judging the rows would have counted."""
        counts: Counts = Counts()
        first: dict[int, tuple[Rule, str]] = {}
        for seq, name, also, patch in edits.sort("seq", "ord").select("seq", "rule", "also", "patch").iter_rows():
            first.setdefault(seq, (self._rules[name], patch))
            for hit in (name, *json.loads(also)):
                counts["hits", hit] += 1
        reviewed: set[int] = set()
        columns = ("seq", "kind", "rule", "reason", "proposals")
        for seq, kind, rule, reason, proposals in queue.sort("seq", "ord").select(columns).iter_rows():
            if kind in ("sample", "all"):
                counts["queued", kind] += 1
                continue
            if seq not in reviewed:
                counts["review", reason] += 1
                reviewed.add(seq)
            if kind == "conflict":
                for proposal in json.loads(proposals):
                    counts["conflicts", proposal["rule"]] += 1
            else:
                counts["declines", rule] += 1
        for reason in outcomes["reason"]:
            counts["quarantined", reason] += 1
            counts["before", "unreadable"] += 1
        types = {output: self._type(output) for output in pl.concat([rows["output"], rows["became"]]).unique()}
        judged = rows.filter(pl.col("disposition") != "quarantined")
        for seq, came, became in judged.select("seq", "output", "became").iter_rows():
            counts["after", types[became]] += 1
            before = types[came]
            if seq in first and first[seq][0].rewrites_text:
                rule, patch = first[seq]
                # The type is that of the command once it can be read: where its text was rewritten, of the new text.
                before = "unreadable" if rule.fills else self._type(json.loads(patch)[-1]["value"])
            counts["before", before] += 1
        return counts

    def _type(self, output: str | None) -> str:
        try:
            return "unreadable" if output is None else type_of(parse_object(output), self._kind_key)
        except Unreadable:
            return "unreadable"


_NONE = pl.lit(None, pl.String)
_NOWHERE = pl.lit(None, pl.Int64)


def _indexed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the index of the rows that wait for others and have a command."""
    waiting = rows.filter("waits", pl.col("disposition") != "quarantined")
    columns = ("seq", "key", "digest", "instruction", "input", "earlier", "became")
    index = [
        (seq, key, came, group_text(fold(instruction).text), beside(said, earlier), digest(output))
        for seq, key, came, instruction, said, earlier, output in waiting.select(columns).iter_rows()
    ]
    return pl.DataFrame(index, INDEX, orient="row")
