"""The words of the home: every lexicon of plain words as one scanner, longest word first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from curation.lexicon import Lexicon
from curation.text import Span, fold

# Lexicons whose words may be patterns, or stand only beside other words: their readers look for them themselves.
_SEARCHED = frozenset({"sensors", "events", "repeats", "measures", "heads", "tails", "negations", "polite", "main"})


class Token(NamedTuple):
    """A known word in a folded text, with its value in each lexicon that has it."""

    start: int
    end: int
    text: str
    values: Mapping[str, str]

    def __contains__(self, lexicon: object) -> bool:
        """Tell whether a lexicon has this word."""
        return lexicon in self.values


class Vocabulary:
    """The lexicons of the pack, with the names that a device catalogue adds."""

    def __init__(
        self, lexicons: Mapping[str, Lexicon], names: Mapping[str, Mapping[str, Iterable[str]]] | None = None
    ) -> None:
        """Join the lexicons; `names` adds words: lexicon -> value -> words."""
        self.lexicons = lexicons
        self._values: dict[str, dict[str, str]] = {}
        for lexicon in lexicons.values():
            if lexicon.id not in _SEARCHED:
                for word, value in lexicon.words:
                    self._values.setdefault(word, {}).setdefault(lexicon.id, value)
        for name, entries in (names or {}).items():
            for value, words in entries.items():
                for word in words:
                    self._values.setdefault(fold(word).text, {}).setdefault(name, value)
        words = sorted(self._values, key=lambda word: (-len(word), word))
        self._scanner = re.compile("|".join(map(re.escape, words)))

    def tokens(self, text: str, readings: Iterable[Span] = (), numbers: Iterable[Span] = ()) -> list[Token]:
        """Return the known words from left to right, the longest at each place.

        A word that touches a reading (十点) or lies within a numeral (一点五) is none.
        """
        found = []
        at = 0
        for wall in [*sorted(readings), Span(len(text), len(text))]:
            if wall.start > at:
                place = at
                while match := self._scanner.search(text, place, wall.start):
                    word = self._shortened(match, wall.start) or match.group()
                    place = match.start() + len(word)
                    found.append(Token(match.start(), place, word, self._values[word]))
            at = max(at, wall.end)
        within = tuple(numbers)
        return [t for t in found if not any(n.start <= t.start and t.end <= n.end for n in within)]

    def _shortened(self, match: re.Match[str], stop: int) -> str | None:
        """Return the verb that begins a longer word of which the rest begins a thing (开 in 开车库灯), or None."""
        word, text = match.group(), match.string
        cuts = [cut for cut in range(1, len(word)) if "verbs" in self._values.get(word[:cut], ())]
        if not cuts or "devices" in self._values[word]:
            return None
        behind = self._scanner.match(text, match.end(), stop)
        if behind is not None and not self._is_thing(behind.group()):
            return None
        for cut in cuts:
            thing = self._scanner.match(text, match.start() + cut, stop)
            if thing is not None and thing.end() > match.end() and self._is_thing(thing.group()):
                return word[:cut]
        return None

    def _is_thing(self, word: str) -> bool:
        return "devices" in self._values[word] or "rooms" in self._values[word]
