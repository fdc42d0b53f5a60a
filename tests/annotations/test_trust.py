"""Trust is earned by random samples, and the error rate holds however often one looks."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import binomtest

from annotations.cases import cases
from annotations.decisions import Policy, settle
from annotations.plan import open_questions, to_ask
from annotations.sequential import ALPHA, clears, evidence, fails, needed, sequence, wilson
from annotations.trust import Standing, draw, precision_in, precision_of, standings
from curation.decision import Decision, Verdict, read_decisions
from curation.draft import StoreError
from curation.manifest import Version
from curation.store import Store
from tests.annotations.shop import answer, make_version, orders, take

BAR = 0.95


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Version]:
    """A version in which one rule made 240 edits, of which about every second is in its sample."""
    folder = tmp_path_factory.mktemp("made")
    return folder, make_version(Store(folder / "store"), folder, orders(360))


@pytest.fixture
def store(made: tuple[Path, Version], tmp_path: Path) -> Store:
    for table in (made[0] / "store").iterdir():
        (tmp_path / table.name).symlink_to(table)
    return Store(tmp_path)


def decision(number: int, verdict: Verdict, **other: object) -> Decision:
    fields: dict[str, object] = {
        "question": f"{number:032x}", "key": f"{number:024x}-0", "rule": "a.rule", "rule_digest": "d", "kind": "sample",
        "before": "b", "after": "a", "verdict": verdict, "corrected": None, "wrong": (), "comment": "",
        "annotator": "ann", "source": "test", "sampled": True, "version": "v", "problem": None,
        "decided_at": datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=number),
    }  # fmt: skip
    return Decision(**{**fields, **other})  # type: ignore[arg-type]


# -- intervals ------------------------------------------------------------------------------------------------------


def looks(share: float, runs: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each run and number of answers, how many were right, and how many there were."""
    seen = np.random.default_rng(seed).random((runs, length)) < share
    return seen.cumsum(1), np.arange(1, length + 1)


def evidence_against(right: np.ndarray, judged: np.ndarray, share: float) -> np.ndarray:
    """Return `evidence` for many numbers at once, by the formula written out again."""
    wrong = judged - right
    mixed = betaln(24.5 + right, 0.5 + wrong) - betaln(24.5, 0.5)
    return np.asarray(mixed - right * math.log(share) - wrong * math.log1p(-share) + math.log(ALPHA))


@pytest.mark.parametrize("share", [0.95, 0.949, 0.93])
def test_a_rule_that_is_not_good_enough_ever_clears_the_bar_in_at_most_five_of_a_hundred_runs(share: float) -> None:
    right, judged = looks(share, 2_000, 1_000, seed=7)
    cleared = (right >= BAR * judged) & (evidence_against(right, judged, BAR) >= 0)

    assert cleared.any(axis=1).mean() <= ALPHA
    for run, n in ((0, 50), (1, 400), (2, 1_000)):
        assert evidence(int(right[run, n - 1]), n, BAR) == pytest.approx(
            evidence_against(right, judged, BAR)[run, n - 1]
        )


def test_wilson_s_interval_alone_would_let_far_more_through() -> None:
    right, judged = looks(BAR, 1_000, 1_000, seed=7)
    z = 1.959964
    share = right / judged
    lower = (share + z * z / (2 * judged) - z * np.sqrt(share * (1 - share) / judged + z * z / (4 * judged**2))) / (
        1 + z * z / judged
    )

    assert (lower >= BAR).any(axis=1).mean() > 2 * ALPHA


def test_a_rule_that_is_good_clears_the_bar_and_a_bad_one_is_known_to_be() -> None:
    right, judged = looks(0.99, 500, 800, seed=3)
    assert (evidence_against(right, judged, BAR)[right[:, -1] > BAR * 800] >= 0).any(axis=1).mean() > 0.95
    assert clears(99, 99, BAR)
    assert not clears(72, 72, BAR)
    assert clears(73, 73, BAR)
    assert fails(30, 60, BAR)
    assert not fails(57, 60, BAR)
    assert not clears(10**6, 10**6, 1.0)


