"""`rewright review serve`: one server for a workspace, started and stopped as a user does."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asked import question
from live_argilla import Api, Server

from annotations.argilla_client import push
from annotations.server.address import find_server
from annotations.server.environment import ServerError
from annotations.server.running import running_server

pytestmark = pytest.mark.slow
Start = Callable[[Path], tuple[subprocess.Popen[bytes], list[str]]]
ROOT = Path(__file__).parents[2]
SERVE = (
    "import sys; from pathlib import Path; from annotations.server.running import serve; serve(Path(sys.argv[1]), 0)"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a server as a process of its own and wait until it says where it answers."""
    started: list[subprocess.Popen[bytes]] = []

    def starting(workspace: Path) -> tuple[subprocess.Popen[bytes], list[str]]:
        command = [sys.executable, "-c", SERVE, str(workspace)]
        # Without a buffer, which would keep lines that were read ahead from `communicate`.
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, bufsize=0)
        started.append(process)
        said = []
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line.decode())
            if "Ctrl-C" in said[-1]:
                return process, said
        raise AssertionError("".join(said))

    yield starting
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


def running_in(folder: Path) -> list[str]:
    """Return the command lines of processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_a_workspace_serves_until_told_to_stop_and_keeps_everything(
    environment: Path, tmp_path: Path, argilla: Server, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    del argilla  # which made the environment
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    folder = tmp_path / ".argilla"
    folder.mkdir()
    (folder / "venv").symlink_to(environment)
    process, said = start(tmp_path)
    address = find_server(tmp_path)
    accounts = folder / "accounts.json"
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600
    assert address.url in "".join(said)
    push(address, "queue", [question(1)], version="v_1")
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"first password" in rest
    assert b"kept in the workspace" in rest
    assert running_in(tmp_path) == []
    with pytest.raises(ServerError, match="rewright review serve"):
        find_server(tmp_path)

    process, said = start(tmp_path)
    assert push(find_server(tmp_path), "queue", [question(1)], version="v_1").kept == 1
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "password" not in "".join(said) + rest.decode()
    assert running_in(tmp_path) == []


def test_the_server_ends_with_the_process_that_started_it(
    environment: Path, tmp_path: Path, argilla: Server, start: Start
) -> None:
    del argilla
    folder = tmp_path / ".argilla"
    folder.mkdir()
    (folder / "venv").symlink_to(environment)
    process, _ = start(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    for _ in range(200):
        if not running_in(tmp_path):
            break
        signal.sigtimedwait([], 0.1)
    assert running_in(tmp_path) == []


def test_the_server_is_for_this_machine_and_says_so_in_its_file_only(environment: Path, tmp_path: Path) -> None:
    with running_server(tmp_path / "a", environment=environment) as server:
        port = int(server.url.rpartition(":")[2])
        assert server.url.startswith("http://127.0.0.1:")
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))  # it would answer here if it listened on every address
        with pytest.raises(ServerError, match="already; stop"), running_server(tmp_path / "a", 0):
            pass
        with (
            pytest.raises(ServerError, match="is taken"),
            running_server(tmp_path / "b", port, environment=environment),
        ):
            pass
        passwords = {account.password for account in server.accounts.accounts}
        assert len(passwords) == 3
        assert all(password not in server.log.read_text() for password in passwords)
        Api(Server(server.url, server.address.api_key, embedded=True))("GET", "me")
    assert running_in(tmp_path) == []


def test_a_workspace_with_a_long_path_is_served_too(environment: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with running_server(folder, environment=environment) as server:
        assert push(server.address, "queue", [question(1)], version="v_1").added == 1
    assert not list(Path("/tmp").glob(f"rewright-{os.getuid()}-*/socket"))
