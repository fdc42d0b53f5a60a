"""A rule on real data before it is merged: what it would do, what it meets, and which rows would come out otherwise."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from curation.command import write
from curation.curate import Progress, keyed_rows, seen_in, silent
from curation.engine import Change, Engine, Judgement
from curation.manifest import Version
from curation.matching import patterns_match, suits_sentence
from curation.new_rule import phase_numbers
from curation.notation import Notation
from curation.pack import Pack
from curation.problems import Problem, RuleErrors, did_you_mean
from curation.rewriting import Context
from curation.rule import Rule
from curation.rule_file import load_rule
from curation.store import Store
from curation.strict_yaml import read
from curation.text import Folded, Span, fold
from curation.turns import output_in

SAMPLES = 20


class Packs(NamedTuple):
    """The rules with the one that is tried, and without it."""

    rule: Rule
    tried: Pack
    without: Pack
    revised: bool
    """The rule takes the place of another version of itself."""


class Sample(NamedTuple):
    """A record that the rule changes, declines or would change."""

    row: int
    key: str
    instruction: str
    what: str
    """applied, declined, in conflict, or held back (another rule of the phase declines)."""
    span: Span | None
    """The characters of the instruction, as spoken, that an applied change rests on; None: all of it."""
    before: str
    after: str | None
    text: str
    """The note of a change, or why nothing is applied."""


class Move(NamedTuple):
    """A record that comes out otherwise."""

    row: int
    key: str
    instruction: str
    was: str
    """Its disposition without the rule, or in the version it is compared with."""
    now: str
    before: str | None
    after: str | None


@dataclass
class Trial:
    """What a rule does to a data set. Samples and moved rows are drawn by the rule's id and the records' keys."""

    rule: Rule
    revised: bool
    rows: int = 0
    records: int = 0
    """Rows with an instruction and an output."""
    what: Counter[str] = field(default_factory=Counter)
    """Rows the rule had to do with, by what came of it."""
    agrees: Counter[str] = field(default_factory=Counter)
    """Rows on which another rule proposes the same, by that rule."""
    conflicts: Counter[str] = field(default_factory=Counter)
    """Rows on which another rule proposes something else."""
    held_back: Counter[str] = field(default_factory=Counter)
    """Rows on which another rule of the phase declines."""
    meets: Counter[str] = field(default_factory=Counter)
    """Rows that a rule of another phase changes or declines as well."""
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows that come out otherwise, by their disposition before and now."""
    samples: list[Sample] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    left_out: int = 0
    """Rows not compared with a version: not in it, or dropped or queued there as another row's duplicate."""


