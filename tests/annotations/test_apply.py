"""Decisions make a version: what was accepted stays, what was rejected goes, what was corrected is a person's edit."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.apply import CONTRADICTION, Applied, apply_decisions
from annotations.cases import BY_PERSON, cases
from annotations.plan import open_questions
from annotations.question import Question
from annotations.queue import questions
from annotations.replay import LOST_GROUND
from curation.draft import StoreError
from curation.manifest import Version
from curation.store import Store
from curation.version import diff, verify
from tests.annotations.shop import ORDER, PACK, answer, make_version, orders, outputs, row, shop_rules, take

SWEET = '{"kind": "order", "drink": "latte", "count": 3, "total": 90, "sugar": "half"}'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Version]:
    folder = tmp_path_factory.mktemp("made")
    fenced = [row("60号桌一杯拿铁", f"```json\n{ORDER}\n```")]
    near = [row("70号桌拿铁"), row("70号桌拿铁！")]
    against = [row("71号桌拿铁"), row("71号桌拿铁。", ORDER.replace("latte", "mocha"))]
    return folder, make_version(Store(folder / "store"), folder, orders(36) + fenced + near + against)


@pytest.fixture
def version(made: tuple[Path, Version]) -> Version:
    return made[1]


@pytest.fixture
def store(made: tuple[Path, Version], tmp_path: Path) -> Store:
    shutil.copytree(made[0] / "store", tmp_path / "store")
    return Store(tmp_path / "store")


def asked(store: Store, version: Version, kind: str = "sample", rule: str = "", said: str = "") -> list[Question]:
    """Return the questions of a kind about a rule, about sentences in which something is said."""
    return [
        question
        for question in open_questions(store, version)
        if question.kind == kind and rule in question.rule and said in question.instruction
    ]


def applied(store: Store, version: Version, *answers: Any) -> Applied:
    """Apply answers; whatever they are, the version verifies, and nothing is left to apply to it."""
    take(store, answers, version)
    rules = shop_rules(store, version)
    done = apply_decisions(store, version, rules)
    if done.version is not None:
        assert verify(store, done.version) == []
        assert done.version.kind == "review"
        assert apply_decisions(store, done.version, rules).version is None
    return done


def state(store: Store, done: Applied, question: Question) -> tuple[str, Any]:
    assert done.version is not None
    disposition, output = outputs(store, done.version)[question.instruction]
    return disposition, output


def edits(store: Store, done: Applied) -> list[tuple[Any, ...]]:
    assert done.version is not None
    return store.edits(done.version).select("kind", "rule", "actor", "note").rows()


def test_accepting_what_a_rule_did_changes_nothing(store: Store, version: Version) -> None:
    done = applied(store, version, *(answer(one, "accept") for one in asked(store, version)))

    assert done.version is None
    assert done.decided["accept"] == len(asked(store, version))


def test_a_rejected_edit_is_taken_back_and_what_depended_on_it_is_judged_anew(store: Store, version: Version) -> None:
    question = asked(store, version, rule="count", said="三杯拿铁，半糖")[0]

    done = applied(store, version, answer(question, "reject", comment="三号桌"))

    assert state(store, done, question) == ("rewritten", {"kind": "order", "drink": "latte", "sugar": "half"})
    assert (done.rows, done.kept, done.changed) == ({"taken_back": 1}, {"sweet.said": 1}, {"total.price": 1})
    assert [found[:2] for found in edits(store, done)] == [
        ("rollback", "sweet.said"),
        ("rollback", "total.price"),
        ("rollback", "count.said"),
        ("rule", "sweet.said"),
    ]
    assert edits(store, done)[2][2:] == ("ann", "rejected: 三号桌")
    assert done.version is not None
    assert sum(1 for _ in diff(store, version, done.version)) == 1


def test_a_row_without_its_only_edits_is_unchanged_again(store: Store, version: Version) -> None:
    question = asked(store, version, rule="count", said="来两杯拿铁")[0]

    done = applied(store, version, answer(question, "reject"))

    assert state(store, done, question) == ("unchanged", json.loads(ORDER))
    assert apply_decisions(store, version, shop_rules(store, version)).version == done.version


def test_an_edit_that_was_rejected_stays_away_when_another_one_goes(store: Store, version: Version) -> None:
    total = asked(store, version, rule="total", said="三杯拿铁，半糖")[0]
    first = applied(store, version, answer(total, "reject"))
    assert first.version is not None
    sweet = next(one for one in asked(store, first.version, "all", "sweet") if one.key == total.key)

    second = applied(store, first.version, answer(sweet, "reject", at=5))

    assert state(store, second, sweet) == ("rewritten", {"kind": "order", "drink": "latte", "count": 3})


def test_a_correction_of_an_edit_is_an_edit_by_that_person(store: Store, version: Version) -> None:
    question = asked(store, version, rule="count", said="三杯拿铁，半糖")[0]

    done = applied(store, version, answer(question, "correct", corrected=SWEET.replace("90", "80"), comment="打折"))

    assert state(store, done, question) == ("rewritten", json.loads(SWEET.replace("90", "80")))
    assert edits(store, done)[-1] == ("review", BY_PERSON, "ann", "corrected: 打折")
    assert done.rows == {"corrected": 1}
    assert done.version is not None
    key = pl.col("key") == question.key
    assert next(found for found in store.rows(done.version) if found["key"] == question.key)["rules"] == []
    assert store.edits(done.version).filter(key).height == 4


def test_writing_what_the_rule_wrote_is_accepting_it(store: Store, version: Version) -> None:
    question = asked(store, version, rule="count")[0]

    assert applied(store, version, answer(question, "correct", corrected=question.after)).version is None


@pytest.mark.parametrize(
    ("verdict", "corrected", "disposition", "output", "row"),
    [
        ("accept", None, "unchanged", json.loads(ORDER), "accepted"),
        ("correct", '{"count": 20, "kind": "order"}', "rewritten", {"kind": "order", "count": 20}, "corrected"),
        ("correct", ORDER, "unchanged", json.loads(ORDER), "corrected"),
    ],
)
def test_a_declined_record_leaves_review(
    store: Store, version: Version, verdict: str, corrected: str, disposition: str, output: Any, row: str
) -> None:
    question = asked(store, version, "decline", "count")[0]

    done = applied(store, version, answer(question, verdict, corrected=corrected))

    assert state(store, done, question) == (disposition, output)
    assert done.rows == {row: 1}
    assert edits(store, done) == [("review", BY_PERSON, "ann", f"{verdict}ed")]
    assert done.version is not None
    assert done.version.counts["queue_by_reason"]["more than anyone drinks"] == 5


def test_a_declined_record_keeps_the_edits_before_the_decline(store: Store, version: Version) -> None:
    question = asked(store, version, "decline", "total")[0]

    done = applied(store, version, answer(question, "accept"))

    assert state(store, done, question) == ("rewritten", {"kind": "order", "drink": "latte", "count": 5})


def test_a_declined_record_that_is_rejected_is_quarantined_with_the_reason(store: Store, version: Version) -> None:
    question = asked(store, version, "decline", "count")[0]

    done = applied(store, version, answer(question, "reject", comment="听不清"))

    assert done.version is not None
    assert question.instruction not in outputs(store, done.version)
    outcome = store.outcomes(done.version).row(0, named=True)
    assert (outcome["disposition"], outcome["reason"], outcome["found"]) == (
        "quarantined", "rejected in review", "rejected: 听不清",
    )  # fmt: skip
    assert done.version.counts["quarantined_by_reason"] == {"rejected in review": 1}


@pytest.mark.parametrize(("verdict", "left"), [("accept", {"70号桌拿铁", "70号桌拿铁！"}), ("reject", {"70号桌拿铁"})])
def test_a_near_duplicate_stays_or_goes(store: Store, version: Version, verdict: str, left: set[str]) -> None:
    (question,) = asked(store, version, "duplicate", said="70号桌")

    done = applied(store, version, answer(question, verdict))

    assert done.version is not None
    found = outputs(store, done.version)
    assert {said for said in found if said.startswith("70号桌")} == left
    assert {found[said][0] for said in left} == {"unchanged"}


def test_of_two_that_conflict_one_is_right(store: Store, version: Version) -> None:
    first, second = asked(store, version, "duplicate", said="71号桌")

    done = applied(store, version, answer(first, "accept"), answer(second, "correct", corrected=ORDER))

    assert state(store, done, first) == ("unchanged", json.loads(ORDER))
    assert state(store, done, second) == ("rewritten", json.loads(ORDER))


def test_decisions_that_contradict_each_other_send_the_record_to_review(store: Store, version: Version) -> None:
    question = asked(store, version, rule="total", said="三杯拿铁，半糖")[0]
    other = next(one for one in asked(store, version, "all", "sweet") if one.key == question.key)
    fixed = SWEET.replace("90", "80")

    done = applied(store, version, answer(question, "correct", corrected=fixed), answer(other, "accept", "bob"))

    assert done.rows == {"contradicted": 1}
    assert state(store, done, question) == ("review", json.loads(SWEET))
    assert done.version is not None
    (again,) = asked(store, done.version, "conflict")
    assert (again.rule, again.reason, {one.output for one in again.proposals}) == (
        BY_PERSON,
        CONTRADICTION,
        {SWEET, fixed},
    )

    last = applied(store, done.version, answer(again, "correct", "owner", at=9, corrected=fixed))

    assert state(store, last, question) == ("rewritten", json.loads(fixed))


def test_what_two_people_disagree_about_waits(store: Store, version: Version) -> None:
    question = asked(store, version, rule="count")[0]

    done = applied(store, version, answer(question, "reject", "ann"), answer(question, "accept", "bob"))

    assert (done.version, done.waiting) == (None, {"disputed": 1})


def test_a_fence_that_is_put_back_quarantines_the_record(store: Store, version: Version) -> None:
    (case,) = (case for case in cases(store, version) if case.places("format.fence"))

    done = applied(store, version, answer(case.question(0), "reject"))

    assert done.version is not None
    assert "60号桌一杯拿铁" not in outputs(store, done.version)
    assert store.outcomes(done.version)["disposition"].to_list() == ["quarantined"]


def test_a_correction_may_replace_what_was_no_command(store: Store, version: Version) -> None:
    (case,) = (case for case in cases(store, version) if case.places("format.fence"))

    done = applied(store, version, answer(case.question(0), "correct", corrected='{"kind": "order"}'))

    assert done.version is not None
    assert outputs(store, done.version)["60号桌一杯拿铁"] == ("rewritten", {"kind": "order"})


def test_a_decision_survives_a_rebuild_and_lapses_when_the_rule_says_something_else(
    store: Store, version: Version, tmp_path: Path
) -> None:
    question = asked(store, version, rule="total", said="三杯拿铁")[0]
    take(store, [answer(question, "reject")], version)
    more = make_version(store, tmp_path, [row("八十号桌一杯拿铁"), *orders(36)])
    assert more.id != version.id

    done = applied(store, more)
    assert state(store, done, question)[1] == {"kind": "order", "drink": "latte", "count": 3, "sugar": "half"}

    pack = tmp_path / "dearer"
    shutil.copytree(PACK, pack)
    rule = pack / "30-total/price.yaml"
    rule.write_text(
        rule.read_text("utf-8").replace("price: 30", "price: 31").replace('"total": 60', '"total": 62'), "utf-8"
    )
    dearer = make_version(store, tmp_path, orders(36), pack=pack)

    lapsed = apply_decisions(store, dearer, None)
    assert (lapsed.version, lapsed.elsewhere) == (None, 1)
    assert question.id not in {one.id for one in questions(store, dearer)}


def test_where_the_rules_have_changed_what_is_not_guarded_goes_to_review(store: Store, version: Version) -> None:
    question = asked(store, version, rule="count", said="三杯拿铁，半糖")[0]
    take(store, [answer(question, "reject")], version)

    done = apply_decisions(store, version, None)

    assert state(store, done, question) == ("review", json.loads(ORDER))
    assert done.version is not None
    assert verify(store, done.version) == []
    waits = store.queue(done.version)
    assert waits.select("rule", "reason").rows() == [("total.price", LOST_GROUND), ("sweet.said", LOST_GROUND)]
    assert json.loads(waits["proposals"][1])[0]["output"] == SWEET


def test_a_data_set_as_it_came_has_nothing_to_apply_to(store: Store) -> None:
    with pytest.raises(StoreError, match="nothing to review"):
        apply_decisions(store, 0, None)


def test_a_person_s_edit_without_its_decision_is_found(store: Store, version: Version) -> None:
    question = asked(store, version, "decline", "count")[0]
    done = applied(store, version, answer(question, "accept"))
    assert done.version is not None
    handle = DeltaTable(f"{store.tables.root}/decisions")
    rows = pl.scan_delta(handle).collect().with_columns(verdict=pl.lit("reject"))
    handle.alter.set_table_properties({"delta.appendOnly": "false"})
    write_deltalake(handle, rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="overwrite")

    (fault,) = verify(store, done.version)
    assert "is not in the store" in fault.what


verdicts = st.sampled_from(["accept", "reject", "correct", "correct", None])


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_decided_every_row_is_accounted_for_and_only_decided_rows_change(
    made: tuple[Path, Version], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    shutil.copytree(made[0] / "store", folder / "store")
    store, version = Store(folder / "store"), made[1]
    chosen = data.draw(st.lists(st.sampled_from(questions(store, version)), unique_by=lambda one: one.id, max_size=12))
    given_ = []
    for place, question in enumerate(chosen):
        verdict = data.draw(verdicts)
        if verdict:
            output = (
                data.draw(st.sampled_from([ORDER, SWEET, question.after or ORDER])) if verdict == "correct" else None
            )
            given_.append(answer(question, verdict, at=place, corrected=output))

    done = applied(store, version, *given_)

    after = done.version or version
    assert Counter(found["key"] for found in store.rows(after)) == Counter(
        found["key"] for found in store.rows(version)
    )
    assert {change.key for change in diff(store, version, after)} <= {question.key for question in chosen}
    assert after.counts["rows_in"] == version.counts["rows_in"]
