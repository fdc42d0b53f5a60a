"""The table that ends a run: where every row went, and where to look next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from curation.terminal import print_table
from reports.version_report import by_count
from reports.visible import one_line


class Published(Protocol):
    """What is told of a version."""

    @property
    def number(self) -> int:
        """Return its place in the store."""
        ...

    @property
    def id(self) -> str:
        """Return its id, a digest of all that made it."""
        ...


def print_summary(
    console: Console, version: Published, counts: Mapping[str, Any], report_path: Path | None, seconds: float
) -> None:
    """Print what became of the rows, in numbers that add up, with the version, its digest, its report and the time."""
    print_rows(console, counts)
    console.print()
    print_fact(console, "version", f"{version.number}  {version.id}")
    if report_path is not None:
        print_fact(console, "report", str(report_path))
    print_fact(console, "took", f"{seconds:.1f} s")


def print_rows(console: Console, counts: Mapping[str, Any]) -> None:
    """Print what became of the rows, in numbers that add up; a data set as it came only has rows."""
    table = Table(show_header=False, show_edge=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("what", overflow="fold")
    table.add_column("rows", justify="right", no_wrap=True)
    _line(table, "rows in", counts["rows_in"], "bold")
    _line(table, "unchanged", counts["unchanged"])
    _line(table, "rewritten", counts["rewritten"])
    _parts(table, [(rule, did["hits"]) for rule, did in counts.get("by_rule", {}).items() if did["hits"]])
    _line(table, "review", counts["review"])
    for name in ("quarantined", "dropped"):
        _line(table, name, counts[name])
        _parts(table, by_count(counts.get(f"{name}_by_reason", {})))
    _line(table, "rows out", counts["rows_out"], "bold")
    if (queued := counts.get("queue_by_reason")) is not None:
        table.add_row("", "")
        _line(table, "questions queued for a person", sum(queued.values()), "bold")
        _parts(table, by_count(queued))
    print_table(console, table)


def _line(table: Table, name: str, count: int, style: str = "") -> None:
    table.add_row(Text(name, style), Text(f"{count:,}", style))


def _parts(table: Table, parts: Iterable[tuple[str, int]]) -> None:
    for name, count in parts:
        table.add_row(Text(f"  {one_line(name, 100)}", "dim"), Text(f"{count:,}", "dim"))


def print_fact(console: Console, name: str, value: str) -> None:
    """Print a name and a value on one line."""
    # Never wrapped or cut: a path is there to be copied.
    console.print(Text.assemble((f"{name:<8} ", "dim"), one_line(value)), soft_wrap=True)
