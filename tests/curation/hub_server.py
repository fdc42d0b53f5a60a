"""A stand-in for the Hub's HTTP interface, as far as pushing a data set uses it; it keeps everything in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass
class Hub:
    """What the server holds of its one repository."""

    address: str = ""
    token: str = "hf_testing"
    created: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    """Their summaries."""
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, lines: list[dict[str, Any]]) -> str:
        """Apply a commit and return its id."""
        for line in lines:
            key, value = line["key"], line["value"]
            if key == "header":
                self.commits.append(value["summary"])
            elif key == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif key == "lfsFile":
                self.files[value["path"]] = self.objects[value["oid"]]
            elif key == "deletedFile":
                del self.files[value["path"]]
        return self.head

    @property
    def head(self) -> str:
        """Return the id of the last commit."""
        return hashlib.sha1("\n".join(self.commits).encode()).hexdigest()


class _Answers(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _send(self, status: int, value: Any = None) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_PUT(self) -> None:
        data = self._body()
        self.hub.objects[hashlib.sha256(data).hexdigest()] = data
        self._send(200)

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            return self._send(401, {"error": "Invalid credentials"})
        if "/tree/" in self.path:
            entries = [
                {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for path, data in self.hub.files.items()
            ]
            return self._send(200, entries)
        return self._send(200, {"id": self.hub.created.get("name", ""), "sha": self.hub.head, "siblings": []})

    def do_POST(self) -> None:
        hub, body = self.hub, self._body()
        if "/lfs/" not in self.path and self.headers.get("Authorization") != f"Bearer {hub.token}":
            return self._send(401, {"error": "Invalid credentials"})
        if self.path == "/api/repos/create":
            url = f"{hub.address}/datasets/lamps/home"
            if hub.created:
                return self._send(409, {"error": "You already created this dataset repo", "url": url})
            hub.created = json.loads(body)
            return self._send(200, {"url": url})
        if self.path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if "/preupload/" in self.path:
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            return self._send(200, {"files": files})
        if self.path.endswith("/objects/batch"):
            objects = [
                {**one, "actions": {"upload": {"href": f"{hub.address}/lfs/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            return self._send(200, {"transfer": "basic", "objects": objects})
        if "/commit/" in self.path:
            oid = hub.commit([json.loads(line) for line in body.splitlines() if line])
            return self._send(
                200,
                {"commitOid": oid, "commitUrl": f"{hub.address}/datasets/lamps/home/commit/{oid}", "hookOutput": ""},
            )
        if match := re.search(r"/tag/([^/?]+)", self.path):
            tag = json.loads(body)["tag"]
            if tag in hub.tags:
                return self._send(409, {"error": "Tag reference exists already"})
            hub.tags[tag] = match[1]
            return self._send(200)
        return self._send(404, {"error": f"no {self.path} here"})


@contextmanager
def hub_server() -> Iterator[Hub]:
    """Serve a hub on loopback, as long as the context lasts."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
