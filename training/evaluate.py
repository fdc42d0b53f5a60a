"""What answers are worth: each judged by itself, then counted, by kind and over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from curation.command import Json, write
from curation.contract import Contract
from training.answers import Answer
from training.items import Item
from training.matching import LEVELS, Matching, Slot, parsed, slots
from training.metrics import (
    Figure,
    Hits,
    bleu_and_rouge,
    classification,
    f1_by_slot,
    macro_f1,
    micro_f1,
    rate,
    slot_hits,
)


@dataclass(frozen=True)
class Judged:
    """One answer, judged against the right ones; of several right ones, against the one it is nearest to."""

    item: Item
    answer: Answer
    expected: str
    json: bool
    """It is one JSON object; for a label, it is text."""
    schema: bool | None
    """It keeps the contract; None where there is none."""
    exact: bool
    """It is the right answer, character by character."""
    agrees: Mapping[str, bool]
    """By level of `matching.LEVELS`."""
    hits: dict[str, Hits]
    text: Mapping[str, float]
    """BLEU-4 and ROUGE, from 0 to 100."""
    reason: str
    """Why it is not right, strictly; empty where it is."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `answers.jsonl` has it."""
        return {
            "id": self.item.id,
            "kind": self.item.kind,
            "question": self.item.question,
            "expected": self.expected,
            "answered": self.answer.text,
            "exact": self.exact,
            **self.agrees,
            "json": self.json,
            "schema": self.schema,
            "reason": self.reason,
            "tokens": self.answer.tokens,
            "ended": self.answer.ended,
            "seconds": round(self.answer.seconds, 3),
        }


@dataclass(frozen=True)
class Evaluation:
    """All answers to one set of items, and what they come to."""

    judged: Sequence[Judged]
    figures: Mapping[str, Figure] = field(repr=False)
    """json, schema (where there is a contract for any), exact, strict, balanced, lenient, slot_f1, slot_f1_macro."""
    kinds: Mapping[str, Mapping[str, Figure]]
    """For each kind of item exact, strict, balanced, lenient and slot_f1."""
    by_slot: Mapping[str, tuple[float, int]]
    """Slot F1, and in how many places the slot should stand."""
    text: Mapping[str, float]
    """Means of BLEU-4 and ROUGE-1, -2, -L."""
    labels: Mapping[str, float] | None
    """Accuracy and weighted precision, recall and F1, where all right answers are labels."""

    def as_json(self) -> dict[str, Any]:
        """Return the figures as programs read them."""
        return {
            "items": len(self.judged),
            "figures": {name: figure._asdict() for name, figure in self.figures.items()},
            "kinds": {
                kind: {name: figure._asdict() for name, figure in figures.items()}
                for kind, figures in self.kinds.items()
            },
            "by_slot": {name: {"f1": f1, "places": places} for name, (f1, places) in self.by_slot.items()},
            "text": dict(self.text),
            "labels": None if self.labels is None else dict(self.labels),
            "speed": speed([one.answer for one in self.judged]),
        }


def evaluate(
    items: Sequence[Item], answers: Sequence[Answer], matching: Matching, contract: Contract | None = None
) -> Evaluation:
    """Judge answers to items and count."""
    judged = [judge(item, answer, matching, contract) for item, answer in zip(items, answers, strict=True)]
    figures = {"json": rate([one.json for one in judged])}
    if checked := [one.schema for one in judged if one.schema is not None]:  # a label has none to keep
        figures["schema"] = rate(checked)
    hits = [one.hits for one in judged]
    kinds = sorted({item.kind for item in items})
    labelled = [one for one in judged if parsed(one.expected) is None]
    return Evaluation(
        judged,
        {**figures, **_passed(judged), "slot_f1_macro": macro_f1(hits)},
        {kind: _passed([one for one in judged if one.item.kind == kind]) for kind in kinds},
        f1_by_slot(hits),
        {name: fmean(one.text[name] for one in judged) for name in (judged[0].text if judged else ())},
        classification([one.expected for one in labelled], [one.answer.text for one in labelled])
        if labelled and len(labelled) == len(judged)
        else None,
    )


def judge(item: Item, answer: Answer, matching: Matching, contract: Contract | None) -> Judged:
    """Judge one answer."""
    found = parsed(answer.text)
    compared = [(_compared(right, answer.text, found, matching), right) for right in (item.answer, *item.accept)]
    agrees, right = max(compared, key=lambda one: (*one[0].values(),))  # the first of equals
    wanted = parsed(right)
    label = wanted is None
    return Judged(
        item,
        answer,
        right,
        label or found is not None,
        None if contract is None or label else found is not None and contract.keeps(found),
        answer.text == right,
        agrees,
        slot_hits(_slots(right if label else wanted), _slots(answer.text if label else found)),
        bleu_and_rouge(right, answer.text),
        "" if agrees["strict"] else _reason(right, wanted, answer, found, contract),
    )


def speed(answers: Sequence[Answer]) -> dict[str, float]:
    """Return percentiles of the seconds to an answer; the answers of a batch share its time."""
    if not answers:
        return {}
    seconds = sorted(answer.seconds for answer in answers)
    places = {name: min(int(part * len(seconds)), len(seconds) - 1) for name, part in _PERCENTILES.items()}
    return {name: round(seconds[place], 4) for name, place in places.items()}


_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def _passed(judged: Sequence[Judged]) -> dict[str, Figure]:
    return {
        "exact": rate([one.exact for one in judged]),
        **{level: rate([one.agrees[level] for one in judged]) for level in LEVELS},
        "slot_f1": micro_f1([one.hits for one in judged]),
    }


def _compared(right: str, said: str, found: Json | None, matching: Matching) -> dict[str, bool]:
    wanted = parsed(right)
    if wanted is None:
        return dict.fromkeys(LEVELS, said == right)
    return {level: found is not None and matching.agrees(level, wanted, found) for level in LEVELS}


def _slots(answer: Json | None) -> Counter[tuple[str, str]]:
    """Return the slots of an answer; those of an answer that is no JSON are none."""
    if answer is None:
        return Counter()
    return Counter((_place(slot), write(slot.value)) for slot in slots(answer))


def _place(slot: Slot) -> str:
    """Return the name of a slot, `answer` for a label's only one."""
    return slot.name or "answer"


def _reason(right: str, wanted: Json | None, answer: Answer, found: Json | None, contract: Contract | None) -> str:
    """Say in one line why an answer is not right, the gravest first."""
    if wanted is None:
        return f"{right} was right" if answer.text else "no answer"
    if not answer.text:
        return "no answer"
    if found is None:
        return "no JSON object" if answer.ended else "no JSON object: the answer was cut at its longest"
    expected, said = (dict(slots(one)) for one in (wanted, found))
    missing = [path for path in expected if path not in said]
    extra = [path for path in said if path not in expected]
    other = [path for path in expected if path in said and write(expected[path]) != write(said[path])]
    parts = [f"{_dotted(path)} is {write(said[path])}, not {write(expected[path])}" for path in other]
    parts += [f"{_dotted(path)} is missing" for path in missing]
    parts += [f"{_dotted(path)} is too much" for path in extra]
    broken = None if contract is None else contract.broken_by(found)
    return "; ".join([*([f"breaks the schema: {broken}"] if broken else []), *parts[:_TOLD]]) + (
        f"; {len(parts) - _TOLD} more" if len(parts) > _TOLD else ""
    )


_TOLD = 4


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))
