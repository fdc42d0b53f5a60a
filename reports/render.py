"""Write a version report: one HTML file that opens offline and runs nothing but its own script, and Markdown."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from curation.command import write
from curation.manifest import DISPOSITIONS
from curation.whole_file import whole, write_whole
from reports import charts, markdown
from reports.highlight import operations
from reports.markup import alone, comparison, shown, spoken
from reports.selection import Sections, select
from reports.version_report import Row, VersionView, by_count, earlier_of, evidence, record_of, script_of, span_of
from reports.visible import visible

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
    everything = folder / "diffs.jsonl"
    walked = 0
    with whole(everything) as growing, growing.open("wb") as lines:

        def each(row: Row) -> None:
            nonlocal walked
            walked += 1
            lines.write(line_of(row))
            if progress is not None and walked % 1000 == 0:
                progress(walked)

        sections = select(view, max_rows, each)
    if progress is not None:
        progress(walked)
    if not sections.capped:
        everything.unlink(missing_ok=True)
    # A lone surrogate can only come out of an escape in JSON, and is spelled out wherever data is shown.
    write_whole(folder / "report.md", _markdown(view, sections))
    page = folder / "report.html"
    write_whole(page, _html(view, sections))
    return page


def line_of(row: Row) -> bytes:
    """Return a row that is not unchanged as one line of JSON, all of it, nothing cut."""
    value = _everything(row, orjson.Fragment)
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # half a surrogate pair, which only an escape can bring into a record
        return json.dumps(_everything(row, json.loads)).encode() + b"\n"


def _everything(row: Row, patch: Callable[[str], Any]) -> dict[str, Any]:
    record = record_of(row.before)
    return {
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
                "patch": patch(edit.patch),
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


@cache
def environment() -> Environment:
    """Return what templates are rendered with: pages escape whatever comes from data."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=lambda name: name is None or not name.endswith(".md"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        shown=shown,
        visible=visible,
        number=lambda value: f"{value:,}",
        percent=lambda value: f"{value:.1%}",
        claimed=lambda value: "–" if value is None else f"{value:.2f}",
        code=markdown.code,
        cell=markdown.cell,
        said=markdown.said,
        script=script_of,
        operations=operations,
        policy=policy,
    )
    return made


def _html(view: VersionView, sections: Sections) -> str:
    style = asset("report.css")
    script = asset("report.js")
    return (
        environment()
        .get_template("report.html")
        .render(
            **_shared(view, sections),
            changes_shown={row.seq for row in sections.changes.rows},
            queue_shown={row.seq for row in sections.queue.rows},
            style=Markup(style),
            script=Markup(script),
            style_digest=source_digest(style),
            script_digest=source_digest(script),
            stacked=charts.stacked,
            types=charts.types,
            rule_bars=charts.rules,
            spoken=spoken,
            comparison=comparison,
            alone=alone,
            language=_LANGUAGE,
        )
    )


def _markdown(view: VersionView, sections: Sections) -> str:
    return (
        environment()
        .get_template("report.md")
        .render(**_shared(view, sections), limit=MARKDOWN_ROWS, fenced=markdown.fenced, diff=markdown.diff)
    )


def _shared(view: VersionView, sections: Sections) -> dict[str, Any]:
    return {
        "view": view,
        "header": view.header,
        "source": [
            (name, value if isinstance(value, str) else write(value)) for name, value in view.header.source.items()
        ],
        "counts": view.counts,
        "dispositions": DISPOSITIONS,
        "precision": view.precision,
        "notes": view.notes,
        "sections": sections,
        "record_of": record_of,
        "earlier_of": earlier_of,
        "reasons": by_count,
        "evidence": evidence,
        "rules": list(view.counts["by_rule"]),
        "parts": {name: view.counts[name] for name in DISPOSITIONS},
        "type_rows": charts.by_size(view.counts["types_before"], view.counts["types_after"]),
    }


def policy(review: object) -> str:
    """Return a rule's review policy in words: `all`, `none`, `sample of 5%`."""
    if not isinstance(review, Mapping):
        return str(review or "none")
    rate = review.get("rate")
    return f"{review['mode']} of {rate:.0%}" if review["mode"] == "sample" and rate is not None else str(review["mode"])


def asset(name: str) -> str:
    """Return the text of a file beside the templates."""
    return (files("reports") / "templates" / name).read_text(encoding="utf-8")


def source_digest(text: str) -> str:
    """Return the digest under which a page's policy lets this script or style in."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
