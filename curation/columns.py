"""Columns of texts, changed all at once: digests; and instructions folded coarser than `fold` does.

Of these spaces are gone, or all punctuation too: two may look equal here, or a word seem to be there, and not be; never
the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl
import polars_hash

from curation.text import fold


def digests(column: str) -> pl.Expr:
    """Return of each text of a column what `command.digest` returns; nulls stay."""
    return polars_hash.col(column).chash.sha2_256()


def leading(digests: pl.Expr) -> pl.Expr:
    """Return the first 16 hexadecimal digits of each digest as a number."""
    return digests.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64)


def squeezed(texts: pl.Series) -> pl.Series:
    """Return the folded texts without any space; nulls stay."""
    return _SQUEEZED.changed(texts)


def bare(texts: pl.Series) -> pl.Series:
    """Return only the letters and digits of the folded texts: equal wherever `record.group_text` is; nulls stay."""
    return _BARE.changed(texts)


class _Characters:
    """What becomes of each character; folding looks at one at a time, but for spaces."""

    def __init__(self, change: Callable[[str], str]) -> None:
        """Know of no character yet what `change` makes of it."""
        self._change = change
        self._changes: dict[str, str] = {}
        self._known = ""
        self._unknown = re.compile(r"(?s:.)")

    def changed(self, texts: pl.Series) -> pl.Series:
        """Return the texts with each character changed."""
        # What is known is skipped by one pattern: a set of all that a column holds took half of the time.
        if new := set(self._unknown.findall(texts.str.join().item())):
            self._known += "".join(new)
            self._unknown = re.compile(f"[^{re.escape(self._known)}]")
            self._changes |= {character: made for character in new if (made := self._change(character)) != character}
        if not self._changes:
            return texts
        return texts.str.replace_many(list(self._changes), list(self._changes.values()))


_SQUEEZED = _Characters(lambda character: fold(character).text)
_BARE = _Characters(lambda character: "".join(filter(str.isalnum, fold(character).text)))
