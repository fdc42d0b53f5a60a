"""Write a version report: one HTML file that opens offline and runs nothing but its own script, and Markdown."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from curation.command import write
from curation.edits import Edit
from reports import charts, markdown, visible
from reports.highlight import Cell, Pair, Piece, compare, mark, object_of, operations, show
from reports.version_report import DISPOSITIONS, Row, Sections, VersionView, record_of, script_of, select

INSTRUCTION_LIMIT = 2_000
"""Characters of an instruction or a reason that are shown."""
MARKDOWN_ROWS = 100
"""Rows of each section of the Markdown report."""
_LANGUAGE = {"hans": "zh-Hans", "hant": "zh-Hant", "neutral": "zh"}


def write_view(
    view: VersionView, folder: Path, *, max_rows: int = 500, progress: Callable[[int], None] | None = None
) -> Path:
    """Write `report.html` and `report.md` into `folder` and return the path of the former.

    Where a section has more than `max_rows` rows, `diffs.jsonl` beside it has all of them, one JSON object a line;
    otherwise there is no such file. The same view gives the same bytes. `progress` is told the rows walked so far.
    """
    folder.mkdir(parents=True, exist_ok=True)
    everything, growing = folder / "diffs.jsonl", folder / "diffs.jsonl.part"
    walked = 0
    with growing.open("w", encoding="utf-8", newline="\n") as lines:

        def each(row: Row) -> None:
            nonlocal walked
            walked += 1
            lines.write(as_json(row) + "\n")
            if progress is not None and walked % 1000 == 0:
                progress(walked)

        sections = select(view, max_rows, each)
    if progress is not None:
        progress(walked)
    if sections.capped:
        growing.replace(everything)
    else:
        growing.unlink()
        everything.unlink(missing_ok=True)
    _write(folder / "report.md", _markdown(view, sections))
    return _write(folder / "report.html", _html(view, sections))


def _write(path: Path, text: str) -> Path:
    part = path.with_name(path.name + ".part")
    # A lone surrogate can only come out of an escape in JSON, and is spelled out wherever data is shown.
    part.write_text(text, encoding="utf-8", newline="\n")
    return part.replace(path)


def as_json(row: Row) -> str:
    """Return a row that is not unchanged as one line of JSON, all of it, nothing cut."""
    record = record_of(row.before)
    value = {
        "row": row.seq,
        "key": row.key,
        "disposition": row.disposition,
        "rules": row.rules,
        "instruction": record.instruction,
        "input": record.input,
        "before": record.output,
        "after": None if row.after is None else record_of(row.after).output,
        "edits": [
            {
                "rule": edit.rule,
                "also": edit.also,
                "target": edit.target,
                "patch": json.loads(edit.patch),
                "span": span_of(edit),
                "note": edit.note,
                "confidence": edit.confidence,
                "actor": edit.actor,
            }
            for edit in row.edits
        ],
        "queue": [
            {
                "kind": queued.kind,
                "rule": queued.rule,
                "reason": queued.reason,
                "found": queued.found,
                "proposals": [{"rule": proposal.rule, "output": proposal.output} for proposal in queued.proposals],
            }
            for queued in row.queued
        ],
        "outcome": None
        if row.outcome is None
        else {"reason": row.outcome.reason, "found": row.outcome.found, "kept": row.outcome.kept},
    }
    text = json.dumps(value, ensure_ascii=False)
    return text if _encodes(text) else json.dumps(value)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=lambda name: name is None or not name.endswith(".md"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        shown=shown,
        number=lambda value: f"{value:,}",
        percent=lambda value: f"{value:.1%}",
        claimed=lambda value: "–" if value is None else f"{value:.2f}",
        code=markdown.code,
        said=markdown.said,
        script=script_of,
        operations=operations,
        policy=policy,
    )
    return environment


def _html(view: VersionView, sections: Sections) -> str:
    style = _asset("report.css")
    script = _asset("report.js")
    return _environment().get_template("report.html").render(
        **_shared(view, sections),
        changes_shown={row.seq for row in sections.changes.rows},
        queue_shown={row.seq for row in sections.queue.rows},
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_digest=_digest(style),
        script_digest=_digest(script),
        stacked=charts.stacked,
        types=charts.types,
        spoken=spoken,
        comparison=comparison,
        alone=alone,
        language=_LANGUAGE,
    )


def _markdown(view: VersionView, sections: Sections) -> str:
    return _environment().get_template("report.md").render(
        **_shared(view, sections), limit=MARKDOWN_ROWS, fenced=markdown.fenced, diff=markdown.diff
    )


def _shared(view: VersionView, sections: Sections) -> dict[str, Any]:
    return {
        "view": view,
        "header": view.header,
        "source": [(name, value if isinstance(value, str) else write(value)) for name, value in view.header.source.items()],
        "counts": view.counts,
        "dispositions": DISPOSITIONS,
        "precision": view.precision,
        "sections": sections,
        "record_of": record_of,
        "reasons": by_count,
        "evidence": evidence,
        "rules": list(view.counts["by_rule"]),
        "parts": {name: view.counts[name] for name in DISPOSITIONS},
        "type_rows": charts.by_size(view.counts["types_before"], view.counts["types_after"]),
    }


def by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return counts, the largest first, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def policy(review: Any) -> str:
    """Return a rule's review policy in words: `all`, `none`, `sample of 5%`."""
    if not isinstance(review, Mapping):
        return str(review or "none")
    rate = review.get("rate")
    return f"{review['mode']} of {rate:.0%}" if review["mode"] == "sample" and rate is not None else str(review["mode"])


def _asset(name: str) -> str:
    return (files("reports") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def shown(text: str, limit: int = INSTRUCTION_LIMIT) -> Markup:
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
    marked = _pieces(mark(text[:INSTRUCTION_LIMIT], [span for edit in row.edits if (span := span_of(edit))]), "mark")
    return marked + _cut_mark(text) if len(text) > INSTRUCTION_LIMIT else marked


def span_of(edit: Edit) -> tuple[int, int] | None:
    """Return the characters of the instruction that an edit rests on; None for the whole."""
    return None if edit.span_start is None or edit.span_end is None else (edit.span_start, edit.span_end)


def evidence(row: Row, edit: Edit) -> str:
    """Return the words of the instruction that an edit rests on, empty for the whole."""
    span = span_of(edit)
    return record_of(row.before).instruction[slice(*span)] if span else ""


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
    opening, closing = Markup(f"<{tag}>"), Markup(f"</{tag}>")  # noqa: S704 - a tag of ours
    return Markup("").join(
        opening + _escaped(piece.text) + closing if piece.marked else _escaped(piece.text) for piece in pieces
    )
