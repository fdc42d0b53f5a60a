"""What trying a rule showed, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from curation.trial import Sample, Trial
from reports.difference import print_comparison
from reports.highlight import compare
from reports.visible import visible


def print_trial(console: Console, trial: Trial, against: str = "") -> None:
    """Print the counts, the samples as diffs, and the rows that come out otherwise."""
    for number, sample in enumerate(trial.samples, 1):
        _print_sample(console, number, sample)
    if trial.moved:
        console.print(Text(f"Rows that come out otherwise, {len(trial.moved)} of {trial.moves.total():,}", "bold"))
        for move in trial.moved:
            told = f"{move.was} → {move.now}" if move.was != move.now else f"{move.now}, with another output"
            line = f"  row {move.row:<7} {told:<26} {visible(move.instruction, 100)}"
            console.print(Text(line), soft_wrap=True)
        console.print()
    _print_counts(console, trial, against)


def _print_counts(console: Console, trial: Trial, against: str) -> None:
    does = "revises" if trial.revised else "adds to"
    console.print(Text(f"{trial.rule.id} {does} the rules; {trial.rows:,} rows, {trial.records:,} of them records"))
    if not trial.what:
        console.print(Text("  no row: see `rewright rules explain` for a sentence that it should change"))
    for what, count in trial.what.most_common():
        _line(console, what, count, trial.records)
    for told, counts in (
        ("agrees with", trial.agrees),
        ("conflicts with", trial.conflicts),
        ("held back by", trial.held_back),
        ("meets in another phase", trial.meets),
    ):
        for rule, count in counts.most_common():
            _line(console, f"{told} {rule}", count, trial.records)
    compared = f"version {against}" if against else "the rules without it"
    moves = sorted(trial.moves.items(), key=lambda item: (-item[1], item[0]))
    total = trial.moves.total()
    otherwise = "1 row comes out otherwise" if total == 1 else f"{total:,} rows come out otherwise"
    console.print(Text(f"compared with {compared}: {otherwise}"))
    for (was, now), count in moves:
        _line(console, f"{was} → {now}" if was != now else f"{now}, with another output", count, trial.records)
    if trial.left_out:
        _line(console, "not compared: not there, or another row's duplicate", trial.left_out, trial.records)


def _line(console: Console, told: str, count: int, of: int) -> None:
    console.print(Text(f"  {count:>7,}  {count / (of or 1):>6.1%}  {visible(told)}"), soft_wrap=True)


def _print_sample(console: Console, number: int, sample: Sample) -> None:
    head = Text.assemble((f"{number}. {sample.what}", "bold"), f"  row {sample.row}", (f"  {sample.key}", "dim"))
    if sample.text:
        head.append(f"  {visible(sample.text, 200)}", "cyan")
    console.print(head, soft_wrap=True)
    spoken = Text(visible(sample.instruction, 500))
    if sample.span is not None and visible(sample.instruction, 500) == sample.instruction:
        spoken.stylize("underline", *sample.span)
    console.print(spoken, soft_wrap=True)
    if sample.after is None:
        console.print(Text(f"  {visible(sample.before, 500)}", "dim"), soft_wrap=True)
    else:
        print_comparison(console, compare(sample.before, sample.after))
    console.print()


def trial_as_json(trial: Trial, against: str = "") -> dict[str, Any]:
    """Return a trial as one JSON document; spans count characters of the instruction as spoken."""
    return {
        "rule": trial.rule.id,
        "revises": trial.revised,
        "rows": trial.rows,
        "records": trial.records,
        "what": _counts(trial.what),
        "agrees": _counts(trial.agrees),
        "conflicts": _counts(trial.conflicts),
        "held_back": _counts(trial.held_back),
        "meets": _counts(trial.meets),
        "against": against or None,
        "moves": [{"was": was, "now": now, "rows": n} for (was, now), n in sorted(trial.moves.items())],
        "left_out": trial.left_out,
        "samples": [{**one._asdict(), "span": None if one.span is None else list(one.span)} for one in trial.samples],
        "moved": [one._asdict() for one in trial.moved],
    }


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
