"""transformers' Trainer, with what it does not log: how many tokens of the answers are right, and seconds so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import EvalPrediction, Trainer

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
