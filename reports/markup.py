"""Text from data as HTML: always escaped, hidden characters spelled out, changed parts and evidence marked."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from reports import visible
from reports.highlight import Cell, Pair, Piece, compare, mark, object_of, show
from reports.version_report import Row, record_of, span_of

TEXT_LIMIT = 2_000
"""Characters of an instruction, a reason or a note that are shown."""


def shown(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """Return text from data as HTML: escaped, hidden characters spelled out, cut with its length told."""
    kept = _escaped(text[:limit])
    return kept + _cut_mark(text) if len(text) > limit else kept


def _cut_mark(text: str) -> Markup:
    return Markup('<span class="cut">… {} characters in all</span>').format(f"{len(text):,}")


def _escaped(text: str) -> Markup:
    return Markup("").join(
        Markup('<span class="esc">{}</span>').format(piece) if hidden else escape(piece)
        for piece, hidden in visible.pieces(text)
    )


def spoken(row: Row) -> Markup:
    """Return the instruction of a row with the words marked that its edits rest on."""
    text = record_of(row.before).instruction
    marked = _pieces(mark(text[:TEXT_LIMIT], [span for edit in row.edits if (span := span_of(edit))]), "mark")
    return marked + _cut_mark(text) if len(text) > TEXT_LIMIT else marked


def comparison(before: str, after: str) -> Markup:
    """Return the body rows of a table that has two outputs side by side."""
    return Markup("").join(map(_row, compare(before, after)))


def alone(text: str, beside: str | None = None) -> Markup:
    """Return one output laid out; what differs from the output `beside` is marked."""
    pairs = show(text) if beside is None or object_of(beside) is None else compare(beside, text)
    return Markup("").join(
        Markup('<div class="{}">{}</div>').format(_line_class(pair, pair.after), _cell(pair.after, "ins"))
        for pair in pairs
        if pair.after is not None
    )


def _row(pair: Pair) -> Markup:
    if pair.kind == "skipped":
        return Markup('<tr class="skipped"><td colspan="2">{} equal lines</td></tr>').format(f"{pair.skipped:,}")
    return Markup('<tr class="{}"><td class="{}">{}</td><td class="{}">{}</td></tr>').format(
        pair.kind,
        _indent(pair.before),
        _cell(pair.before, "del"),
        _indent(pair.after),
        _cell(pair.after, "ins"),
    )


def _line_class(pair: Pair, cell: Cell | None) -> str:
    return f"{pair.kind} {_indent(cell)}"


def _indent(cell: Cell | None) -> str:
    return "none" if cell is None else f"i{min(cell.depth, 9)}"


def _cell(cell: Cell | None, tag: str) -> Markup:
    return Markup("") if cell is None else _pieces(cell.pieces, tag)


def _pieces(pieces: Iterable[Piece], tag: str) -> Markup:
    opening, closing = Markup(f"<{tag}>"), Markup(f"</{tag}>")
    return Markup("").join(
        opening + _escaped(piece.text) + closing if piece.marked else _escaped(piece.text) for piece in pieces
    )
