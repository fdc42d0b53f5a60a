"""Run the Argilla server of a workspace: start, wait until it answers, stop it cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotations.server.accounts import Accounts, accounts_of
from annotations.server.address import Address, address_file
from annotations.server.environment import ServerError, locked, make_environment

if TYPE_CHECKING:
    from rich.console import Console

_INSIDE = Path(__file__).parent / "inside"
_START, _STOP = 180, 20  # seconds
_LATEST = 2_000  # characters of the log shown with an error


@dataclass(frozen=True)
class RunningServer:
    """An Argilla server on this machine that answers at `url`."""

    url: str
    accounts: Accounts
    new_accounts: bool
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> Address:
        """Where to push and pull, as the owner."""
        return Address(self.url, self.accounts.owner.api_key, self.accounts.workspace)


@contextmanager
def running_server(
    folder: Path,
    port: int = 0,
    *,
    environment: Path | None = None,
    annotators: Sequence[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[RunningServer]:
    """Run a server that keeps everything in `folder`, and stop it at the end of the `with` block.

    Port 0 takes a free one. `environment` is where the server's virtual environment is or will be made, by default
    `folder/venv`. Raises `ServerError` where it does not start, or where another process runs one in this folder.
    """
    folder = folder.resolve()
    for name in ("data", "valkey"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with locked(folder / "lock"):
            python = make_environment(environment or folder / "venv", progress)
            accounts, new = accounts_of(folder) if annotators is None else accounts_of(folder, annotators)
            if progress:
                progress("starting the Argilla server")
            log = folder / "server.log"
            process = _start(python, folder, port, log)
            try:
                url = _address(process, log)
                address_file(folder).write_text(url, encoding="utf-8")
                yield RunningServer(url, accounts, new, log, process)
            finally:
                address_file(folder).unlink(missing_ok=True)
                _stop(process)
    except BlockingIOError:
        raise ServerError(f"a server runs in {folder} already; stop that one first") from None


def serve(workspace: Path, port: int = 6900, ready: Callable[[RunningServer], None] | None = None) -> None:
    """Run the workspace's server until SIGINT or SIGTERM; shows progress, its address, and new accounts once.

    Call it from the main thread. `ready` is called once, when the server answers. Raises `ServerError` where it does
    not start or ends by itself.
    """
    from rich.console import Console

    console = Console(stderr=True)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            with console.status("looking for the Argilla server") as status:
                server = running_server(workspace / ".argilla", port, progress=lambda line: status.update(line[:100]))
                running = stack.enter_context(server)
            _greet(console, running)
            if ready:
                ready(running)
            code = running.process.wait()
        raise ServerError(f"the server ended by itself (exit code {code}):\n{_end(running.log)}")
    except KeyboardInterrupt:
        console.print("stopped; everything is kept in the workspace")
    finally:
        signal.signal(signal.SIGTERM, before)


def _greet(console: Console, running: RunningServer) -> None:
    from rich.table import Table

    console.print(f"Argilla answers at [bold]{running.url}[/bold] (this machine only); Ctrl-C stops it.")
    if running.new_accounts:
        table = Table("user", "first password", "role")
        for account in running.accounts.accounts:
            table.add_row(account.username, account.password, account.role)
        console.print(table)
        console.print(f"Shown this once; kept in {running.log.with_name('accounts.json')}, readable by you only.")


def _start(python: Path, folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    # Nothing of our own environment may leak in: no other PYTHONPATH, no ARGILLA_ settings for another server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARGILLA_", "PYTHON"))}
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(python), "-m", "rewright_argilla", str(folder), str(port)],
            cwd=folder,
            env={**kept, "PYTHONPATH": str(_INSIDE), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us: we stop it in order
        )


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return the server's address as soon as it answers."""
    assert process.stdout is not None
    timer = threading.Timer(_START, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            if line.startswith(b'{"port"'):
                return f"http://127.0.0.1:{json.loads(line)['port']}"
    finally:
        timer.cancel()
    process.wait()
    raise ServerError(f"the Argilla server did not start (all of its log: {log}):\n{_end(log)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()


def _end(log: Path) -> str:
    return log.read_bytes()[-_LATEST:].decode(errors="replace").strip()
