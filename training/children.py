"""Commands of Rewright in a process of their own, so that peak memory and a crash are that command's alone."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from training.problems import TrainingError
from training.train import RECORD, Job, Run


class ChildError(TrainingError):
    """A command failed in its process; the message is what it said last."""


def child(*words: str, threads: int | None = None) -> dict[str, Any]:
    """Run `rewright WORDS --json` in a process of its own and return its document; raises `ChildError`.

    It computes with so many threads, or as many as its libraries choose.
    """
    command = [sys.executable, "-P", "-m", "rewright", *words, "--json"]  # -P: nothing is imported from the folder
    around = os.environ | ({} if threads is None else {"OMP_NUM_THREADS": str(threads)})
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, env=around
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ChildError(f"{_ended(done.returncode)}: {said[-1] if said else 'nothing was said'}")
    document: dict[str, Any] = json.loads(done.stdout.rstrip("\n").split("\n")[-1])
    return document


def children(commands: Sequence[Sequence[str]], at_once: int, ended: Callable[[int], None]) -> None:
    """Run commands, so many at a time, each on its share of the cores; `ended` is told how many have come to an end.

    Raises the first `ChildError`, when all have ended.
    """
    threads = max(1, (os.cpu_count() or 1) // at_once) if at_once > 1 else None
    pool = ThreadPoolExecutor(at_once)
    try:
        runs = [pool.submit(child, *words, threads=threads) for words in commands]
        for number, run in enumerate(runs):
            ended(number)
            run.exception()
        ended(len(runs))
    finally:  # interrupted: those under way are, too, and the others do not begin
        pool.shutdown(cancel_futures=True)
    for run in runs:
        run.result()


def training_command(job: Job, options: Iterable[str], place: Path, workspace: Path) -> list[str]:
    """Return the words that do a job in a folder; `options` say the job's settings."""
    tokens = [] if job.tokens is None else ["--tokens", str(job.tokens)]
    known = ["--data", str(job.data["version"]), "--model", job.model, *options, "--seed", str(job.seed), *tokens]
    return ["train", *known, "--out", str(place), "--workspace", str(workspace)]


def finished(place: Path, identity: Mapping[str, Any]) -> Run | None:
    """Return the run that a folder has already; None where there is none or another."""
    if not (place / RECORD).is_file():
        return None
    run = Run.read(place)
    return run if run.record["identity"] == identity else None


def as_typed(*words: str) -> str:
    """Return the command as a person types it."""
    return shlex.join(["rewright", *words])


def _ended(code: int) -> str:
    """Return how a process ended; one that the system killed was mostly too large for its memory."""
    return f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"
