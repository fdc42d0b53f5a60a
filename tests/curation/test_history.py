"""The life of a record: every edit, question, answer and loss, in every version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import rewright
from curation.decision import Decision, append_decisions
from curation.draft import StoreError
from curation.history import as_json, life
from curation.manifest import Version
from curation.store import Store, UnknownVersion
from tests.curation.shelf import ROWS, shelf
from tests.curation.toy_store import publish_curated


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Version]:
    """A store with a second version of other edits, and an answer to a question of the first."""
    store, version = shelf(tmp_path_factory.mktemp("shelf") / "store")
    publish_curated(store, 0, word="g")
    key = store.queue(version)["key"][0]
    answer = Decision(
        "q", key, "toy.rule-2", "", "decline", None, None, "reject", None, (), "no such lamp", "ann", "argilla:lamps",
        sampled=False, version=version.id, problem=None, decided_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    append_decisions(store.tables, [answer])
    return store, version


def test_an_edited_record_shows_each_edit_with_its_words_and_result(made: tuple[Store, Version]) -> None:
    store, version = made

    found = as_json(life(store, "1", version.number))

    raw, curated = found["versions"]
    assert (found["row"], found["instruction"]) == (1, "打开第1盏灯")
    assert (raw["kind"], raw["disposition"], raw["edits"]) == ("raw", "unchanged", [])
    assert (curated["disposition"], curated["tags"]) == ("rewritten", ["v1.0.0"])
    first, second = curated["edits"]
    assert [edit["rule"] for edit in (first, second)] == ["toy.rule-0", "toy.rule-1"]
    assert first["said"] == "打开"
    assert first["output_before"] == raw["output"]
    assert first["output_after"] == second["output_before"]
    assert second["output_after"] == curated["output"]
    assert json.loads(curated["output"])["params"] == {"n": 1}


def test_without_a_version_all_that_hold_the_record_are_told(made: tuple[Store, Version]) -> None:
    store, _ = made
    key = store.read(0, ("key",))["key"][6]

    found = life(store, key)

    assert [chapter.version.number for chapter in found.chapters] == [0, 1, 2]
    functions = [json.loads(chapter.edits[0]["output_after"])["function"] for chapter in found.chapters[1:]]
    assert functions == ["f", "g"]
    assert [chapter.version.number for chapter in life(store, key, 2).chapters] == [0, 2]


def test_questions_and_answers_stand_in_the_version_that_asked(made: tuple[Store, Version]) -> None:
    store, version = made
    key = store.queue(version)["key"][0]

    raw, first, second = as_json(life(store, key))["versions"]

    assert first["queue"][0]["reason"] == second["queue"][0]["reason"] == "no such device"
    assert (first["decisions"][0]["verdict"], first["decisions"][0]["annotator"]) == ("reject", "ann")
    assert raw["decisions"] == second["decisions"] == []


def test_a_record_that_is_gone_says_why_and_what_was_kept(made: tuple[Store, Version]) -> None:
    store, version = made

    quarantined, dropped = (as_json(life(store, row, version.id))["versions"][1] for row in ("3", "4"))

    assert (quarantined["disposition"], quarantined["output"]) == ("quarantined", None)
    assert quarantined["outcomes"][0]["reason"] == "not JSON"
    assert dropped["outcomes"][0]["kept"]


def test_a_record_is_named_by_row_key_or_its_beginning(made: tuple[Store, Version]) -> None:
    store, _ = made
    key = store.read(0, ("key",))["key"][7]

    assert life(store, "7").key == life(store, key).key == life(store, key[:16]).key == key


@pytest.mark.parametrize("name", [str(ROWS), "nothing", "0" * 24 + "-0"])
def test_a_record_that_is_not_there_is_told(made: tuple[Store, Version], name: str) -> None:
    with pytest.raises(StoreError, match="no record"):
        life(made[0], name)


def test_a_beginning_of_several_keys_lists_them(made: tuple[Store, Version]) -> None:
    with pytest.raises(StoreError, match="could be any of"):
        life(made[0], "a")


def test_unknown_versions_and_empty_stores_are_told(made: tuple[Store, Version], tmp_path: Path) -> None:
    with pytest.raises(UnknownVersion):
        life(made[0], "1", "nowhere")
    with pytest.raises(StoreError, match="no version in"):
        life(Store(tmp_path), "1")


def test_the_command_prints_a_table_and_a_document(
    made: tuple[Store, Version], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rewright.toml").write_text(f"store = {made[0].tables.root!r}\n")
    key = made[0].queue(made[1])["key"][0]

    assert rewright.main(["blame", key, "-w", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert rewright.main(["blame", key, "-w", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert all(word in shown for word in ("came in", "asked (decline)", "answered reject", "ann", "no such lamp"))
    assert told["key"] == key
