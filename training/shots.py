"""Examples before the question: records for training as earlier turns, for models that were never trained on them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from training.ask import Exam
from training.items import Item, Message
from training.problems import TrainingError


def chosen_shots(training: Sequence[Item], exams: Sequence[Exam], count: int, seed: int = 0) -> list[Item]:
    """Return so many items for training, by seed: one of each kind in turn, the most frequent kind first.

    Items with earlier turns of their own are left out, and so is any question that one of the exams asks. Raises
    `TrainingError` where there are too few.
    """
    asked = {item.question for exam in exams for item in exam.items}
    by_kind: dict[str, list[Item]] = {}
    for item in training:
        if item.question not in asked and sum(one["role"] == "user" for one in item.messages) == 1:
            by_kind.setdefault(item.kind, []).append(item)
    left = sum(map(len, by_kind.values()))
    if left < count:
        raise TrainingError(f"--shots {count}: the split for training has {left} records that can be shown")
    draw = random.Random(seed)
    kinds = sorted(by_kind, key=lambda kind: (-len(by_kind[kind]), kind))
    turns = [draw.sample(by_kind[kind], len(by_kind[kind])) for kind in kinds]
    rounds = max((len(items) for items in turns), default=0)
    return [items[at] for at in range(rounds) for items in turns if at < len(items)][:count]


def shown(exam: Exam, shots: Sequence[Item]) -> Exam:
    """Return an exam whose items all begin with the shots, after what the system says."""
    turns = [turn for shot in shots for turn in _turns(shot)]
    return replace(exam, items=[replace(item, messages=_with(item.messages, turns)) for item in exam.items])


def _turns(shot: Item) -> tuple[Message, Message]:
    return {"role": "user", "content": shot.question}, {"role": "assistant", "content": shot.answer}


def _with(messages: Sequence[Message], turns: Sequence[Message]) -> tuple[Message, ...]:
    told = [one for one in messages if one["role"] == "system"]
    return (*told, *turns, *(one for one in messages if one["role"] != "system"))