@given(st.integers(1, 400), st.floats(0, 1))
def test_the_sequence_is_an_interval_around_what_was_seen(judged: int, share: float) -> None:
    right = round(judged * share)
    found, once = sequence(right, judged), wilson(right, judged)

    assert 0 <= found.lower <= right / judged <= found.upper <= 1
    assert once.lower <= right / judged <= once.upper
    for bar in (0.5, 0.9, 0.95):
        assert clears(right, judged, bar) == (min(found.lower, once.lower) >= bar) or found.lower == pytest.approx(bar)
        assert not (clears(right, judged, bar) and fails(right, judged, bar))


def test_wilson_s_interval_is_scipy_s() -> None:
    expected = binomtest(57, 60).proportion_ci(0.95, method="wilson")

    assert wilson(57, 60) == pytest.approx((expected.low, expected.high))
    assert wilson(0, 0) == sequence(0, 0) == (0, 1)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 5), st.sampled_from([0.9, 0.95, 0.98]), st.sampled_from([1.0, 0.99]))
def test_the_answers_said_to_be_needed_are_enough_and_one_fewer_is_not(
    right: int, wrong: int, bar: float, share: float
) -> None:
    judged = right + wrong
    more = needed(right, judged, bar, share)

    if more is not None:
        assert clears(right + round(share * more), judged + more, bar)
        assert more == 0 or not clears(right + round(share * (more - 1)), judged + more - 1, bar)


def test_no_number_of_answers_clears_a_bar_above_the_rule_s_own_share() -> None:
    assert needed(0, 0, 0.95, 0.95) is None
    assert needed(0, 0, 1.0, 1.0) is None
    assert needed(0, 0, 0.95, 1.0) == 73


# -- precision ------------------------------------------------------------------------------------------------------


def test_any_answer_clears_a_bar_of_nothing_and_none_fails_it() -> None:
    assert clears(0, 3, 0.0)
    assert not fails(0, 3, 0.0)
    assert not clears(0, 0, 0.0)
    assert needed(1, 3, 0.0, 0.5) == 0


def test_only_settled_questions_that_were_drawn_at_random_count() -> None:
    said = [
        *(decision(n, "accept") for n in range(8)),
        decision(8, "reject"),
        decision(9, "correct", corrected='{"a": 1}'),
        decision(10, "reject", sampled=False, kind="conflict"),
        decision(11, "accept"),
        decision(11, "reject", annotator="bob"),
        decision(12, "correct", problem="truncated"),
        decision(13, "accept", rule_digest="another"),
    ]

    found = precision_of(settle(said).values())

    assert {about: (one.right, one.judged) for about, one in found.items()} == {
        ("a.rule", "another"): (1, 1),
        ("a.rule", "d"): (8, 10),
    }
    assert found["a.rule", "d"].wilson == wilson(8, 10)


def answered(store: Store, version: Version, rule: str, share: float = 1.0, at_most: int = 10_000) -> int:
    """Answer the sample of a rule, a share of it with accept; return how many answers that were."""
    asked = [one for one in open_questions(store, version) if one.rule == rule and one.kind == "sample"][:at_most]
    wrong = len(asked) - round(share * len(asked))
    given = [answer(one, "reject" if place < wrong else "accept", at=place) for place, one in enumerate(asked)]
    take(store, given, version)
    return len(given)


def stood(store: Store, version: Version, bar: float = BAR, policy: Policy | None = None) -> dict[str, Standing]:
    settled = settle(read_decisions(store.tables), policy)
    return {one.rule: one for one in standings(store, version, bar, settled, policy)}


def test_a_rule_clears_the_bar_by_its_sample(store: Store, made: tuple[Path, Version]) -> None:
    before = stood(store, made[1])["count.said"]
    assert (before.state, before.judged, before.edits, before.least) == ("open", 0, 180, 73)
    assert before.blocks

    n = answered(store, made[1], "count.said")

    after = stood(store, made[1])["count.said"]
    assert (after.state, after.right, after.judged, after.least) == ("cleared", n, n, 0)
    assert not after.blocks
    assert precision_in(store, made[1])["count.said"] == (n, n, wilson(n, n).lower)
    assert precision_in(store, 0) == {}
    assert stood(store, made[1], bar=0.99)["count.said"].state == "open"


