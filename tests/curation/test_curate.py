"""From a file to a version: nothing lost, duplicates told apart, the same id however it is run, all or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import curation.aside
import curation.survey
from curation.command import write
from curation.curate import curate
from curation.judgement import RewriterFault
from curation.manifest import Version
from curation.problems import RuleErrors
from curation.reading import ReadError
from curation.store import Store
from curation.survey import Survey, keyed_rows
from curation.version import verify
from curation.workers import Crew, Rules, WorkerLost
from tests.curation.toy_packs import TOY, variant

ROOT = Path(__file__).parents[2]
RULES = Rules((str(TOY),), {}, {"drinks": ["latte"]})
ORDER = '{"kind": "order", "drink": "latte"}'
DISPOSITIONS = ("unchanged", "rewritten", "review", "quarantined", "dropped")


def record(instruction: str, output: Any = ORDER, said: str = "", **more: Any) -> dict[str, Any]:
    return {"instruction": instruction, "input": said, "output": output, **more}


RAW = [
    record("有拿铁吗", '{"kind": "question"}'),
    record("来两杯拿铁"),
    record("來三杯摩卡", ORDER, id=7),
    record("請做半糖", '{"kind": "order"}'),
    record("来99杯拿铁"),
    record("請來兩杯拿鐵，半糖"),
    record("今天真热", '{"drink": "none"}'),
    record("来两杯拿铁"),  # exact
    record("来两杯拿铁！"),  # near, once the rules have counted
    record("来一份拿铁", '{"kind": "order", "count": 1}'),
    record("來一份拿鐵", '{"kind": "order", "count": 2}'),  # conflicting
    record("来一份拿铁", '{"kind": "order", "count": 3}', "大杯"),  # another input says something else
    record("来四份拿铁", '{"kind": "order"'),
    record(" "),
    {"instruction": "来五份拿铁", "input": ""},
    record("来六杯拿铁", f"```json\n{ORDER}\n```"),
]


def written(folder: Path, records: Sequence[dict[str, Any]] = RAW, name: str = "raw.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(write(one) + "\n" for one in records), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Version]:
    """Return a store with RAW, 0, and what the toy pack makes of it, 1."""
    folder = tmp_path_factory.mktemp("curated")
    store = Store(folder / "store")
    return store, curate(store, written(folder), RULES, tag="first")


def rows(store: Store, version: Version | int = 1) -> list[dict[str, Any]]:
    return list(store.rows(version))


def test_every_row_that_came_in_comes_to_something_in_order(published: tuple[Store, Version]) -> None:
    store, version = published

    assert [(row["row"], row["disposition"]) for row in rows(store)] == list(
        enumerate(
            [
                "unchanged", "rewritten", "rewritten", "rewritten", "review", "review", "review", "dropped",
                "review", "review", "review", "unchanged", "quarantined", "quarantined", "quarantined", "rewritten",
            ]
        )
    )  # fmt: skip
    assert version.counts["rows_in"] == len(RAW) == sum(version.counts[name] for name in DISPOSITIONS)
    assert version.counts["rows_out"] == version.counts["unchanged"] + version.counts["rewritten"]


def test_counts_agree_with_the_rows(published: tuple[Store, Version]) -> None:
    store, version = published
    found = Counter(row["disposition"] for row in rows(store))

    assert {name: version.counts[name] for name in DISPOSITIONS} == {name: found[name] for name in DISPOSITIONS}
    hits = Counter(rule for row in rows(store) for rule in row["rules"])
    assert {name: rule["hits"] for name, rule in version.counts["by_rule"].items()} == {
        name: hits[name] for name in version.counts["by_rule"]
    }
    assert version.counts["quarantined_by_reason"] == {
        "instruction is blank": 1,
        "output is missing": 1,
        "truncated": 1,
    }
    assert version.counts["queue_by_reason"] == {
        "conflicting duplicates": 2,
        "more than anyone drinks": 1,
        "near duplicate": 1,
        "rules propose different outputs": 1,
        "the output breaks the contract": 1,
    }


def test_an_exact_duplicate_is_dropped_and_points_to_the_first(published: tuple[Store, Version]) -> None:
    store, _ = published
    keys = {row["row"]: row["key"] for row in rows(store)}

    assert store.outcomes(1).filter(disposition="dropped").select("seq", "reason", "kept").rows() == [
        (7, "exact duplicate", keys[1])
    ]


def test_near_and_conflicting_duplicates_are_told_by_what_the_rules_made(published: tuple[Store, Version]) -> None:
    store, _ = published
    keys = {row["row"]: row["key"] for row in rows(store)}

    assert store.queue(1).filter(kind="duplicate").select("seq", "reason", "found").rows() == [
        (8, "near duplicate", f"compare {keys[1]}"),
        (9, "conflicting duplicates", f"compare {keys[10]}"),
        (10, "conflicting duplicates", f"compare {keys[9]}"),
    ]
    assert rows(store)[8]["rules"] == ["order.count"]


def test_duplicates_are_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")

    version = curate(store, written(tmp_path), RULES, keep_duplicates=True)

    assert version.counts["dropped"] == 0
    assert version.counts["review"] == 3
    assert [rows(store)[place]["disposition"] for place in (1, 7, 8, 9, 10)] == ["rewritten"] * 3 + ["unchanged"] * 2


def test_nothing_but_the_output_changes(published: tuple[Store, Version]) -> None:
    store, _ = published
    came = dict(store.read(0).select("key", "payload").rows())

    for key, payload in store.read(1).select("key", "payload").iter_rows():
        before, after = json.loads(came[key]), json.loads(payload)
        assert {**before, "output": None} == {**after, "output": None}
        assert list(before) == list(after)


def test_a_version_is_derived_again_from_its_parent_and_its_edits(published: tuple[Store, Version]) -> None:
    store, _ = published

    assert verify(store, 0) == []
    assert verify(store, 1) == []


def test_curating_again_gives_the_version_that_is_there(published: tuple[Store, Version], tmp_path: Path) -> None:
    store, version = published

    again = curate(store, written(tmp_path), RULES, tag="again")

    assert (again.id, again.number) == (version.id, version.number)
    assert [one.number for one in store.versions()] == [0, 1]
    assert store.tags() == {"again": version.id, "first": version.id}


@pytest.mark.parametrize("held", [1, 1_000, 2**24])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_batches_of_any_size_in_memory_or_in_files_give_the_same_version(
    published: tuple[Store, Version], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, held: int
) -> None:
    monkeypatch.setattr(curation.survey, "BATCH_ROWS", size)
    monkeypatch.setattr(curation.aside, "_HELD", held)

    assert curate(Store(tmp_path / "store"), written(tmp_path), RULES).id == published[1].id


@pytest.mark.slow
def test_any_number_of_processes_gives_the_same_version(
    published: tuple[Store, Version], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curation.survey, "BATCH_ROWS", 2)

    for workers in (2, 3):
        version = curate(Store(tmp_path / f"store{workers}"), written(tmp_path), RULES, workers=workers)
        assert version.id == published[1].id


def test_the_same_records_in_a_table_or_an_array_come_to_the_same(
    published: tuple[Store, Version], tmp_path: Path
) -> None:
    path = tmp_path / "raw.json"
    path.write_text(json.dumps(RAW, ensure_ascii=False, indent=1), encoding="utf-8")

    assert curate(Store(tmp_path / "store"), path, RULES).content == published[1].content


def test_shuffled_lines_come_to_the_same_in_another_order(tmp_path: Path) -> None:
    distinct = [one for place, one in enumerate(RAW) if place not in {8, 10}]
    forward, backward = Store(tmp_path / "forward"), Store(tmp_path / "backward")
    curate(forward, written(tmp_path, distinct), RULES)
    curate(backward, written(tmp_path, distinct[::-1], "other.jsonl"), RULES)

    def by_key(store: Store) -> dict[str, Any]:
        return {row["key"]: {**row, "row": 0} for row in rows(store)}

    assert by_key(forward) == by_key(backward)
    assert forward.edits(1).drop("seq").sort("key", "ord").equals(backward.edits(1).drop("seq").sort("key", "ord"))


def test_rules_that_are_switched_off_make_another_version(published: tuple[Store, Version], tmp_path: Path) -> None:
    off = Rules(RULES.packs, {"order.count": "on holiday"}, RULES.catalogue)

    version = curate(Store(tmp_path / "store"), written(tmp_path), off)

    assert version.ruleset != published[1].ruleset
    assert "order.count" not in version.counts["by_rule"]


def test_progress_tells_stages_and_rows(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []

    curate(Store(tmp_path / "store"), written(tmp_path), RULES, progress=lambda *what: told.append(what))

    assert told == [("reading", 16, None), ("storing", 16, 16), ("rules", 16, 16), ("publishing", 16, 16)]


def test_a_file_that_cannot_be_read_to_its_end_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curation.survey, "BATCH_ROWS", 2)
    path = written(tmp_path)
    path.write_bytes(path.read_bytes() + b'{"instruction": "\xd6\xd0"}\n')

    with pytest.raises(ReadError, match="byte"):
        curate(Store(tmp_path / "store"), path, RULES)

    assert Store(tmp_path / "store").versions() == []


def test_rules_that_are_wrong_are_told_before_anything_is_read(tmp_path: Path) -> None:
    pack = variant(tmp_path, rules={"20-order/empty.yaml": "id: order.empty\n"})

    with pytest.raises(RuleErrors):
        curate(Store(tmp_path / "store"), tmp_path / "there is no such file", Rules((str(pack),)))

    assert Store(tmp_path / "store").versions() == []


@pytest.mark.slow
def test_rules_that_are_wrong_are_told_once_however_many_processes_load_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pack = variant(tmp_path, rules={"20-order/empty.yaml": "id: order.empty\n"})

    with pytest.raises(RuleErrors):
        curate(Store(tmp_path / "store"), written(tmp_path), Rules((str(pack),)), workers=2)

    assert capfd.readouterr().err == ""


def test_a_fault_in_a_rewriter_ends_the_run_and_only_the_raw_data_is_there(tmp_path: Path) -> None:
    pack = variant(tmp_path, python={"if count > most:": "if count == 3:\n        count / 0\n    if count > most:"})
    store = Store(tmp_path / "store")

    with pytest.raises(RewriterFault, match="division by zero"):
        curate(store, written(tmp_path), Rules((str(pack),)))

    assert [version.kind for version in store.versions()] == ["raw"]


@pytest.mark.slow
def test_a_process_that_is_killed_ends_the_run_and_only_the_raw_data_is_there(tmp_path: Path) -> None:
    killing = "if count == 3:\n        import os\n        os._exit(9)\n    if count > most:"
    pack = variant(tmp_path, python={"if count > most:": killing})
    store = Store(tmp_path / "store")

    with pytest.raises(WorkerLost, match="no version was made"):
        curate(store, written(tmp_path), Rules((str(pack),)), workers=2)

    assert [version.kind for version in store.versions()] == ["raw"]
    assert verify(store, 0) == []
    # What the draft had appended is in nobody's way.
    assert curate(store, written(tmp_path), RULES).number == 1
    assert verify(store, 1) == []


@pytest.mark.parametrize("seconds", [0, 1])
def test_an_interrupt_is_told_by_the_caller_alone_not_by_the_processes_that_work_for_it(seconds: float) -> None:
    interrupted = f"""
