"""Choosing a base: several models asked the same questions, one process each, and which one to take."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from training.ask import Asked, Exam
from training.children import ChildError, child
from training.choice import Choice, leaders
from training.metrics import Hits
from training.models import fingerprint
from training.problems import TrainingError
from training.recall import recalled

MEASURES = {"strict": "strictly right", "slot_f1": "slot F1, mean over the items", "schema": "keeps the schema"}
"""What decides, in this order."""


class SelectionError(TrainingError):
    """No model could be asked; the message says what the first one said."""


@dataclass(frozen=True)
class Candidate:
    """A model with its answers."""

    model: str
    """As it was named."""
    exams: Sequence[Asked]
    peak: Mapping[str, int]
    """MiB at the most, of the process and of the accelerator where there is one."""
    failed: str
    """What a model that could not be asked said last; empty for the others."""

    @property
    def speed(self) -> dict[str, float]:
        """Return percentiles of the seconds to an answer of the first exam, by name."""
        speed: dict[str, float] = self.exams[0].as_json()["speed"]
        return speed

    @property
    def pace(self) -> float:
        """Return tokens a second, over all exams."""
        tokens = sum(one.answer.tokens for taken in self.exams for one in taken.evaluation.judged)
        return tokens / (sum(taken.seconds for taken in self.exams) or 1.0)

    def scores(self, measure: str) -> list[float]:
        """Return for each item of the first exam what a measure says of its answer, from 0 to 1."""
        judged = self.exams[0].evaluation.judged
        if measure == "slot_f1":
            return [sum(one.hits.values(), start=Hits()).f1 for one in judged]
        return [float(one.agrees["strict"] if measure == "strict" else bool(one.schema)) for one in judged]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        if self.failed:
            return {"model": self.model, "failed": self.failed}
        return {
            "model": self.model,
            "peak_mib": dict(self.peak),
            "tokens_per_second": round(self.pace, 1),
            "exams": [one.as_json() for one in self.exams],
        }


@dataclass(frozen=True)
class Selection:
    """All candidates in the order they were named, and the one to take."""

    candidates: Sequence[Candidate]
    shots: int
    sample: int | None
    seed: int
    batch: int
    note: str
    choice: Choice

    @property
    def asked(self) -> list[Candidate]:
        """Return the models that were asked."""
        return [one for one in self.candidates if not one.failed]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        return {
            "shots": self.shots,
            "sample": self.sample,
            "seed": self.seed,
            "batch": self.batch,
            "note": self.note,
            "models": [one.as_json() for one in self.candidates],
            "recommended": self.choice.as_json(),
        }


def select(
    models: Sequence[str],
    exams: Sequence[Exam],
    asking: Sequence[str],
    folder: Path,
    *,
    shots: int = 0,
    sample: int | None = None,
    seed: int = 0,
    batch: int = 1,
    most: int = 256,
    note: str = "",
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Selection:
    """Ask each model the same, and write report.md and figures.json into a folder.

    `exams` are as asked, sample and shots included; `asking` are the options of `rewright eval` that make them so. What
    the folder has already is not asked again; a model that fails does not stop the others. Raises `SelectionError`
    where all fail.
    """
    candidates = []
    for number, model in enumerate(models):
        progress("models", number, len(models))
        try:
            candidates.append(_candidate(model, exams, asking, folder / "models", batch, most))
        except TrainingError as error:
            candidates.append(Candidate(model, (), {}, str(error)))
    progress("models", len(models), len(models))
    asked = [one for one in candidates if not one.failed]
    if not asked:
        raise SelectionError(f"none of {len(models)} models could be asked; the first: {candidates[0].failed}")
    found = Selection(candidates, shots, sample, seed, batch, note, recommended(asked))
    _write(found, folder)
    return found


def recommended(asked: Sequence[Candidate]) -> Choice:
    """Return the model to take: measure by measure those that cannot be told from the best, at last the fastest."""
    left = {one.model: one for one in asked}
    why = []
    for measure, told in MEASURES.items():
        if len(left) < 2 or measure not in next(iter(left.values())).exams[0].evaluation.figures:
            continue
        led = leaders({name: one.scores(measure) for name, one in left.items()})
        value = fmean(left[led.best].scores(measure))
        if not value:
            why.append(f"{told}: none of {', '.join(left)}.")
            continue
        alike = [name for name in led.alike if name != led.best]
        others = f"; the answers do not tell {', '.join(alike)} from it" if alike else "; surely more than the others"
        why.append(f"{told}: {led.best} has most, {value:.1%}{others}.")
        left = {name: left[name] for name in led.alike}
    alike = list(left)
    chosen = min(left, key=lambda name: left[name].speed["p50"])
    if len(left) > 1:
        why.append(f"Of these {len(left)}, {chosen} is the fastest: half of its answers took {_p50(left[chosen])}.")
    return Choice(chosen, why or ["It is the only model that was asked."], alike)


def _p50(one: Candidate) -> str:
    return f"{one.speed['p50']:.2f} s or less"


def _candidate(
    model: str, exams: Sequence[Exam], asking: Sequence[str], folder: Path, batch: int, most: int
) -> Candidate:
    """Return a model with its answers; read back where the same model was asked the same before."""
    what = hashlib.sha256(f"{fingerprint(model)}\0{batch}\0{most}".encode()).hexdigest()[:12]
    place = folder / f"{Path(model).name}-{what}"
    known = recalled(place, exams)
    if known is None:
        shutil.rmtree(place, ignore_errors=True)
        options = ["--batch", str(batch), "--max-tokens", str(most), "--out", str(place)]
        child("eval", "--model", model, *asking, *options)
        known = recalled(place, exams)
    if known is None:
        raise ChildError(f"{place} holds answers to something else; was the data changed meanwhile?")
    figures = json.loads((place / "figures.json").read_text(encoding="utf-8"))
    return Candidate(model, known, figures["peak_mib"], "")


def _write(found: Selection, folder: Path) -> None:
    from training.report import rendered

    figures = json.dumps(found.as_json(), ensure_ascii=False, indent=2)
    (folder / "figures.json").write_text(figures + "\n", encoding="utf-8")
    (folder / "report.md").write_text(rendered("selection.md", it=found, measures=MEASURES), encoding="utf-8")
