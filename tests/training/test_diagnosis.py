"""What a run's curve says, from thresholds that stand in one place."""

from __future__ import annotations

from typing import Any

import pytest

from training.diagnosis import diagnose, fluctuation, spikes


def curve(losses: list[float], right: float = 0.99, checks: tuple[float, ...] = ()) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = [
        {"step": step, "loss": loss, "token_accuracy": right} for step, loss in enumerate(losses, start=1)
    ]
    return points + [{"step": step, "eval_loss": loss} for step, loss in enumerate(checks, start=1)]


FALLING = [3.0 * 0.93**step for step in range(60)]


def names(points: list[dict[str, Any]], left_out: int = 0) -> list[str]:
    return [finding.name for finding in diagnose(points, 0.1, left_out, 100, 512)]


def test_a_run_that_learns_has_no_finding() -> None:
    assert names(curve(FALLING, checks=(2.0, 1.0, 0.9))) == []


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (curve([3.0, 2.9] * 30), ["not converging"]),
        (curve([*FALLING[:30], 9.0, *FALLING[30:]]), ["spikes"]),
        (curve(FALLING, checks=(1.0, 0.8, 0.95)), ["overfitting"]),
        (curve([*FALLING[:30], *[0.5] * 30], right=0.8), ["late stagnation"]),
        (curve([*FALLING[:30], *[0.5] * 30], right=0.96), []),
        (curve([3.0, 2.9]), []),
    ],
)
def test_a_run_that_goes_wrong_is_told_in_what_way(points: list[dict[str, Any]], found: list[str]) -> None:
    assert names(points) == found


def test_records_that_were_left_out_are_told_with_their_number() -> None:
    (finding,) = diagnose(curve(FALLING), 0.1, 7, 100, 512)

    assert finding.name == "records left out"
    assert finding.what == "7 of 100 records are longer than 512 tokens and were not trained on"


def test_a_spike_is_told_from_the_losses_around_it_and_not_from_the_warm_up() -> None:
    losses = [9.0, 1.0, 1.1, 0.9, 1.0, 1.0, 4.0, 1.0, 1.1, 0.9]

    assert spikes(losses, 0.1) == [6]


def test_what_is_small_beside_where_the_run_began_is_no_spike() -> None:
    late = [*[4.0] * 3, *[0.1] * 20, 0.9, *[0.1] * 6]

    assert spikes(late, 0.1) == []
    assert spikes([1.1 if loss == 0.9 else loss for loss in late], 0.1) == [23]


def test_fluctuation_is_that_of_the_last_fifth() -> None:
    assert fluctuation(curve([5.0] * 8 + [1.0, 3.0])) == pytest.approx(0.5)
    assert fluctuation(curve([5.0])) is None
