"""What the commands around training print on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from curation.terminal import console, note, print_table

if TYPE_CHECKING:
    from rich.table import Table

    from training.load import Level
    from training.selection import Selection
    from training.sweep import Sweep


def print_sweep(found: Sweep) -> None:
    """Print the runs, the best first, and which one to take."""
    from rich.markup import escape

    table = _table("run", "strictly right", "95 % interval", "loss moves", "seconds", "MiB")
    for one in found.done:
        strict = one.exams[0].evaluation.figures["strict"]
        seconds, size = one.cost
        moves = "-" if one.steadiness == float("inf") else f"{one.steadiness:.2f}"
        between = f"{strict.low:.1%} to {strict.high:.1%}"
        table.add_row(escape(one.point.name), f"{strict.value:.1%}", between, moves, f"{seconds:,.0f}", f"{size:,}")
    print_table(console(), table)
    for one in found.failed:
        note(f"{one.point.name}: {one.failed}")
    _print_choice(found.choice.name, found.choice.why)


def print_selection(found: Selection) -> None:
    """Print the models and which one to take."""
    from rich.markup import escape

    table = _table("model", "strictly right", "slot F1", "schema", "p50 s", "p90 s", "p99 s", "tokens/s", "MiB")
    for one in found.asked:
        figures = one.exams[0].evaluation.figures
        rates = [f"{figures[name].value:.1%}" if name in figures else "-" for name in ("strict", "slot_f1", "schema")]
        pace = [f"{seconds:.2f}" for seconds in one.speed.values()]
        size = one.peak.get("accelerator", one.peak["process"])
        table.add_row(escape(one.model), *rates, *pace, f"{one.pace:.1f}", f"{size:,}")
    print_table(console(), table)
    for one in found.candidates:
        if one.failed:
            note(f"{one.model}: {one.failed}")
    _print_choice(found.choice.name, found.choice.why)


def print_load(levels: list[Level]) -> None:
    """Print what was measured, level by level."""
    table = _table("at once", "requests/s", "tokens/s", "p50 s", "p90 s", "p99 s", "errors")
    for level in levels:
        pace = [f"{level.latency[name]:.2f}" if level.answers else "-" for name in ("p50", "p90", "p99")]
        rates = (f"{level.requests_per_second:.2f}", f"{level.tokens_per_second:.1f}")
        table.add_row(str(level.at_once), *rates, *pace, str(len(level.errors)))
    print_table(console(), table)
    for level in levels:
        if level.errors:
            note(f"{level.at_once} at once: {level.errors[0]}")


def _print_choice(name: str, why: Sequence[str]) -> None:
    sys.stdout.write(f"\nrecommended  {name}\n")
    sys.stdout.writelines(f"  {sentence}\n" for sentence in why)


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
