"""Reuse: a second run over data that hardly changed judges what changed, and makes the same version as a full run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curation.aside
import curation.draft
import curation.reuse
import curation.survey
import curation.workers
from benchmarks.generate import Generator
from curation.batch import Batch, run_batch
from curation.curate import curate
from curation.manifest import Version
from curation.store import Store
from curation.version import verify
from curation.workers import Rules
from tests.curation.test_curate import ORDER, RAW, RULES, record, written
from tests.curation.toy_packs import AGAIN, variant

HOME = Rules((str(Path(__file__).parents[2] / "rules" / "smart_home"),))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the number of rows of each batch that is judged."""
    counted: list[int] = []

    def counting(engine: Any, rows: pl.DataFrame, *more: Any) -> Batch:
        counted.append(rows.height)
        return run_batch(engine, rows, *more)

    monkeypatch.setattr(curation.workers, "run_batch", counting)
    return counted


def anew(folder: Path, data: Path, rules: Rules = RULES, **options: Any) -> tuple[Store, Version]:
    """Curate in a store that has seen nothing before."""
    store = Store(folder / f"fresh-{len(list(folder.iterdir()))}")
    return store, curate(store, data, rules, **options)


def same(first: tuple[Store, Version], second: tuple[Store, Version]) -> None:
    """Hold that two versions are the same in every table, whatever store they are in."""
    (one, a), (other, b) = first, second
    assert (a.id, a.manifest, a.counts) == (b.id, b.manifest, b.counts)
    assert one.read(a, deleted=True).equals(other.read(b, deleted=True))
    for table in ("edits", "queue", "outcomes"):
        assert getattr(one, table)(a).equals(getattr(other, table)(b))


def test_each_rule_that_asks_about_a_row_is_a_question_of_its_own_in_a_second_run_too(tmp_path: Path) -> None:
    rules = Rules((str(variant(tmp_path, rules={"20-order/again.yaml": AGAIN})),), {}, {"drinks": ["latte"]})
    store = Store(tmp_path / "store")
    asked = []
    for extra in ([], [record("来八杯拿铁")]):
        version = curate(store, written(tmp_path, [*RAW, *extra]), rules)
        questions = store.queue(version).filter(~pl.col("kind").is_in(["sample", "all"]))
        assert version.counts["queue_by_reason"] == Counter(questions["reason"])
        asked.append(version.counts["queue_by_reason"]["more than anyone drinks"])
    assert asked == [2, 2]


GIVEN_ANYWAY = 3
"""Rows that are settled before a rule is asked, and so not looked for: a duplicate, and two that are no records."""

CHANGED = [
    *RAW[:3],
    record("來五杯摩卡"),  # new
    record("来一份拿铁", '{"kind": "order", "count": 1}'),  # moved up; the row that contradicts it is gone
    *RAW[3:9],
    *RAW[11:],
    record("来两杯拿铁。"),  # near to what was there before
    record("有拿铁吗?", '{"kind": "question"}'),  # near to a row that nothing was to be said about
    {**record("今天真热", {"kind": "order", "drink": "latte"}), "n": 1},
]


def test_a_version_made_with_reuse_is_the_one_made_without(tmp_path: Path, judged: list[int]) -> None:
    store = Store(tmp_path / "store")
    curate(store, written(tmp_path), RULES)
    judged.clear()
    changed = written(tmp_path, CHANGED, "changed.jsonl")

    version = curate(store, changed, RULES)

    assert sum(judged) == 4 + GIVEN_ANYWAY
    same((store, version), anew(tmp_path, changed))
    assert verify(store, version) == []


def test_reuse_goes_on_from_a_version_that_reused(tmp_path: Path, judged: list[int]) -> None:
    store = Store(tmp_path / "store")
    for name, records in (("a.jsonl", RAW), ("b.jsonl", CHANGED)):
        curate(store, written(tmp_path, records, name), RULES)
    judged.clear()
    data = written(tmp_path, [*CHANGED, record("来七杯拿铁")], "c.jsonl")

    version = curate(store, data, RULES)

    assert sum(judged) == 1 + GIVEN_ANYWAY
    same((store, version), anew(tmp_path, data))


def test_without_reuse_every_row_is_judged(tmp_path: Path, judged: list[int]) -> None:
    store = Store(tmp_path / "store")
    first = curate(store, written(tmp_path), RULES)
    judged.clear()

    assert curate(store, written(tmp_path), RULES, reuse=False) == first
    assert sum(judged) == len(RAW)


def test_the_same_data_again_is_the_same_version_and_nothing_is_judged(tmp_path: Path, judged: list[int]) -> None:
    store = Store(tmp_path / "store")
    first = curate(store, written(tmp_path), RULES)
    judged.clear()

    assert curate(store, written(tmp_path), RULES) == first
    assert judged == []


