"""The commands about what was: the life of a record, and what drafts left behind."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curation.commands import open_store
from curation.terminal import AsJson, InWorkspace, console, print_line, print_table, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.history import Chapter

_AGE = re.compile(r"(\d+)\s*([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def blame(
    record: Annotated[str, typer.Argument(help="A record: its key, the beginning of it, or its row number from 0.")],
    ref: Annotated[
        str | None, typer.Argument(metavar="[REF]", help="Through the versions that led to this one; all unless named.")
    ] = None,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Tell the life of a record through all versions.

    Each edit with its rule, the words it rests on and its result; who asked, who decided.
    """
    from curation.history import as_json as told
    from curation.history import life

    found = life(open_store(workspace(folder)), record, ref)
    if as_json:
        print_line(told(found))
        return
    from rich.table import Table
    from rich.text import Text

    from curation.problems import printable

    terminal = console()
    terminal.print(Text(f"row {found.row}  {found.key}", "bold"))
    terminal.print(Text(printable(found.instruction)), soft_wrap=True)
    terminal.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("version", "what", "by"):
        table.add_column(name, no_wrap=True)
    table.add_column("because of", overflow="fold", max_width=40)
    table.add_column("result", overflow="fold")
    for chapter in found.chapters:
        head = " ".join([str(chapter.version.number), chapter.version.kind, *chapter.tags])
        for line in _lines(chapter):
            table.add_row(*(Text(printable(cell)) for cell in (head, *line)))
            head = ""
    print_table(terminal, table)


def _lines(chapter: Chapter) -> Iterator[tuple[str, str, str, str]]:
    """Yield what, by whom, because of what, and with which result."""
    from curation.history import output_of

    version = chapter.version
    if version.parent is None:
        yield "came in", version.actor, version.message, output_of(chapter.payload or "")
    for edit in chapter.edits:
        what = {"rule": "edited", "rollback": "rolled back"}.get(edit["kind"], edit["kind"])
        why = "; ".join(part for part in (edit["said"] and f"“{edit['said']}”", edit["note"]) if part)
        by = " ".join(part for part in (edit["rule"], edit["actor"] and f"({edit['actor']})") if part)
        yield what, by, why, edit["output_after"] or "does not apply"
    for entry in chapter.queue:
        why = ": ".join(part for part in (entry["reason"], entry["found"]) if part)
        yield f"asked ({entry['kind']})", entry["rule"] or "", why, ""
    for entry in chapter.outcomes:
        why = ": ".join(part for part in (entry["reason"], entry["found"]) if part)
        yield entry["disposition"], "", why, f"as {entry['kept']}" if entry["kept"] else ""
    for said in chapter.decisions:
        yield f"answered {said['verdict']}", said["annotator"], said["comment"], said["corrected"] or ""
    if not chapter.eventful:
        yield "nothing", "", "", f"still {chapter.disposition}"


def gc(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Only what is older: 90m, 24h, 7d.")
    ] = "24h",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    folder: InWorkspace = None,
    as_json: AsJson = False,
) -> None:
    """Remove what runs that never finished left in the store.

    No version, and nothing that one needs, is ever removed. Run it while nobody publishes.
    """
    from curation.collect import collect

    if not (age := _AGE.fullmatch(older_than.strip())):
        raise typer.BadParameter(f"{older_than!r} is no age; write 90m, 24h or 7d", param_hint="--older-than")
    found = collect(open_store(workspace(folder)), timedelta(**{_UNITS[age[2]]: int(age[1])}), dry_run=dry_run)
    if as_json:
        listed: list[dict[str, Any]] = [
            {
                "draft": one.draft,
                "rows": dict(one.rows),
                "files": one.files,
                "bytes": one.bytes,
                "newest": one.newest.isoformat(),
            }
            for one in found.drafts
        ]
        print_line({"dry_run": dry_run, "drafts": listed, "spared": len(found.spared), "strays": found.strays})
        return
    for one in found.drafts:
        rows = ", ".join(f"{n:,} {name}" for name, n in one.rows.items())
        sys.stdout.write(f"{one.draft}  {one.newest:%Y-%m-%d %H:%M} UTC  {rows}\n")
    verb = "would be removed" if dry_run else "removed"
    sys.stdout.write(
        f"{len(found.drafts)} unfinished drafts ({found.bytes:,} bytes), {found.strays} stray files {verb}"
    )
    sys.stdout.write(f"; {len(found.spared)} too young\n" if found.spared else "\n")
