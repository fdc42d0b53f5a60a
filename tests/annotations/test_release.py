"""A version is released when its rules have earned it; a rule can be taken back, and everything else stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.apply import apply_decisions
from annotations.cases import BY_PERSON, cases
from annotations.plan import open_questions
from annotations.release import RolledBack, may_release, release, rollback
from annotations.replay import PERSON_CONTRADICTED
from curation.draft import StoreError
from curation.manifest import Version
from curation.store import Store, TagTaken
from curation.version import diff, verify
from tests.annotations.shop import ORDER, answer, make_version, orders, outputs, row, shop_rules, take

SAID = ("来两杯拿铁", "三杯拿铁，半糖", "拿铁", "四杯摩卡，无糖", "五杯拿铁", "一杯拿铁，无糖", "半糖")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Version]:
    folder = tmp_path_factory.mktemp("made")
    fenced = [row("60号桌一杯拿铁", f"```json\n{ORDER}\n```"), row("61号桌拿铁", f"```\n{ORDER}\n```")]
    return folder, make_version(Store(folder / "store"), folder, orders(24) + fenced)


@pytest.fixture
def version(made: tuple[Path, Version]) -> Version:
    return made[1]


@pytest.fixture
def store(made: tuple[Path, Version], tmp_path: Path) -> Store:
    shutil.copytree(made[0] / "store", tmp_path / "store")
    return Store(tmp_path / "store")


def taken_back(store: Store, version: Version, rule: str) -> RolledBack:
    """Take a rule back; the version verifies, and no edit of the rule stands in it."""
    done = rollback(store, rule, version, shop_rules(store, version), actor="tester")
    assert verify(store, done.version) == []
    assert done.version.kind == "rollback"
    assert not any(case.places(rule) for case in cases(store, done.version))
    assert done.version.counts["by_rule"][rule]["hits"] == 0
    return done


def accept_all(store: Store, version: Version, *kinds: str) -> None:
    asked = [one for one in open_questions(store, version) if one.kind in kinds]
    take(store, [answer(one, "accept", at=place) for place, one in enumerate(asked)], version)


def accept_every_edit(store: Store, version: Version) -> None:
    asked = [case.question(place) for case in cases(store, version) for place in case.places()]
    take(store, [answer(one, "accept") for one in asked], version)


# -- rolling back ---------------------------------------------------------------------------------------------------


def test_taking_back_a_rule_that_others_built_on_is_a_run_without_it(
    store: Store, version: Version, tmp_path: Path
) -> None:
    rows = [json.loads(case) for case in store.read(0, ("payload",))["payload"]]
    without = make_version(Store(tmp_path / "other"), tmp_path, rows, off={"count.said": "not trusted"})

    done = taken_back(store, version, "count.said")

    found, expected = outputs(store, done.version), outputs(Store(tmp_path / "other"), without)
    # What the rule declined waits on: a person is still needed, whoever asked first.
    declined = {one.instruction for one in open_questions(store, version) if one.rule == "count.said" and not one.after}
    assert {said: what for said, what in found.items() if said not in declined} == {
        said: what for said, what in expected.items() if said not in declined
    }
    assert (done.rows, done.changed, done.kept) == (17, {"total.price": 9}, {"sweet.said": 8})
    assert done.contradicted == 0


def test_taking_back_an_independent_rule_leaves_all_other_edits_as_they_are(store: Store, version: Version) -> None:
    before = {case.key: [(edit["rule"], edit["patch"]) for edit in case.edits] for case in cases(store, version)}

    done = taken_back(store, version, "sweet.said")

    after = {case.key: [(edit["rule"], edit["patch"]) for edit in case.edits] for case in cases(store, done.version)}
    assert after == {key: [edit for edit in edits if edit[0] != "sweet.said"] for key, edits in before.items()}
    assert (done.rows, done.changed) == (8, {})
    assert {change.rules for change in diff(store, version, done.version)} == {("sweet.said",)}


def test_a_format_rule_taken_back_quarantines_what_cannot_be_read_without_it(store: Store, version: Version) -> None:
    done = taken_back(store, version, "format.fence")

    assert done.dispositions == {"quarantined": 2}
    assert done.version.counts["quarantined"] == 2
    assert done.changed == {"count.said": 1, "total.price": 1}


def test_a_row_that_a_person_accepted_goes_back_to_review_with_what_was_accepted(
    store: Store, version: Version
) -> None:
    question = next(one for one in open_questions(store, version) if one.rule == "sweet.said")
    take(store, [answer(question, "accept")], version)

    done = taken_back(store, version, "sweet.said")

    assert done.contradicted == 1
    assert outputs(store, done.version)[question.instruction][0] == "review"
    (again,) = [one for one in open_questions(store, done.version) if one.kind == "conflict"]
    assert (again.key, again.rule, again.reason) == (question.key, BY_PERSON, PERSON_CONTRADICTED)
    assert [one.output for one in again.proposals] == [question.after]

    take(store, [answer(again, "correct", corrected=question.after, at=9)], done.version)
    fixed = apply_decisions(store, done.version, shop_rules(store, version))
    assert fixed.version is not None
    assert verify(store, fixed.version) == []
    assert outputs(store, fixed.version)[question.instruction] == ("rewritten", json.loads(question.after or ""))


def test_a_correction_that_no_longer_comes_to_the_same_goes_back_to_review(store: Store, version: Version) -> None:
    question = next(
        one for one in open_questions(store, version) if one.rule == "total.price" and one.kind == "decline"
    )
    written = '{"kind": "order", "drink": "latte", "count": 5, "total": 0}'
    take(store, [answer(question, "correct", corrected=written)], version)
    reviewed = apply_decisions(store, version, shop_rules(store, version)).version
    assert reviewed is not None

    done = taken_back(store, reviewed, "count.said")

    assert outputs(store, done.version)[question.instruction] == ("review", json.loads(ORDER))
    (again,) = [one for one in open_questions(store, done.version) if one.rule == BY_PERSON]
    assert [one.output for one in again.proposals] == [written]
    assert store.queue(done.version).filter(pl.col("rule") == BY_PERSON)["found"].to_list() == ["ann"]


def test_a_correction_in_place_of_the_rule_s_edit_is_untouched(store: Store, version: Version) -> None:
    question = next(one for one in open_questions(store, version) if one.rule == "count.said" and one.kind == "sample")
    take(store, [answer(question, "correct", corrected='{"kind": "order", "count": 7}')], version)
    reviewed = apply_decisions(store, version, shop_rules(store, version)).version
    assert reviewed is not None

    done = taken_back(store, reviewed, "count.said")

    assert outputs(store, done.version)[question.instruction] == ("rewritten", {"kind": "order", "count": 7})


def test_one_rule_after_the_other_is_no_rule_at_all(store: Store, version: Version) -> None:
    now = version
    for rule in ("total.price", "count.said", "sweet.said"):
        now = taken_back(store, now, rule).version

    left = {disposition for disposition, _ in outputs(store, now).values()}
    assert left == {"unchanged", "rewritten", "review"}
    assert {case.edits[place]["rule"] for case in cases(store, now) for place in case.places()} == {"format.fence"}


def test_a_rule_that_did_nothing_cannot_be_taken_back(store: Store, version: Version) -> None:
    with pytest.raises(StoreError, match=r"no edit of 'count.sad' stands in version 1; did you mean 'count.said'\?"):
        rollback(store, "count.sad", version, None)
    with pytest.raises(StoreError, match="nothing to review"):
        rollback(store, "count.said", 0, None)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(st.sampled_from(SAID), min_size=3, max_size=12),
    rule=st.sampled_from(["count.said", "total.price", "sweet.said"]),
)
def test_without_a_rule_every_row_is_what_a_run_without_it_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, said: list[str], rule: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = [row(f"{place}号桌{words}") for place, words in enumerate(said)]
    store = Store(folder / "store")
    version = make_version(store, folder, rows)
    if not any(case.places(rule) for case in cases(store, version)):
        return
    without = make_version(store, folder, rows, off={rule: "not trusted"})
    untouched = {case.key for case in cases(store, version) if not case.places(rule)}

    done = taken_back(store, version, rule)

    expected = outputs(store, without)
    declined = {one.instruction for one in open_questions(store, version) if one.rule == rule and one.after is None}
    for instruction, what in outputs(store, done.version).items():
        assert instruction in declined or what == expected[instruction]
    assert untouched.isdisjoint(change.key for change in diff(store, version, done.version))


def test_verify_finds_a_rollback_of_what_does_not_stand(store: Store, version: Version) -> None:
    done = taken_back(store, version, "count.said")
    handle = DeltaTable(f"{store.tables.root}/edits")
    rows = pl.scan_delta(handle).collect()
    back = (pl.col("kind") == "rollback") & (pl.col("rule") == "total.price")
    changed = rows.with_columns(rule=pl.when(back).then(pl.lit("sweet.said")).otherwise("rule"))
    handle.alter.set_table_properties({"delta.appendOnly": "false"})
    write_deltalake(handle, changed.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="overwrite")

    assert any("is not the latest edit that stands" in fault.what for fault in verify(store, done.version))


# -- releasing ------------------------------------------------------------------------------------------------------


def blocked(store: Store, version: Version | int, bar: float = 0.95) -> dict[str, Any]:
    return {blocker.rule: blocker for blocker in may_release(store, version, bar).blockers}


def test_a_version_that_nobody_looked_at_is_not_released(store: Store, version: Version) -> None:
    verdict = release(store, version, 0.95)

    found = {blocker.rule: blocker for blocker in verdict.blockers}
    assert found.keys() == {"count.said", "total.price", "sweet.said"}
    assert "nobody has judged it yet" in found["count.said"].reason
    assert any("more answers: rewright review push 1" in one for one in found["count.said"].help)
    assert any("--without count.said" in one for one in found["count.said"].help)
    assert any("--every count.said" in one for one in found["count.said"].help)
    assert "a person looks at every edit; 8 of 8 are not accepted" in found["sweet.said"].reason
    assert store.tags() == {}


def test_a_version_of_which_every_edit_was_accepted_is_released(store: Store, version: Version) -> None:
    accept_every_edit(store, version)

    assert release(store, version, 0.95).blockers == ()
    assert store.tags() == {"released": version.id}


def test_what_a_person_made_of_a_record_settles_the_edits_below_it(store: Store, version: Version) -> None:
    question = next(
        one for one in open_questions(store, version) if one.rule == "total.price" and one.kind == "decline"
    )
    take(store, [answer(question, "correct", corrected='{"kind": "order", "drink": "latte", "count": 5}')], version)
    reviewed = apply_decisions(store, version, shop_rules(store, version)).version
    assert reviewed is not None
    (case,) = cases(store, reviewed, {question.key})
    assert case.places()
    assert not case.open_places()

    assert not any(one.key == question.key for one in open_questions(store, reviewed))
    asked = [one.question(place) for one in cases(store, reviewed) for place in one.open_places()]
    take(store, [answer(one, "accept", at=5) for one in asked], reviewed)
    assert release(store, reviewed, 0.95).blockers == ()


def test_accepting_the_sample_alone_is_too_little_here(store: Store, version: Version) -> None:
    accept_all(store, version, "sample", "all")

    assert blocked(store, version).keys() == {"count.said", "total.price"}
    assert "surely only" in blocked(store, version)["count.said"].reason
    assert blocked(store, version, bar=0.3) == {}


def test_decisions_must_be_applied_before_a_release(store: Store, version: Version) -> None:
    accept_every_edit(store, version)
    question = next(one for one in open_questions(store, version) if one.rule == "count.said" and one.after)
    take(store, [answer(question, "reject", at=99)], version)

    found = blocked(store, version)
    assert found[""].reason == "decisions about 1 row are not applied"
    done = apply_decisions(store, version, shop_rules(store, version))
    assert done.version is not None
    assert "" not in blocked(store, done.version)


def test_an_edit_under_all_that_is_new_after_a_rollback_is_asked_about(store: Store, version: Version) -> None:
    accept_every_edit(store, version)
    done = taken_back(store, version, "total.price")

    # The sugar was accepted beside a total; it is another output now, and nobody has seen it.
    asked = [one for one in open_questions(store, done.version) if one.kind == "all"]
    assert {one.rule for one in asked} == {"sweet.said"}
    assert done.contradicted == 9


def test_a_damaged_version_is_not_released(store: Store, version: Version) -> None:
    accept_every_edit(store, version)
    handle = DeltaTable(f"{store.tables.root}/edits")
    rows = pl.scan_delta(handle).collect().with_columns(note=pl.lit("changed"))
    handle.alter.set_table_properties({"delta.appendOnly": "false"})
    write_deltalake(handle, rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="overwrite")

    assert "does not verify" in blocked(store, version)[""].reason


def test_a_release_tag_is_given_once(store: Store, version: Version) -> None:
    accept_every_edit(store, version)
    assert release(store, version, 0.95, tag="v1.0.0").blockers == ()
    done = taken_back(store, version, "format.fence")

    with pytest.raises(TagTaken):
        release(store, done.version, 0.95, tag="v1.0.0")
    with pytest.raises(StoreError, match="cannot be a tag"):
        release(store, version, 0.95, tag="17")


def test_data_as_they_came_are_not_released(store: Store) -> None:
    with pytest.raises(StoreError, match="nothing to review"):
        may_release(store, 0, 0.95)
