"""What each rule did in a version, as a table: how many rows, together with whom, and how often people agreed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from curation.manifest import Version
from curation.problems import printable
from curation.store import Store
from curation.terminal import print_table
from reports.version_report import Precision


class RuleStats(NamedTuple):
    """One rule in one version; counts are of rows."""

    rule: str
    phase: str
    hits: int
    coverage: float
    """Share of the rows that came in."""
    overlap: int
    """Hits on rows that another rule changed as well, or proposed the same for."""
    conflicts: int
    declines: int
    confidence: float
    precision: Precision | None
    """What people's decisions say; None until there are some."""

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        measured = None if self.precision is None else self.precision._asdict()
        return {**self._asdict(), "precision": measured}


def rule_stats(store: Store, version: Version, precision: Mapping[str, Precision] | None = None) -> list[RuleStats]:
    """Return what each rule of a version did, in the order in which they ran; nothing for a data set as it came."""
    by_rule: Mapping[str, Mapping[str, Any]] = version.counts.get("by_rule", {})
    edits = store.edits(version)
    rules: dict[str, set[str]] = {}
    for key, rule, also in edits.filter(edits["kind"] == "rule").select("key", "rule", "also").iter_rows():
        rules.setdefault(key, set()).update([rule, *json.loads(also or "[]")])
    overlap = Counter(rule for together in rules.values() if len(together) > 1 for rule in together)
    rows = version.counts["rows_in"] or 1
    return [
        RuleStats(
            rule,
            did["phase"],
            did["hits"],
            did["hits"] / rows,
            overlap[rule],
            did["conflicts"],
            did["declines"],
            did["confidence"],
            (precision or {}).get(rule),
        )
        for rule, did in by_rule.items()
    ]


def print_stats(console: Console, version: Version, stats: Iterable[RuleStats]) -> None:
    """Print the table, with a bar for each rule's coverage."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    for name in ("hits", "coverage", "overlap", "conflict", "declined", "claimed", "measured"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    listed = list(stats)
    most = max([one.hits for one in listed] or [0]) or 1
    for one in listed:
        measured = "–"
        if one.precision is not None:
            share = one.precision.right / (one.precision.judged or 1)
            measured = f"{share:.1%} of {one.precision.judged} (≥ {one.precision.lower:.1%})"
        table.add_row(
            Text(printable(one.rule)),
            f"{one.hits:,}",
            f"{one.coverage:.1%}",
            f"{one.overlap:,}",
            f"{one.conflicts:,}",
            f"{one.declines:,}",
            f"{one.confidence:.0%}",
            measured,
            "█" * round(one.hits / most * 20) or ("▏" if one.hits else ""),
        )
    print_table(console, table)
    console.print(f"version {version.number} ({version.short}), {version.counts['rows_in']:,} rows in", markup=False)
