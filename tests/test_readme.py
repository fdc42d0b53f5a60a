"""What README.md and docs/ show on a console is what the commands print today.

In a block marked `console` a line that begins with `$ ` is run, in one temporary folder for each file, with `examples/`
beside it; the lines below are what it prints. `…` stands for any text in a line, and alone for any lines.
A block with any other mark is not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if path.is_file()]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command and what a page says it prints."""

    command: str
    shown: list[str]


def steps_of(page: str) -> list[Step]:
    """Return the commands of a page's console blocks, in order."""
    steps: list[Step] = []
    for block in _BLOCK.findall(page):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:], []))
            else:
                assert steps, f"output before the first command: {line!r}"
                steps[-1].shown.append(line)
    return steps


def pattern_of(shown: list[str]) -> re.Pattern[str]:
    """Return what matches the output that the shown lines stand for; lines are compared without trailing spaces."""
    lines = [line.rstrip() for line in shown]
    while lines and not lines[-1]:
        lines.pop()
    parts = [
        r"(?:[^\n]*\n)*?" if line.strip() == "…" else r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in lines
    ]
    return re.compile("".join(parts) + r"\n*")


def printed(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    steps = steps_of(page.read_text(encoding="utf-8"))
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    for command, shown in steps:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        said = printed(done.stdout.decode("utf-8"))
        assert pattern_of(shown).fullmatch(said), f"$ {command}\n{said}\ninstead of\n{chr(10).join(shown)}"


def test_an_ellipsis_stands_for_text_and_alone_for_lines() -> None:
    pattern = pattern_of(["rows in   384", "…", "took … s", ""])

    assert pattern.fullmatch("rows in   384\nunchanged 95\n\ntook 3.5 s\n")
    assert pattern.fullmatch("rows in   384\ntook 3.5 s\n")
    assert not pattern.fullmatch("rows in   385\ntook 3.5 s\n")
    assert not pattern.fullmatch("rows in   384\ntook 3.5 s\nand more\n")


def test_only_console_blocks_are_run() -> None:
    page = "```sh\n$ rm -rf /\n```\n\n```console\n$ echo one\none\n$ echo two\ntwo\n```\n"

    assert steps_of(page) == [("echo one", ["one"]), ("echo two", ["two"])]
