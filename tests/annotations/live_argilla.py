"""What the tests say to an Argilla server, and as whom."""

from __future__ import annotations

from typing import Any, NamedTuple


class Server(NamedTuple):
    """A server to test against, and the key of its owner."""

    url: str
    api_key: str
    embedded: bool


class Api:
    """Argilla's HTTP API, as one user."""

    def __init__(self, server: Server, api_key: str | None = None) -> None:
        self.server = server
        self._headers = {"X-Argilla-Api-Key": api_key or server.api_key}

    def __call__(self, method: str, path: str, json: Any = None, *, expect: int | None = None) -> Any:
        """Return the parsed answer; fails unless the status is a good one, or the one expected."""
        import requests

        url = f"{self.server.url}/api/v1/{path}"
        answer = requests.request(method, url, json=json, headers=self._headers, timeout=120)
        if expect is None:
            assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        else:
            assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None


class Person(NamedTuple):
    """Somebody who may log in."""

    name: str
    password: str
    api: Api
