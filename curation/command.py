"""JSON text: the one way in (strict), the one way out, and the digests and keys taken from it.

Everything downstream compares bytes, so nothing may be read leniently (a duplicate key, a NaN, half a surrogate pair)
and there is one spelling for what is written.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

Json: TypeAlias = Any
"""A JSON value: an object, a list, text, a number, a truth value or None."""

DEEPEST = 100
"""Levels of nesting that are read; no command needs ten, and what is deeper would exhaust the stack somewhere later."""

_SHOWN = 60
_NESTED = (dict, list, tuple)  # as a union it would be made anew for each value
_FLAT = frozenset({str, bool, int, float, type(None)})
"""What most values are; looked up quicker than `isinstance` finds that they are none of `_NESTED`."""
_LONE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_CUT_WORD = re.compile(r"(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-)\s*\Z")
_CUT_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class Unreadable(ValueError):  # noqa: N818 - says what the text is, as in "an unreadable output"
    """A text is not one JSON object; `reason` is the same for all texts of its kind, `found` is of this text."""

    def __init__(self, reason: str, found: str = "") -> None:
        """Keep the reason (one clause) and what was found (a key, a number, a piece of the text)."""
        super().__init__(f"{reason}: {found}" if found else reason)
        self.reason = reason
        self.found = found


def parse_object(text: str) -> dict[str, Any]:
    """Return the one JSON object that `text` is, keys in their order, integers of any size.

    Numbers are Python's: `write` gives 1e2 back as 100.0. Raises `Unreadable` for anything else: empty text, no JSON,
    a truncated object, text after the object, another type, NaN or Infinity, a number too large, a duplicate key,
    half a surrogate pair, nesting below `DEEPEST` levels.
    """
    if not text or text.isspace():
        raise Unreadable("empty")
    if not text.isascii() and (lone := _LONE.search(text)):
        raise Unreadable("half a surrogate pair", f"at character {lone.start()}")
    try:
        value = _DECODER.decode(text)
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        raise _unreadable(text, error) from None
    except RecursionError:
        raise Unreadable("nested too deeply", f"more than {DEEPEST} levels") from None
    if not isinstance(value, dict):
        raise Unreadable("not an object", _TYPES[type(value)])
    if text.count("{") + text.count("[") > DEEPEST and _deeper(value, DEEPEST):
        raise Unreadable("nested too deeply", f"more than {DEEPEST} levels")
    if "\\u" in text and _SURROGATE_ESCAPE.search(text) and (lone := _LONE.search(_ENCODER.encode(value))):
        raise Unreadable("half a surrogate pair", f"\\u{ord(lone.group()):04x}")
    return value


def write(value: Json, order: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the JSON text of `value`: one line, `", "` and `": "`, characters as they are; every text is made here.

    `order` maps the key under which an object stands (`""` for the top) to the keys that come first in it, in this
    order; its other keys follow as found. A list hands the key it stands under on to its members. Raises `ValueError`
    for NaN and Infinity.
    """
    return "".join(_encoded(_ordered(value, order, "") if order and isinstance(value, _NESTED) else value, 0))


def digest(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Keys:
    """Hands out record keys: 24 digits of the payload's digest and a counter among equal payloads, in row order.

    A key says nothing about file or position: the same records in another order have the same keys.
    """

    def __init__(self) -> None:
        """Start a data set in which no payload has been seen."""
        self._seen: dict[bytes, int] = {}

    def next(self, payload_digest: str) -> str:
        """Return the key of the next row, whose payload has this digest."""
        head = payload_digest[:24]
        compact = bytes.fromhex(head)
        count = self._seen.get(compact, 0)
        self._seen[compact] = count + 1
        return f"{head}-{count}"


def _ordered(value: Json, order: Mapping[str, Sequence[str]], name: str) -> Json:
    """Return the value with its keys in order: itself where they are, else a copy."""
    if isinstance(value, dict):
        first = order.get(name)
        leading = _not_leading(tuple(value), tuple(first)) if first else None
        made = value if leading is None else {**{key: value[key] for key in leading}, **value}
        for key, inner in value.items():
            if type(inner) not in _FLAT and isinstance(inner, _NESTED):
                ordered = _ordered(inner, order, key)
                if ordered is not inner:
                    made = dict(value) if made is value else made
                    made[key] = ordered
        return made
    return [_ordered(member, order, name) if isinstance(member, _NESTED) else member for member in value]


@lru_cache(maxsize=4096)
def _not_leading(keys: tuple[str, ...], first: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return those of the keys that must come first, None where they do; a data set has few sets of keys."""
    leading = tuple(key for key in first if key in keys)
    return None if keys[: len(leading)] == leading else leading


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    built = dict(pairs)
    if len(built) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Unreadable("duplicate key", _shown(key))
            seen.add(key)
    return built


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable("number too large", _shown(text))
    return value


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # Python refuses to convert thousands of digits: quadratic time
        raise Unreadable("number too large", f"{len(text)} digits") from None


def _constant(text: str) -> NoReturn:
    raise Unreadable("NaN or Infinity", text)


def _deeper(value: Json, levels: int) -> bool:
    """Tell whether a value is nested more than `levels` deep, without recursing."""
    level = [value]
    for _ in range(levels):
        level = [
            member
            for parent in level
            if isinstance(parent, dict | list)
            for member in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return any(isinstance(member, dict | list) for member in level)


def _unreadable(text: str, error: json.JSONDecodeError) -> Unreadable:
    """Say which kind of no-JSON a text is."""
    rest = text[error.pos :]
    if error.msg == "Extra data":
        return Unreadable("text after the object" if text.lstrip()[0] == "{" else "not JSON", _shown(rest))
    started = text.lstrip()[0] in '{["'
    unterminated = error.msg.startswith("Unterminated string")
    cut = unterminated or not rest.strip() or _CUT_WORD.match(rest) or _CUT_ESCAPE.search(text)
    if started and cut:
        return Unreadable("truncated", f"…{text.rstrip()[-_SHOWN:]}")
    return Unreadable("not JSON", f"{_shown(rest)} at character {error.pos}")


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_TYPES = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    type(None): "null",
}
_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=_float, parse_int=_int, parse_constant=_constant, strict=True
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
# What `_ENCODER.encode` makes anew at each call, which is half of its time; commands cannot refer to themselves.
_encoded = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
    None, _ENCODER.default, json.encoder.encode_basestring, None, ": ", ", ", False, False, False
)
