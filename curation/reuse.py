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

import polars as pl

from curation.aside import Parts, part_of
from curation.batch import Batch, Counts
from curation.command import Unreadable, digest, parse_object
from curation.duplicates import INDEX, head
from curation.manifest import Ruleset, Version
from curation.pack import Pack
from curation.record import batch_of_texts, group_text
from curation.rule_file import canonical
from curation.seen import type_of
from curation.snapshot import WINDOW, Snapshot, Window
from curation.store import Store
from curation.survey import Survey, none_of
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


class Reuse(ExitStack):
    """What an earlier version says of the rows of a new data set that are in it, too; use it in a `with` statement."""

    def __init__(self, store: Store, version: Version | None, survey: Survey, pack: Pack, gone: pl.Series) -> None:
        """Find the rows, those aside that are `gone`; without a version there are none."""
        super().__init__()
        lineage = [] if version is None else [one.draft for one in store.lineage(version)]
        self._came = Snapshot(store.tables, lineage[:1])
        self._made = Snapshot(store.tables, lineage[1:])
        self._rules = {rule.id: rule for rule in pack.rules}
        self._kind_key = pack.kind_key
        self._known: dict[str | None, str] = {}
        self._places = self.enter_context(Parts(pl.col("was") // WINDOW))
        self.count = 0
        self.rows = none_of(survey.count)
        """For each row of the new data set whether it is reused."""
        if version is not None:
            self._find(survey, survey.sound & ~gone)

    def _find(self, survey: Survey, wanted: pl.Series) -> None:
        """Find the wanted rows of the new data set in the one that the earlier version was made from, by their keys."""
        with Parts(part_of(pl.col("high"))) as parts:
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
        read = batch_of_texts(rows["payload"])
        rows = rows.with_columns(read["instruction"], read["input"], read["output"], read["earlier"])
        # A row's own output where it was not rewritten, else that of the payload the edits lead to.
        edited = rows.filter(pl.col("seq").is_in(edits["seq"].implode()))
        became = batch_of_texts(edited["final"])["output"]
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

        def add(name: str, values: pl.Series, sign: int = 1) -> None:
            for value, n in values.value_counts().iter_rows():
                counts[name, value] += sign * n

        add("hits", edits["rule"])
        for also, n in edits["also"].value_counts().iter_rows():
            for rule in json.loads(also):
                counts["hits", rule] += n
        asked = pl.col("kind").is_in(["sample", "all"])
        add("queued", queue.filter(asked)["kind"])
        doubts = queue.filter(~asked)
        add("review", doubts["reason"])
        add("declines", doubts.filter(pl.col("kind") == "decline")["rule"])
        for proposals in doubts.filter(pl.col("kind") == "conflict")["proposals"]:
            for proposal in json.loads(proposals):
                counts["conflicts", proposal["rule"]] += 1
        add("quarantined", outcomes["reason"])
        counts["before", "unreadable"] += outcomes.height
        judged = rows.filter(pl.col("disposition") != "quarantined")
        add("before", self._types(judged["output"]))
        add("after", self._types(judged["became"]))
        # The type is that of the command once it can be read: where its text was rewritten, of the new text.
        respelt = edits.sort("seq", "ord").unique("seq", keep="first").filter(
            pl.col("rule").is_in([name for name, rule in self._rules.items() if rule.rewrites_text])
        )  # fmt: skip
        again = respelt.join(judged.select("seq", "output"), on="seq").select("rule", "patch", "output")
        add("before", self._types(again["output"]), -1)
        for name, patch, _ in again.iter_rows():
            rule = self._rules[name]
            counts["before", "unreadable" if rule.fills else self._type(json.loads(patch)[-1]["value"])] += 1
        return counts

    def _types(self, outputs: pl.Series) -> pl.Series:
        distinct = outputs.unique()
        return outputs.replace_strict(distinct, [self._type(output) for output in distinct], return_dtype=pl.String)

    def _type(self, output: str | None) -> str:
        """Return the type of an output; those of some thousands are remembered, as most come again."""
        if output not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            try:
                told = "unreadable" if output is None else type_of(parse_object(output), self._kind_key)
            except Unreadable:
                told = "unreadable"
            self._known[output] = told
        return self._known[output]


_KNOWN = 50_000  # outputs
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
