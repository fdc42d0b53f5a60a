"""The difference of two versions for a terminal and as JSON: instruction, rules, and the output before and after."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from rich.console import Console
from rich.text import Text

from reports.highlight import Cell, compare
from reports.version_report import record_of
from reports.visible import visible

_TEXT_LIMIT = 500


class Change(NamedTuple):
    """One row that two versions do not have alike."""

    key: str
    before: str | None
    """The record in the former version, JSON text; None where it is not in it."""
    after: str | None
    rules: Sequence[str] = ()

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Return what happened to the row from the former to the latter version."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def print_difference(console: Console, changes: Iterable[Change], limit: int | None = 20) -> Counter[str]:
    """Print the first `limit` changes (all for None) and the counts of all by kind, which are returned."""
    counts: Counter[str] = Counter()
    for change in changes:
        counts[change.kind] += 1
        if limit is None or counts.total() <= limit:
            _print(console, change)
    if not counts:
        console.print("The two versions have the same rows.")
        return counts
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in ("changed", "added", "removed") if counts[kind])
    rest = counts.total() - limit if limit is not None and counts.total() > limit else 0
    console.print(Text(f"{told}{f'; {rest:,} not shown' if rest else ''}", "bold"))
    return counts


def difference_lines(changes: Iterable[Change]) -> Iterator[str]:
    """Yield each change as one JSON object: key, kind, instruction, rules, output before and after."""
    for change in changes:
        old = None if change.before is None else record_of(change.before)
        new = None if change.after is None else record_of(change.after)
        yield json.dumps(
            {
                "key": change.key,
                "kind": change.kind,
                "instruction": (new or old or record_of("null")).instruction,
                "rules": list(change.rules),
                "before": None if old is None else old.output,
                "after": None if new is None else new.output,
            },
            ensure_ascii=False,
        )


def _print(console: Console, change: Change) -> None:
    old = record_of(change.before or change.after or "null")
    new = record_of(change.after or change.before or "null")
    head = Text.assemble((change.kind, "bold"), (f"  {visible(change.key)}", "dim"))
    if change.rules:
        head.append(f"  {visible(', '.join(change.rules))}", "cyan")
    console.print(head, soft_wrap=True)
    if new.instruction:
        console.print(Text(visible(new.instruction, _TEXT_LIMIT)), soft_wrap=True)
    before = old.output if change.before is not None else ""
    after = new.output if change.after is not None else ""
    for pair in compare(before, after):
        if pair.kind == "skipped":
            console.print(Text(f"  … {pair.skipped:,} equal lines", "dim"))
        elif pair.kind in {"same", "moved"}:
            _side(console, " ", "dim", pair.after)
        else:
            _side(console, "-", "red", pair.before)
            _side(console, "+", "green", pair.after)
    console.print()


def _side(console: Console, sign: str, style: str, cell: Cell | None) -> None:
    if cell is None:
        return
    line = Text(f"{sign} {'  ' * cell.depth}", style)
    for piece in cell.pieces:
        line.append(visible(piece.text), f"bold {style}" if piece.marked else style)
    console.print(line, soft_wrap=True)
