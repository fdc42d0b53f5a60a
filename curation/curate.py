"""From a raw data set to an audited version: read, judge, publish, in two passes over the file and constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from curation.command import Keys, Unreadable, parse_object
from curation.duplicates import EXACT, find_duplicates
from curation.manifest import Ruleset, Version
from curation.pack import Pack, load_packs
from curation.reading import field_names, read_raw
from curation.record import add_keys, group_text
from curation.rule_file import canonical
from curation.store import Store
from curation.tables import frame
from curation.text import fold
from curation.workers import Job, Rules, run_jobs

BATCH_ROWS = 5_000
LIBRARIES = ("opencc", "cn2an", "jsonschema", "google-re2", "polars", "deltalake")
"""What the results depend on beside the rules' own text."""


class Progress(Protocol):
    """Where the work reports how far it is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Say that `done` rows of `total` (None: not known yet) have gone through a stage."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""


@dataclass
class _Survey:
    """What the first pass learns of the whole data set: columns of numbers, and the devices seen."""

    rows: list[pl.DataFrame] = field(default_factory=list)
    """`seq`, `key`, `digest` and `said` (a hash of group and input)."""
    seen: set[str] = field(default_factory=set)
    count: int = 0


def curate(
    store: Store,
    path: Path,
    rules: Rules,
    *,
    keep_duplicates: bool = False,
    tag: str | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Version:
    """Publish the data set at `path` as it came, and the version that the rules make of it; return the latter.

    The same data, rules and catalogue give the same version anywhere, in any number of processes; where it exists
    already it is returned and nothing is published. Raises `ReadError`, `RuleErrors` and `StoreError`.
    """
    pack = load_packs(rules.packs, off=rules.off)
    raw, survey = _import(store, path, pack, progress)
    rules = replace(rules, catalogue={**rules.catalogue, "seen": sorted(survey.seen)})
    gone, shared = ({}, frozenset[int]()) if keep_duplicates else _duplicates(pl.concat(survey.rows))
    counts: Counter[tuple[str, ...]] = Counter()
    waiting: list[pl.DataFrame] = []
    index: list[pl.DataFrame] = []
    ruleset = _ruleset(pack, rules, keep_duplicates=keep_duplicates)
    with store.publish(
        raw, kind="curated", ruleset=ruleset, source=raw.source, message=f"curated from version {raw.number}"
    ) as draft:
        done = 0
        for job, batch in run_jobs(_jobs(path, shared, gone), rules, workers):
            waits = batch.records["seq"].is_in(job.indexed)
            draft.add(batch.records.filter(~waits), batch.edits, batch.queue, batch.outcomes)
            waiting.append(batch.records.filter(waits))
            index.append(batch.index)
            counts.update(batch.counts)
            done += job.rows.height
            progress("rules", done, survey.count)
        records, queue = _doubled(pl.concat(waiting), pl.concat(index), pl.concat(survey.rows), counts)
        draft.add(records=records, queue=queue)
        progress("publishing", survey.count, survey.count)
        return draft.commit(_counts(counts, pack), tag)


def _ruleset(pack: Pack, rules: Rules, *, keep_duplicates: bool) -> Ruleset:
    """Return all that decides what becomes of a data set, as the store keeps it."""
    text = canonical({"pack": pack.text, "catalogue": rules.catalogue, "keep_duplicates": keep_duplicates})
    return Ruleset(pack.id, text, pack.order, {name: installed(name) for name in LIBRARIES})


def _import(store: Store, path: Path, pack: Pack, progress: Progress) -> tuple[Version, _Survey]:
    """Publish the data set as it came, and survey it on the way."""
    survey = _Survey()
    with store.publish(None, kind="raw", source={"name": path.name, "fields": field_names(path)}, message=path.name) as draft:
        for batch in keyed_rows(path):
            draft.add(
                batch.select("seq", "key", "digest", "payload", op=pl.lit("upsert"), disposition=pl.lit("unchanged"))
            )
            survey.seen |= seen_in(batch, pack)
            groups = [None if text is None else group_text(fold(text).text) for text in batch["instruction"]]
            said = batch.with_columns(group=pl.Series(groups, dtype=pl.String)).select(
                "seq", "key", "digest", said=pl.struct("group", "input").hash(seed=0)
            )
            survey.rows.append(said)
            survey.count += batch.height
            progress("reading", survey.count, None)
        return draft.commit(), survey


def keyed_rows(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a raw data set in batches, each row with its key."""
    keys = Keys()
    for batch in read_raw(path, BATCH_ROWS):
        yield add_keys(batch, keys)


