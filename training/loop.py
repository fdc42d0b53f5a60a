"""transformers' Trainer, with what it does not log: how many tokens of the answers are right, and seconds so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import EvalPrediction, Trainer, TrainerCallback

from training.encode import UNSEEN


class AnswerTrainer(Trainer):  # type: ignore[misc]  # transformers has no types for us
    """A Trainer that logs `token_accuracy` beside each loss, of training and of validation, and `seconds` by a clock.

    Its log is in each checkpoint.
    """

    def __init__(self, clock: Callable[[], float], **given: Any) -> None:
        super().__init__(compute_metrics=_accuracy, preprocess_logits_for_metrics=_likeliest, **given)
        self._clock = clock
        self._right = self._seen = 0

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **given: Any) -> Any:
        """Return the loss of a batch, and count the tokens that are right."""
        labels = inputs["labels"]
        loss, outputs = super().compute_loss(model, inputs, return_outputs=True, **given)
        if model.training:
            with torch.no_grad():
                right, seen = _hits(_likeliest(outputs.logits, labels), labels)
            self._right += right
            self._seen += seen
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], *given: Any, **named: Any) -> None:
        """Log, with the time, and the accuracy since the last loss."""
        logs["seconds"] = self._clock()
        if "loss" in logs and self._seen:
            logs["token_accuracy"] = self._right / self._seen
            self._right = self._seen = 0
        super().log(logs, *given, **named)


class Teller(TrainerCallback):  # type: ignore[misc]  # transformers has no types for us
    """Tells where a run begins, and about once a minute how far it is, where no progress bar is seen."""

    every = 60.0
    """Seconds between two lines."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - of callbacks
        """Tell how many steps there are, and how many were done before a kill."""
        self._told = time.monotonic()
        self._tell(f"training: {state.global_step:,} of {state.max_steps:,} steps")

    def on_log(self, args: Any, state: Any, control: Any, logs: Any, **_: Any) -> None:  # noqa: ARG002 - of callbacks
        """Tell the step and its loss, if nothing was told for long."""
        if "loss" in logs and time.monotonic() - self._told >= self.every:
            self._told = time.monotonic()
            self._tell(f"training: {state.global_step:,} of {state.max_steps:,} steps, loss {logs['loss']:.4f}")


def _likeliest(logits: Any, labels: Any) -> Any:  # noqa: ARG001 - the Trainer's signature
    return (logits[0] if isinstance(logits, tuple) else logits).argmax(-1)


def _hits(tokens: Any, labels: Any) -> tuple[int, int]:
    """Return how many labels are right and how many there are; position t of the logits is about token t + 1."""
    said, wanted = tokens[..., :-1], labels[..., 1:]
    counted = wanted != UNSEEN
    return int(((said == wanted) & counted).sum()), int(counted.sum())


def _accuracy(found: EvalPrediction) -> dict[str, float]:
    right, seen = _hits(found.predictions, found.label_ids)
    return {"token_accuracy": right / seen if seen else 0.0}
