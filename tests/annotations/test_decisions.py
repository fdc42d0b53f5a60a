"""Answers become decisions: each once, none lost, and what several people say comes to one verdict."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.agreement import agreement, pace, seconds_an_answer
from annotations.cases import cases
from annotations.decisions import Policy, Settlement, output_check, settle
from annotations.question import Question
from annotations.queue import questions
from curation.decision import append_decisions, read_decisions
from curation.manifest import Version
from curation.store import Store
from curation.tables import Tables
from tests.annotations.shop import ORDER, answer, make_version, orders, take


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Version]:
    folder = tmp_path_factory.mktemp("shop")
    return folder, make_version(Store(folder / "store"), folder, orders(24))


@pytest.fixture
def asked(shop: tuple[Path, Version]) -> list[Question]:
    return questions(Store(shop[0] / "store"), shop[1])


@pytest.fixture
def store(shop: tuple[Path, Version], tmp_path: Path) -> Store:
    """The shop's versions, with a table of decisions of its own."""
    for table in (shop[0] / "store").iterdir():
        if table.name != "decisions":
            (tmp_path / table.name).symlink_to(table)
    return Store(tmp_path)


def said(store: Store, question: Question, policy: Policy | None = None) -> Settlement:
    return settle(read_decisions(store.tables), policy)[question.id]


def test_a_pull_keeps_what_was_asked_and_answered(
    shop: tuple[Path, Version], store: Store, asked: list[Question]
) -> None:
    sample = next(question for question in asked if question.kind == "sample")
    given = answer(sample, "reject", "ann", 61, wrong=("slot", "other"), comment="三杯")

    assert take(store, [given], shop[1])._asdict() == {"answers": 1, "new": 1, "known": 0, "invalid": 0, "unknown": 0}

    (kept,) = read_decisions(store.tables)
    assert (kept.question, kept.key, kept.rule, kept.rule_digest) == (
        sample.id,
        sample.key,
        sample.rule,
        sample.rule_digest,
    )
    assert (kept.verdict, kept.wrong, kept.comment, kept.annotator) == ("reject", ("slot", "other"), "三杯", "ann")
    assert kept.sampled
    assert kept.source == "argilla:test"
    assert kept.version == shop[1].id
    assert kept.decided_at is not None
    assert kept.decided_at.isoformat() == "2026-01-02T03:01:01+00:00"
    assert None not in (kept.before, kept.after)


def test_open_cases_are_no_random_sample(shop: tuple[Path, Version], store: Store, asked: list[Question]) -> None:
    take(store, [answer(question, "accept") for question in asked], shop[1])

    kinds = {question.id: question.kind for question in asked}
    assert {(kinds[one.question], one.sampled) for one in read_decisions(store.tables)} == {
        ("decline", False),
        ("sample", True),
        ("all", True),
    }


def test_every_question_has_the_id_that_its_record_gives(
    shop: tuple[Path, Version], store: Store, asked: list[Question]
) -> None:
    mine = set()
    for case in cases(store, shop[1], {question.key for question in asked}):
        mine |= {case.question(place).id for place in case.places()}
        mine |= {case.open_question(row).id for row in case.open}

    assert {question.id for question in asked} <= mine


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.randoms(use_true_random=False), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_pulling_again_in_any_order_and_in_any_pieces_comes_to_the_same(
    asked: list[Question], tmp_path_factory: pytest.TempPathFactory, order: random.Random, cuts: list[int]
) -> None:
    given_ = [
        answer(question, ("accept", "reject")[(place + turn) % 2], f"person {turn}", 10 * place + turn)
        for place, question in enumerate(asked[:6])
        for turn in range(3)
    ]
    changed_mind = answer(asked[0], "reject", "person 0", 900)
    given_.append(changed_mind)
    once = Store(tmp_path_factory.mktemp("once"))
    take(once, given_)
    again = Store(tmp_path_factory.mktemp("again"))
    for cut in [*cuts, len(given_)]:
        shuffled = order.sample(given_, len(given_))
        take(again, shuffled[:cut] + shuffled[: cut // 2])

    assert read_decisions(again.tables) == read_decisions(once.tables)
    assert len(read_decisions(once.tables)) == len(given_)
    assert settle(read_decisions(again.tables)) == settle(read_decisions(once.tables))


def test_two_who_append_at_once_append_everything_once(store: Store, asked: list[Question]) -> None:
    take(store, [answer(question, "accept") for question in asked[:3]])
    known = read_decisions(store.tables)
    other = Tables(store.tables.root)

    class Raced(Tables):
        raced = False

        def append(self, *arguments: object, **named: object) -> int:
            if not self.raced:
                self.raced = True
                append_decisions(other, new[:2])
            return super().append(*arguments, **named)  # type: ignore[arg-type]

    new = [replace(decision, annotator="bob") for decision in known]

    assert append_decisions(Raced(store.tables.root), new) == [new[2]]
    assert len(read_decisions(store.tables)) == 6


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "no corrected output was written"),
        ("{", "truncated"),
        ('{"kind": "order", "kind": "order"}', "duplicate key: kind"),
        ('{"drink": "latte"}', "'kind' is a required property"),
        ('{"kind": "order", "count": 0}', "less than the minimum"),
        ("[]", "not an object"),
        ('{"kind": NaN}', "NaN"),
    ],
)
def test_a_correction_that_is_not_valid_decides_nothing_and_is_asked_again(
    store: Store, asked: list[Question], written: str, problem: str
) -> None:
    pulled = take(store, [answer(asked[0], "correct", corrected=written or None)])

    assert pulled.invalid == 1
    assert problem in (read_decisions(store.tables)[0].problem or "")
    assert said(store, asked[0]).state == "invalid"
    take(store, [answer(asked[0], "correct", at=5, corrected=ORDER)])
    assert (said(store, asked[0]).state, said(store, asked[0]).output) == ("settled", ORDER)