def try_rule(
    packs: Packs,
    path: Path,
    catalogue: Mapping[str, Any],
    *,
    against: tuple[Store, Version] | None = None,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Trial:
    """Return what the rule does to the data set at `path`: nothing is published, and duplicates are not looked for.

    Rows are compared with what they are without the rule, or with a version. Raises `ReadError`.
    """
    seen: set[str] = set()
    total = 0
    for batch in keyed_rows(path):
        seen |= seen_in(batch, packs.tried)
        total += batch.height
        progress("reading", total, None)
    content = {**catalogue, "seen": sorted(seen)}
    tried = Engine(packs.tried, packs.tried.open_context(content))
    without = Engine(packs.without, packs.without.open_context(content))
    known = None if against is None else _known(*against)
    trial = Trial(packs.rule, packs.revised)
    drawn, moved = _Draw(packs.rule.id, samples), _Draw(packs.rule.id, samples)
    rules = [rule for pack in (packs.tried, packs.without) for rule in pack.rules if rule.id == packs.rule.id]
    for seq, key, instruction, asked in _records(path, packs.tried.notation, trial):
        output = output_in(asked.record)
        progress("trying", trial.rows, total)
        if known is None and not _may_fire(rules, fold(instruction), tried.context):
            continue
        now = asked.of(tried)
        sample = _meet(trial, now, seq, key, instruction, output)
        if sample is not None:
            drawn.add(key, sample)
        if known is not None:
            was = known.get(key)
            before = None if was is None else was[1]
        elif sample is not None or packs.revised:
            judged = asked.of(without)
            before = _final(judged, output)
            was = (judged.disposition, before)
        else:
            continue
        after = _final(now, output)
        if was is None:
            trial.left_out += 1
        elif was != (now.disposition, after):
            trial.moves[was[0], now.disposition] += 1
            moved.add(key, Move(seq, key, instruction, was[0], now.disposition, before, after))
    trial.samples = [one for one in drawn.members() if isinstance(one, Sample)]
    trial.moved = [one for one in moved.members() if isinstance(one, Move)]
    return trial


def with_rule(pack: Pack, path: Path) -> Packs:
    """Return the pack with the rule in a file, and without it.

    A rule of the pack itself is taken out for comparison; any other file joins the phase that its id names, in the
    place of a rule with the same id. Raises `RuleErrors`.
    """
    place = path.resolve()
    for rule in pack.rules:
        if rule.document.path.resolve() == place:
            return Packs(rule, pack, _exchanged(pack, rule.id, None), revised=False)
    document, problems = read(path)
    if document is None:
        raise RuleErrors(problems)
    identity = document.value.get("id") if isinstance(document.value, dict) else None
    phase = str(identity).partition(".")[0]
    if phase not in pack.phases:
        remedy = did_you_mean(phase, phase_numbers(pack), "phases are")
        raise RuleErrors([*problems, document.problem(("id",), f"no phase {phase!r}", remedy)])
    loaded, wrong = load_rule(document, pack.vocabulary, pack=pack.id, phase=phase, path=path.name)
    if loaded is None or problems or wrong:
        raise RuleErrors([*problems, *wrong])
    if loaded.id in pack.off:
        found = f"the rule {loaded.id!r} is switched off: {pack.off[loaded.id]}"
        raise RuleErrors([Problem(path, 0, 0, found, "switch it on, or give the file another name and id")])
    revised = any(rule.id == loaded.id for rule in pack.rules)
    return Packs(loaded, _exchanged(pack, loaded.id, loaded), pack, revised)


def _exchanged(pack: Pack, identity: str, rule: Rule | None) -> Pack:
    """Return the pack with this rule for that of the same id, or without it."""
    rules = [*(one for one in pack.rules if one.id != identity), *([rule] if rule else [])]
    rules.sort(key=lambda one: (pack.phases.index(one.phase), one.id))
    return replace(pack, rules=tuple(rules))


def _may_fire(rules: Sequence[Rule], text: Folded, context: Context) -> bool:
    """Tell whether the sentence lets one of the rules fire, whatever the command; where none can, nothing changes."""
    return any(
        patterns_match(rule.match, text) is not None
        and (
            not (rule.match.sentence or rule.match.unless_sentence) or suits_sentence(rule, context.analyse(text).facts)
        )
        for rule in rules
    )


class _Asked(NamedTuple):
    """What an engine is asked about a record."""

    record: Mapping[str, Any]
    instruction: str
    said: str
    seen: Any
    earlier: str | None

    def of(self, engine: Engine) -> Judgement:
        """Return what an engine makes of the record."""
        judged = engine.judge(self.instruction, self.said, self.seen, self.earlier)
        return engine.pack.notation.told(self.record, judged)


def _records(path: Path, notation: Notation, trial: Trial) -> Iterator[tuple[int, str, str, _Asked]]:
    """Yield row, key, instruction and the record of the rows that can be judged, and count all."""
    for batch in keyed_rows(path):
        columns = notation.rows(batch).select(
            "seq", "key", "payload", "instruction", "input", "output", "output_kind", "problem", "earlier"
        )
        for seq, key, payload, instruction, said, output, kind, problem, earlier in columns.iter_rows():
            trial.rows += 1
            if not problem:
                trial.records += 1
                record = json.loads(payload)
                seen = output if kind == "text" else output_in(record)
                yield seq, key, instruction, _Asked(record, instruction, said, seen, earlier)


def _meet(trial: Trial, judged: Judgement, seq: int, key: str, instruction: str, output: Any) -> Sample | None:
    """Count what the rule did to a record and whom it met there; return it when the rule had to do with it."""
    identity = trial.rule.id
    change = next((one for one in judged.changes if identity in {one.rule.id, *one.also}), None)
    proposals = {rule: made for doubt in judged.doubts for rule, made in doubt.proposals}
    doubt = next((one for one in judged.doubts if one.kind == "decline" and one.rule == identity), None)
    before = _before(judged, change, output)
    if change is not None:
        trial.agrees.update(other for other in (change.rule.id, *change.also) if other != identity)
        sample = Sample(seq, key, instruction, "applied", change.span, before, change.output, change.note)
    elif doubt is not None:
        said = f"{doubt.reason}: {doubt.found}" if doubt.found else doubt.reason
        sample = Sample(seq, key, instruction, "declined", None, before, None, said)
    elif identity in proposals:
        conflict = judged.doubts[0].kind == "conflict"
        same = [other for other, made in proposals.items() if other != identity and made == proposals[identity]]
        others = [other for other in proposals if other != identity and other not in same]
        deciding = others if conflict else [one.rule for one in judged.doubts]
        trial.agrees.update(same)
        (trial.conflicts if conflict else trial.held_back).update(deciding)
        what, said = ("in conflict", "with ") if conflict else ("held back", "by ")
        sample = Sample(seq, key, instruction, what, None, before, proposals[identity], said + ", ".join(deciding))
    else:
        return None
    trial.what[sample.what] += 1
    elsewhere = [one.rule for one in judged.changes if one.rule.phase != trial.rule.phase]
    trial.meets.update(rule.id for rule in elsewhere)
    trial.meets.update(one.rule for one in judged.doubts if one.rule.partition(".")[0] != trial.rule.phase)
    return sample


def _before(judged: Judgement, change: Change | None, output: Any) -> str:
    """Return the output that the rule found: what the changes before its own had made of it."""
    earlier = judged.changes if change is None else judged.changes[: judged.changes.index(change)]
    return earlier[-1].output if earlier else _text(output)


def _final(judged: Judgement, output: Any) -> str | None:
    if judged.unreadable is not None:
        return None
    return judged.changes[-1].output if judged.changes else _text(output)


def _text(output: Any) -> str:
    return output if isinstance(output, str) else write(output)


def _known(store: Store, version: Version) -> dict[str, tuple[str, str | None]]:
    """Return disposition and output of each row of a version that no other row decided."""
    queue = store.queue(version)
    doubled = set(queue.filter(queue["kind"] == "duplicate")["key"])
    return {
        row["key"]: (row["disposition"], None if row["output"] is None else _text(row["output"]))
        for row in store.rows(version)
        if row["disposition"] != "dropped" and row["key"] not in doubled
    }


class _Draw:
    """Keeps some of the members it is given, the same ones whatever their order: those whose digests are lowest."""

    def __init__(self, seed: str, size: int) -> None:
        self._seed = seed
        self._size = size
        self._kept: list[tuple[int, str, Sample | Move]] = []

    def add(self, key: str, member: Sample | Move) -> None:
        drawn = int.from_bytes(hashlib.sha256(f"{self._seed}\0{key}".encode()).digest()[:8], "big")
        if len(self._kept) < self._size:
            heapq.heappush(self._kept, (-drawn, key, member))
        elif self._kept and -drawn > self._kept[0][0]:
            heapq.heapreplace(self._kept, (-drawn, key, member))

    def members(self) -> list[Sample | Move]:
        """Return the members drawn, in the order of their rows."""
        return sorted((member for _, _, member in self._kept), key=lambda one: one.row)