def seen_in(batch: pl.DataFrame, pack: Pack) -> set[str]:
    """Return what the pack's survey finds in the outputs of a batch; each distinct output is looked at once."""
    if pack.survey is None:
        return set()
    commands = []
    for output in batch.filter(pl.col("problem").is_null() & (pl.col("output_kind") == "text"))["output"].unique():
        try:
            commands.append(parse_object(output))
        except Unreadable:
            continue  # it is quarantined later, with the reason
    return set(pack.survey(commands))


def _duplicates(rows: pl.DataFrame) -> tuple[dict[int, tuple[str, str]], frozenset[int]]:
    """Return the exact duplicates (row -> reason, key kept), and the rows that say what another row says."""
    first = rows.filter(pl.col("digest").is_first_distinct())
    again = rows.filter(~pl.col("digest").is_first_distinct()).join(first.select("digest", kept="key"), on="digest")
    gone = {seq: (EXACT, kept) for seq, kept in again.select("seq", "kept").iter_rows()}
    return gone, frozenset(first.filter(pl.col("said").is_duplicated())["seq"].to_list())


def _jobs(path: Path, shared: frozenset[int], gone: Mapping[int, tuple[str, str]]) -> Iterator[Job]:
    for rows in keyed_rows(path):
        places = rows["seq"].to_list()
        yield Job(rows, shared.intersection(places), {place: gone[place] for place in places if place in gone})


def _doubled(
    waiting: pl.DataFrame, index: pl.DataFrame, rows: pl.DataFrame, counts: Counter[tuple[str, ...]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the records that waited for the others that say the same, and the queue rows of those that are doubled.

    Only now is it known whether two rows say the same command: the rules may have mended a defect of one of them.
    """
    found = find_duplicates(index.join(rows.select("seq", "digest"), on="seq"))
    for reason, n in found["reason"].value_counts().iter_rows():
        counts["review", reason] += n
    doubled = pl.col("seq").is_in(found["seq"].to_list())
    records = waiting.with_columns(disposition=pl.when(doubled).then(pl.lit("review")).otherwise("disposition"))
    queue = [
        (key, _LAST, "duplicate", None, None, reason, f"compare {other}", None)
        for key, reason, other in found.select("key", "reason", "other").iter_rows()
    ]
    return (
        records.filter(pl.col("disposition") != "unchanged"),
        frame("queue", queue).with_columns(found["seq"]),
    )


_LAST = 1_000  # stands behind every edit and doubt of the record


def _counts(counts: Counter[tuple[str, ...]], pack: Pack) -> dict[str, Any]:
    """Return the counts that the version and its report show."""

    def of(name: str) -> dict[str, int]:
        return {key[1]: n for key, n in sorted(counts.items()) if key[0] == name and n}

    hits, declines, conflicts = of("hits"), of("declines"), of("conflicts")
    rules = {
        rule.id: {
            "hits": hits.get(rule.id, 0),
            "declines": declines.get(rule.id, 0),
            "conflicts": conflicts.get(rule.id, 0),
            "confidence": rule.confidence,
            "phase": rule.phase,
            "summary": rule.summary,
            "review": f"sample {rule.review.rate:.0%}" if rule.review.mode == "sample" else rule.review.mode,
        }
        for rule in pack.rules
    }
    return {
        "by_rule": rules,
        "queue_by_reason": of("review"),
        "quarantined_by_reason": of("quarantined"),
        "dropped_by_reason": of("dropped"),
        "types_before": of("before"),
        "types_after": of("after"),
    }
