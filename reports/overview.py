"""A version on one screen: where it comes from, what became of the rows, what each rule did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from curation.command import write
from curation.manifest import Ruleset, Version
from curation.terminal import print_table
from reports.summary import print_fact, print_rows
from reports.version_report import by_count
from reports.visible import one_line


def print_version(
    console: Console, version: Version, parent: Version | None, ruleset: Ruleset | None, tags: Sequence[str]
) -> None:
    """Print a version; every number is one that was counted when it was published."""
    facts = [
        ("version", f"{version.number}  {version.id}"),
        ("tags", ", ".join(tags)),
        ("kind", version.kind),
        ("parent", "" if parent is None else f"{parent.number}  {parent.id}"),
        ("source", ", ".join(f"{key} {one_line(_text(value))}" for key, value in version.source.items() if value)),
        ("rules", "" if ruleset is None else f"{ruleset.name}  {ruleset.digest[:16]}"),
        ("with", "" if ruleset is None else ", ".join(f"{name} {at}" for name, at in ruleset.libraries.items())),
        ("message", version.message),
        ("by", version.actor),
        ("made", f"{version.created_at:%Y-%m-%d %H:%M} UTC"),
    ]
    for name, value in facts:
        if value:
            print_fact(console, name, value)
    console.print()
    print_rows(console, version.counts)
    if by_rule := version.counts.get("by_rule"):
        console.print()
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("rule", no_wrap=True)
        for name in ("edits", "declines", "conflicts", "sure"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("review", no_wrap=True)
        for rule, did in by_rule.items():
            numbers = [f"{did[name]:,}" for name in ("hits", "declines", "conflicts")]
            style = "" if did["hits"] or did["declines"] or did["conflicts"] else "dim"
            table.add_row(Text(rule), *numbers, f"{did['confidence']:.2f}", Text(did["review"]), style=style)
        print_table(console, table)
    before, after = (version.counts.get(f"types_{when}", {}) for when in ("before", "after"))
    if before or after:
        console.print()
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("type of output", no_wrap=True)
        table.add_column("before", justify="right")
        table.add_column("after", justify="right")
        for name, _ in by_count({name: before.get(name, 0) + after.get(name, 0) for name in {**before, **after}}):
            table.add_row(Text(one_line(name, 60)), f"{before.get(name, 0):,}", f"{after.get(name, 0):,}")
        print_table(console, table)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else write(value)