def test_an_answer_to_a_question_nobody_asks_is_kept(store: Store, asked: list[Question]) -> None:
    pulled = take(store, [answer(asked[0], "accept", question_id="0" * 32, version="v_gone")])

    assert (pulled.new, pulled.unknown) == (1, 1)


def test_the_latest_answer_of_a_person_counts(store: Store, asked: list[Question]) -> None:
    take(store, [answer(asked[0], "reject", at=9), answer(asked[0], "accept", at=3)])

    assert said(store, asked[0]).verdict == "reject"
    assert len(said(store, asked[0]).by) == 1


def test_one_against_one_asks_a_third_who_decides(store: Store, asked: list[Question]) -> None:
    take(store, [answer(asked[0], "accept", "ann"), answer(asked[0], "reject", "bob")])
    assert (said(store, asked[0]).state, said(store, asked[0]).verdict) == ("disputed", None)

    take(store, [answer(asked[0], "reject", "cho")])
    assert (said(store, asked[0]).state, said(store, asked[0]).verdict) == ("settled", "reject")
    assert said(store, asked[0]).annotators == "bob, cho" or said(store, asked[0]).annotators == "cho, bob"


def test_three_opinions_are_for_the_owner(store: Store, asked: list[Question]) -> None:
    three = [answer(asked[0], "accept", "ann"), answer(asked[0], "reject", "bob")]
    take(store, [*three, answer(asked[0], "correct", "cho", corrected=ORDER)])
    assert said(store, asked[0]).state == "owner"

    take(store, [answer(asked[0], "reject", "owner")])
    assert said(store, asked[0]).verdict == "reject"
    assert said(store, asked[0], Policy(owner="ann")).verdict == "accept"


def test_corrections_that_differ_in_spelling_only_agree(store: Store, asked: list[Question]) -> None:
    loose = '{ "kind":"order",\n "drink":"latte" }'
    both = [answer(asked[0], "correct", "ann", corrected=ORDER), answer(asked[0], "correct", "bob", corrected=loose)]
    take(store, both)

    assert (said(store, asked[0]).state, said(store, asked[0]).output) == ("settled", ORDER)


def test_a_question_waits_for_as_many_answers_as_it_needs(store: Store, asked: list[Question]) -> None:
    take(store, [answer(asked[0], "accept", "ann")])
    assert said(store, asked[0], Policy(answers=2)).state == "waiting"

    take(store, [answer(asked[0], "accept", "bob")])
    assert said(store, asked[0], Policy(answers=2)).state == "settled"


def test_agreement_is_krippendorffs_alpha_of_the_verdicts(store: Store, asked: list[Question]) -> None:
    assert agreement([]) == (0, 0, None)
    take(store, [answer(question, "accept", who) for question in asked[:4] for who in ("ann", "bob")])
    assert agreement(read_decisions(store.tables)) == (4, 4, None)

    take(store, [answer(asked[0], "reject", "bob", at=1), answer(asked[5], "accept", "ann")])
    found = agreement(read_decisions(store.tables))
    assert (found.questions, found.same) == (4, 3)
    # By hand: 8 verdicts, 7 to 1; observed disagreement 2/8, expected 2*7*1/(8*7).
    assert found.alpha == pytest.approx(1 - (2 / 8) / (14 / 56))


def test_pace_is_the_time_between_answers_without_breaks(store: Store, asked: list[Question]) -> None:
    times = (0, 10, 30, 50, 50 + 3000)
    take(store, [answer(question, "accept", at=at) for question, at in zip(asked, times, strict=False)])
    decisions = read_decisions(store.tables)

    (ann,) = pace(decisions, "annotator")
    assert (ann.answers, ann.verdicts, ann.seconds) == (5, {"accept": 5, "reject": 0, "correct": 0}, 20)
    assert sum(one.answers for one in pace(decisions, "rule")) == 5
    assert seconds_an_answer(decisions) == 20
    assert seconds_an_answer(decisions[:1]) is None


def test_without_a_contract_any_object_will_do() -> None:
    check = output_check(None)

    assert check('{"a": 1}') is None
    assert check("1") is not None