def test_a_rule_that_is_surely_below_the_bar_is_not_asked_about_further(
    store: Store, made: tuple[Path, Version]
) -> None:
    answered(store, made[1], "count.said", share=0.5, at_most=60)

    found = stood(store, made[1])["count.said"]
    assert (found.state, found.blocks) == ("below", True)
    asking = to_ask(store, made[1], (), [found], settle(read_decisions(store.tables)))
    assert {one.rule for one in asking.first if one.kind == "sample"} == set()


def test_every_edit_of_a_rule_under_all_must_be_accepted(store: Store, made: tuple[Path, Version]) -> None:
    assert stood(store, made[1])["sweet.said"].least == 120
    asked = [one for one in open_questions(store, made[1]) if one.kind == "all"]

    take(store, [answer(one, "accept") for one in asked[:-1]], made[1])
    assert (stood(store, made[1])["sweet.said"].state, stood(store, made[1])["sweet.said"].least) == ("open", 1)
    assert stood(store, made[1], policy=Policy(answers=2))["sweet.said"].decided == 0

    take(store, [answer(asked[-1], "accept")], made[1])
    assert stood(store, made[1])["sweet.said"].state == "reviewed"


def test_a_sample_that_is_too_small_is_drawn_further(store: Store, made: tuple[Path, Version]) -> None:
    rules = stood(store, made[1], bar=0.98)
    total = rules["total.price"]
    listed = {one.id for one in open_questions(store, made[1])}
    in_sample = [one for one in open_questions(store, made[1]) if one.rule == "total.price" and one.kind == "sample"]

    asking = to_ask(store, made[1], (), [total], {})

    asked = [one for one in asking.first if one.rule == "total.price" and one.kind == "sample"]
    assert len(asked) == total.expected == total.edits
    assert len({one.id for one in asked}) == len(asked)
    further = [one for one in asked if one.id not in listed]
    assert max(draw(one.rule, one.key) for one in in_sample) < 0.5 < min(draw(one.rule, one.key) for one in further)
    take(store, [answer(one, "accept") for one in further[:5]], made[1])
    assert {(one.sampled, one.after is not None) for one in read_decisions(store.tables)} == {(True, True)}


def test_every_edit_of_a_rule_is_asked_where_that_is_wanted(store: Store, made: tuple[Path, Version]) -> None:
    answered(store, made[1], "count.said")
    rules = list(stood(store, made[1]).values())
    settled = settle(read_decisions(store.tables))

    asking = to_ask(store, made[1], (), rules, settled, every=["count.said"])

    edited = {
        case.question(place).id
        for case in cases(store, made[1])
        for place in case.places("count.said")
        if not case.open
    }
    assert {one.id for one in asking.first if one.rule == "count.said" and one.after} == edited - settled.keys()


def test_what_cannot_be_settled_is_asked_again_with_the_reason(store: Store, made: tuple[Path, Version]) -> None:
    first, second, third, *_ = open_questions(store, made[1])
    split = [answer(first, "accept", "ann"), answer(first, "reject", "bob")]
    take(store, [*split, answer(second, "correct", corrected="{"), answer(third, "accept")], made[1])
    settled = settle(read_decisions(store.tables))

    asking = to_ask(store, made[1], (), [], settled)

    again = {one.id: one for one in asking.again}
    assert again.keys() == {first.id, second.id}
    assert (again[first.id].reason, again[first.id].found) == ("two people disagree", "accept, reject")
    assert again[second.id].reason == "the corrected output cannot be used"
    assert "truncated" in again[second.id].found
    assert {first.id, second.id, third.id}.isdisjoint(one.id for one in asking.first)


def test_raw_data_have_no_rules_to_trust(store: Store) -> None:
    with pytest.raises(StoreError, match="nothing to review"):
        standings(store, 0, BAR, {})


def test_answers_of_two_people_to_one_question_are_one_judgement() -> None:
    said = [decision(1, "accept"), replace(decision(1, "accept"), annotator="bob")]

    assert precision_of(settle(said).values())["a.rule", "d"].judged == 1


def test_the_draw_is_that_of_the_sample(made: tuple[Path, Version]) -> None:
    store = Store(made[0] / "store")
    sampled = Counter(
        one.key for one in open_questions(store, made[1]) if one.rule == "count.said" and one.kind == "sample"
    )
    edited = [case for case in cases(store, made[1]) if case.places("count.said") and case.disposition == "rewritten"]

    assert set(sampled) == {case.key for case in edited if draw("count.said", case.key) < 0.5}
