"""What is wrong in a file a person wrote: where, what was found, what to write instead."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_AROUND = 120
"""Characters of a long line that are shown before a place, and after it."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong. Lines and columns count from 1; line 0 means the file as a whole."""

    path: Path
    line: int
    column: int
    found: str
    remedy: str
    excerpt: str = field(default="", compare=False)
    """The line as it stands in the file."""

    def __str__(self) -> str:
        """Return `file:line:column: what was found; what to do`."""
        place = f"{shown(self.path)}:{self.line}:{self.column}" if self.line else shown(self.path)
        return printable(f"{place}: {self.found}; {self.remedy}")

    def render(self) -> str:
        """Return the problem in one line, and below it the excerpt with a caret under the place."""
        if not self.line or not self.excerpt.strip():
            return str(self)
        number = f"{self.line:5d}"
        before, after = self.excerpt[: self.column - 1], self.excerpt[self.column - 1 :]
        before = before if len(before) <= _AROUND else "…" + before[-_AROUND:]
        after = after if len(after) <= _AROUND else after[:_AROUND] + "…"
        before, after = (printable(part.replace("\t", " ")) for part in (before, after))
        line, caret = before + after, " " * _columns(before) + "^"
        return f"{self}\n{number} | {line}\n{' ' * len(number)} | {caret}"


class RuleErrors(Exception):  # noqa: N818 - several at once
    """Rule files that cannot be used. Carries every problem of every file, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Sort the problems and drop exact repeats."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        count = len(self.problems)
        blocks = [problem.render() for problem in self.problems]
        super().__init__("\n".join([*blocks, f"{count} {'error' if count == 1 else 'errors'}"]))


def without_login(address: str) -> str:
    """Return the address of a server without the user and password that may stand in it."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a remedy that names the nearest known word, or `otherwise` with all known words."""
    choices = sorted(known)
    meant = nearest(word, choices)
    if meant is not None:
        return f"did you mean {meant!r}?"
    return f"{otherwise}: {', '.join(choices)}" if choices else f"{otherwise}: there is none"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word a misspelt one is nearest to; None when none is near."""
    from rapidfuzz import process

    found = process.extractOne(word, sorted(known), score_cutoff=65)
    return None if found is None else str(found[0])


def shown(path: Path) -> str:
    """Return a path as people see it: from the current folder when it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def printable(text: str) -> str:
    """Return the text with control characters written out, so that no file can drive a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def in_utf8(name: str) -> str:
    r"""Return the name of a file, or a word of a call, with bytes that are not UTF-8 written out, such as `\xca`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
