"""The batch function over a data set, in one process or several, with the results in the order of the rows."""

from __future__ import annotations

import json
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from threading import Thread, current_thread, main_thread
from typing import Any, NamedTuple

import polars as pl

from curation.batch import Batch, run_batch
from curation.engine import Engine
from curation.garbage import collect_seldom
from curation.pack import Pack, load_packs
from curation.problems import RuleErrors

_AHEAD = 2
"""So many jobs for each process wait for it, so that none is idle and few are held."""


class WorkerLost(RuntimeError):  # noqa: N818 - what happened
    """A process of a run ended by itself, or was ended; nothing of the version that it worked on is visible."""


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

    def load(self) -> Pack:
        """Load the packs; raises `RuleErrors`."""
        return load_packs(self.packs, off=self.off)

    def engine(self) -> Engine:
        """Load the packs and open them on the catalogue."""
        pack = self.load()
        return Engine(pack, pack.open_context(self.catalogue))


class Crew(ExitStack):
    """The processes that run jobs; they load the rules while the caller still reads. Use it in a `with` statement.

    With fewer than two workers, and before they are started, everything runs in the caller's own process.
    """

    def __init__(self, rules: Rules, workers: int) -> None:
        """Plan so many processes."""
        super().__init__()
        self._rules = rules
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Start the processes, where there are to be several and they are not started."""
        if self._workers > 1 and self._pool is None:
            # Spawned, because a forked process inherits the locks of polars' threads.
            spawn = get_context("spawn")
            end, held = spawn.Pipe(duplex=False)
            given = (self._rules.packs, dict(self._rules.off), end)
            self._pool = ProcessPoolExecutor(self._workers, spawn, _load, given)
            self.callback(end.close)
            self.callback(self._pool.shutdown, cancel_futures=True)  # jobs that wait are given up
            self.callback(held.close)  # first of the three: the processes end, also in the midst of a job
            with _undisturbed():
                for _ in range(self._workers):
                    self._pool.submit(_ready)

    def run(self, jobs: Iterable[Job], pack: Pack, catalogue: Mapping[str, Any]) -> Iterator[tuple[Job, Batch]]:
        """Return the jobs with their results, in order; only a few are held at a time. Raises `WorkerLost`.

        `pack` is what the rules load, for this process. The others begin at once, before the first result is asked for.
        """
        if self._pool is None:
            engine = Engine(pack, pack.open_context(catalogue))
            return ((job, run_batch(engine, *job)) for job in jobs)
        known = json.dumps(catalogue, ensure_ascii=False)
        pool = self._pool
        submitted = ((job, pool.submit(_work, known, job)) for job in jobs)
        with _losses_told():
            waiting = deque(islice(submitted, _AHEAD * self._workers))
        return _results(pool, waiting, submitted)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals that would end this process wait while others begin, which would tell of it in pages of their own.

    They inherit that an interrupt is blocked. Here that is not enough: a thread of polars' may be told of a signal.
    """
    heard: list[int] = []
    ours = current_thread() is main_thread()  # Python hears of signals in no other
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handlers = {
        number: signal.signal(number, lambda told, _: heard.append(told))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if ours and callable(signal.getsignal(number))
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for told in heard:
            signal.raise_signal(told)


_Submitted = tuple[Job, "Future[Batch]"]


def _results(
    pool: ProcessPoolExecutor, waiting: deque[_Submitted], more: Iterator[_Submitted]
) -> Iterator[tuple[Job, Batch]]:
    with _losses_told():
        while waiting:
            waiting.extend(islice(more, 1))
            job, made = waiting.popleft()
            yield job, made.result()
    pool.shutdown(wait=False)  # the processes take a quarter of a second to end: the caller goes on meanwhile


@contextmanager
def _losses_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise WorkerLost(
            "a process of this run ended before its work was done (was it killed, or did memory run out?); no "
            "version was made of the work. Run it again, with fewer workers if memory is short."
        ) from error


_pack: Pack | None = None  # one for the whole life of a worker process


def _load(packs: tuple[str, ...], off: Mapping[str, str], end: Connection) -> None:
    global _pack  # noqa: PLW0603
    collect_seldom()
    Thread(target=_end_with_caller, args=(end,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt is the caller's to tell; here it just ends the process
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with suppress(RuleErrors):  # the caller loads them too, and tells what is wrong
        _pack = load_packs(packs, off=off)


def _end_with_caller(end: Connection) -> None:
    """End this process once the other end is closed, as it is when the caller is killed: nobody else would end it."""
    wait([end])
    os._exit(0)


def _ready() -> None:
    """Do nothing; that a job waits makes the pool start a process."""


@lru_cache(maxsize=1)
def _engine(catalogue: str) -> Engine:
    if _pack is None:
        raise RuntimeError("the worker was not started")
    return Engine(_pack, _pack.open_context(json.loads(catalogue)))


def _work(catalogue: str, job: Job) -> Batch:
    return run_batch(_engine(catalogue), *job)
