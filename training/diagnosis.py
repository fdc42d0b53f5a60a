"""What the curves of a run say, in words: each finding from a threshold that stands here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median, pstdev
from typing import Any, NamedTuple

BARELY = 0.9
"""Not converging: the last tenth of the training losses is above this share of the first tenth."""
SPIKE = 3.0
"""A spike: a training loss above so many times the median of the ten around it, after the warm-up ..."""
BACK = 0.25
"""... and above this share of the first tenth: batches of short and of long records differ late in a run, too."""
WORSE = 1.1
"""Overfitting: the last validation loss is above so many times the smallest."""
STILL = 0.01
"""Late stagnation: over the last third the training loss falls by less than this share ..."""
UNLEARNT = 0.95
"""... while the token accuracy is below this."""

Point = Mapping[str, Any]
"""One entry of the trainer's log: `step` and what was measured there."""


class Finding(NamedTuple):
    """Something about a run that a person should know."""

    name: str
    """not converging | spikes | overfitting | late stagnation | records left out."""
    what: str
    advice: str


def diagnose(curve: Sequence[Point], warmup: float, left_out: int, records: int, max_length: int) -> list[Finding]:
    """Return what is wrong with a run, the worst first; nothing where no threshold is passed."""
    losses = [float(point["loss"]) for point in curve if "loss" in point]
    checks = [float(point["eval_loss"]) for point in curve if "eval_loss" in point]
    right = [float(point["token_accuracy"]) for point in curve if "token_accuracy" in point]
    found: list[Finding] = []
    if len(losses) >= _FEWEST:
        tenth = max(len(losses) // 10, 1)
        first, last = fmean(losses[:tenth]), fmean(losses[-tenth:])
        if last > BARELY * first:
            what = f"the training loss went from {first:.3g} to {last:.3g} (more than {BARELY:.0%} of it is left)"
            found.append(Finding("not converging", what, "raise learning_rate, or look at the prompts and labels"))
        if peaks := spikes(losses, warmup):
            what = f"{len(peaks)} of {len(losses)} training losses above {SPIKE:g} times the median around them"
            found.append(Finding("spikes", what, "lower learning_rate, or look at the records of those steps"))
    if len(checks) > 1 and checks[-1] > WORSE * min(checks):
        what = f"the validation loss rose from {min(checks):.3g} to {checks[-1]:.3g} (by more than {WORSE - 1:.0%})"
        found.append(
            Finding("overfitting", what, "fewer epochs, a smaller rank, or more data; the best state was kept")
        )
    if len(losses) >= _FEWEST and right and (stagnant := _stagnant(losses, right)) is not None:
        found.append(Finding("late stagnation", stagnant, "a higher learning_rate or rank; more epochs will not help"))
    if left_out:
        what = f"{left_out:,} of {records:,} records are longer than {max_length:,} tokens and were not trained on"
        found.append(Finding("records left out", what, "raise max_length"))
    return found


def spikes(losses: Sequence[float], warmup: float) -> list[int]:
    """Return the positions of training losses that stand out from the ten around them, after the warm-up."""
    begin = max(round(len(losses) * warmup), 1)
    back = BACK * fmean(losses[: max(len(losses) // 10, 1)])
    return [
        at
        for at in range(begin, len(losses))
        if losses[at] > back and losses[at] > SPIKE * median([*losses[max(at - 5, 0) : at], *losses[at + 1 : at + 6]])
    ]


def fluctuation(curve: Sequence[Point]) -> float | None:
    """Return how much the training loss moves in the last fifth of a run, as standard deviation over mean."""
    losses = [float(point["loss"]) for point in curve if "loss" in point]
    late = losses[-max(len(losses) // 5, 2) :]
    return None if len(late) < 2 or fmean(late) == 0 else pstdev(late) / fmean(late)


_FEWEST = 10
"""Training losses below which a curve says nothing."""


def _stagnant(losses: Sequence[float], right: Sequence[float]) -> str | None:
    third = losses[-(len(losses) // 3) :]
    half = len(third) // 2
    before, after = fmean(third[:half]), fmean(third[half:])
    accuracy = fmean(right[-max(len(right) // 10, 1) :])
    if accuracy >= UNLEARNT or before - after >= STILL * before:
        return None
    return (
        f"over the last third the training loss went from {before:.3g} to {after:.3g} at {accuracy:.0%} of tokens right"
    )
