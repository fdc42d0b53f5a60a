"""Additional records: seeded, towards a mix, refused where doubtful or known, and verified like any version."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from curation.augment import AugmentError, augment, remake
from curation.curate import curate
from curation.manifest import Version
from curation.mix import balanced
from curation.pack import Pack, load_pack
from curation.problems import RuleErrors
from curation.splits import groups_of
from curation.store import Store
from curation.templates import load_templates
from curation.version import diff, verify
from curation.workers import Rules

TOY = Path(__file__).parent / "toy_pack"
PYTHON = '''

from curation.rewriting import Filling, slot


@slot("cups")
def cups(draw, context, filled, *, most: int):
    """Say a number of cups."""
    if most < 1:
        raise Decline("no cup at all")
    count = draw.randint(1, most)
    return Filling(f"{count}杯", count)


def label(command):
    """Tell orders of many from others."""
    return "many" if command.get("count", 1) > 1 else "one"
'''
MANY = """\
id: many
summary: Several cups of one drink.
label: many
traditional: 0.5
slots:
  cups: {use: cups, with: {most: 20}}
  drink: {use: one-of, with: {words: [{say: 拿铁, is: latte}, {say: 摩卡, is: mocha}]}}
  who: {use: one-of, with: {words: [张三, 李四, 王五, 赵六, 孙七]}}
instructions: [<who>要<cups><drink>, 给<who><cups><drink>]
output: {kind: order, drink: <drink>, count: <cups>}
"""
ONE = """\
id: one
summary: One cup.
label: one
slots:
  drink: {use: one-of, with: {words: [latte, mocha]}}
  who: {use: one-of, with: {words: [张三, 李四, 王五, 赵六, 孙七, 周八]}}