def test_the_same_data_again_leaves_the_store_as_it_was_however_much_there_is_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curation.draft, "_BUFFERED", 2)
    store = Store(tmp_path / "store")
    first = curate(store, written(tmp_path), RULES)
    files = sorted((tmp_path / "store").rglob("*"))

    again = curate(store, written(tmp_path), RULES, tag="again")

    assert again == first
    assert store.tags() == {"again": first.id}
    assert sorted(file for file in (tmp_path / "store").rglob("*") if "tags" not in file.parts) == files


@pytest.mark.parametrize("what", ["catalogue", "rules", "duplicates", "code"])
def test_nothing_is_reused_where_anything_else_is_not_the_same(
    what: str, tmp_path: Path, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    curate(store, written(tmp_path), RULES)
    judged.clear()
    rules = {
        "catalogue": Rules(RULES.packs, {}, {"drinks": ["latte", "mocha"]}),
        "rules": Rules(RULES.packs, {"order.sugar": "too eager"}, RULES.catalogue),
    }.get(what, RULES)
    if what == "code":
        monkeypatch.setattr(curation.reuse, "engine_digest", lambda: "another")

    curate(store, written(tmp_path), rules, keep_duplicates=what == "duplicates")

    assert sum(judged) == len(RAW)


def test_a_device_that_only_one_row_names_is_known_to_the_judgement_of_all(tmp_path: Path, judged: list[int]) -> None:
    def on(device: str) -> str:
        return json.dumps({"mcp_type": "iot", "params": {"device_id": device, "power": "on"}})

    rows = [record("打开卧室的灯和窗帘", on("light_bedroom_01")), record("打开电视", on("tv_living_01"))]
    store = Store(tmp_path / "store")
    curate(store, written(tmp_path, rows), HOME)
    judged.clear()
    data = written(tmp_path, [*rows, record("打开窗帘", on("curtain_bedroom_01"))], "more.jsonl")

    version = curate(store, data, HOME)

    assert sum(judged) == 3
    same((store, version), anew(tmp_path, data, HOME))


def test_a_version_that_was_tampered_with_is_not_reused(tmp_path: Path, judged: list[int]) -> None:
    store = Store(tmp_path / "store")
    version = curate(store, written(tmp_path), RULES)
    forged = store.edits(version).head(1).with_columns(draft=pl.lit(version.draft), note=pl.lit("forged"))
    store.tables.append("edits", forged)
    judged.clear()

    curate(store, written(tmp_path, [*RAW, record("来七杯拿铁")], "more.jsonl"), RULES)

    assert sum(judged) == len(RAW) + 1


INSTRUCTIONS = ["来两杯拿铁", "來兩杯拿鐵", "来两杯拿铁！", "有拿铁吗", "请做半糖", "来99杯拿铁", "今天真热"]
OUTPUTS: list[Any] = [
    ORDER,
    '{"kind": "question"}',
    '{"drink": "none"}',
    '{"kind": "order", "count": 2}',
    '{"kind":"order"}',
    "nothing",
    f"```json\n{ORDER}\n```",
    {"kind": "order"},
]
toys = st.lists(st.builds(record, st.sampled_from(INSTRUCTIONS), st.sampled_from(OUTPUTS)), min_size=1, max_size=12)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(toys, toys, st.randoms(use_true_random=False), st.booleans(), st.sampled_from([1, 2**24]))
def test_any_change_to_a_data_set_gives_the_version_of_a_full_run(
    before: Sequence[dict[str, Any]], more: Sequence[dict[str, Any]], chance: Any, keep_duplicates: bool, held: int
) -> None:
    after = [one for one in before if chance.random() < 0.8] + list(more)
    chance.shuffle(after)
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(folder / "store")
        curate(store, written(folder, before), RULES, keep_duplicates=keep_duplicates)
        data = written(folder, after, "after.jsonl")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(curation.aside, "_HELD", held)
            version = curate(store, data, RULES, keep_duplicates=keep_duplicates)

        same((store, version), anew(folder, data, keep_duplicates=keep_duplicates))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_the_rules_of_the_home_make_the_same_version_with_reuse(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curation.survey, "BATCH_ROWS", 500)
    rows = list(Generator(5).records(2_000))
    store = Store(tmp_path / "store")
    curate(store, written(tmp_path, rows), HOME, workers=workers)
    changed = [*rows[1_000:1_700], *rows[:900], *Generator(6).records(60)]
    data = written(tmp_path, changed, "changed.jsonl")

    version = curate(store, data, HOME, workers=workers)

    same((store, version), anew(tmp_path, data, HOME))
    assert verify(store, version) == []
