"""What all commands share: their common options, one JSON document on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Column, Table

    from curation.curate import Progress
    from curation.workspace import Workspace


_FOLDED = 24
"""Characters that a column of text is left before lines grow longer than the terminal."""


def _raw(name: str) -> Path:
    if not name:  # `Path("")` would be the current folder
        raise typer.BadParameter("an empty name; name a file or a folder, '.' for the current one")
    return Path(name)


Raw = Annotated[
    Path,
    typer.Argument(metavar="RAW", parser=_raw, help="JSON, JSONL, CSV, Parquet, Arrow, or a folder of one kind."),
]
InWorkspace = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="The workspace, or a folder in it; the current folder unless named."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def workspace(folder: Path | None) -> Workspace:
    """Open the workspace that a folder, or the current one, lies in."""
    from curation.workspace import Workspace

    return Workspace.find(folder or Path())


def console() -> Console:
    """Return the terminal to print on; what is no terminal gets lines of 160 characters."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def print_table(terminal: Console, table: Table) -> None:
    """Print a table with nothing of it cut: longer text is folded, and lines that do not fit run on in the next."""
    from rich.console import Console
    from rich.measure import Measurement

    endless = Console(width=sys.maxsize)

    def least(column: Column) -> int:
        cells = [Measurement.get(endless, endless.options, cell) for cell in (column.header, *column.cells)]
        whole, word = (max([getattr(cell, name) for cell in cells], default=0) for name in ("maximum", "minimum"))
        return whole if column.no_wrap else min(word, _FOLDED, column.max_width or _FOLDED)

    gap = sum(table.padding[1::2])
    before = terminal.width
    terminal.width = max(before, sum(least(column) + gap for column in table.columns))
    terminal.print(table)
    terminal.width = before


def print_line(value: Any) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(json_line(value) + "\n")


def json_line(value: Any) -> str:
    """Return a value as one line of JSON, characters as they are wherever UTF-8 has them."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from an escape in the data
        return json.dumps(value)
    return text


def note(message: str) -> None:
    """Tell the person at the terminal something that is no result."""
    typer.echo(message, err=True)


def stdin_lines() -> Iterator[str]:
    """Yield the lines of standard input, without their ends; raises `UnicodeDecodeError` for what is not UTF-8."""
    for number, line in enumerate(sys.stdin.buffer):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8").removesuffix("\n").removesuffix("\r")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show how far the work is, on a terminal; elsewhere nothing is printed."""
    from curation.curate import silent

    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show
