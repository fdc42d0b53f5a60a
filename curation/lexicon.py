"""Lexicons: tables of words with the value each stands for, one YAML file each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from curation.literals import sieve
from curation.text import Span, fold


@dataclass(frozen=True)
class Lexicon:
    """Words and phrases, folded, each with its value.

    A word may use `[ ]`, `( )`, `|`, `?` as in a regular expression; nothing else of a pattern is allowed in it.
    """

    id: str
    summary: str
    entries: Mapping[str, tuple[str, ...]]
    """Value -> the words that stand for it, as written in the file."""

    @cached_property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Return (word, value) pairs, longest word first, so that an alternation prefers the longest."""
        pairs = [(fold(word).text, value) for value, words in self.entries.items() for word in words]
        return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))

    @cached_property
    def source(self) -> str:
        """Return a pattern that matches any of the words, without groups of its own."""
        return "(?:" + "|".join(_ungrouped(word) for word, _ in self.words) + ")"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Without groups the engine can skip by first characters; the value is then looked up by the matched text.
        return re.compile(self.source)

    @cached_property
    def _values(self) -> dict[str, str]:
        return {}

    def _value(self, matched: str) -> str:
        """Return the value of the first word that is, or as a pattern fits, all of the matched text."""
        known = self._values.get(matched)
        if known is None:
            known = next(value for word, value in self.words if _is(word, matched))
            self._values[matched] = known
        return known

    @cached_property
    def _sieve(self) -> re.Pattern[str]:
        # Word by word: all of them together may need more words than are counted.
        return sieve(word for word, _ in self.words)

    def may_find(self, text: str) -> bool:
        """Tell whether a folded text may have one of the words; most that have none are told so at once."""
        return self._sieve.search(text) is not None

    def find(self, text: str, start: int = 0) -> list[tuple[Span, str]]:
        """Return the words in a folded text from left to right, the longest first at each place, with their values."""
        if self._sieve.search(text, start) is None:
            return []
        return [
            (Span(match.start(), match.end()), self._value(match.group()))
            for match in self._pattern.finditer(text, start)
        ]

    def at(self, text: str, start: int) -> tuple[Span, str] | None:
        """Return the word that begins at `start` in a folded text, with its value, or None."""
        match = self._pattern.match(text, start)
        return None if match is None else (Span(match.start(), match.end()), self._value(match.group()))

    def value(self, word: str) -> str | None:
        """Return the value of exactly this folded word, or None."""
        return None if self._pattern.fullmatch(word) is None else self._value(word)


def _is(word: str, matched: str) -> bool:
    """Tell whether a word is, or as a pattern fits, all of a text."""
    return word == matched if word.isalnum() else re.fullmatch(_ungrouped(word), matched) is not None


def _ungrouped(word: str) -> str:
    """Return the word with its groups made non-capturing."""
    return re.sub(r"\((?!\?)", "(?:", word)


def lexicon_from(content: Mapping[str, Any]) -> Lexicon:
    """Return the lexicon of a file that has been checked against the lexicon schema."""
    entries = {str(value): tuple(words) for value, words in content["entries"].items()}
    return Lexicon(content["id"], content.get("summary", ""), entries)
