"""The words of the home: every lexicon of plain words as one scanner, longest word first."""

from __future__ import annotations

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
        self._lengths: dict[str, list[int]] = {}
        for length, first in sorted({(len(word), word[0]) for word in self._values if word}, reverse=True):
            self._lengths.setdefault(first, []).append(length)
        self._cuts = {word: cuts for word in self._values if (cuts := self._verbs_before(word))}
        self._locks = {word for word in self._values if self._names_before_verb(word)}

    def tokens(self, text: str, readings: Iterable[Span] = (), numbers: Iterable[Span] = ()) -> list[Token]:
        """Return the known words from left to right, the longest at each place.

        A word that touches a reading (十点) or lies within a numeral (一点五) is none.
        """
        found = []
        at = 0
        values, lengths, cuts, locks = self._values, self._lengths, self._cuts, self._locks
        for start, end in [*sorted(readings), (len(text), len(text))]:
            place = at
            while place < start:
                for length in lengths.get(text[place], ()):  # as `_word_at`, without a call for each character
                    behind = place + length
                    if behind <= start and (word := text[place:behind]) in values:
                        break
                else:
                    place += 1
                    continue
                if word in cuts:
                    word = self._shortened(word, text, place, start)
                    behind = place + len(word)
                elif word in locks and self._reaches_beyond(text, behind - 1, start):
                    word = word[:-1]
                    behind -= 1
                found.append(Token(place, behind, word, values[word]))
                place = behind
            at = max(at, end)
        within = tuple(numbers)
        if not within:
            return found
        return [t for t in found if not any(n.start <= t.start and t.end <= n.end for n in within)]

    def has_word_at(self, text: str, place: int) -> bool:
        """Tell whether a known word begins at a place."""
        return self._word_at(text, place, len(text)) is not None

    def _word_at(self, text: str, place: int, stop: int) -> str | None:
        """Return the longest word that begins at a place and ends before `stop`, or None."""
        for length in self._lengths.get(text[place : place + 1], ()):
            if place + length <= stop and (word := text[place : place + length]) in self._values:
                return word
        return None

    def _verbs_before(self, word: str) -> list[int]:
        """Return how many characters of a word that is no device are a verb by themselves, in every way."""
        if "devices" in self._values[word]:
            return []
        return [cut for cut in range(1, len(word)) if "verbs" in self._values.get(word[:cut], ())]

    def _shortened(self, word: str, text: str, place: int, stop: int) -> str:
        """Return the word, or the verb that begins it where its rest begins a thing (开 in 开车库灯)."""
        end = place + len(word)
        behind = self._word_at(text, end, stop)
        if behind is not None and not self._is_thing(behind):
            return word
        for cut in self._cuts[word]:
            thing = self._word_at(text, place + cut, stop)
            if thing is not None and place + cut + len(thing) > end and self._is_thing(thing):
                return word[:cut]
        return word

    def _names_before_verb(self, word: str) -> bool:
        """Tell whether a name is another name and a character that is a verb by itself (门锁)."""
        verb = self._values.get(word[-1:], {})
        return all("devices" in self._values.get(name, ()) for name in (word, word[:-1])) and "verbs" in verb

    def _reaches_beyond(self, text: str, place: int, stop: int) -> bool:
        """Tell whether the last character of a name begins a longer verb (锁上 in 把门锁上)."""
        verb = self._word_at(text, place, stop)
        return verb is not None and len(verb) > 1 and "verbs" in self._values[verb]

    def _is_thing(self, word: str) -> bool:
        return "devices" in self._values[word] or "rooms" in self._values[word]
