"""Figures against values worked out by hand, and against the libraries that define them."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from training.compare import Arm, Comparison
from training.metrics import (
    Hits,
    bleu_and_rouge,
    classification,
    f1_by_slot,
    interval,
    macro_f1,
    micro_f1,
    rate,
    slot_hits,
)
from training.settings import read_settings

ONE = slot_hits(Counter({("a", "1"): 1, ("b", "2"): 2}), Counter({("a", "1"): 1, ("b", "2"): 1, ("b", "3"): 1}))
TWO = slot_hits(Counter({("a", "1"): 1}), Counter({("c", "9"): 1}))


def test_slots_are_right_extra_or_missing() -> None:
    assert {"a": Hits(1, 0, 0), "b": Hits(1, 1, 1)} == ONE
    assert {"a": Hits(0, 0, 1), "c": Hits(0, 1, 0)} == TWO


def test_slot_f1_is_as_worked_out_by_hand() -> None:
    # 2 right, 2 extra, 2 missing in all; a: 1 right, 1 missing; b: 1, 1, 1; c: only extra, so it has no place.
    assert micro_f1([ONE, TWO]).value == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))
    assert f1_by_slot([ONE, TWO]) == {"a": (2 / 3, 2), "b": (0.5, 2), "c": (0.0, 0)}
    assert macro_f1([ONE, TWO]).value == pytest.approx((2 / 3 + 0.5) / 2)
    assert micro_f1([]).n == 0
    assert micro_f1([{}]).value == macro_f1([{}]).value == 1.0


def test_micro_f1_is_that_of_scikit_learn_over_slots_that_stand_or_do_not() -> None:
    from sklearn.metrics import f1_score

    draw = random.Random(5)
    pairs = [(draw.random() < 0.6, draw.random() < 0.5) for _ in range(200)]
    every = [
        slot_hits(Counter([("s", str(at))] * there), Counter([("s", str(at))] * said))
        for at, (there, said) in enumerate(pairs)
    ]

    assert micro_f1(every).value == pytest.approx(f1_score(*zip(*pairs, strict=True)))


def test_a_rate_has_wilsons_interval() -> None:
    hits, n, z = 7, 20, 1.959963984540054
    middle = (hits / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(hits / n * (1 - hits / n) / n + z * z / (4 * n * n))

    found = rate([True] * hits + [False] * (n - hits))

    assert (found.value, found.n) == (0.35, 20)
    assert (found.low, found.high) == (pytest.approx(middle - half), pytest.approx(middle + half))
    assert rate([]).n == 0


def test_a_bootstrap_is_the_same_every_time_and_as_wide_as_the_normal_interval() -> None:
    values = [float(at % 3 == 0) for at in range(60)]
    low, high = interval(values)

    assert (low, high) == interval(values)
    assert low < 1 / 3 < high
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(1 / 3 * 2 / 3 / 60), rel=0.15)


def test_no_rate_and_no_gain_of_few_questions_is_said_to_be_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    means = {"raw": [0.0, 0.0], "curated": [0.0, 0.0], "mixed": [0.5, 1.0]}
    monkeypatch.setattr(Comparison, "_means", lambda _, arm, *__: means[arm])
    arms = [Arm(name, {}, [], []) for name in means]
    compared = Comparison("base", "", read_settings("cpu-small", {}), None, [0], arms, [], "")

    assert compared.rate("raw", "exam") == rate([False, False])
    assert compared.rate("mixed", "exam")[1:3] == interval([0.5, 1.0])
    gain = compared.gain("curated", "exam")
    assert (gain.points, gain.low, gain.high) == (0.0, -100 * rate([False] * 2).high, 100 * rate([False] * 2).high)


def test_answers_that_are_all_worth_the_same_leave_as_much_doubt_as_a_rate_of_so_many() -> None:
    right, half = {"s": Hits(1, 0, 0)}, {"s": Hits(1, 1, 1)}

    for f1 in (micro_f1, macro_f1):
        assert f1([right]) == pytest.approx(rate([True]))
        assert f1([right] * 30) == pytest.approx(rate([True] * 30))
        assert f1([half])[:3] == (0.5, 0.0, 1.0)
    assert interval([1 / 3] * 30) == pytest.approx((1 / 3 - rate([False] * 30).high, 1 / 3 + rate([False] * 30).high))


def test_slot_f1_of_single_slots_has_the_interval_of_a_bootstrap_over_the_answers() -> None:
    every = [slot_hits(Counter([("s", "1")]), Counter([("s", str(1 + at % 2))])) for at in range(40)]
    rights = [float(at % 2 == 0) for at in range(40)]

    for found in (micro_f1(every), macro_f1(every)):  # one right or wrong slot each: F1 is the share of right ones
        assert found.value == pytest.approx(0.5)
        assert (found.low, found.high) == pytest.approx(interval(rights))


def test_bleu_and_rouge_are_those_of_llama_factory() -> None:
    import jieba
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge_chinese import Rouge

    wanted, said = '{"device_id": "light_living_01", "power": "on"}', '{"device_id": "light_study_01", "power": "off"}'
    # The body of LLaMA-Factory's ComputeSimilarity.__call__ for one pair (its `pred` and `label`).
    hypothesis, reference = list(jieba.cut(said)), list(jieba.cut(wanted))
    scores = Rouge().get_scores(" ".join(hypothesis), " ".join(reference))[0]
    bleu = sentence_bleu([list(wanted)], list(said), smoothing_function=SmoothingFunction().method3)

    found = bleu_and_rouge(wanted, said)

    assert found["bleu-4"] == pytest.approx(bleu * 100)
    assert {name: found[name] for name in scores} == {
        name: pytest.approx(score["f"] * 100) for name, score in scores.items()
    }


def test_bleu_and_rouge_of_the_same_words_are_full_and_of_none_nothing() -> None:
    full = bleu_and_rouge("关闭客厅的灯", "关闭客厅的灯")

    assert full["bleu-4"] == pytest.approx(100)
    assert full["rouge-1"] == pytest.approx(100, abs=0.01)
    assert bleu_and_rouge("关闭客厅的灯", "")["rouge-l"] == 0.0
    assert bleu_and_rouge("关闭客厅的灯", " ")["bleu-4"] == 0.0


def test_labels_are_weighted_by_how_often_they_are_right_answers() -> None:
    found = classification(["a", "a", "a", "b"], ["a", "a", "b", "c"])

    # a: precision 1, recall 2/3, F1 0.8; b: 0, 0, 0; weights 3/4 and 1/4.
    assert found["accuracy"] == 0.5
    assert found["precision"] == pytest.approx(0.75)
    assert found["recall"] == pytest.approx(0.5)
    assert found["f1"] == pytest.approx(0.6)