import os, signal, time
from curation.workers import Crew, Rules

if __name__ == "__main__":
    try:
        with Crew(Rules(({str(TOY)!r},)), 2) as crew:
            crew.start()
            time.sleep({seconds})
            os.killpg(0, signal.SIGINT)
            time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted")
"""

    done = subprocess.run(
        [sys.executable, "-c", interrupted],
        cwd=ROOT,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_processes_end_with_their_caller_also_where_it_is_killed() -> None:
    killed = f"""
import os, signal
from curation.workers import Crew, Rules

if __name__ == "__main__":
    with Crew(Rules(({str(TOY)!r},)), 2) as crew:
        crew.start()
        os.kill(os.getpid(), signal.SIGKILL)
"""
    with subprocess.Popen([sys.executable, "-c", killed], cwd=ROOT, stdout=subprocess.PIPE, process_group=0) as process:
        try:
            process.communicate(timeout=30)  # the processes hold the pipe as long as they live
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise

    assert process.returncode == -signal.SIGKILL


def test_the_survey_finds_duplicates_and_where_to_look_for_more(tmp_path: Path) -> None:
    path = written(tmp_path, [*RAW, *RAW[:3]])
    with Survey(RULES.load()) as survey:
        survey.read(path)

        assert {row: n for row, n in enumerate(survey.nth) if n} == {7: 1, 16: 1, 17: 2, 18: 1}
        assert survey.alike.arg_true().to_list() == [1, 8, 9, 10]
        assert [row["key"] for batch in survey.rows() for row in batch.iter_rows(named=True)] == [
            key for batch in keyed_rows(path) for key in batch["key"]
        ]


def test_a_signal_waits_until_the_processes_of_a_run_have_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    submit = ProcessPoolExecutor.submit

    def interrupted(pool: ProcessPoolExecutor, *job: Any) -> Future[Any]:
        signal.raise_signal(signal.SIGTERM)
        begun = submit(pool, *job)
        heard.append("begun")
        return begun

    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("told"))
    try:
        monkeypatch.setattr(ProcessPoolExecutor, "submit", interrupted)
        with Crew(RULES, 2) as crew:
            crew.start()
    finally:
        signal.signal(signal.SIGTERM, before)

    assert heard == ["begun", "begun", "told", "told"]
