"""The contract between the engine and a pack's Python: what a rewriter, a reader and a set of facts are.

A pack's module marks its functions with the decorators below; the pack loader finds them there. Nothing is registered
anywhere else, so two packs cannot disturb each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from curation.lexicon import Lexicon
from curation.text import Folded, Span

Command = dict[str, Any]
"""A parsed output: one JSON object, key order kept. A rewriter never changes the one it is given."""


class Decline(Exception):  # noqa: N818 - an outcome, not an error
    """A rewriter is not sure: the record goes to a person, with this reason."""

    def __init__(self, reason: str, found: str = "") -> None:
        """Keep the reason (one clause, the same for all records of its kind) and what was found in this record."""
        super().__init__(reason)
        self.reason = reason
        self.found = found


class Reading(NamedTuple):
    """A value read from a folded text, and the folded characters it was read from."""

    span: Span
    value: Any


class Sentence(Protocol):
    """What a pack's analyser says about an instruction; the engine only asks for its facts."""

    @property
    def facts(self) -> Mapping[str, frozenset[str]]:
        """Return for each fact about the sentence the values that hold."""
        ...


class Context(Protocol):
    """What a pack knows beside the record: its lexicons and what it took from the data set (a device catalogue)."""

    def analyse(self, text: Folded) -> Sentence:
        """Return what the sentence says; the same text always gives the same answer."""
        ...

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:
        """Return for each fact about the command the values that hold."""
        ...


class Match(NamedTuple):
    """What made a rule fire on a record."""

    text: Folded
    """The folded instruction."""
    span: Span
    """The folded characters the patterns matched; the whole text when the rule has no pattern."""
    values: Mapping[str, Any]
    """For each `<name>` in the pattern that matched, the value read."""
    sentence: Any
    """What the pack's analyser says (its own type)."""
    record: Mapping[str, Any] = MappingProxyType({})
    """The other fields of the record, as they came."""


class Rewritten(NamedTuple):
    """A rewriter's proposal."""

    command: Command
    note: str = ""
    """What the reader of the edit should know: a value that gave way, a room that was not kept."""
    span: Span | None = None
    """The folded characters the rewrite rests on, when they are not the match itself."""


Rewriter = Callable[..., Rewritten | None]
"""`(command, match, context, **params) -> Rewritten`, `None` when there is nothing to do, or it raises `Decline`.

In a rule about unreadable outputs the command is `{}`: there is none.
"""

Reader = Callable[[str], list[Reading]]
"""A folded text to every value of one kind in it, in order, not overlapping."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What stands in a slot of a template: the words of the sentence, and what they say in the output."""

    words: str
    value: Any


Slot = Callable[..., Filling]
"""`(draw, context, filled, **params) -> Filling`, or it raises `Decline` where the home or the data has none.

`draw` is a `random.Random`, the only source of chance; `filled` are the fillings of the slots before it, by name.
"""

_F = TypeVar("_F", bound=Callable[..., Any])


def rewriter(name: str) -> Callable[[_F], _F]:
    """Mark a function as the rewriter that rule files call `name`."""
    return _mark("rewriter", name)


def reader(name: str) -> Callable[[_F], _F]:
    """Mark a function as the reader that patterns call `<name>`."""
    return _mark("reader", name)


def slot(name: str) -> Callable[[_F], _F]:
    """Mark a function as what templates call `name`: it fills a slot."""
    return _mark("slot", name)


def _mark(kind: str, name: str) -> Callable[[_F], _F]:
    def mark(function: _F) -> _F:
        function.__rewright__ = (kind, name)  # type: ignore[attr-defined]
        return function

    return mark


__all__ = [
    "Command",
    "Context",
    "Decline",
    "Filling",
    "Folded",
    "Lexicon",
    "Match",
    "Reader",
    "Reading",
    "Rewriter",
    "Rewritten",
    "Sentence",
    "Slot",
    "Span",
    "reader",
    "rewriter",
    "slot",
]
