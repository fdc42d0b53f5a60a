"""What two versions differ in beside their rows: by which rules, in whose answers, under which rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup
from rich.console import Console
from rich.text import Text

from curation.manifest import Version
from curation.rule_changes import RuleChanges, rule_changes
from curation.store import Store
from curation.tables import collected
from curation.version import Change
from curation.whole_file import write_whole
from reports.markup import alone, comparison, shown
from reports.render import asset, environment, source_digest
from reports.version_report import by_count, record_of
from reports.visible import visible

KINDS = {
    "changed": "changed",
    "added": "added",
    "removed": "removed",
    "disposition": "with another disposition only",
}
_RULES_SHOWN = 20


@dataclass
class Comparison:
    """The changes from one version to another, counted as they are walked."""

    first: Version
    second: Version
    rules: RuleChanges
    answers: dict[str, int]
    """What people said of questions that only one of the versions goes back to, by verdict."""
    people: dict[str, int]
    """Edits by people on the way, by person."""
    rolled_back: dict[str, int]
    """Edits taken back on the way, by rule."""
    kinds: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    """Rows that differ, by each rule that edited them on the way."""
    by_disposition: Counter[str] = field(default_factory=Counter)
    """Rows that came to something else, such as `review → rewritten`."""

    @classmethod
    def of(cls, store: Store, first: Version, second: Version) -> Comparison:
        """Return the comparison of two versions, with no change walked yet."""
        lines = [store.lineage(version) for version in (first, second)]
        ids = [{version.id for version in line} for line in lines]
        path = [version for line in lines for version in line if (version.id in ids[0]) != (version.id in ids[1])]
        edits = store.tables.scan("edits", drafts=[version.draft for version in path])
        by = edits.filter(pl.col("kind") != "rule").select("kind", "rule", "actor").pipe(collected)
        # A person answers a question of the version before the one that the answer goes into.
        asked = {version.id for version in path} | {version.parent for version in path if version.parent}
        said = (
            store.tables.scan("decisions")
            .filter(pl.col("version").is_in(sorted(asked)))
            .select("verdict")
            .pipe(collected)
        )
        return cls(
            first,
            second,
            rule_changes(store.ruleset(first), store.ruleset(second)),
            _counted(said["verdict"]),
            _counted(by.filter(pl.col("kind") != "rollback")["actor"].fill_null("")),
            _counted(by.filter(pl.col("kind") == "rollback")["rule"]),
        )

    def count(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield the changes as they come, and count them."""
        for change in changes:
            self.kinds[change.kind] += 1
            self.by_rule.update(change.rules)
            if change.disposition_before != change.disposition_after:
                moved = f"{change.disposition_before or 'absent'} → {change.disposition_after or 'absent'}"
                self.by_disposition[moved] += 1
            yield change

    def as_json(self) -> dict[str, Any]:
        """Return the counts as programs read them."""
        return {
            "kinds": {kind: self.kinds[kind] for kind in KINDS},
            "by_rule": dict(by_count(self.by_rule)),
            "by_disposition": dict(by_count(self.by_disposition)),
            "answers": self.answers,
            "edits_by_people": self.people,
            "rolled_back": self.rolled_back,
            "rules": {
                "added": list(self.rules.added),
                "removed": list(self.rules.removed),
                "changed": list(self.rules.changed),
                "settings": list(self.rules.settings),
                "libraries": {name: list(pair) for name, pair in self.rules.libraries.items()},
            },
        }


def print_comparison_counts(console: Console, found: Comparison) -> None:
    """Print what is counted beside the rows; nothing where there is nothing."""
    for title, parts in _told(found).items():
        if parts:
            cut = parts[:_RULES_SHOWN]
            more = f", and {len(parts) - len(cut)} more" if len(parts) > len(cut) else ""
            console.print(Text(f"{title}: {visible(', '.join(cut))}{more}"), soft_wrap=True)


def write_comparison(found: Comparison, changes: Iterable[Change], path: Path, max_rows: int = 500) -> int:
    """Write the comparison as one page that opens offline, with at most `max_rows` changes; return how many there are.

    `changes` are walked whole. The page runs nothing, and escapes whatever comes from data.
    """
    shown_changes = [change for place, change in enumerate(found.count(changes)) if place < max_rows]
    style = asset("report.css")
    page = (
        environment()
        .get_template("diff.html")
        .render(
            found=found,
            kinds=KINDS,
            changes=shown_changes,
            told=_told(found),
            rules=by_count(found.by_rule),
            dispositions=by_count(found.by_disposition),
            total=found.kinds.total(),
            output=_output,
            record_of=record_of,
            style=Markup(style),
            style_digest=source_digest(style),
        )
    )
    write_whole(path, page)
    return found.kinds.total()


def _output(change: Change) -> Markup:
    """Return what a change made of the output."""
    old, new = record_of(change.before or "null"), record_of(change.after or "null")
    if change.kind == "changed":
        return Markup('<table class="diff"><tbody>{}</tbody></table>').format(comparison(old.output, new.output))
    side = new if change.kind in {"added", "disposition"} else old
    return Markup('<div class="json">{}</div>').format(alone(side.output)) if side.output else shown("")


def _told(found: Comparison) -> dict[str, list[str]]:
    """Return in words what is counted, by title."""
    changes = found.rules

    def counted(counts: dict[str, int] | Counter[str]) -> list[str]:
        return [f"{name or 'nobody named'} {n:,}" for name, n in by_count(counts)]

    told = {
        "rows by rule": counted(found.by_rule),
        "rows by disposition": counted(found.by_disposition),
    }
    sets = [version.ruleset for version in (found.first, found.second)]
    if None in sets and sets != [None, None]:
        return {**told, "rule set": [" → ".join(one[:8] if one else "none" for one in sets)]}
    return {
        **told,
        "rules added": list(changes.added),
        "rules removed": list(changes.removed),
        "rules changed": list(changes.changed),
        "settings changed": list(changes.settings),
        "libraries": [
            f"{name} {old or 'absent'} → {new or 'absent'}" for name, (old, new) in changes.libraries.items()
        ],
        "answers": counted(found.answers),
        "edits by people": counted(found.people),
        "edits taken back": counted(found.rolled_back),
    }


def _counted(values: pl.Series) -> dict[str, int]:
    return dict(sorted(Counter(values.to_list()).items()))
