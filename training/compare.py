"""What curation buys: the same base trained on several versions, asked the same questions, compared pair by pair."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from training import models
from training.ask import About, Asked, Exam, asked, locally, write_asked
from training.children import children, finished, training_command
from training.items import Item
from training.matching import LEVELS
from training.metrics import Figure, Gain, gain, interval, rate
from training.settings import Settings
from training.train import Job, Run


@dataclass(frozen=True)
class Arm:
    """One data set of the experiment."""

    name: str
    """As it was asked for."""
    data: Mapping[str, Any]
    training: Sequence[Item]
    validation: Sequence[Item]


@dataclass(frozen=True)
class Outcome:
    """One arm, trained with one seed and asked."""

    arm: str
    seed: int
    run: Run
    exams: Sequence[Asked]


@dataclass(frozen=True)
class Comparison:
    """All arms, all seeds."""

    model: str
    note: str
    """What must be said wherever the figures stand, such as that the base is a test base."""
    settings: Settings
    tokens: int | None
    seeds: Sequence[int]
    arms: Sequence[Arm]
    outcomes: Sequence[Outcome]
    command: str

    def of(self, arm: str, exam: str) -> list[Asked]:
        """Return what an arm answered to an exam, one for each seed."""
        return [
            one for outcome in self.outcomes if outcome.arm == arm for one in outcome.exams if one.exam.name == exam
        ]

    @property
    def exams(self) -> list[str]:
        """Return the names of the exams."""
        return [one.exam.name for one in self.outcomes[0].exams]

    def kinds(self, exam: str) -> list[str]:
        """Return the kinds of an exam's items, "all" first."""
        return ["all", *sorted({one.item.kind for one in self.of(self.arms[0].name, exam)[0].evaluation.judged})]

    def rate(self, arm: str, exam: str, kind: str = "all", level: str = "strict") -> Figure:
        """Return an arm's mean rate over its seeds with an interval over the items: Wilson's, of shares a bootstrap."""
        means = self._means(arm, exam, kind, level)
        if set(means) <= {0.0, 1.0}:
            return rate([mean == 1.0 for mean in means])
        return Figure(fmean(means), *interval(means), len(means))

    def gain(self, arm: str, exam: str, kind: str = "all", level: str = "strict") -> Gain:
        """Return what an arm gains over the first one."""
        return gain(self._means(arm, exam, kind, level), self._means(self.arms[0].name, exam, kind, level))

    def _means(self, arm: str, exam: str, kind: str, level: str) -> list[float]:
        """Return for each item the share of seeds with which the arm was right."""
        taken = self.of(arm, exam)
        rows = zip(*(one.evaluation.judged for one in taken), strict=True)
        return [fmean(_right(one, level) for one in row) for row in rows if kind == "all" or row[0].item.kind == kind]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        return {
            "model": self.model,
            "note": self.note,
            "settings": self.settings.as_json(),
            "tokens": self.tokens,
            "seeds": list(self.seeds),
            "arms": [
                {
                    "name": arm.name,
                    "data": dict(arm.data),
                    "records": len(arm.training),
                    "runs": [one.run.record["measured"] for one in self.outcomes if one.arm == arm.name],
                }
                for arm in self.arms
            ],
            "exams": {
                exam: {
                    kind: {
                        arm.name: {
                            **{level: self.rate(arm.name, exam, kind, level)._asdict() for level in (*LEVELS, "exact")},
                            "gain": self.gain(arm.name, exam, kind)._asdict(),
                        }
                        for arm in self.arms
                    }
                    for kind in self.kinds(exam)
                }
                for exam in self.exams
            },
        }


def compare(
    model: str,
    arms: Sequence[Arm],
    exams: Sequence[Exam],
    settings: Settings,
    folder: Path,
    *,
    workspace: Path,
    options: Sequence[str],
    seeds: Sequence[int] = (0,),
    tokens: int | None = None,
    at_once: int = 1,
    batch: int = 16,
    most: int = 256,
    note: str = "",
    command: str = "",
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Comparison:
    """Train the model on each arm with each seed, ask all exams, and write the report into a folder.

    All runs see the same number of tokens: those of the smallest arm's whole epochs, unless `tokens` says otherwise.
    Each is a process of its own, so that its peak memory is its own, and `at_once` of them share the cores; `options`
    are the words that say `settings` to `rewright train`. Runs and answers that the folder has already are not made
    again. Raises `ChildError` where a run fails.
    """
    tokens = tokens or _common(model, arms, settings)
    runs = [
        (arm, Job(model, arm.data, arm.training, arm.validation, settings, seed, tokens), folder / "runs" / name)
        for seed in seeds
        for number, arm in enumerate(arms)
        for name in (f"{number}-seed{seed}",)
    ]
    missing = [(job, place) for _, job, place in runs if finished(place, job.identity()) is None]
    commands = [training_command(job, options, place, workspace) for job, place in missing]
    children(commands, at_once, lambda ended: progress("runs", ended, len(commands)))
    outcomes = []
    for arm, job, place in runs:
        run = Run.read(place)
        outcomes.append(Outcome(arm.name, job.seed, run, _answered(model, run, exams, batch, most, progress)))
    comparison = Comparison(model, note, settings, tokens, seeds, arms, outcomes, command)
    _write(comparison, folder)
    return comparison


def _answered(
    model: str, run: Run, exams: Sequence[Exam], batch: int, most: int, progress: Callable[[str, int, int], None]
) -> list[Asked]:
    """Return a run's answers to all exams; read back where they were given before."""
    from training.recall import recalled

    folder = run.folder / f"answers-{most}"  # longer answers are other answers
    if (known := recalled(folder, exams)) is not None:
        return known
    loaded = models.load(model, run.adapter)
    taken = [asked(exam, locally(loaded, batch, most, False, progress)) for exam in exams]
    write_asked(taken, About(model, str(run.adapter), batch=batch), folder)
    return taken


def _common(model: str, arms: Sequence[Arm], settings: Settings) -> int:
    """Return the tokens of the smallest arm over its epochs."""
    from transformers import AutoTokenizer

    from training.encode import encode, fitting

    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    sizes = []
    for arm in arms:
        kept, _ = fitting((encode(tokenizer, item) for item in arm.training), settings.max_length)
        sizes.append(sum(len(one.input_ids) for one in kept))
    return round(min(sizes) * settings.epochs)


def _write(comparison: Comparison, folder: Path) -> None:
    from training.plots import rates
    from training.report import comparison_report

    for number, exam in enumerate(comparison.exams):
        kinds = comparison.kinds(exam)
        arms = {arm.name: [comparison.rate(arm.name, exam, kind)[:3] for kind in kinds] for arm in comparison.arms}
        rates(kinds, arms, f"{exam}: strictly right", folder / f"exam-{number}.svg")
    (folder / "figures.json").write_text(
        json.dumps(comparison.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    (folder / "report.md").write_text(comparison_report(comparison), encoding="utf-8")


def _right(judged: Any, level: str) -> float:
    return float(judged.exact if level == "exact" else judged.agrees[level])
