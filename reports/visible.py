"""Text from data as a reader can trust it: what cannot be seen, or would change how the rest looks, is spelled out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# The quick way for most texts. Whatever else is asked for its category: a list of the characters that hide would go
# stale with every Unicode version.
_PLAIN = re.compile(r"[\t\n\x20-\x7e\u3000-\u303f\u4e00-\u9fff\uff01-\uff60]+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@lru_cache(maxsize=4096)
def is_hidden(character: str) -> bool:
    """Tell whether a character is a control, a format or bidi control, a lone surrogate, unassigned or private."""
    return character not in "\n\t" and unicodedata.category(character) in _HIDDEN


def escape(character: str) -> str:
    """Return the visible name of a character: `⟨U+202E⟩`."""
    return f"⟨U+{ord(character):04X}⟩"


def pieces(text: str) -> list[tuple[str, bool]]:
    """Return `text` in order as pieces that are shown as they are (False) and visible escapes (True)."""
    if _PLAIN.fullmatch(text):
        return [(text, False)]
    found: list[tuple[str, bool]] = []
    start = 0
    for position, character in enumerate(text):
        if is_hidden(character):
            if start < position:
                found.append((text[start:position], False))
            found.append((escape(character), True))
            start = position + 1
    if start < len(text):
        found.append((text[start:], False))
    return found


def visible(text: str, limit: int | None = None) -> str:
    """Return `text` with every hidden character spelled out, cut after `limit` characters with its full length told."""
    kept = text if limit is None or len(text) <= limit else text[:limit]
    shown = "".join(piece for piece, _ in pieces(kept))
    return shown if len(kept) == len(text) else f"{shown}… ({len(text):,} characters)"


def one_line(text: str, limit: int | None = None) -> str:
    """Return `visible(text)` on one line, line breaks and tabs spelled out as well."""
    return visible(text, limit).replace("\n", "⏎").replace("\t", "⇥")
