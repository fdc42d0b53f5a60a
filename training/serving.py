"""An OpenAI-compatible endpoint of a model, by a server that others keep: vLLM, or transformers' own."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from training.problems import TrainingError

LOOPBACK = "127.0.0.1"
_HEALTH_SECONDS = 2.0
_STOP_SECONDS = 20.0


class ServeError(TrainingError):
    """The server does not start or does not stay up; the message says what it said."""


@dataclass(frozen=True)
class Server:
    """A server and how it is started."""

    kind: str
    """vllm | transformers."""
    model: str
    """What requests name as their model."""
    url: str
    """What `--url` of eval and load takes."""
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    """Where it runs."""

    @property
    def health(self) -> str:
        """Return the address that answers once the model is loaded."""
        return f"{self.url.removesuffix('/v1')}/health"


def server_of(model: Path, host: str = LOOPBACK, port: int = 8000) -> Server:
    """Return the server for a model's folder: vLLM where it is installed and an accelerator is there.

    Nothing of the model's is run as code, and nothing is fetched. Raises `ServeError` where the folder holds no model.
    """
    if not (model / "config.json").is_file():
        raise ServeError(f"{model} holds no model (no config.json); make one of a run with: rewright merge")
    folder = model.resolve()
    address = f"[{host}]" if ":" in host else host
    url = f"http://{address}:{port}/v1"
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1"}
    placed = ["--host", host, "--port", str(port)]
    # Models that can think are asked to answer at once, as in `eval`.
    if (vllm := shutil.which("vllm")) is not None and _accelerated():
        at_once = ["--default-chat-template-kwargs", '{"enable_thinking": false}']
        command = [vllm, "serve", str(folder), "--served-model-name", folder.name, *placed, *at_once]
        return Server("vllm", folder.name, url, command, offline, folder.parent)
    # -P: nothing is imported from the folder beside the model.
    start = [sys.executable, "-P", "-c", "from transformers.cli.transformers import main; main()", "serve"]
    given = ["--device", "auto" if _accelerated() else "cpu", "--reasoning", "off"]
    # This server knows its model by the words it was started with; in the folder above they are short.
    return Server("transformers", folder.name, url, [*start, folder.name, *placed, *given], offline, folder.parent)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def running(server: Server, log: Path, *, wait: float = 600.0) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, and yield its process once it answers; stops it at the end. What it says goes into `log`.

    Raises `ServeError` where the port is taken, it ends before it answers, or it takes longer than `wait` seconds.
    """
    _free(server)
    _cache()
    with log.open("wb") as said:
        process = subprocess.Popen(
            server.command,
            cwd=server.folder,
            env={**os.environ, **server.environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        _ready(server, process, log, wait)
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()


def told(log: Path) -> str:
    """Return the last line of a server's log that says something."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing was said"


def _ready(server: Server, process: subprocess.Popen[bytes], log: Path, wait: float) -> None:
    until = time.monotonic() + wait
    while not _answers(server.health):
        if process.poll() is not None:
            raise ServeError(f"the server ended with exit code {process.returncode}: {told(log)}; see {log}")
        if time.monotonic() > until:
            raise ServeError(f"the server does not answer after {wait:.0f} s: {told(log)}; see {log}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_HEALTH_SECONDS) as said:
            return bool(said.status == 200)
    except (OSError, HTTPException):  # nobody, or somebody who speaks otherwise
        return False


def _free(server: Server) -> None:
    """Refuse a port that is taken: whoever listens there would be taken for the server."""
    at = server.command.index("--host")
    host, port = server.command[at + 1], int(server.command[at + 3])
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[:1]:
            with socket.socket(family, kind, protocol) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind(place)
    except OSError as error:
        raise ServeError(f"{host}:{port}: {error.strerror}; name another with --port") from error


def _cache() -> None:
    """Make the folder that transformers' server looks through when it is asked for its models, and fails without."""
    from huggingface_hub import constants

    Path(constants.HF_HUB_CACHE).mkdir(parents=True, exist_ok=True)


def _accelerated() -> bool:
    import torch

    return bool(torch.cuda.is_available())
