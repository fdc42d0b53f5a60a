"""The tutorial, command by command: what it says is written is written, what it says is printed is printed."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import rewright

ROOT = Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial-first-rule.md"

_BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>[\w-]+)\n(?P<body>.*?)```", re.DOTALL)
_NAMED = re.compile(r"`([\w./-]+\.(?:yaml|toml))`")


class Step(NamedTuple):
    """A fenced block of the tutorial: commands with their output, or a file written or changed."""

    kind: str
    path: str
    """The file that the paragraph before the block names last."""
    body: str


def steps(text: str) -> list[Step]:
    """Return the blocks of a page in order; a block without a file's name is about the file named last."""
    found: list[Step] = []
    path = ""
    for match in _BLOCK.finditer(text):
        path = (_NAMED.findall(match["before"]) or [path])[-1]
        found.append(Step(match["kind"], path, match["body"]))
    return found


def commands(body: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output shown below it."""
    for piece in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = piece.partition("\n")
        yield command, output


def change(step: Step) -> None:
    """Apply a diff block to its file: the lines it keeps and takes away must stand there once, together."""
    lines = step.body.splitlines()
    old, new = ("\n".join(line[1:] for line in lines if line[:1] in {" ", sign}) for sign in "-+")
    text = Path(step.path).read_text("utf-8")
    assert text.count(old + "\n") == 1, f"{step.path}: not there once:\n{old}"
    Path(step.path).write_text(text.replace(old + "\n", new + "\n"), "utf-8")


def like(shown: str) -> re.Pattern[str]:
    """Return a pattern for an output as shown: `…` is anything within a line, alone on a line any lines."""
    parts = [
        r"(?:[^\n]*\n)*?" if line == "…" else re.escape(line).replace("…", r"[^\n]*") + r"[ ]*\n"
        for line in shown.splitlines()
    ]
    return re.compile("".join(parts))


def run(command: str, prompt: Callable[[list[str]], str]) -> str:
    """Run a command of the page and return what it printed."""
    name, *words = shlex.split(command)
    if name == "cp":
        shutil.copyfile(*words)
        return ""
    assert name == "rewright", command
    return prompt(words)


@pytest.mark.slow
def test_the_tutorial_works_as_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)

    def prompt(words: list[str]) -> str:
        capsys.readouterr()
        rewright.main(words)
        done = capsys.readouterr()
        return done.out + done.err

    for step in steps(TUTORIAL.read_text("utf-8")):
        if step.kind == "yaml":
            Path(step.path).write_text(step.body, "utf-8")
        elif step.kind == "toml":
            with Path(step.path).open("a", encoding="utf-8") as file:
                file.write(step.body)
        elif step.kind == "diff":
            change(step)
        else:
            assert step.kind == "shell-session", step
            for command, shown in commands(step.body):
                if command.startswith("cd "):
                    monkeypatch.chdir(command.removeprefix("cd "))
                    continue
                printed = run(command, prompt)
                assert like(shown).fullmatch(printed), f"$ {command}\n{printed}\nis not as shown:\n{shown}"
