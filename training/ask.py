"""From a model and a data set to an evaluation: what the commands that evaluate, compare and select have in common."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from curation.command import write
from curation.contract import Contract
from training.answers import Answer, local_answers, served_answers
from training.evaluate import Evaluation, evaluate
from training.items import Item, digest_of
from training.matching import Matching
from training.models import Loaded


@dataclass(frozen=True)
class Exam:
    """Items to be asked together, and how the answers are judged."""

    name: str
    """PACK/NAME of a suite, its file, or `version N test`."""
    items: Sequence[Item]
    matching: Matching
    schema: Mapping[str, Any] | None
    """The contract of the pack, None where there is none."""


@dataclass(frozen=True)
class Asked:
    """An exam with the answers to it."""

    exam: Exam
    evaluation: Evaluation
    seconds: float
    """Of asking, without loading the model."""
    constrained: bool

    def as_json(self) -> dict[str, Any]:
        """Return the figures as `figures.json` has them."""
        tokens = sum(one.answer.tokens for one in self.evaluation.judged)
        return {
            "data": self.exam.name,
            "digest": digest_of(self.exam.items),
            "constrained": self.constrained,
            **self.evaluation.as_json(),
            "seconds": round(self.seconds, 2),
            "tokens": tokens,
            "tokens_per_second": round(tokens / self.seconds, 1) if self.seconds else None,
        }


class About(NamedTuple):
    """Who answered, as figures and report say it."""

    model: str
    adapter: str | None = None
    url: str | None = None
    batch: int | None = None
    """Questions answered together."""
    note: str = ""
    """What must be said wherever the figures stand."""
    peak_mib: Mapping[str, int] | None = None
    shots: int = 0
    """Examples before each question."""


Ask = Callable[[Exam], Sequence[Answer]]
"""Whoever answers an exam."""


def locally(loaded: Loaded, batch: int, most: int, constrained: bool, progress: Callable[[str, int, int], None]) -> Ask:
    """Return what asks a model in this process."""
    return _asking(partial(local_answers, loaded, batch=batch, most=most), constrained, progress)


def served(
    url: str, model: str, at_once: int, most: int, constrained: bool, progress: Callable[[str, int, int], None]
) -> Ask:
    """Return what asks an OpenAI-compatible server."""
    return _asking(partial(served_answers, url, model, at_once=at_once, most=most), constrained, progress)


def _asking(answers: Callable[..., list[Answer]], constrained: bool, progress: Callable[[str, int, int], None]) -> Ask:
    def ask(exam: Exam) -> Sequence[Answer]:
        return answers(
            exam.items,
            schema=exam.schema if constrained else None,
            progress=lambda done: progress(exam.name, done, len(exam.items)),
        )

    return ask


def asked(exam: Exam, ask: Ask, *, constrained: bool = False) -> Asked:
    """Ask, and judge the answers."""
    started = time.monotonic()
    answers = ask(exam)
    seconds = time.monotonic() - started
    contract = None if exam.schema is None else Contract(exam.schema)
    return Asked(exam, evaluate(exam.items, answers, exam.matching, contract), seconds, constrained)


def write_asked(taken: Sequence[Asked], about: About, folder: Path) -> Path:
    """Write `figures.json`, `answers.jsonl` and `report.md` into a folder; returns the report."""
    from training.report import evaluation_report

    folder.mkdir(parents=True, exist_ok=True)
    figures = {**about._asdict(), "exams": [one.as_json() for one in taken]}
    (folder / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    with (folder / "answers.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for one in taken:
            file.writelines(
                write({"data": one.exam.name, **judged.as_json()}) + "\n" for judged in one.evaluation.judged
            )
    report = folder / "report.md"
    report.write_text(evaluation_report(taken, about), encoding="utf-8")
    return report
