"""What is in a raw data set, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from curation.profile import Profile
from curation.terminal import print_table
from reports.summary import print_fact, print_rows
from reports.version_report import by_count
from reports.visible import one_line

_SHOWN = 12


def print_profile(console: Console, profile: Profile) -> None:
    """Print a profile; of each kind of value the most frequent, and how many more there are."""
    print_fact(console, "source", str(profile.source.get("name", "")))
    for name, read_as in profile.source.get("fields", {}).items():
        print_fact(console, "field", f"{name} is read as {read_as}")
    _counts(console, "fields of the records", profile.fields)
    _counts(console, "how outputs are written", profile.forms)
    for name, counts in profile.sentences.items():
        _counts(console, f"instructions: {name}", counts)
    for name, counts in profile.commands.items():
        _counts(console, f"outputs: {name}", counts)
    for name, counts in profile.keys.items():
        _counts(console, f"outputs: keys of {name}", counts)
    if not profile.labels:
        console.print()
        console.print(Text.assemble(("devices seen", "bold"), f"  {len(profile.seen):,}"))
    if profile.seen:
        _line(console, list(profile.seen))
    console.print()
    console.print(Text("what the rules would make of it", "bold"))
    print_rows(console, profile.counts)
    if profile.labels:
        _balance(console, profile.counts.get("types_after", {}))


def _balance(console: Console, after: Mapping[str, int]) -> None:
    """Print how many rows would have each label, those that wait for a person among them."""
    total = sum(after.values())
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True)
    for name in ("rows", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, count in by_count(after):
        table.add_row(Text(one_line(label, 40)), f"{count:,}", f"{count / total:.1%}")
    console.print()
    print_table(console, table)


def _counts(console: Console, title: str, counts: Mapping[str, int]) -> None:
    if not counts:
        return
    console.print()
    console.print(Text(one_line(title, 80), "bold"))
    _line(console, [f"{one_line(name, 40) or '(empty)'} {count:,}" for name, count in counts.items()])


def _line(console: Console, parts: list[str]) -> None:
    left = len(parts) - _SHOWN
    shown = [*parts[:_SHOWN], *([f"and {left:,} more"] if left > 0 else [])]
    console.print(Text("  " + ", ".join(shown)))
