"""How far a review is: agreement among people, answers and pace by annotator and by rule, what remains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from annotations.question import VERDICTS
from curation.decision import Decision

BREAK = 600.0
"""Seconds after which whoever answers has been away: such a gap says nothing about pace."""


class Agreement(NamedTuple):
    """How far people say the same where several answered."""

    questions: int
    """Questions with at least two answers."""
    same: int
    """Of these, those with one verdict only."""
    alpha: float | None
    """Krippendorff's alpha of the verdicts; None where it is not defined: fewer than two verdicts in all."""


class Pace(NamedTuple):
    """What somebody answered, or what was answered about a rule."""

    name: str
    answers: int
    verdicts: Mapping[str, int]
    seconds: float | None
    """Median time from one answer to the next of the same person, without breaks; None where no two are known."""


def latest(decisions: Iterable[Decision]) -> list[Decision]:
    """Return of each person the last answer to each question, the oldest first."""
    found: dict[tuple[str, str], Decision] = {}
    for decision in sorted(decisions, key=lambda one: one.age):
        found[decision.question, decision.annotator] = decision
    return sorted(found.values(), key=lambda one: one.age)


def agreement(decisions: Iterable[Decision]) -> Agreement:
    """Return how far people agree about the questions that several of them answered."""
    said: dict[str, dict[str, str]] = {}
    for decision in latest(decisions):
        said.setdefault(decision.question, {})[decision.annotator] = decision.verdict
    shared = {question: verdicts for question, verdicts in sorted(said.items()) if len(verdicts) > 1}
    same = sum(len(set(verdicts.values())) == 1 for verdicts in shared.values())
    return Agreement(len(shared), same, _alpha(list(shared.values())))


def _alpha(said: Sequence[Mapping[str, str]]) -> float | None:
    if len({verdict for verdicts in said for verdict in verdicts.values()}) < 2:
        return None
    from nltk.metrics.agreement import AnnotationTask

    answers = [(name, question, verdict) for question, one in enumerate(said) for name, verdict in sorted(one.items())]
    return float(AnnotationTask(answers).alpha())


def pace(decisions: Iterable[Decision], by: str) -> list[Pace]:
    """Return answers and pace by `annotator` or by `rule`, in order of name."""
    counted: dict[str, Counter[str]] = {}
    gaps: dict[str, list[float]] = {}
    before: dict[str, Decision] = {}
    for decision in latest(decisions):
        name = str(getattr(decision, by)) or "(none)"
        counted.setdefault(name, Counter())[decision.verdict] += 1
        last = before.get(decision.annotator)
        if last is not None and last.decided_at is not None and decision.decided_at is not None:
            gap = (decision.decided_at - last.decided_at).total_seconds()
            if gap <= BREAK:
                gaps.setdefault(name, []).append(gap)
        before[decision.annotator] = decision
    return [
        Pace(
            name,
            said.total(),
            {verdict: said[verdict] for verdict in VERDICTS},
            median(gaps[name]) if name in gaps else None,
        )
        for name, said in sorted(counted.items())
    ]


def seconds_an_answer(decisions: Iterable[Decision]) -> float | None:
    """Return the median time that an answer took, over everybody; None where none is known."""
    times = [(one.seconds, one.answers) for one in pace(decisions, "annotator") if one.seconds is not None]
    return median(time for time, answers in times for _ in range(answers)) if times else None
