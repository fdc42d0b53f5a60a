"""The batch function over a data set, in one process or several, with the results in the order of the rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, NamedTuple

import polars as pl

from curation.batch import Batch, run_batch
from curation.engine import Engine
from curation.pack import load_packs


class Job(NamedTuple):
    """A batch of rows with what the whole data set says about them."""

    rows: pl.DataFrame
    indexed: frozenset[int]
    dropped: Mapping[int, tuple[str, str]]


@dataclass(frozen=True)
class Rules:
    """Which rules a process runs: what it needs to load them for itself."""

    packs: tuple[str, ...]
    """Folders of packs, or names of installed ones."""
    off: Mapping[str, str] = field(default_factory=dict)
    """Rules that are switched off, with the reason."""
    catalogue: Mapping[str, Any] = field(default_factory=dict)

    def engine(self) -> Engine:
        """Load the rules."""
        pack = load_packs(self.packs, off=self.off)
        return Engine(pack, pack.open_context(self.catalogue))


def run_jobs(jobs: Iterable[Job], rules: Rules, workers: int) -> Iterator[tuple[Job, Batch]]:
    """Yield each job with its result, in order; only a few jobs are held at a time."""
    if workers <= 1:
        engine = rules.engine()
        for job in jobs:
            yield job, run_batch(engine, *job)
        return
    # Spawned, because a forked process inherits the locks of polars' threads.
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (rules,)) as pool:
        waiting: deque[tuple[Job, Future[Batch]]] = deque()
        for job in jobs:
            waiting.append((job, pool.submit(_work, job)))
            if len(waiting) > 2 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


_engine: Engine | None = None  # one for the whole life of a worker process


def _start(rules: Rules) -> None:
    global _engine  # noqa: PLW0603
    _engine = rules.engine()


def _work(job: Job) -> Batch:
    if _engine is None:
        raise RuntimeError("the worker was not started")
    return run_batch(_engine, *job)
