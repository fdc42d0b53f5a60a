"""Patterns of rule files: google-re2 over the folded text, with `<name>` for a lexicon's words or a reader's values.

A lexicon stands for the alternation of its words. A reader is run once over the text; each value it reads is put in
the pattern's way as one character, so `<duration>后` matches a duration that ends right before 后. Where readings of
two readers of one pattern overlap, the longer counts, then the one named first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import re2  # type: ignore[import-untyped]

from curation.lexicon import Lexicon
from curation.literals import literals
from curation.rewriting import Reader, Reading
from curation.text import Span, fold

_PLACEHOLDER = 0xE000  # private use: a text that has one itself shows it to patterns as U+FFFD
_FOREIGN = re.compile("[\ue000-\uf8ff\ud800-\udfff]")
_INSERTED = re.compile("\\(\\?P<r[0-9]+>(?:[\ue000-\uf8ff]\\))?")
_NAME = re.compile(r"<([a-z][a-z0-9_-]*)>")
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}")
_LETTERS = "dDwWsSbBnt"
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class BadPattern(ValueError):  # noqa: N818 - one kind of problem
    """A pattern that is refused: what was found, what to write instead, and at which character."""

    def __init__(self, found: str, remedy: str, offset: int = 0) -> None:
        """Keep what was found, what to do, and the offset in the pattern's own text."""
        super().__init__(f"{found}; {remedy}")
        self.found = found
        self.remedy = remedy
        self.offset = offset


class UnknownName(BadPattern):
    """A `<name>` that is neither a lexicon nor a reader."""

    def __init__(self, name: str, offset: int) -> None:
        """Keep the name, so that the caller can say what it might have meant."""
        super().__init__(f"<{name}> is no lexicon and no reader", "name one that exists", offset)
        self.name = name


@dataclass(frozen=True, eq=False)
class NamedReader:
    """A pack's reader, and words of which everything it reads holds at least one (None when it cannot say)."""

    name: str
    function: Reader
    literals: frozenset[str] | None = None


Names = Mapping[str, Lexicon | NamedReader]
"""What `<name>` can refer to."""


