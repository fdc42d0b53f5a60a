"""Figures from judged answers: every rate with its number of items and a 95 % interval."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from statistics import fmean
from typing import Any, NamedTuple

RESAMPLES = 10_000
"""Draws of a bootstrap interval; seeded, so that the same answers give the same figures."""


class Figure(NamedTuple):
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Items it rests on."""

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%}, n = {self.n})"


class Gain(NamedTuple):
    """How much better one does than another at the same items, in points of a rate."""

    points: float
    low: float
    high: float
    """95 %, from a paired bootstrap over the items, each item's seeds together; Wilson's where no item differs."""
    n: int


class Hits(NamedTuple):
    """Slots of one answer: right ones, ones that should not be there, ones that are missing."""

    right: int = 0
    extra: int = 0
    missing: int = 0

    def __add__(self, other: object) -> Hits:
        """Add up, slot by slot."""
        assert isinstance(other, Hits)
        return Hits(self.right + other.right, self.extra + other.extra, self.missing + other.missing)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall; 1 where there was nothing to find and nothing found."""
        whole = 2 * self.right + self.extra + self.missing
        return 2 * self.right / whole if whole else 1.0


def rate(hits: Sequence[bool]) -> Figure:
    """Return the share of hits, with Wilson's interval."""
    from scipy.stats import binomtest

    if not hits:
        return Figure(float("nan"), 0.0, 1.0, 0)
    between = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return Figure(sum(hits) / len(hits), float(between.low), float(between.high), len(hits))


def interval(values: Sequence[float], least: float = 0.0) -> tuple[float, float]:
    """Return the 95 % interval of a mean of values from `least` to 1: a seeded bootstrap's percentiles.

    Where no value differs it is as far as a rate of 0 of so many may be off by Wilson's interval.
    """
    import numpy as np

    return _percentiles(_weights(len(values)) @ np.asarray(values, dtype=float) / len(values), len(values), least)


def gain(scores: Sequence[float], others: Sequence[float]) -> Gain:
    """Return by how much the mean of scores from 0 to 1 is above that of others, given item by item."""
    differences = [mine - theirs for mine, theirs in zip(scores, others, strict=True)]
    low, high = interval(differences, least=-1.0)
    return Gain(fmean(differences) * 100, low * 100, high * 100, len(differences))


def micro_f1(items: Sequence[dict[str, Hits]]) -> Figure:
    """Return slot F1 over all slots of all answers, with a bootstrap interval over the answers."""
    return _slot_f1(items, macro=False)


def macro_f1(items: Sequence[dict[str, Hits]]) -> Figure:
    """Return the mean of the slots' F1, each slot counting once, those that should stand somewhere."""
    return _slot_f1(items, macro=True)


def f1_by_slot(items: Sequence[dict[str, Hits]]) -> dict[str, tuple[float, int]]:
    """Return for each slot its F1 and in how many places it should stand, by name."""
    counted: defaultdict[str, Hits] = defaultdict(Hits)
    for by_slot in items:
        for name, hits in by_slot.items():
            counted[name] = counted[name] + hits
    return {name: (counted[name].f1, counted[name].right + counted[name].missing) for name in sorted(counted)}


def slot_hits(expected: Counter[tuple[str, str]], found: Counter[tuple[str, str]]) -> dict[str, Hits]:
    """Return hits by slot of two multisets of (slot, value): actions in another order are as right here."""
    names = sorted({name for name, _ in expected | found})
    parts = (expected & found, found - expected, expected - found)
    counts = [Counter[str]() for _ in parts]
    for part, by_name in zip(parts, counts, strict=True):
        for (name, _), count in part.items():
            by_name[name] += count
    return {name: Hits(*(by_name[name] for by_name in counts)) for name in names}


def bleu_and_rouge(expected: str, found: str) -> dict[str, float]:
    """Return BLEU-4 and ROUGE-1, -2, -L (F) from 0 to 100, as LLaMA-Factory computes them.

    jieba cuts both into words for ROUGE (rouge-chinese); BLEU is nltk's over characters, smoothing method 3.
    Source: `src/llamafactory/train/sft/metric.py`, `ComputeSimilarity`.
    """
    import jieba
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge_chinese import Rouge

    jieba.setLogLevel("ERROR")
    said, wanted = list(jieba.cut(found)), list(jieba.cut(expected))
    if not " ".join(said).split() or not " ".join(wanted).split():
        rouge = {"rouge-1": 0.0, "rouge-2": 0.0, "rouge-l": 0.0}
    else:
        scores = Rouge().get_scores(" ".join(said), " ".join(wanted))[0]
        rouge = {name: score["f"] for name, score in scores.items()}
    bleu = sentence_bleu([list(expected)], list(found), smoothing_function=SmoothingFunction().method3)
    return {"bleu-4": bleu * 100, **{name: value * 100 for name, value in rouge.items()}}


def classification(expected: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Return accuracy and weighted precision, recall and F1 of labels (scikit-learn)."""
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(expected, found, average="weighted", zero_division=0)
    return {
        "accuracy": float(accuracy_score(expected, found)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
    }


def _slot_f1(items: Sequence[dict[str, Hits]], *, macro: bool) -> Figure:
    import numpy as np

    if not items:
        return Figure(float("nan"), float("nan"), float("nan"), 0)
    names = sorted({name for by_slot in items for name in by_slot})
    counts = np.array([[by_slot.get(name, Hits()) for name in names] for by_slot in items], dtype=float)
    counts = counts.reshape(len(items), len(names), 3)
    drawn = np.tensordot(np.vstack([np.ones(len(items)), _weights(len(items))]), counts, axes=1)
    if not macro:
        drawn = drawn.sum(axis=1, keepdims=True)
    right, extra, missing = np.moveaxis(drawn, 2, 0)
    whole = 2 * right + extra + missing
    f1 = np.divide(2 * right, whole, out=np.ones_like(whole), where=whole > 0)
    there = right + missing > 0 if macro else np.ones_like(whole, dtype=bool)
    placed = there.sum(axis=1)
    values = np.divide((f1 * there).sum(axis=1), placed, out=np.ones(len(f1)), where=placed > 0)
    return Figure(float(values[0]), *_percentiles(values[1:], len(items)), len(items))


@cache
def _weights(n: int) -> Any:
    """Return how often each of n items is drawn in each resample, (RESAMPLES, n); the same every time."""
    import numpy as np

    return np.random.default_rng(0).multinomial(n, [1 / n] * n, size=RESAMPLES)


def _percentiles(drawn: Any, n: int, least: float = 0.0) -> tuple[float, float]:
    """Return the interval that the resamples of n items say, within the bounds of what they measure."""
    import numpy as np

    low, high = np.percentile(drawn, (2.5, 97.5))
    if np.ptp(drawn) < _ROUNDING:  # nothing varies, so a bootstrap knows no doubt
        doubt = rate([False] * n).high
        low, high = low - doubt, high + doubt
    return max(least, float(low)), min(1.0, float(high))


_ROUNDING = 1e-9
