"""Judging rows on Ray: on the cores of this machine, or on a cluster that `RAY_ADDRESS` names.

The machines read what is to be judged from the store, so they must see it under the same address, and have this version
of Rewright and the packs under the same paths. Only here is Ray imported. What the machines make comes back to the
caller, who alone writes: work that is done twice, because a machine was lost, is in the version once.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import polars as pl

from curation.batch import Batch
from curation.draft import StoreError
from curation.engine import Engine
from curation.garbage import collect_seldom
from curation.manifest import Version
from curation.reuse import engine_digest
from curation.store import Store
from curation.workers import Rules, WorkerLost

if TYPE_CHECKING:
    import pyarrow as pa

_MOST = 65_536
"""Rows of one task: Ray takes a fifth of a second from one task to the next."""
_LEAST = 500
_AT_ONCE = 8_192
"""Rows of a task that are judged and sent back together."""
_RETRIES = 3
"""So many times a task that lost its worker runs again; to Ray Data it would be for ever."""
_ANSWERS_IN_S = 10


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


class Cluster(ExitStack):
    """Ray: that which the caller has running, the cluster that `RAY_ADDRESS` names, otherwise one on this machine.

    The latter starts in a process of its own while the caller does other things, ends with the caller, and no other
    machine can reach it. Use it in a `with` statement.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Plan so many workers on this machine (its cores, unless told)."""
        super().__init__()
        self._workers = workers
        self._started = False
        self._host: Connection | None = None

    def start(self) -> None:
        """Begin to start Ray, where it is to be started and is not.

        Raises `StoreError` where it is not installed, was imported before it could be told how to start, or nobody
        answers at `RAY_ADDRESS`.
        """
        if self._started:
            return
        if find_spec("ray") is None:
            raise StoreError("ray is missing: install rewright[ray]")
        if address := os.environ.get("RAY_ADDRESS"):
            _check_reached(address)
        elif not _is_running():
            unset = {name: value for name, value in _HERE.items() if name not in os.environ}
            if unset and "ray" in sys.modules:
                raise StoreError("ray is imported already: start it with ray.init, or import it afterwards")
            os.environ.update(unset)
            # Spawned, and not a thread: starting Ray beside polars' threads ended in a segmentation fault once.
            spawned = get_context("spawn")
            self._host, its_end = spawned.Pipe()
            process = spawned.Process(target=_keep_ray, args=(its_end, self._workers))
            process.start()
            its_end.close()
            self.callback(process.join)
            self.callback(self._host.close)
        self._started = True

    def judge(self, store: Store, raw: Version, work: Work) -> Iterator[Batch]:
        """Yield what the rules make of the wanted rows of a data set that was published, in any order.

        A worker that dies is replaced and its task runs again. Raises `WorkerLost` where that does not help, and what
        `start` raises.
        """
        self.start()
        try:
            import ray.data
        except ModuleNotFoundError as error:
            raise StoreError(f"{error.name} is missing: install rewright[ray]") from None

        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what goes wrong is told here, without its stack
        connects = not _is_running()
        if connects:
            ray.init(self._address(), logging_level=logging.ERROR, log_to_driver=False)
        try:
            yield from _judged(store, raw, work)
        finally:
            if connects:
                ray.shutdown()
            if self._host:
                self._host.close()  # Ray ends while the caller publishes

    def _address(self) -> str | None:
        """Return where Ray is, once it is there; None where the environment says it."""
        try:
            return None if self._host is None else str(self._host.recv())
        except EOFError:
            raise StoreError("Ray could not be started; the reason is above") from None


_HERE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # to Ray: the loopback address is this machine's
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""What Ray must find in the environment when it is imported, to be started on this machine."""


def _is_running() -> bool:
    """Tell whether the caller has started or joined a cluster."""
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())


