"""Names of people as they are said one after the other."""

from __future__ import annotations

import re

from curation.rewriting import Decline

_APART = re.compile(r"[、，,;；/\n]|以及|还有|還有|\s+and\s+|&|(?<=[一-鿿])\s+(?=[一-鿿])")
_AND = re.compile(r"[和与與跟及并並]")
_MORE = re.compile(r"等(?:\S{0,3}人|同事|同学|同學|几位|幾位|各位)?$")
_SELF = frozenset("我你您")
_SHORT_NAME = 3


def split_people(text: str) -> list[str]:
    """Return the names in a text, in order; raises `Decline` where one name may be two (张和李), or more are meant."""
    if _MORE.search(text.strip()):
        raise Decline("people who are not named", text)
    parts = map(str.strip, _APART.split(text))
    return [name for part in parts if part for name in _joined(part)]


def _joined(part: str) -> list[str]:
    """Return the names that 和 joins; the 和 of 王和平 joins nothing."""
    names = [name.strip() for name in _AND.split(part)]
    if len(names) == 1:
        return names
    if all(len(name) > 1 or name in _SELF for name in names):
        return names
    if len(part) <= _SHORT_NAME and not _SELF & set(part):
        return [part]
    raise Decline("one name, or two", part)
