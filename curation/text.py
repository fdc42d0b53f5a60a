"""The folded view of a text: what rules match, with every character traced back to the text as spoken.

Folding goes character by character, so that spans stay valid and mixed script (``關閉`` beside ``关闭``) is caught:
compatibility forms and width (NFKC), traditional to simplified (OpenCC), lower case, and no white space except
between two Latin words or two numbers. The instruction itself is never changed.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

import opencc


class Span(NamedTuple):
    """A half-open range of characters."""

    start: int
    end: int


class Folded(NamedTuple):
    """A folded text and, for each of its characters, the position in the text it came from."""

    source: str
    text: str
    origins: tuple[int, ...]

    def to_source(self, start: int, end: int) -> Span:
        """Return the span of `source` that the folded characters `start` to `end` came from.

        An empty range gives an empty span at the place where it stands.
        """
        if start >= end:
            at = self.origins[start] if start < len(self.origins) else len(self.source)
            return Span(at, at)
        return Span(self.origins[start], self.origins[end - 1] + 1)


@cache
def converter(direction: str) -> opencc.OpenCC:
    """Return OpenCC's converter of a direction (`t2s`, `s2t`); each is loaded once."""
    return opencc.OpenCC(direction)


# OpenCC keeps 著 because 著名 needs it, and 枱 because only Hong Kong writes it; matching needs one form of each.
_ALSO = str.maketrans({"著": "着", "枱": "台"})


@lru_cache(maxsize=65536)
def _fold_character(character: str) -> str:
    """Return the folded form of one character: none, one or several characters."""
    if character.isascii():
        return " " if character.isspace() else character.lower()
    wide = unicodedata.normalize("NFKC", character)
    if wide.isspace() or unicodedata.category(character) in {"Cf", "Cc"}:
        return " " if wide.isspace() else ""
    return str(converter("t2s").convert(wide)).lower().translate(_ALSO)


def _keeps_space(before: str, after: str) -> bool:
    """Tell whether a space between two characters parts words: two Latin letters, or two digits."""
    return (before.isascii() and after.isascii()) and (
        (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit())
    )


class _Plain(dict[int, str]):
    """For each code point its folded form where that is one character and no space, else a space."""

    def __missing__(self, point: int) -> str:
        folded = _fold_character(chr(point))
        self[point] = found = folded if len(folded) == 1 else " "
        return found


_plain = _Plain()


@lru_cache(maxsize=512)
def fold(source: str) -> Folded:
    """Return the folded view of `source`; folding a folded text gives the same text."""
    plain = source.translate(_plain)
    if " " not in plain:  # a character for each character, as nearly always
        return Folded(source, plain, tuple(range(len(plain))))
    characters: list[str] = []
    origins: list[int] = []
    pending = -1
    for position, character in enumerate(source):
        for folded in _fold_character(character):
            if folded == " ":
                pending = position if pending < 0 else pending
                continue
            if pending >= 0 and characters and _keeps_space(characters[-1], folded):
                characters.append(" ")
                origins.append(pending)
            pending = -1
            characters.append(folded)
            origins.append(position)
    return Folded(source, "".join(characters), tuple(origins))


def is_traditional(source: str) -> bool:
    """Tell whether a text holds a character that simplified script writes otherwise."""
    return any(is_han(character) and _fold_character(character) != character for character in source)


def is_han(character: str) -> bool:
    """Tell whether a character is a Chinese one."""
    return unicodedata.name(character, "").startswith("CJK UNIFIED")


def to_traditional(source: str) -> str:
    """Return a simplified text in traditional script, characters as OpenCC chooses them; other text stays."""
    return str(converter("s2t").convert(source))
