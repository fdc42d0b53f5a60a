"""A real Argilla server for the tests marked slow: started once a session, its environment made once a machine."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_argilla import Api, Person, Server


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest) -> Path:
    """Where the server's virtual environment is kept between runs."""
    if folder := os.environ.get("REWRIGHT_TEST_CACHE"):
        return Path(folder).resolve() / "argilla-venv"
    cache = request.config.cache
    assert cache is not None
    return Path(cache.mkdir("argilla")).resolve() / "venv"


@pytest.fixture(scope="session")
def argilla(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Our own server; or the one that REWRIGHT_TEST_ARGILLA_URL and REWRIGHT_TEST_ARGILLA_KEY name."""
    if url := os.environ.get("REWRIGHT_TEST_ARGILLA_URL"):
        yield Server(url.rstrip("/"), os.environ["REWRIGHT_TEST_ARGILLA_KEY"], embedded=False)
        return
    from annotations.server.running import running_server

    with running_server(tmp_path_factory.mktemp("argilla"), environment=environment) as server:
        yield Server(server.url, server.address.api_key, embedded=True)


@pytest.fixture(scope="session")
def api(argilla: Server) -> Api:
    """The HTTP API as the owner."""
    return Api(argilla)


@pytest.fixture(scope="session")
def new_person(api: Api) -> Callable[[str], Person]:
    """Make an annotator of the workspace with this id."""

    def make(workspace_id: str) -> Person:
        name, password = f"person-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        user = api("POST", "users", {"first_name": name, "username": name, "password": password, "role": "annotator"})
        api("POST", f"workspaces/{workspace_id}/users", {"user_id": user["id"]})
        return Person(name, password, Api(api.server, user["api_key"]))

    return make
