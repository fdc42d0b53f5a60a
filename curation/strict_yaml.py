"""YAML without its traps, and with the place of every value.

Only JSON's scalars are anything but text: unquoted `on`, `yes`, `10:30` and dates are the strings they look like. Keys
are strings. Duplicate keys, tags, anchors, several documents, values left empty and numbers too large are refused, all
of them at once. Everything else is PyYAML's own parser.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from curation.problems import Problem, did_you_mean

Pointer = tuple[str | int, ...]
"""The keys and list positions that lead to a value."""

MAX_DEPTH = 64
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mark(NamedTuple):
    """Where a key or value starts, from 0, and how a scalar is written (`'`, `"`, `|`, `>`, or nothing)."""

    line: int
    column: int
    style: str = ""
    one_line: bool = False


@dataclass(frozen=True)
class Document:
    """A YAML file: its plain value, and the place of every key and value in it."""

    path: Path
    text: str
    value: Any
    values: Mapping[Pointer, Mark]
    keys: Mapping[Pointer, Mark]

    def mark(self, pointer: Sequence[str | int], *, key: bool = False) -> Mark:
        """Return the mark of a value, or of its key; where there is none, that of the nearest value around it."""
        place = tuple(pointer)
        if key and place in self.keys:
            return self.keys[place]
        while place and place not in self.values:
            place = place[:-1]
        return self.values.get(place, Mark(0, 0))

    def problem(
        self, pointer: Sequence[str | int], found: str, remedy: str, *, key: bool = False, offset: int = 0
    ) -> Problem:
        """Return a problem at a value, or at its key, or at a character of a string."""
        mark = self.mark(pointer, key=key)
        line = self._lines[mark.line]
        return Problem(self.path, mark.line + 1, _column(mark, line, offset) + 1, found, remedy, line)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    def line(self, pointer: Sequence[str | int]) -> int:
        """Return the line of a value, from 1."""
        return self.mark(pointer).line + 1


def _column(mark: Mark, line: str, offset: int) -> int:
    """Return the column of the character `offset` of a scalar, as far as its style lets us count."""
    if not offset or not mark.one_line:
        return mark.column
    if mark.style == "":
        return mark.column + offset
    if mark.style == "'":
        place = mark.column + 1
        for _ in range(offset):
            place += 2 if line.startswith("''", place) else 1
        return place
    return mark.column + 1 + offset if "\\" not in line[mark.column :] else mark.column


def read(path: Path) -> tuple[Document | None, list[Problem]]:
    """Return the file's document and everything that is wrong with it; no document when it cannot be read at all."""
    text, problems = read_text(path)
    return (None, problems) if text is None else parse(text, path)


def read_text(path: Path) -> tuple[str | None, list[Problem]]:
    """Return the text of a file in UTF-8, or why there is none."""
    try:
        return path.read_bytes().decode("utf-8-sig"), []
    except OSError as error:
        return None, [Problem(path, 0, 0, f"the file cannot be read ({error.strerror})", "check its name and rights")]
    except UnicodeDecodeError as error:
        line = _with_plain_ends(error.object[: error.start].decode()).count("\n") + 1
        found = f"byte 0x{error.object[error.start]:02x} at position {error.start} is not UTF-8"
        return None, [Problem(path, line, 1, found, "save the file as UTF-8")]


def has_content(path: Path) -> bool:
    """Tell whether anything but comments stands in a file."""
    lines = path.read_bytes().splitlines()
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)


def parse(text: str, path: Path = Path("<text>")) -> tuple[Document | None, list[Problem]]:
    """Return the document of a text and everything that is wrong with it."""
    builder = _Builder(path, _with_plain_ends(text))
    try:
        value = builder.document()
    except _Stop:
        return None, builder.problems
    except yaml.YAMLError as error:
        builder.syntax(error)
        return None, builder.problems
    return Document(path, builder.text, value, builder.values, builder.keys), builder.problems


