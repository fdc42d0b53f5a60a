"""Runs commands in this process and keeps what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import rewright


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


def runner(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command, given as words and paths."""

    def run(*words: object) -> Done:
        capsys.readouterr()
        code = rewright.main([str(word) for word in words])
        return Done(code, *capsys.readouterr())

    return run
