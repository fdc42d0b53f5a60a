"""What to ask next: everything that is open in a version, and of each rule as many edits as it needs, no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple

from annotations.cases import Case, cases, curated
from annotations.decisions import Policy, Settlement
from annotations.question import KINDS, Question
from annotations.queue import questions
from annotations.trust import Standing, draw
from curation.rule import Rule
from curation.store import Store
from curation.version import Version

_AGAIN: Mapping[str, str] = {
    "disputed": "two people disagree",
    "owner": "people disagree: the owner decides",
    "invalid": "the corrected output cannot be used",
}


class Asking(NamedTuple):
    """Questions to put to people."""

    first: list[Question]
    """Questions that nobody has settled, the most valuable first."""
    again: list[Question]
    """Questions whose answers disagree or cannot be used, for another answer."""


def to_ask(
    store: Store,
    ref: str | int | Version,
    rules: Iterable[Rule],
    standings: Iterable[Standing],
    settlements: Mapping[str, Settlement],
    policy: Policy | None = None,
    every: Collection[str] = (),
) -> Asking:
    """Return what to ask about a version: open cases, edits of rules under `all`, and samples of the undecided rules.

    A rule whose standing is known is asked about no more; one that needs more answers than its sample has gets the
    next edits of the same draw. Of the rules in `every`, every edit is asked. Raises `StoreError` for raw data.
    """
    known = {rule.id: rule for rule in rules}
    need = {one.rule: one for one in standings}
    opened = open_questions(store, ref, known.values())
    first: list[Question] = []
    again: list[Question] = []
    for question in opened:
        said = settlements.get(question.id)
        if said is not None and said.state in _AGAIN:
            again.append(question._replace(reason=_AGAIN[said.state], found=_told(said)))
        elif said is None or said.state == "waiting":
            first.append(question)
    wanted = [one for one in first if one.kind != "sample" or _undecided(need.get(one.rule))]
    listed = {question.id for question in opened}
    further = _further(store, ref, wanted, listed, need, settlements, (policy or Policy()).answers, every)
    return Asking([*wanted, *(_told_by(question, known) for question in further)], again)


def open_questions(store: Store, ref: str | int | Version, rules: Iterable[Rule] = ()) -> list[Question]:
    """Return what a version and those before it ask that still is a question about its records as they stand."""
    version = store.version(ref)
    known = {rule.id: rule for rule in rules}
    line = store.lineage(version)
    line = line[line.index(curated(store, version)) :]
    asked = [question for one in reversed(line) for question in questions(store, one, known.values())]
    if len(line) == 1:
        return asked
    stated = line[0].counts.get("by_rule", {})
    touched = {key for one in line[1:] for key in store.edits(one)["key"]}
    found: dict[str, Question] = {}
    standing: dict[str, dict[str, Question]] = {}
    for case in cases(store, version, {question.key for question in asked} | touched):
        standing[case.key] = {question.id: question for question in _of(case, stated)}
    for question in asked:
        if question.id in standing.get(question.key, {}):
            found.setdefault(question.id, question)
    for case_questions in standing.values():
        for name, question in case_questions.items():
            if name not in found and question.kind == "all":
                found[name] = _told_by(question, known)
    return sorted(found.values(), key=lambda question: KINDS.index(question.kind))


def _of(case: Case, stated: Mapping[str, Mapping[str, str]]) -> Iterator[Question]:
    """Yield what can be asked of a record as it stands."""
    for row in case.open:
        yield case.open_question(row)
    if case.disposition != "review":
        for place in case.open_places():
            every = stated.get(case.edits[place]["rule"], {}).get("review") == "all"
            yield case.question(place, "all" if every else "sample")


def _undecided(standing: Standing | None) -> bool:
    return standing is not None and standing.state == "open"


def _further(
    store: Store,
    ref: str | int | Version,
    wanted: Iterable[Question],
    listed: Collection[str],
    need: Mapping[str, Standing],
    settlements: Mapping[str, Settlement],
    answers: int,
    every: Collection[str],
) -> list[Question]:
    """Return edits beyond the sample, of rules that need more answers, in turns by rule."""
    ready: dict[str, int] = {}
    for question in wanted:
        if question.kind in ("sample", "all"):
            ready[question.rule] = ready.get(question.rule, 0) + 1
    short: dict[str, int] = {}
    for rule, one in need.items():
        if rule in every:
            short[rule] = one.edits
        elif one.state == "open" and one.policy != "all":
            short[rule] = -(-(one.expected or 0) // answers) - ready.get(rule, 0)
    short = {rule: n for rule, n in short.items() if n > 0}
    if not short:
        return []
    drawn: dict[str, list[tuple[float, Question]]] = {rule: [] for rule in short}
    for case in cases(store, ref):
        if case.disposition == "review":
            continue
        for place in case.open_places():
            rule = case.edits[place]["rule"]
            if rule in short:
                question = case.question(place, "all" if rule in every else "sample", "more answers are needed")
                said = settlements.get(question.id)
                if question.id not in listed and (said is None or said.state == "waiting"):
                    drawn[rule].append((draw(rule, case.key), question))
    turns = [[question for _, question in sorted(found)[: short[rule]]] for rule, found in sorted(drawn.items())]
    return [question for turn in zip_longest(*turns) for question in turn if question is not None]


def _told(said: Settlement) -> str:
    """Return what to tell whoever answers again; not who said what, which would sway them."""
    if said.state != "invalid":
        return ", ".join(sorted({decision.verdict for decision in said.by}))
    return "; ".join(f"{decision.problem} — {(decision.corrected or '')[:200]}" for decision in said.by)


def _told_by(question: Question, rules: Mapping[str, Rule]) -> Question:
    rule = rules.get(question.rule)
    return question if rule is None else question._replace(summary=rule.summary, why=rule.why)
