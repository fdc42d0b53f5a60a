"""What the commands of review print: plan, state of the review, what was applied, what speaks against a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from annotations.agreement import Agreement, Pace
from annotations.apply import Applied
from annotations.release import RolledBack, Verdict
from annotations.trust import Standing
from curation.problems import printable
from curation.terminal import print_table


def print_plan(console: Console, standings: Sequence[Standing], open_cases: Mapping[str, int], bar: float) -> None:
    """Print how each rule stands against the bar, and what is open beside."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    for name in ("policy", "edits", "right", "precision", "surely", "claimed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("answers to go", justify="right", no_wrap=True)
    for one in standings:
        share = f"{one.right / one.judged:.1%} ({one.lower:.1%} to {one.upper:.1%})" if one.judged else "–"
        table.add_row(
            Text(printable(one.rule)),
            one.policy,
            f"{one.edits:,}",
            f"{one.right:,} of {one.judged:,}" if one.judged else "–",
            share,
            f"{one.sure_lower:.1%}" if one.judged else "–",
            f"{one.claimed:.0%}" if one.claimed is not None else "–",
            one.state,
            _answers(one),
            style="bold" if one.blocks else "",
        )
    print_table(console, table)
    said = ", ".join(f"{number:,} {kind}" for kind, number in open_cases.items()) or "none"
    _fact(console, "bar", f"{bar:.0%}, to be reached by the bound that holds however often one looks")
    _fact(console, "open", said)


def print_cost(console: Console, answers: int, seconds: float | None) -> None:
    """Print how many answers are expected to be needed, and how long they take."""
    cost = "nobody's pace is known yet" if seconds is None else f"about {duration(answers * seconds)}"
    _fact(console, "to go", f"{answers:,} answers, {cost}")


def print_status(
    console: Console, state: Mapping[str, Any], agreed: Agreement, paces: Sequence[Sequence[Pace]]
) -> None:
    """Print how far a review is."""
    for name, value in state.items():
        _fact(console, name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    alpha = "not defined" if agreed.alpha is None else f"{agreed.alpha:.3f}"
    _fact(
        console,
        "agreement",
        f"{agreed.same:,} of {agreed.questions:,} questions with several answers; Krippendorff's alpha {alpha}",
    )
    for name, found in zip(("annotator", "rule"), paces, strict=True):
        if not found:
            continue
        console.print()
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(name, no_wrap=True)
        for column in ("answers", "accept", "reject", "correct", "pace"):
            table.add_column(column, justify="right", no_wrap=True)
        for one in found:
            numbers = [f"{one.verdicts[verdict]:,}" for verdict in ("accept", "reject", "correct")]
            speed = "–" if one.seconds is None else f"{one.seconds:.0f} s"
            table.add_row(Text(printable(one.name)), f"{one.answers:,}", *numbers, speed)
        print_table(console, table)


def print_applied(console: Console, applied: Applied) -> None:
    """Print what a review came to."""
    if applied.version is None:
        _fact(console, "version", "none: no decision changes anything")
    else:
        _fact(console, "version", f"{applied.version.number}  {applied.version.id}")
    for name, counted in (
        ("decided", applied.decided),
        ("rows", applied.rows),
        ("kept", applied.kept),
        ("depended", applied.changed),
        ("waiting", applied.waiting),
    ):
        if counted:
            _fact(console, name, _counted(counted))
    if applied.elsewhere:
        _fact(console, "elsewhere", f"{applied.elsewhere:,} settled questions that this version does not ask")


def print_rollback(console: Console, done: RolledBack) -> None:
    """Print what taking a rule back came to, and which edits had depended on it."""
    _fact(console, "version", f"{done.version.number}  {done.version.id}")
    _fact(console, "rows", f"{done.rows:,} without {done.rule}: {_counted(done.dispositions)}")
    _fact(console, "kept", _counted(done.kept) or "no later edit lay on its edits")
    _fact(console, "depended", _counted(done.changed) or "no edit")
    if done.contradicted:
        _fact(console, "review", f"{done.contradicted:,} rows of which a person had decided otherwise")


def print_verdict(console: Console, verdict: Verdict, tag: str) -> None:
    """Print that a version is released, or all that speaks against it with what would help."""
    number = verdict.version.number
    if not verdict.blockers:
        console.print(Text(f"version {number} ({verdict.version.short}) is {tag}"), soft_wrap=True)
        return
    console.print(Text(f"version {number} is not released:"), soft_wrap=True)
    for blocker in verdict.blockers:
        about = f"{blocker.rule}: " if blocker.rule else ""
        console.print(Text(printable(f"  {about}{blocker.reason}")), soft_wrap=True)
        for help_ in blocker.help:
            console.print(Text(printable(f"    - {help_}"), "dim"), soft_wrap=True)


def duration(seconds: float) -> str:
    """Return a time in the two largest units it has."""
    minutes, hours = divmod(round(seconds / 60), 60)[::-1]
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def _answers(one: Standing) -> str:
    if not one.least and not one.expected:
        return "–"
    return f"{one.least:,}" if one.least == one.expected else f"{one.least:,} to {one.expected:,}"


def _counted(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counted.items())


def _fact(console: Console, name: str, value: str) -> None:
    console.print(Text.assemble((f"{name:<10} ", "dim"), printable(value)), soft_wrap=True)