def _with_plain_ends(text: str) -> str:
    r"""Return a text in which only `\n` ends the lines that an editor shows; YAML takes all ends alike."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Stop(Exception):  # noqa: N818 - control flow inside this module
    """The rest of the text is not worth reading."""


class _Builder:
    """Builds plain values from PyYAML's events and collects what is refused."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.starts = [0, *(end.end() for end in re.finditer("\n", text))]
        self.values: dict[Pointer, Mark] = {}
        self.keys: dict[Pointer, Mark] = {}
        self.problems: list[Problem] = []
        self.events: Iterator[Any] = iter(())

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column of a character. PyYAML's own are others: for it NEL, LS and PS end a line, too."""
        line = bisect_right(self.starts, at) - 1
        return line, at - self.starts[line]

    def refuse(self, at: int, found: str, remedy: str) -> None:
        line, column = self.place(at)
        excerpt = self.text[self.starts[line] :].partition("\n")[0]
        self.problems.append(Problem(self.path, line + 1, column + 1, found, remedy, excerpt))

    def syntax(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None)
        if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
            found = " ".join(part for part in (error.context, error.problem) if part)
            self.refuse(mark.index, f"not YAML: {found}", "check indentation, quotes, brackets and colons around here")
        else:  # a character that YAML does not allow
            found = f"not YAML: {' '.join(str(error).split())}"
            # PyYAML counts bytes up to it, or characters.
            character = yaml.reader.Reader.NON_PRINTABLE.search(self.text)
            self.refuse(character.start() if character else 0, found, "take the character out")

    def document(self) -> Any:
        self.events = iter(yaml.parse(self.text, Loader=_LOADER))
        next(self.events)  # start of the stream
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.refuse(0, "the file is empty", "write a mapping")
            raise _Stop
        value = self.value(next(self.events), (), 0)
        next(self.events)  # end of the document
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse(
                after.start_mark.index, "a second document", "write one document a file, without '---' in between"
            )
        return value

    def value(self, event: Any, place: Pointer, depth: int) -> Any:
        start = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            self.refuse(
                start.index, f"an alias '*{event.anchor}'", "write the value out: anchors and aliases are not used here"
            )
            return None
        if event.anchor is not None:
            self.refuse(
                start.index, f"an anchor '&{event.anchor}'", "take it out: anchors and aliases are not used here"
            )
        if event.tag is not None:
            self.refuse(
                start.index, f"a tag '{event.tag}'", "take it out: a value's type follows from how it is written"
            )
        if depth > MAX_DEPTH:
            self.refuse(start.index, f"more than {MAX_DEPTH} levels inside each other", "write it flatter")
            raise _Stop
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, place)
        self.values[place] = Mark(*self.place(start.index))
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place, depth)
        return self.mapping(place, depth)

    def sequence(self, place: Pointer, depth: int) -> list[Any]:
        members: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            members.append(self.value(event, (*place, len(members)), depth + 1))
        return members

    def mapping(self, place: Pointer, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            mark = event.start_mark
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse(mark.index, "a key that is not a word", "quote the key, or write one word before the colon")
                self.value(event, (*place, "?"), depth + 1)
                self.value(next(self.events), (*place, "?"), depth + 1)
                continue
            if event.anchor is not None or event.tag is not None:
                self.refuse(mark.index, "an anchor or tag on a key", "take it out")
            key = event.value
            if key == "<<":
                self.refuse(mark.index, "a merge key '<<'", "write the keys out")
            if key in members:
                first = self.keys[(*place, key)].line + 1
                self.refuse(mark.index, f"the key {key!r} a second time", f"keep one: the first is on line {first}")
                self.value(next(self.events), (*place, key, "?"), depth + 1)
                continue
            self.keys[(*place, key)] = Mark(*self.place(mark.index))
            members[key] = self.value(next(self.events), (*place, key), depth + 1)
        return members

    def scalar(self, event: Any, place: Pointer) -> Any:
        start, text = event.start_mark, event.value
        style = event.style or ""
        self.values[place] = Mark(*self.place(start.index), style, start.line == event.end_mark.line)
        if style:
            return text
        if text == "":
            self.refuse(
                start.index, "nothing where a value belongs", "write the value, or '' for an empty text, or null"
            )
            return None
        if text in _WORDS:
            return _WORDS[text]
        number = _NUMBER.fullmatch(text)
        if number is None:
            return text
        if len(text) > 100 or (any(number.groups()) and not math.isfinite(float(text))):
            self.refuse(start.index, f"a number too large: {text[:30]}", "quote it if it is a text")
            return None
        return float(text) if any(number.groups()) else int(text)


def unknown_key(document: Document, pointer: Pointer, known: Sequence[str]) -> Problem:
    """Return the problem of a key nobody reads, with the nearest known one."""
    remedy = did_you_mean(str(pointer[-1]), known, "known here are")
    return document.problem(pointer, f"unknown key {pointer[-1]!r}", remedy, key=True)
