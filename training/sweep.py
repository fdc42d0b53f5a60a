"""Sweeps: the same data and questions for each combination of a grid, one process a run, and which one to take."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.ask import Asked, Exam
from training.children import ChildError, as_typed, child, finished, training_command
from training.choice import Choice, leaders
from training.grid import Grid, Point
from training.problems import TrainingError
from training.recall import recalled
from training.train import Job, Run

STEADY = 2
"""Decimals of the fluctuation that count: two runs that differ by less are as stable."""


class SweepError(TrainingError):
    """No run of a sweep came to an end; the message says what the first one said."""


@dataclass(frozen=True)
class Tried:
    """One combination, trained and asked."""

    point: Point
    command: str
    """What trains it alone."""
    run: Run | None
    exams: Sequence[Asked]
    failed: str
    """What a run that failed said last; empty for the others, which have a run and answers."""

    @property
    def cost(self) -> tuple[float, int]:
        """Return seconds of training, and MiB at the most: of the accelerator where there is one."""
        assert self.run is not None
        measured = self.run.record["measured"]
        return measured["seconds"], measured["peak_mib"].get("accelerator", measured["peak_mib"]["process"])

    @property
    def steadiness(self) -> float:
        """Return how much the loss moves late in the run, as it counts; infinite where too few steps say it."""
        assert self.run is not None
        moves = self.run.record["fluctuation"]
        return float("inf") if moves is None else round(moves, STEADY)

    def strict(self) -> list[float]:
        """Return for each item of the first exam whether it was strictly right."""
        return [float(one.agrees["strict"]) for one in self.exams[0].evaluation.judged]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        told: dict[str, Any] = {"name": self.point.name, "settings": self.point.changes, "command": self.command}
        if self.run is None:
            return {**told, "failed": self.failed}
        return {
            **told,
            "exams": {
                one.exam.name: {name: figure._asdict() for name, figure in one.evaluation.figures.items()}
                for one in self.exams
            },
            "fluctuation": self.run.record["fluctuation"],
            "diagnosis": [finding._asdict() for finding in self.run.findings],
            "measured": self.run.record["measured"],
        }


@dataclass(frozen=True)
class Sweep:
    """All runs of a grid, the best first, those that failed last."""

    model: str
    data: Mapping[str, Any]
    config: str
    seed: int
    note: str
    tried: Sequence[Tried]
    choice: Choice

    @property
    def done(self) -> list[Tried]:
        """Return the runs that came to an end."""
        return [one for one in self.tried if one.run is not None]

    @property
    def failed(self) -> list[Tried]:
        """Return the runs that failed."""
        return [one for one in self.tried if one.run is None]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        return {
            "model": self.model,
            "data": dict(self.data),
            "config": self.config,
            "seed": self.seed,
            "note": self.note,
            "runs": [one.as_json() for one in self.tried],
            "recommended": self.choice.as_json(),
        }


def sweep(
    job: Job,
    grid: Grid,
    exams: Mapping[str, Exam],
    workspace: Path,
    folder: Path,
    *,
    batch: int = 16,
    most: int = 256,
    note: str = "",
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Sweep:
    """Train and ask each combination of a grid, and write report.md, figures.json and runs.svg into a folder.

    `job` says model, data and seed; its settings do not count. `exams` are by the names they are asked for with; the
    first one decides. What the folder has already is not made again; a run that fails does not stop the others. Raises
    `SweepError` where all fail.
    """
    identity = job.identity()
    tried = []
    for number, point in enumerate(grid.points):
        progress("runs", number, len(grid.points))
        place = folder / "runs" / point.name
        words = training_command(job, ["--config", grid.config, *point.options()], place, workspace)
        try:
            run = finished(place, identity | {"settings": point.settings.as_json()}) or _trained(words, place)
            taken = _answered(job.model, run, exams, workspace, batch, most)
            tried.append(Tried(point, as_typed(*words), run, taken, ""))
        except TrainingError as error:
            tried.append(Tried(point, as_typed(*words), None, (), str(error)))
    progress("runs", len(grid.points), len(grid.points))
    done = [one for one in tried if one.run is not None]
    if not done:
        raise SweepError(f"none of {len(tried)} runs came to an end; the first: {tried[0].failed}")
    ordered = sorted(done, key=lambda one: (-sum(one.strict()), one.steadiness, one.cost))
    ordered += [one for one in tried if one.run is None]
    found = Sweep(job.model, job.data, grid.config, job.seed, note, ordered, recommended(done))
    _write(found, folder)
    return found


def recommended(done: Sequence[Tried]) -> Choice:
    """Return the run to take: of the best and those that cannot be told from it, the most stable, then the cheapest."""
    runs = {one.point.name: one for one in done}
    led = leaders({name: one.strict() for name, one in runs.items()})
    best, items = runs[led.best], len(runs[led.best].strict())
    value = best.exams[0].evaluation.figures["strict"].value
    why = [
        f"{led.best} has the most strictly right answers: {value:.1%} of {items}."
        if value
        else f"No run has a strictly right answer to any of {items} items: by what they answer none is better."
    ]
    if len(led.alike) == 1:
        return Choice(led.best, [*why, "Each of the others is surely behind it, item by item."], led.alike)
    if value:
        why.append(f"{len(led.alike) - 1} of the {len(runs) - 1} others cannot be told from it, item by item.")
    steady = min(runs[name].steadiness for name in led.alike)
    still = [name for name in led.alike if runs[name].steadiness == steady]
    chosen = min(still, key=lambda name: runs[name].cost)
    if steady < float("inf"):
        why.append(
            f"Of these {len(led.alike)}, {' and '.join(still) if len(still) < _FEW else f'{len(still)} runs'} "
            f"{'has' if len(still) == 1 else 'have'} the steadiest loss: late in the run it moves by {steady:.2f} of "
            "its mean."
        )
    if len(still) > 1:
        seconds, size = runs[chosen].cost
        why.append(f"Of these {len(still)}, {chosen} is the cheapest: {seconds:,.0f} s and {size:,} MiB.")
    return Choice(chosen, why, led.alike)


_FEW = 4
"""Runs from which on they are counted, not named."""


def _trained(words: Sequence[str], place: Path) -> Run:
    child(*words)
    return Run.read(place)


def _answered(model: str, run: Run, exams: Mapping[str, Exam], workspace: Path, batch: int, most: int) -> list[Asked]:
    """Return a run's answers; read back where they were given before."""
    place = run.folder / f"answers-{most}"
    known = recalled(place, list(exams.values()))
    if known is None:
        shutil.rmtree(place, ignore_errors=True)
        given = [word for name in exams for word in ("--data", name)]
        asking = ["--adapter", str(run.adapter), "--batch", str(batch), "--max-tokens", str(most)]
        child("eval", "--model", model, *given, *asking, "--out", str(place), "--workspace", str(workspace))
        known = recalled(place, list(exams.values()))
    if known is None:
        raise ChildError(f"{place} holds answers to something else; was the data changed meanwhile?")
    return known


def _write(found: Sweep, folder: Path) -> None:
    from training.plots import ranked
    from training.report import rendered

    done = found.done
    bars = [one.exams[0].evaluation.figures["strict"][:3] for one in done]
    title = f"{done[0].exams[0].exam.name}: strictly right, 95 % interval"
    ranked([one.point.name for one in done], bars, title, folder / "runs.svg")
    figures = json.dumps(found.as_json(), ensure_ascii=False, indent=2)
    (folder / "figures.json").write_text(figures + "\n", encoding="utf-8")
    (folder / "report.md").write_text(rendered("sweep.md", it=found), encoding="utf-8")
