"""Columns of instructions, folded all at once, and coarser than `fold`: spaces are gone, or all punctuation too.

So two texts may look equal here, or a word seem to be there, and not be; never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from curation.text import fold


def squeezed(texts: pl.Series) -> pl.Series:
    """Return the folded texts without any space; nulls stay."""
    return _mapped(texts, lambda character: fold(character).text)


def bare(texts: pl.Series) -> pl.Series:
    """Return only the letters and digits of the folded texts: equal wherever `record.group_text` is; nulls stay."""
    return _mapped(texts, lambda character: "".join(filter(str.isalnum, fold(character).text)))


def _mapped(texts: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """Return the texts with each character changed; folding looks at one at a time, but for spaces."""
    characters = sorted(set("".join(texts.drop_nulls())))
    changes = {character: new for character in characters if (new := change(character)) != character}
    return texts.str.replace_many(list(changes), list(changes.values())) if changes else texts