instructions: [<who>想喝<drink>, <who>来个<drink>]
output: {kind: order, drink: <drink>}
"""


def toy(folder: Path, **templates: str) -> Path:
    root = shutil.copytree(TOY, folder / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    with (root / "cafe.py").open("a", encoding="utf-8") as file:
        file.write(PYTHON)
    (root / "templates").mkdir()
    for name, text in (templates or {"many": MANY, "one": ONE}).items():
        (root / "templates" / f"{name}.yaml").write_text(text, "utf-8")
    return root


HALF = {"many": 0.5, "one": 0.5}


class Cafe:
    """A store with one curated version, and the pack it was curated with."""

    def __init__(self, folder: Path, **templates: str) -> None:
        self.root = toy(folder, **templates)
        self.pack: Pack = load_pack(self.root)
        raw = folder / "raw.jsonl"
        said = [("拿铁", {"kind": "order", "drink": "latte"}), ("张三要2杯拿铁", {"kind": "order", "count": 2})]
        said += [(f"第{number}号想喝水", {"kind": "question"}) for number in range(30)]
        lines = [{"instruction": text, "input": "", "output": json.dumps(output)} for text, output in said]
        raw.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
        self.store = Store(folder / "store")
        self.version = curate(self.store, raw, Rules((str(self.root),)), tag="first")

    def more(self, mix: Mapping[str, float] = HALF, seed: int = 1, size: int = 12) -> Version:
        return augment(self.store, "first", self.pack, mix, seed, size)

    def records(self, version: Version) -> list[dict[str, Any]]:
        rows = self.store.read(version).join(self.store.read("first"), on="key", how="anti")
        return [{**row, **json.loads(row["payload"])} for row in rows.sort("seq").iter_rows(named=True)]


@pytest.fixture
def cafe(tmp_path: Path) -> Cafe:
    return Cafe(tmp_path)


def test_a_version_with_generated_records_verifies_and_says_what_was_added(cafe: Cafe) -> None:
    version = cafe.more()
    assert verify(cafe.store, version) == []
    assert (version.kind, version.parent) == ("augmented", cafe.version.id)
    assert version.counts["generated"] == 12
    assert version.counts["rows_in"] == cafe.version.counts["rows_in"] + 12
    assert Counter(change.kind for change in diff(cafe.store, "first", version)) == {"added": 12}


def test_every_generated_record_is_marked_and_made_again_from_its_own_mark(cafe: Cafe) -> None:
    catalogue = json.loads(cafe.store.ruleset(cafe.more()).text)["catalogue"]  # type: ignore[union-attr]
    for record in cafe.records(cafe.more()):
        assert record["generated"].keys() == {"template", "seed"}
        assert (record["disposition"], record["split"]) == ("unchanged", "train")
        assert remake(cafe.pack, catalogue, json.loads(record["payload"])) == record["payload"]


def test_equal_seeds_make_the_same_version_and_others_another(cafe: Cafe) -> None:
    first = cafe.more(seed=1)
    assert cafe.more(seed=1).id == first.id
    assert cafe.more(seed=2).id != first.id
    assert len(cafe.store.versions()) == 4


def test_no_generated_record_says_what_a_row_that_came_in_says(cafe: Cafe) -> None:
    known = set(groups_of(pl.Series(["拿铁", "张三要2杯拿铁"])))
    made = [record["grp"] for record in cafe.records(cafe.more({"many": 1.0}, size=60))]
    assert not known & set(made)
    assert len(set(made)) == len(made)


def test_a_second_round_repeats_nothing_of_the_first(cafe: Cafe) -> None:
    first = cafe.more(seed=1)
    second = augment(cafe.store, first, cafe.pack, {"many": 1.0}, 1, 12)
    assert verify(cafe.store, second) == []
    groups = cafe.store.read(second)["grp"].to_list()
    assert len(groups) == len(set(groups))


def test_rows_that_are_held_out_do_not_count_towards_the_mix(cafe: Cafe) -> None:
    held_out = cafe.store.read("first").filter(pl.col("split") != "train").height
    before = cafe.more().counts["labels_before"]
    assert held_out > 0
    assert sum(before.values()) == cafe.version.counts["rows_out"] - held_out


def test_templates_that_have_no_more_to_say_are_told_and_nothing_is_published(cafe: Cafe) -> None:
    with pytest.raises(AugmentError, match=r"24 of 100 records of the class 'one'.*the data set says it already"):
        cafe.more({"one": 1.0}, size=100)
    assert len(cafe.store.versions()) == 2


@pytest.mark.parametrize(
    ("mix", "size", "told"),
    [
        ({"few": 1.0}, 5, "no template makes the class 'few'"),
        ({"many": 0.7}, 5, "make 1 together"),
        ({"many": 1.5, "one": -0.5}, 5, "from 0 to 1"),
        ({"many": 1.0}, 0, "at least one"),
    ],
)
def test_a_mix_that_cannot_be_aimed_at_is_refused(cafe: Cafe, mix: dict[str, float], size: int, told: str) -> None:
    with pytest.raises(AugmentError, match=told):
        cafe.more(mix, size=size)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (", count: <cups>}", "}", "not left alone: order.count changes it"),
        ("label: many", "label: lots", "of the class 'many'"),
        ("kind: order, drink", "drink", "not left alone: the output breaks the contract"),
        ("most: 20", "most: 0", "no filling: no cup at all"),
    ],
)
def test_records_that_the_rules_or_the_label_doubt_are_never_taken(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    cafe = Cafe(tmp_path, many=MANY.replace(old, new, 1).replace("<who>要<cups>", "来<cups>"))
    with pytest.raises(AugmentError, match=told):
        cafe.more({"lots" if "lots" in new else "many": 1.0}, size=3)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("id: many", "id: more", "write 'many', as the file is named"),
        ("use: cups", "use: cup", "unknown slot function 'cup'; did you mean 'cups'"),
        ("{most: 20}", "{mosts: 20}", "'cups' takes no parameter 'mosts'"),
        ("{most: 20}", "{most: x}", "write a whole number"),
        ("<cups><drink>, 给", "<cup><drink>, 给", "<cup>, which is no slot"),
        ("count: <cups>", "count: <cubs>", "<cubs>, which is no slot"),
        ("  who:", "  whom:", "<who>, which is no slot"),
        ("output: {kind: order, drink: <drink>, count: <cups>}", "", "neither an output nor a rule"),
        ("output:", "by: [order.cunt]\noutput:", "no rule 'order.cunt'"),
        ("label: many", "lable: many", "'lable'"),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in MANY
    pack = load_pack(toy(tmp_path, many=MANY.replace(old, new, 1)))
    with pytest.raises(RuleErrors, match=r"many\.yaml:\d+:\d+") as error:
        load_templates(pack)
    assert told in str(error.value)


def test_a_template_that_would_not_be_read_is_refused(tmp_path: Path) -> None:
    pack = load_pack(toy(tmp_path, many=MANY))
    next(tmp_path.rglob("many.yaml")).rename(next(tmp_path.rglob("templates")) / "many.yml")

    with pytest.raises(RuleErrors, match=r"many\.yml: not a template; name it \*\.yaml"):
        load_templates(pack)


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("records", {"split": "test"}, "it was made and is for test"),
        ("records", {"payload": "{}"}, "its payload does not have its digest"),
        ("records", {"key": "0" * 24 + "-0"}, "its key does not follow from its payload"),
        ("edits", {"kind": "rule"}, "it is not in the parent, and nothing made it"),
        ("edits", {"patch": "[]"}, "leads to other bytes than it did"),
    ],
)
def test_verify_sees_a_generated_row_that_is_not_what_was_made(
    cafe: Cafe, table: str, change: dict[str, str], told: str
) -> None:
    version = cafe.more({"many": 1.0}, size=1)
    handle = DeltaTable(f"{cafe.store.tables.root}/{table}")
    rows = pl.scan_delta(handle).collect()
    own = pl.col("draft") == version.draft
    rows = rows.with_columns(
        pl.when(own).then(pl.lit(value)).otherwise(name).alias(name) for name, value in change.items()
    )
    handle.alter.set_table_properties({"delta.appendOnly": "false"})
    write_deltalake(handle, rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="overwrite")
    assert told in " ".join(map(str, verify(cafe.store, version)))


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 500), min_size=1),
    st.lists(st.integers(1, 9), min_size=6, max_size=6),
    st.integers(1, 400),
)
def test_the_balance_gives_every_record_away_and_overfills_no_class_that_is_full(
    have: dict[str, int], weights: list[int], size: int
) -> None:
    mix = {label: weight / sum(weights) for label, weight in zip("abcdef", weights, strict=True)}
    added = balanced(have, mix, size)
    assert sum(added.values()) == size
    total = sum(have.values()) + size
    for label, share in mix.items():
        assert added[label] >= 0
        if have.get(label, 0) >= share * total + 1:
            assert added[label] == 0
        assert have.get(label, 0) + added[label] <= max(have.get(label, 0), share * total) + 1


def test_a_mix_that_is_met_is_kept() -> None:
    assert balanced({"a": 60, "b": 40}, {"a": 0.6, "b": 0.4}, 10) == {"a": 6, "b": 4}
