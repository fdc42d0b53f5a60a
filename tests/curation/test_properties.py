"""What must hold for any record: a second run changes nothing, order and batches do not matter, every edit inverts.

On the rules of the home, with generated records, every sentence of the rule examples with every kind of output, and the
bundled data set.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generate import Generator
from curation.batch import run_batch
from curation.command import Keys, digest, parse_object, write
from curation.curate import curate
from curation.edits import apply_to_payload
from curation.engine import Engine
from curation.judgement import Judgement
from curation.pack import Pack, load_pack
from curation.prefilter import untouched
from curation.record import add_keys, batch_of_texts
from curation.store import Store
from curation.version import replay, verify
from curation.workers import Rules

ROOT = Path(__file__).parents[2]
HOME = ROOT / "rules" / "smart_home"
BUNDLED = ROOT / "examples" / "smart_home_raw.jsonl"
DEVICES = ROOT / "examples" / "devices.yaml"


@cache
def pack() -> Pack:
    return load_pack(HOME)


@cache
def home(catalogue: str | None = None) -> Engine:
    """Return the engine of the pack with its own catalogue, or one that examples name."""
    chosen = pack().catalogue if catalogue is None else pack().vocabulary.catalogues[catalogue]
    return Engine(pack(), pack().open_context(chosen))


def examples() -> list[tuple[str, str, str, Any, str | None]]:
    return [
        (rule.id, one.instruction, one.input, one.output, one.devices)
        for rule in pack().rules
        for one in rule.examples
        if not one.todo
    ]


EXAMPLES = examples()
SENTENCES = sorted({sentence for _, sentence, _, _, _ in EXAMPLES})
OUTPUTS = sorted({output for _, _, _, output, _ in EXAMPLES if isinstance(output, str)})

generated = st.integers(0, 10**9).map(lambda seed: next(Generator(seed).records(1)))
mixed = st.builds(
    lambda sentence, output: {"instruction": sentence, "input": "", "output": output},
    st.sampled_from(SENTENCES),
    st.sampled_from(OUTPUTS),
)
records = generated | mixed


def judged(record: dict[str, Any], by: Engine | None = None) -> Judgement:
    return (by or home()).judge(record["instruction"], record["input"], record["output"])


def final(record: dict[str, Any], made: Judgement) -> dict[str, Any]:
    return {**record, "output": made.changes[-1].output} if made.changes else record


def texts(many: list[dict[str, Any]]) -> pl.DataFrame:
    batch = batch_of_texts([write(one) for one in many])
    return add_keys(batch.with_row_index("seq").with_columns(pl.col("seq").cast(pl.Int64)), Keys())


@settings(deadline=None, max_examples=150)
@given(records)
def test_a_second_run_changes_nothing_and_what_waits_for_a_person_waits_for_the_same(record: dict[str, Any]) -> None:
    made = judged(record)

    again = judged(final(record, made))

    assert [(change.rule.id, change.output) for change in again.changes] == []
    assert [(doubt.rule, doubt.reason) for doubt in again.doubts] == [
        (doubt.rule, doubt.reason) for doubt in made.doubts
    ]
    assert again.unreadable == made.unreadable


@pytest.mark.parametrize("rule", [rule.id for rule in pack().rules])
def test_what_comes_of_an_example_stays_as_it_is(rule: str) -> None:
    for one in pack().rule(rule).examples:
        if one.todo:
            continue
        by = home(one.devices)
        record = one.record
        made = judged(record, by)
        if made.unreadable is None:
            assert judged(final(record, made), by).changes == ()
        if one.after is not None:
            after = {**record, "output": one.after}
            once = judged(after, by)
            assert judged(final(after, once), by).changes == ()


@settings(deadline=None, max_examples=40)
@given(records, st.integers(0, 1000))
def test_the_order_of_the_rules_changes_nothing(record: dict[str, Any], seed: int) -> None:
    rules = list(pack().rules)
    random.Random(seed).shuffle(rules)

    assert judged(record, Engine(replace(pack(), rules=tuple(rules)), home().context)) == judged(record)


@settings(deadline=None, max_examples=100)
@given(records)
def test_edits_replay_and_invert_to_the_very_bytes(record: dict[str, Any]) -> None:
    order = pack().order
    made = judged(record)
    now = came = write(record)
    steps = [came]
    for change in made.changes:
        now = apply_to_payload(now, change.target, change.patch, order)
        steps.append(now)
        assert parse_object(now)["output"] == change.output
    for change, before in zip(reversed(made.changes), reversed(steps[:-1]), strict=True):
        now = apply_to_payload(now, change.target, change.inverse, order)
        assert now == before
    assert {**json.loads(steps[-1]), "output": 0} == {**json.loads(came), "output": 0}
    edits = [
        {
            "ord": place,
            "rule": change.rule.id,
            "kind": "rule",
            "target": change.target,
            "patch": change.patch,
            "inverse": change.inverse,
            "before": digest(steps[place]),
            "after": digest(steps[place + 1]),
        }
        for place, change in enumerate(made.changes)
    ]
    assert replay(came, edits, order) == steps[-1]


@settings(deadline=None, max_examples=50)
@given(records)
def test_rewriters_leave_what_they_are_given_alone(record: dict[str, Any]) -> None:
    """Commands are remembered: one that a rewriter changed would change what comes of later records."""
    fresh = Engine(pack(), home().context)
    made = judged(record, fresh)

    for text in (record["output"], *(change.output for change in made.changes)):
        if isinstance(text, str) and (seen := fresh.see(text)).command is not None:
            assert write(seen.command) == write(parse_object(text))


@settings(deadline=None, max_examples=40)
@given(st.lists(records, min_size=1, max_size=8))
def test_the_pre_filter_passes_over_no_row_that_a_rule_would_touch(many: list[dict[str, Any]]) -> None:
    rows = texts(many).filter(pl.col("problem").is_null(), pl.col("output_kind") == "text")

    for seq, kind in untouched(home(), rows).iter_rows():
        made = judged(many[seq])
        assert (made.disposition, made.type_before, made.type_after) == ("unchanged", kind, kind)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_generated_rows_come_to_the_same_in_batches_of_any_size(seed: int, size: int) -> None:
    rows = texts(list(Generator(seed).records(12)))
    whole = run_batch(home(), rows)
    parts = [run_batch(home(), rows[start : start + size]) for start in range(0, rows.height, size)]

    for table in ("records", "edits", "queue", "outcomes"):
        assert pl.concat([getattr(part, table) for part in parts]).equals(getattr(whole, table))


@pytest.mark.slow
def test_the_output_of_the_bundled_data_set_is_its_own_output(tmp_path: Path) -> None:
    rules = Rules((str(HOME),), {}, yaml.safe_load(DEVICES.read_text(encoding="utf-8")))
    store = Store(tmp_path / "store")
    curate(store, BUNDLED, rules)
    assert verify(store, 1) == []
    rows = store.read(1).filter(pl.col("disposition").is_in(["unchanged", "rewritten"]))
    released = rows["payload"].to_list()
    path = tmp_path / "again.jsonl"
    path.write_text("".join(f"{payload}\n" for payload in released), encoding="utf-8")

    again = curate(Store(tmp_path / "again"), path, rules)

    assert {name: again.counts[name] for name in ("unchanged", "rewritten", "review", "quarantined", "dropped")} == {
        "unchanged": len(released), "rewritten": 0, "review": 0, "quarantined": 0, "dropped": 0,
    }  # fmt: skip
    assert Store(tmp_path / "again").edits(1).is_empty()


@pytest.mark.slow
def test_generated_data_give_the_same_version_in_one_process_and_in_two(tmp_path: Path) -> None:
    path = tmp_path / "raw.jsonl"
    path.write_text("".join(write(one) + "\n" for one in Generator(5).records(300)), encoding="utf-8")

    versions = [curate(Store(tmp_path / f"{n}"), path, Rules((str(HOME),)), workers=n) for n in (1, 2)]

    assert versions[0].id == versions[1].id
    assert verify(Store(tmp_path / "2"), 1) == []
