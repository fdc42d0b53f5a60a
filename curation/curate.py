"""From a raw data set to an audited version: read, judge, publish, with some bytes of memory a row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from importlib.metadata import version as installed
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import polars as pl

from curation.aside import Aside, Parts, part_of
from curation.batch import Batch, Counts
from curation.command import first_key, write
from curation.draft import Draft, StoreError
from curation.duplicates import EXACT, find_duplicates
from curation.manifest import Ruleset, Version
from curation.on_ray import Cluster, Work
from curation.pack import Pack
from curation.reading import files_of
from curation.reuse import LIBRARIES, Reuse, earlier, engine_digest
from curation.rule_file import canonical
from curation.shares import USUAL, Keep, Shares
from curation.store import Store
from curation.surplus import Surplus, check_keep
from curation.survey import BATCH_ROWS, Progress, Survey, keyed_rows, none_of, seen_in, silent
from curation.tables import frame
from curation.workers import Crew, Job, Rules

__all__ = ["BATCH_ROWS", "LIBRARIES", "Progress", "curate", "keyed_rows", "seen_in", "silent"]

_WORTH = 10_000  # so many rows to judge are worth starting processes for
_SMALL = 500  # rows of a job, fewer of which are not worth a job of their own
_LAST = 1_000  # stands behind every edit and doubt of a record
_RANGES = 64  # of rows, in which what waits until the end is put in order


def curate(
    store: Store,
    path: Path,
    rules: Rules,
    *,
    keep_duplicates: bool = False,
    reuse: bool = True,
    tag: str | None = None,
    shares: Shares = USUAL,
    keep: Keep | None = None,
    workers: int = 1,
    engine: Literal["own", "ray"] = "own",
    catalogue_for: Callable[[Pack], Mapping[str, Any]] | None = None,
    progress: Progress = silent,
) -> Version:
    """Publish the data set at `path` as it came, and the version that the rules make of it; return the latter.

    The splits are drawn now, in these `shares`, and hold in every version that is made from this one. Of the classes
    that `keep` names the surplus is dropped.
    The same data, rules and catalogue give the same version anywhere, in any number of processes; where it exists
    already it is returned and nothing is published. Nor does `reuse` change it, which takes the results of rows that
    have not changed from the newest version that the same rules made of another state of the data.
    `catalogue_for` returns the catalogue where the rules must be loaded to read it: they are loaded here, while the
    processes start. Raises `ReadError`, `RuleErrors`, `StoreError`, `WorkerLost` and what `catalogue_for` raises; no
    version is visible then but, where the reading was done, that of the data set as it came.
    """
    store.tables.check_writable()
    with ExitStack() as stack:
        ray = engine == "ray"
        crew = stack.enter_context(Crew(rules, 1 if ray else workers))
        cluster = stack.enter_context(Cluster(workers))
        judges = cluster if ray else crew
        if ray:
            files_of(path)  # a path that is wrong is told before Ray starts, whose start would have to be waited for
        if not (reuse and any(version.kind == "curated" for version in store.versions())):
            judges.start()
        pack = rules.load()
        given = rules.catalogue if catalogue_for is None else catalogue_for(pack)
        keep = keep or Keep()
        check_keep(keep, pack)
        if pack.notation.label and ray:
            raise StoreError(
                f"the outputs of {pack.id} are labels, which --engine ray does not judge yet; leave it out"
            )
        survey = stack.enter_context(Survey(pack))
        survey.read(path, shares, progress)
        catalogue = {**given, "seen": sorted(survey.seen)}
        ruleset = _ruleset(pack, catalogue, keep, keep_duplicates=keep_duplicates)
        none = none_of(survey.count)
        gone, doubtful = (none, none) if keep_duplicates else (survey.nth > 0, survey.alike)
        before = earlier(store, ruleset) if reuse and not pack.notation.label else None
        known = stack.enter_context(Reuse(store, before, survey, pack, gone))
        if survey.count - known.count >= _WORTH:
            judges.start()
        away = survey.sound & ~gone & ~known.rows if ray else none
        # The processes begin while the data set is published.
        here = crew.run(_jobs(survey, doubtful, gone, known.rows | away, workers), pack, catalogue)
        raw = survey.publish(store, progress)
        if before is not None and before.parent == raw.id:  # the same data, by the same rules and code
            return before if tag is None else store.tag(tag, before.id)
        elsewhere: Iterator[Batch] = iter(())
        if away.any():
            work = Work(rules, write(catalogue), engine_digest(), pack.digest, away, doubtful)
            elsewhere = cluster.judge(store, raw, work)
        message = f"curated from version {raw.number}"
        draft = stack.enter_context(
            store.publish(raw, kind="curated", ruleset=ruleset, source=raw.source, message=message)
        )
        batches = chain(known.batches(doubtful), (made for _, made in here), elsewhere)
        counts = _fill(draft, batches, doubtful, Surplus(keep), progress)
        progress("publishing", survey.count, survey.count)
        return draft.commit(_counts(counts, pack), tag)


def _fill(draft: Draft, batches: Iterable[Batch], doubtful: pl.Series, surplus: Surplus, progress: Progress) -> Counts:
    """Put into a draft what becomes of the rows, and count it.

    The records of `doubtful` rows wait until it is known what the others come to.
    """
    counts: Counts = Counter()
    total, done = len(doubtful), 0
    with Aside() as waiting, Parts(part_of(pl.struct("group", "input").hash())) as index:
        for batch in batches:
            held, queue = surplus.hold(batch)
            waits = doubtful.gather(batch.records["seq"]) | batch.records["seq"].is_in(held.implode())
            draft.add(batch.records.filter(~waits), batch.edits, queue, batch.outcomes)
            waiting.put(batch.records.filter(waits))
            index.put(batch.indexed)
            counts.update(batch.counts)
            done += batch.rows
            progress("rules", done, total)
        doubled = none_of(total)
        for queue in _doubled(index, counts, total):
            draft.add(queue=queue)
            doubled = doubled.scatter(queue["seq"], values=True)
        dropped, held_back, outcomes = surplus.settle(doubled, counts)
        for records in waiting.frames():
            draft.add(records=_settled(records, doubled, dropped["seq"]))
    draft.add(records=dropped, outcomes=outcomes)
    draft.add(queue=held_back)
    return counts


def _ruleset(pack: Pack, catalogue: Mapping[str, Any], keep: Keep, *, keep_duplicates: bool) -> Ruleset:
    """Return all that decides what becomes of a data set, as the store keeps it."""
    content = {"pack": pack.text, "catalogue": catalogue, "keep_duplicates": keep_duplicates}
    text = canonical(content | ({"keep": keep.as_json()} if keep.share else {}))
    return Ruleset(pack.id, text, pack.order, {name: installed(name) for name in LIBRARIES})


def _jobs(survey: Survey, doubtful: pl.Series, gone: pl.Series, known: pl.Series, workers: int) -> Iterator[Job]:
    for batch in survey.rows():
        rows = batch.filter(~known.slice(batch["seq"][0], batch.height))
        # The last jobs are small, so that no process is still at work when the others have nothing left to do.
        share = (survey.count - batch["seq"][0]) // (2 * workers) if workers > 1 else rows.height
        pieces = math.ceil(rows.height / max(share, _SMALL))
        for part in rows.iter_slices(math.ceil(rows.height / pieces)) if pieces else ():
            places = part["seq"]
            alike = frozenset(places.filter(doubtful.gather(places)))
            again = part.filter(gone.gather(places)).select("seq", "digest").iter_rows()
            yield Job(part, alike, {place: (EXACT, first_key(digest)) for place, digest in again})


def _doubled(index: Iterable[pl.DataFrame], counts: Counts, count: int) -> Iterator[pl.DataFrame]:
    """Yield the queue rows of the records that say what others say, in order.

    `index` has rows that say the same in the same part. Only now is it known whether two rows say the same command: the
    rules may have mended a defect of one of them.
    """
    with Parts(pl.col("seq") * _RANGES // max(count, 1)) as ranges:
        for part in index:
            ranges.put(find_duplicates(part))
        for found in ranges:
            ordered = found.sort("seq")
            for reason, n in ordered["reason"].value_counts().iter_rows():
                counts["review", reason] += n
            queue = [
                (key, _LAST, "duplicate", None, None, reason, f"compare {other}", None)
                for key, reason, other in ordered.select("key", "reason", "other").iter_rows()
            ]
            yield frame("queue", queue).with_columns(ordered["seq"])


def _settled(waiting: pl.DataFrame, doubled: pl.Series, dropped: pl.Series) -> pl.DataFrame:
    """Return of records that waited those that differ from the raw ones, without the ones that are dropped."""
    in_review = doubled.gather(waiting["seq"])
    records = waiting.with_columns(disposition=pl.when(in_review).then(pl.lit("review")).otherwise("disposition"))
    return records.filter(pl.col("disposition") != "unchanged", ~pl.col("seq").is_in(dropped.implode()))


def _counts(counts: Counts, pack: Pack) -> dict[str, Any]:
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
        "engine": engine_digest(),
        "by_rule": rules,
        "queue_by_reason": of("review"),
        "quarantined_by_reason": of("quarantined"),
        "dropped_by_reason": of("dropped"),
        "types_before": of("before"),
        "types_after": of("after"),
    }
