"""Judging rows on Ray: on the cores of this machine, or on a cluster that `RAY_ADDRESS` names.

The machines read what is to be judged from the store, so they must see it under the same address, and have this version
of Rewright and the packs under the same paths. Only here is Ray imported. What the machines make comes back to the
caller, who alone writes: work that is done twice, because a machine was lost, is in the version once.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl

from curation.batch import Batch
from curation.draft import StoreError
from curation.engine import Engine
from curation.manifest import Version
from curation.reuse import engine_digest
from curation.store import Store
from curation.workers import Rules, WorkerLost, collect_seldom

if TYPE_CHECKING:
    import pyarrow as pa

_MOST = 16_384
"""Rows of one task, as many as a row group has: Ray takes a tenth of a second from one task to the next."""
_LEAST = 500


@dataclass(frozen=True)
class Work:
    """What every machine must know."""

    rules: Rules
    catalogue: str
    """With all that was seen in the data, as JSON."""
    code: str
    """Digest of the code that must judge."""
    pack: str
    """Digest of the rules that must be loaded."""
    wanted: pl.Series
    """For each row of the data set whether it is to be judged."""
    doubtful: pl.Series
    """For each row whether its result must be told apart from that of others."""


def judge_on_ray(store: Store, raw: Version, work: Work, workers: int | None = None) -> Iterator[Batch]:
    """Yield what the rules make of the wanted rows of a data set that was published, in any order.

    Without `RAY_ADDRESS`, Ray is started on this machine alone with so many workers (its cores, unless told), and
    stopped again. A worker that dies is replaced and its task runs again. Raises `WorkerLost` where that does not help,
    `StoreError` where Ray is not installed.
    """
    try:
        import ray.data
    except ModuleNotFoundError as error:
        raise StoreError(f"{error.name} is missing: install rewright[ray]") from None

    logging.getLogger("ray.data").setLevel(logging.ERROR)  # which its import has set
    started = not ray.is_initialized()
    if started:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        local: Mapping[str, Any] = {"num_cpus": workers, "_node_ip_address": "127.0.0.1", "include_dashboard": False}
        there = bool(os.environ.get("RAY_ADDRESS"))
        ray.init(logging_level=logging.ERROR, log_to_driver=False, **({} if there else local))
    try:
        yield from _judged(store, raw, work)
    finally:
        if started:
            ray.shutdown()


def _cores() -> int:
    """Return how many tasks Ray can run at once; a cluster that grows with its work may have no core yet."""
    import ray

    return max(int(ray.cluster_resources().get("CPU", 1)), 1)


def _judged(store: Store, raw: Version, work: Work) -> Iterator[Batch]:
    import ray

    from curation.shards import batches_in

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    pieces = list(pieces_of(store.tables.files("records", raw.draft), _cores()))
    judge: Any = _work  # Ray's types know functions of a batch alone
    done = ray.data.from_items(pieces, override_num_blocks=len(pieces)).map_batches(
        judge, batch_size=None, batch_format="pyarrow", fn_args=(ray.put(work),)
    )
    try:
        for made in done.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from batches_in(made)
    except ray.exceptions.RayError as error:
        raise WorkerLost(
            f"Ray could not do the work: {_first_line(error)}; no version was made of it. Run it again."
        ) from error


def pieces_of(files: Iterable[tuple[str, int]], workers: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of files in pieces, each a file, its first row and a number of rows.

    A piece is a share of what is left (C. D. Polychronopoulos and D. J. Kuck, Guided self-scheduling, IEEE Transactions
    on Computers C-36, 1987), so the last are small and all workers end at about the same time.
    """
    files = list(files)
    left = sum(rows for _, rows in files)
    for file, rows in files:
        start = 0
        while start < rows:
            size = min(max(left // (2 * workers), _LEAST), _MOST, rows - start)
            yield {"file": file, "start": start, "rows": size}
            start += size
            left -= size


def _work(pieces: pa.Table, work: Any) -> pa.Table:
    """Judge the rows of a piece; runs in a process of Ray's."""
    import pyarrow as pa
    import ray

    from curation.shards import COLUMNS, judge_table

    given = _given(work) if isinstance(work, ray.ObjectRef) else work
    engine = _engine(given.rules.packs, _text(given.rules.off), given.catalogue, given.code, given.pack)
    return pa.concat_tables(
        judge_table(
            engine,
            pl.scan_parquet(piece["file"], glob=False)
            .select(COLUMNS)
            .slice(piece["start"], piece["rows"])
            .collect()
            .to_arrow(),
            given.wanted,
            given.doubtful,
        )
        for piece in pieces.to_pylist()
    )


@lru_cache(maxsize=1)
def _given(reference: Any) -> Work:
    import ray

    found: Work = ray.get(reference)
    return found


@lru_cache(maxsize=1)
def _engine(packs: tuple[str, ...], off: str, catalogue: str, code: str, digest: str) -> Engine:
    """Load the rules; raises `RuntimeError` where this machine has other rules or other code than the caller."""
    pack = Rules(packs, json.loads(off)).load()
    collect_seldom()
    if engine_digest() != code or pack.digest != digest:
        raise RuntimeError("this machine has other rules, or another version of Rewright, than the one that asks")
    return Engine(pack, pack.open_context(json.loads(catalogue)))


def _text(off: Mapping[str, str]) -> str:
    return json.dumps(dict(off), sort_keys=True)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
