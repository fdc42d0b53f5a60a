"""Text from data inside Markdown: only ever in code, where nothing is interpreted, with fences no data can close."""

from __future__ import annotations

import re

from reports.highlight import Pair, compare
from reports.visible import escape, one_line, visible

_TICKS = re.compile(r"`+")


def _longest(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)


def code(text: str, limit: int = 300) -> str:
    """Return text as a code span on one line; where nothing would be seen, that is said."""
    shown = one_line(text, limit)
    if not shown.strip():
        return "(empty)" if not shown else f"({len(shown)} spaces)"
    fence = "`" * (_longest(shown) + 1)
    room = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{room}{shown}{room}{fence}"


def cell(text: str, limit: int = 300) -> str:
    """Return text as a code span that no table can split.

    Tables part cells before they see code, and readers differ on a backslash before an escaped pipe: so it is named.
    """
    return code(text, limit).replace("|", escape("|"))


def said(text: str, limit: int = 300) -> str:
    """Return text of ours, such as a rule's summary, as plain Markdown that renders nothing else."""
    return re.sub(r"([\\`*_<>\[\]|&#~!@]|:(?=//))", r"\\\1", one_line(text, limit))


def fenced(text: str, language: str = "") -> str:
    """Return text as a fenced block that no run of backticks within it can close."""
    shown = visible(text, 10_000)
    fence = "`" * max(_longest(shown) + 1, 3)
    return f"{fence}{language}\n{shown}\n{fence}"


def diff(before: str, after: str) -> str:
    """Return two outputs as one fenced diff block."""
    return fenced("\n".join(line for pair in compare(before, after) for line in _lines(pair)), "diff")


def _lines(pair: Pair) -> list[str]:
    if pair.kind == "skipped":
        return [f"@@ {pair.skipped:,} equal lines @@"]
    sides = {
        sign: "  " * cell.depth + "".join(piece.text for piece in cell.pieces)
        for sign, cell in (("-", pair.before), ("+", pair.after))
        if cell is not None
    }
    if pair.kind in {"same", "moved"}:
        return [f" {sides['+']}"]
    return [f"{sign}{text}" for sign, text in sides.items()]
