"""Text from data as HTML: always escaped, hidden characters spelled out, changed parts and evidence marked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from reports import visible
from reports.highlight import Cell, Pair, Piece, compare, mark, object_of, show
from reports.version_report import Row, record_of, span_of

TEXT_LIMIT = 2_000
"""Characters of an instruction, a reason or a note that are shown."""


def shown(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """Return text from data as HTML: escaped, hidden characters spelled out, cut with its length told."""
    return Markup(_escaped(text[:limit]) + _cut_mark(text, limit))


def _cut_mark(text: str, limit: int = TEXT_LIMIT) -> str:
    return f'<span class="cut">… {len(text):,} characters in all</span>' if len(text) > limit else ""


# What is put together here is plain text that is escaped already: a `Markup` for each piece, which escapes all that is
# joined with it once more, took a quarter of what a report costs.
@lru_cache(maxsize=4096)  # lines of outputs laid out come again and again
def _escaped(text: str) -> str:
    return "".join(
        [f'<span class="esc">{piece}</span>' if hidden else escape(piece) for piece, hidden in visible.pieces(text)]
    )


def spoken(row: Row) -> Markup:
    """Return the instruction of a row with the words marked that its edits rest on."""
    text = record_of(row.before).instruction
    marked = _pieces(mark(text[:TEXT_LIMIT], [span for edit in row.edits if (span := span_of(edit))]), "mark")
    return Markup(marked + _cut_mark(text))


def comparison(before: str, after: str) -> Markup:
    """Return the body rows of a table that has two outputs side by side."""
    return Markup("".join(map(_row, compare(before, after))))


def alone(text: str, beside: str | None = None) -> Markup:
    """Return one output laid out; what differs from the output `beside` is marked."""
    pairs = show(text) if beside is None or object_of(beside) is None else compare(beside, text)
    return Markup(
        "".join(
            f'<div class="{_line_class(pair, pair.after)}">{_cell(pair.after, "ins")}</div>'
            for pair in pairs
            if pair.after is not None
        )
    )


def _row(pair: Pair) -> str:
    if pair.kind == "skipped":
        return f'<tr class="skipped"><td colspan="2">{pair.skipped:,} equal lines</td></tr>'
    return (
        f'<tr class="{pair.kind}"><td class="{_indent(pair.before)}">{_cell(pair.before, "del")}</td>'
        f'<td class="{_indent(pair.after)}">{_cell(pair.after, "ins")}</td></tr>'
    )


def _line_class(pair: Pair, cell: Cell | None) -> str:
    return f"{pair.kind} {_indent(cell)}"


def _indent(cell: Cell | None) -> str:
    return "none" if cell is None else f"i{min(cell.depth, 9)}"


def _cell(cell: Cell | None, tag: str) -> str:
    return "" if cell is None else _pieces(cell.pieces, tag)


def _pieces(pieces: Iterable[Piece], tag: str) -> str:
    return "".join(
        [f"<{tag}>{_escaped(piece.text)}</{tag}>" if piece.marked else _escaped(piece.text) for piece in pieces]
    )
