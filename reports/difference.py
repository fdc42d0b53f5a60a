"""The difference of two versions for a terminal and as JSON: instruction, rules, and the output before and after."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from curation.version import Change
from reports.highlight import Cell, Pair, compare, show
from reports.version_report import record_of
from reports.visible import visible

_KINDS = {
    "changed": "changed",
    "added": "added",
    "removed": "removed",
    "disposition": "with another disposition only",
}
_TEXT_LIMIT = 500


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
    told = ", ".join(f"{counts[kind]:,} {name}" for kind, name in _KINDS.items() if counts[kind])
    rest = counts.total() - limit if limit is not None and counts.total() > limit else 0
    console.print(Text(f"{told}{f'; {rest:,} not shown' if rest else ''}", "bold"))
    return counts


def difference_lines(changes: Iterable[Change]) -> Iterator[str]:
    """Yield each change as one JSON object, outputs and dispositions before and after among it, nothing cut."""
    for change in changes:
        old = None if change.before is None else record_of(change.before)
        new = None if change.after is None else record_of(change.after)
        yield json.dumps(
            {
                "row": change.row,
                "key": change.key,
                "kind": change.kind,
                "instruction": ((new and new.instruction) or (old and old.instruction) or ""),
                "rules": list(change.rules),
                "before": None if old is None else old.output,
                "after": None if new is None else new.output,
                "disposition_before": change.disposition_before,
                "disposition_after": change.disposition_after,
            },
            ensure_ascii=False,
        )


def _print(console: Console, change: Change) -> None:
    old = record_of(change.before or "null")
    new = record_of(change.after or "null")
    head = Text.assemble((change.kind, "bold"), f"  row {change.row}", (f"  {visible(change.key)}", "dim"))
    if change.disposition_before != change.disposition_after:
        head.append(f"  {change.disposition_before or 'absent'} → {change.disposition_after or 'absent'}")
    if change.rules:
        head.append(f"  {visible(', '.join(change.rules))}", "cyan")
    console.print(head, soft_wrap=True)
    if instruction := new.instruction or old.instruction:
        console.print(Text(visible(instruction, _TEXT_LIMIT)), soft_wrap=True)
    if change.kind == "changed":
        print_comparison(console, compare(old.output, new.output))
    elif change.kind != "disposition":
        sign, style, output = ("+", "green", new.output) if change.kind == "added" else ("-", "red", old.output)
        for pair in show(output):
            _side(console, sign, style, pair.after)
    console.print()


def print_comparison(console: Console, pairs: Iterable[Pair]) -> None:
    """Print two outputs as `compare` laid them out, the parts that differ marked."""
    for pair in pairs:
        if pair.kind == "skipped":
            console.print(Text(f"  … {pair.skipped:,} equal lines", "dim"))
        elif pair.kind in {"same", "moved"}:
            _side(console, " ", "dim", pair.after)
        else:
            _side(console, "-", "red", pair.before)
            _side(console, "+", "green", pair.after)


def _side(console: Console, sign: str, style: str, cell: Cell | None) -> None:
    if cell is None:
        return
    line = Text(f"{sign} {'  ' * cell.depth}", style)
    for piece in cell.pieces:
        line.append(visible(piece.text), f"bold {style}" if piece.marked else style)
    console.print(line, soft_wrap=True)