class Found(NamedTuple):
    """Where a pattern matched in a folded text, and the value of each `<name>` that took part."""

    span: Span
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern. Equal sources over equal lexicons and readers match the same."""

    source: str
    names: tuple[str, ...]
    """The names referred to, each once, in the order of the pattern."""
    literals: frozenset[str] | None
    """Words of which every folded text that matches holds at least one; None when there is no such set."""
    _regexp: Any = field(repr=False, compare=False)
    _groups: tuple[tuple[int, Lexicon | NamedReader], ...] = field(repr=False, compare=False)
    _readers: tuple[NamedReader, ...] = field(repr=False, compare=False)

    def search(self, text: str) -> Found | None:
        """Return the leftmost match in a folded text."""
        view = _view(text, self._readers)
        match = self._regexp.search(view.text)
        if match is None:
            return None
        values: dict[str, Any] = {}
        for group, source in self._groups:
            at = match.start(group)
            if at < 0:
                continue
            if isinstance(source, Lexicon):
                values.setdefault(source.id, source.value(match.group(group)))
            else:
                values.setdefault(source.name, view.readings[at].value)
        return Found(Span(view.origins[match.start()], view.origins[match.end()]), values)


class _View(NamedTuple):
    text: str
    """The text with each reading as one character."""
    origins: Sequence[int]
    """For each position in `text`, its end included, the position in the folded text."""
    readings: Mapping[int, Reading]


@lru_cache(maxsize=4096)
def _view(text: str, readers: tuple[NamedReader, ...]) -> _View:
    clean = _FOREIGN.sub("\ufffd", text)
    if not readers:
        return _View(clean, range(len(text) + 1), {})
    found = [(reading, order) for order, reader in enumerate(readers) for reading in _read(reader, text)]
    found.sort(key=lambda pair: (pair[0].span.start - pair[0].span.end, pair[1], pair[0].span.start))
    taken: dict[int, tuple[Reading, int]] = {}
    covered: set[int] = set()
    for reading, order in found:
        places = range(*reading.span)
        if places and covered.isdisjoint(places):
            covered.update(places)
            taken[reading.span.start] = (reading, order)
    characters: list[str] = []
    origins: list[int] = []
    readings: dict[int, Reading] = {}
    place = 0
    while place < len(clean):
        origins.append(place)
        if place in taken:
            reading, order = taken[place]
            readings[len(characters)] = reading
            characters.append(chr(_PLACEHOLDER + order))
            place = reading.span.end
        else:
            characters.append(clean[place])
            place += 1
    origins.append(len(clean))
    return _View("".join(characters), origins, readings)


@lru_cache(maxsize=8192)
def _read(reader: NamedReader, text: str) -> tuple[Reading, ...]:
    return tuple(reader.function(text))


def compile_pattern(source: str, names: Names) -> Pattern:
    """Return the compiled pattern, or raise `BadPattern` with what to write instead."""
    pieces: list[str] = []
    used: list[tuple[str, Lexicon | NamedReader]] = []
    readers: dict[str, NamedReader] = {}
    for piece, name, offset in _tokens(source):
        if not name:
            pieces.append(piece)
            continue
        target = names.get(name)
        if target is None:
            raise UnknownName(name, offset)
        if isinstance(target, Lexicon):
            body = target.source
        else:
            readers.setdefault(name, target)
            body = chr(_PLACEHOLDER + list(readers).index(name))
        group = f"r{len(used)}"
        used.append((group, target))
        pieces.append(f"(?P<{group}>{body})")
    composed = "".join(pieces)
    try:
        regexp = re2.compile(composed, _OPTIONS)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        message = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        message = _INSERTED.sub("<…>", message.replace(composed, source))
        raise BadPattern(f"the pattern does not compile: {message}", "use google-re2 syntax") from None
    placeholders = {chr(_PLACEHOLDER + order): reader.literals for order, reader in enumerate(readers.values())}
    ids = tuple(dict.fromkeys(t.id if isinstance(t, Lexicon) else t.name for _, t in used))
    groups = tuple((regexp.groupindex[group], target) for group, target in used)
    return Pattern(source, ids, literals(composed, placeholders), regexp, groups, tuple(readers.values()))


class _Token(NamedTuple):
    piece: str
    name: str
    offset: int


def _tokens(source: str) -> list[_Token]:
    """Return the pattern in pieces: text folded as the instruction will be, and `<name>` references."""
    tokens: list[_Token] = []
    place = 0
    inside = -1  # where the open character class starts
    while place < len(source):
        character = source[place]
        step = 1
        if character == "\\":
            piece, step = _escape(source, place, inside >= 0), 2
        elif inside >= 0:
            piece = _class_member(source, place, inside)
            inside = -1 if character == "]" else inside
        elif character == "[":
            inside = place
            step = 2 if source.startswith("[^", place) else 1
            piece = source[place : place + step]
        elif character == "<":
            name = _NAME.match(source, place)
            if name is None:
                raise BadPattern("'<' without a name and '>'", r"write <name>, or \< for the sign itself", place)
            tokens.append(_Token("", name[1], place))
            place = name.end()
            continue
        elif character == "(" and source.startswith("(?", place):
            _refuse_group(source, place)
            piece, step = "(?:", 3
        elif character == "{" and not _COUNT.match(source, place):
            raise BadPattern("'{' that is no count", r"write {2}, {2,} or {2,5}, or \{ for the sign itself", place)
        else:
            piece = _folded(character, place)
        tokens.append(_Token(piece, "", place))
        place += step
    return tokens


def _escape(source: str, place: int, inside: bool) -> str:
    escaped = source[place + 1 : place + 2]
    if not escaped:
        raise BadPattern("a backslash at the end", r"write \\ for the sign itself", place)
    if escaped.isdigit():
        raise BadPattern(f"a back-reference '\\{escaped}'", "write the words out, or make them a lexicon", place)
    if escaped in _LETTERS and not (inside and escaped in "bB"):
        return source[place : place + 2]
    if escaped.isascii() and not escaped.isalnum() and escaped.isprintable():
        return re.escape(escaped)
    raise BadPattern(f"'\\{escaped}' is not available", "write the characters, or a class such as [0-9]", place)


def _class_member(source: str, place: int, start: int) -> str:
    character = source[place]
    first = place == start + 1 or (place == start + 2 and source[start + 1] == "^")
    if character == "]" and first:
        raise BadPattern("an empty character class", r"write \] for the sign itself", place)
    if character == "[":
        raise BadPattern("'[' inside a character class", r"write \[ for the sign itself", place)
    if character == "<" and _NAME.match(source, place):
        raise BadPattern("a <name> inside a character class", "write it outside, as (?:<name>|…)", place)
    if character in "&~|" and source.startswith(character * 2, place):
        raise BadPattern(f"'{character * 2}' inside a character class", "write the sign once", place)
    if len(fold(character).text) > 1:
        found = f"{character!r} is several characters once folded"
        raise BadPattern(found, "write it outside the class, as an alternative", place)
    return _folded(character, place)


def _folded(character: str, place: int) -> str:
    """Return the character as it stands in a folded text; what folding makes of it is text, never syntax."""
    if character == " ":
        return character
    if _FOREIGN.match(character) or character == "\ufffd":
        raise BadPattern(f"U+{ord(character):04X}, which stands for no sign", "take it out of the pattern", place)
    folded = fold(character).text
    if not folded:
        raise BadPattern(
            f"a character that folding removes (U+{ord(character):04X})", "take it out of the pattern", place
        )
    return character if folded == character else re.escape(folded)


def _refuse_group(source: str, place: int) -> None:
    if source.startswith("(?:", place):
        return
    if re.match(r"\(\?<?[=!]", source[place:]):
        raise BadPattern("look-around", "put what must not be there into a pattern under 'none'", place)
    if re.match(r"\(\?P?<[A-Za-z_]", source[place:]):
        raise BadPattern("a named group", "make the words a lexicon and write <its-id>: it captures its value", place)
    if source.startswith("(?P=", place):
        raise BadPattern("a back-reference", "write the words out, or make them a lexicon", place)
    raise BadPattern(f"'{source[place : place + 4]}'", "write (?:…): flags and other groups are not available", place)