def _check_reached(address: str) -> None:
    """Raise `StoreError` where nobody answers at an address; Ray itself would try for more than ten minutes."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        if parts.port:  # others, such as auto, are Ray's to find
            socket.create_connection((parts.hostname, parts.port), timeout=_ANSWERS_IN_S).close()
    except (OSError, ValueError) as error:
        raise StoreError(
            f"RAY_ADDRESS: no answer from {address} ({error}); start the cluster, or unset RAY_ADDRESS to judge on "
            "this machine"
        ) from None


def _keep_ray(caller: Connection, workers: int | None) -> None:
    """Start Ray, say where it is, and end it when the caller closes its end or is no more; runs in its own process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets it, too, and ends this
    import ray

    ray.init(num_cpus=workers, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    with suppress(EOFError, OSError):  # it may have gone while Ray started
        caller.send(ray.get_runtime_context().gcs_address)
        caller.recv()
    ray.shutdown()


def _cores() -> int:
    """Return how many tasks Ray can run at once; a cluster that grows with its work may have no core yet."""
    import ray

    return max(int(ray.cluster_resources().get("CPU", 1)), 1)


def _judged(store: Store, raw: Version, work: Work) -> Iterator[Batch]:
    import ray

    from curation.shards import batches_in

    context = ray.data.DataContext.get_current().copy()  # the caller's own stays as it is
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = 1  # what a task yields goes out as it is, and not when the task has ended
    pieces = list(pieces_of(store.tables.files("records", raw.draft), _cores()))
    judge: Any = _work  # Ray's types know functions of a batch alone
    with ray.data.DataContext.current(context), warnings.catch_warnings():
        # The retries have no other place than among the arguments that Ray 2.64 takes away.
        warnings.simplefilter("ignore", DeprecationWarning)
        done = ray.data.from_items(pieces, override_num_blocks=len(pieces)).map_batches(
            judge, batch_size=None, batch_format="pyarrow", fn_args=(ray.put(work),), max_retries=_RETRIES
        )
    try:
        for made in done.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from batches_in(made)
    except ray.exceptions.RayError as error:
        raise WorkerLost(
            f"Ray could not do the work: {_reason(error)}; no version was made of it. Run it again."
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


def _work(pieces: pa.Table, work: Any) -> Iterator[pa.Table]:
    """Judge the rows of pieces; runs in a process of Ray's."""
    import ray

    from curation.shards import COLUMNS, judge_table

    given = _given(work) if isinstance(work, ray.ObjectRef) else work
    engine = _engine(given.rules.packs, _text(given.rules.off), given.catalogue, given.code, given.pack)
    for piece in pieces.to_pylist():
        rows = pl.scan_parquet(piece["file"], glob=False).select(COLUMNS)
        end = piece["start"] + piece["rows"]
        for start in range(piece["start"], end, _AT_ONCE):
            some = rows.slice(start, min(_AT_ONCE, end - start)).collect().to_arrow()
            yield judge_table(engine, some, given.wanted, given.doubtful)


@lru_cache(maxsize=1)
def _given(reference: Any) -> Work:
    import ray

    found: Work = ray.get(reference)
    return found


@lru_cache(maxsize=1)
def _engine(packs: tuple[str, ...], off: str, catalogue: str, code: str, digest: str) -> Engine:
    """Load the rules; raises `RuntimeError` where this machine has other rules or other code than the caller."""
    collect_seldom()
    pack = Rules(packs, json.loads(off)).load()
    if engine_digest() != code or pack.digest != digest:
        raise RuntimeError("this machine has other rules, or another version of Rewright, than the one that asks")
    return Engine(pack, pack.open_context(json.loads(catalogue)))


def _text(off: Mapping[str, str]) -> str:
    return json.dumps(dict(off), sort_keys=True)


def _reason(error: Exception) -> str:
    """Return what happened in Ray's process, without the stacks around it."""
    happened = getattr(error, "cause", None) or error
    return next((line.strip() for line in str(happened).splitlines() if line.strip()), type(happened).__name__)
