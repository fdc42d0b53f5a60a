"""The forms an output comes in, and the rewriters that bring each to the one text it is written as.

These work on the output as it came, before it is a command: text rewriters of the format phase.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from curation.command import Unreadable, parse_object, write

Order = Mapping[str, Sequence[str]]
Form = Literal["canonical", "fenced", "object", "loose", "unreadable"]

_FENCE = re.compile(r"\s*(`{3,})[ \t]*[A-Za-z0-9_+-]*\s*(\{.*\})\s*\1\s*", re.DOTALL)


class Reformatted(NamedTuple):
    """The canonical text of an output, and what the reader of the edit should know."""

    text: str
    note: str = ""


TextRewriter = Callable[[Any, Order], Reformatted | None]
"""The output as it came and the key order, to its canonical text; None when the output is not in this form."""


def form(output: Any, order: Order) -> Form:
    """Return how an output is written; `canonical` means byte for byte as `write` would.

    `fenced` is one readable object in a code fence and nothing beside it, `object` a value that is no string,
    `loose` readable but spelled otherwise, `unreadable` everything that is not one JSON object.
    """
    if isinstance(output, dict):
        return "object" if _written(output, order) is not None else "unreadable"
    if not isinstance(output, str):
        return "unreadable"
    text = _canonical(output, order)
    if text is not None:
        return "canonical" if text == output else "loose"
    return "fenced" if unwrap_fence(output, order) is not None else "unreadable"


def unwrap_fence(output: Any, order: Order) -> Reformatted | None:
    """Take a JSON object out of the code fence around it."""
    fence = _FENCE.fullmatch(output) if isinstance(output, str) else None
    text = None if fence is None else _canonical(fence[2], order)
    return None if text is None else Reformatted(text)


def unwrap_object(output: Any, order: Order) -> Reformatted | None:
    """Write an output that is already an object as the text it should be."""
    text = _written(output, order) if isinstance(output, dict) else None
    return None if text is None else Reformatted(text)


def canonicalise(output: Any, order: Order) -> Reformatted | None:
    """Write a readable output in the one way outputs are written: key order, separators, characters as themselves."""
    text = _canonical(output, order) if isinstance(output, str) else None
    return None if text is None or text == output else Reformatted(text)


TEXT_REWRITERS: Mapping[str, TextRewriter] = {
    "canonicalise": canonicalise,
    "unwrap_fence": unwrap_fence,
    "unwrap_object": unwrap_object,
}


def _canonical(text: str, order: Order) -> str | None:
    try:
        return write(parse_object(text), order)
    except Unreadable:
        return None


def _written(value: dict[str, Any], order: Order) -> str | None:
    """Return an object's text, or None when no JSON text can say it (NaN, lone surrogates)."""
    try:
        text = write(value, order)
    except (TypeError, ValueError):
        return None
    return _canonical(text, order)
