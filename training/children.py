"""Commands of Rewright in a process of their own, so that peak memory and a crash are that command's alone."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from typing import Any

from training.problems import TrainingError


class ChildError(TrainingError):
    """A command failed in its process; the message is what it said last."""


def child(*words: str) -> dict[str, Any]:
    """Run `rewright WORDS --json` in a process of its own and return its document; raises `ChildError`."""
    command = [sys.executable, "-P", "-m", "rewright", *words, "--json"]  # -P: nothing is imported from the folder
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ChildError(f"{_ended(done.returncode)}: {said[-1] if said else 'nothing was said'}")
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document


def as_typed(*words: str) -> str:
    """Return the command as a person types it."""
    return shlex.join(["rewright", *words])


def _ended(code: int) -> str:
    """Return how a process ended; one that the system killed was mostly too large for its memory."""
    return f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"
