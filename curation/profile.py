"""What is in a raw data set, and what the rules would make of it: a dry run on a store that is thrown away."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from curation.command import Unreadable, parse_object
from curation.curate import BATCH_ROWS, Progress, curate, silent
from curation.engine import Engine
from curation.formats import form
from curation.reading import read_raw
from curation.shares import Keep
from curation.store import Store
from curation.text import fold
from curation.turns import output_in
from curation.workers import Rules

Counts = Mapping[str, int]

_SHORT = 40
"""Characters: longer texts are no names, and are not counted by value."""


@dataclass(frozen=True)
class Profile:
    """What a data set holds. Counts are of rows; the most frequent come first, equal ones by name."""

    source: Mapping[str, Any]
    """Name of the file, and fields that are read under another name."""
    forms: Counts
    """How the outputs are written: canonical, loose, fenced, object, unreadable, or no record."""
    fields: Counts
    """The fields of the records, as they are called in the file."""
    sentences: Mapping[str, Counts]
    """For each fact that the pack states of a sentence, its values."""
    commands: Mapping[str, Counts]
    """For each text that commands have at their top, such as their type and function, its values."""
    keys: Mapping[str, Counts]
    """For each object that commands have at their top, such as their parameters, its keys."""
    seen: tuple[str, ...]
    """What the pack's survey finds: the ids of devices."""
    labels: bool = False
    """Outputs are labels: those that the rules would leave are `counts["types_after"]`."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """What the rules would make of the rows, as a version counts it."""

    def as_json(self) -> dict[str, Any]:
        """Return the profile as one JSON document."""
        return {
            "source": dict(self.source),
            "rows": self.counts["rows_in"],
            "forms": self.forms,
            "fields": self.fields,
            "sentences": self.sentences,
            "commands": self.commands,
            "keys": self.keys,
            "seen": list(self.seen),
            "would": dict(self.counts),
        }


def profile(
    path: Path, rules: Rules, workers: int = 1, progress: Progress = silent, keep: Keep | None = None
) -> Profile:
    """Return what a data set holds and what the rules would make of it; raises `ReadError` and `RuleErrors`."""
    engine = rules.engine()
    tallies: dict[str, Counter[str]] = {"forms": Counter(), "fields": Counter()}
    sentences: dict[str, Counter[str]] = {}
    texts: dict[str, Counter[str]] = {}
    keys: dict[str, Counter[str]] = {}
    seen: set[str] = set()
    done = 0
    for batch in read_raw(path, BATCH_ROWS):
        commands = _outputs(engine.pack.notation.rows(batch), engine, tallies)
        _count_commands(commands, texts, keys)
        if engine.pack.survey is not None:
            seen |= set(engine.pack.survey(commands))
        for instruction in batch["instruction"].drop_nulls():
            for name, values in engine.context.analyse(fold(instruction)).facts.items():
                sentences.setdefault(name, Counter()).update(values)
        done += batch.height
        progress("profile", done, None)
    with TemporaryDirectory(prefix="rewright-") as folder:
        version = curate(Store(folder), path, rules, keep=keep, workers=workers, progress=progress)
    return Profile(
        source=version.source,
        forms=_sorted(tallies["forms"]),
        fields=_sorted(tallies["fields"]),
        sentences={name: _sorted(counts) for name, counts in sorted(sentences.items())},
        commands={name: _sorted(counts) for name, counts in texts.items()},
        keys={name: _sorted(counts) for name, counts in keys.items()},
        seen=tuple(sorted(seen)),
        labels=engine.pack.notation.label,
        counts=version.counts,
    )


def as_yaml(content: Mapping[str, Any]) -> str:
    """Return a device catalogue as YAML that our own strict reader takes, a device a line."""
    import yaml

    def flow(value: Any) -> str:
        text: str = yaml.safe_dump(
            value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10**9, explicit_end=False
        )
        return text.removesuffix("...\n").strip()

    lines = [
        "# Suggested by rewright profile: every device of the data, as its id says.",
        "# Add what people call it (names), its limits (properties) and what it can do (commands).",
    ]
    for name, members in content.items():
        lines.append(f"{name}:")
        if isinstance(members, dict):
            lines += [f"  {key}: {flow(value)}" for key, value in members.items()]
        else:
            stated = ({key: value for key, value in one.items() if value not in ([], {})} for one in members)
            lines += [f"  - {flow(one)}" for one in stated]
    return "\n".join(lines) + "\n"


def _outputs(batch: pl.DataFrame, engine: Engine, tallies: dict[str, Counter[str]]) -> list[dict[str, Any]]:
    """Count how outputs are written and which fields there are; return those that are commands."""
    commands = []
    columns = batch.select("payload", "output", "output_kind", "problem")
    for payload, output, kind, problem in columns.iter_rows():
        record = json.loads(payload)
        if not isinstance(record, dict):
            tallies["forms"]["no record"] += 1
            continue
        tallies["fields"].update(list(record))
        if engine.pack.notation.label:
            tallies["forms"]["label" if problem is None else "no label"] += 1
            if problem is None and output is not None:
                commands.append(parse_object(output))
            continue
        raw = output if kind == "text" else output_in(record)
        tallies["forms"][form(raw, engine.pack.order)] += 1
        if problem is None:
            try:
                commands.append(raw if isinstance(raw, dict) else parse_object(raw or ""))
            except Unreadable:
                continue  # counted as unreadable, or fenced
    return commands


def _count_commands(
    commands: list[dict[str, Any]], texts: dict[str, Counter[str]], keys: dict[str, Counter[str]]
) -> None:
    for command in commands:
        for name, value in command.items():
            if isinstance(value, str) and len(value) <= _SHORT:
                texts.setdefault(name, Counter())[value] += 1
            elif isinstance(value, dict):
                keys.setdefault(name, Counter()).update(list(value))


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
