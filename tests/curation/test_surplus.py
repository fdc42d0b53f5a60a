"""The share of a label that is kept, in figures and in settings."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.batch import LABELLED
from curation.shares import Keep
from curation.surplus import Surplus
from curation.workspace import Workspace, WorkspaceError

shares = st.integers(0, 20).map(lambda twentieths: twentieths / 20)


def kept(have: dict[str, int], share: dict[str, float]) -> dict[str, int]:
    """Return how many rows of each label are left of so many."""
    surplus = Surplus(Keep(share))
    rows = [label for label, count in have.items() for _ in range(count)]
    named = [(seq, f"{seq:024x}-0", label) for seq, label in enumerate(rows)]
    surplus._labelled.append(pl.DataFrame(named, LABELLED, orient="row"))
    none = pl.repeat(value=False, n=len(rows), eager=True)
    records, _, outcomes = surplus.settle(none, Counter())
    gone = set(records["seq"])
    assert gone == set(outcomes["seq"])
    left = [label for seq, label in enumerate(rows) if seq not in gone]
    return {label: left.count(label) for label in have}


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 60), min_size=1),
    st.dictionaries(st.sampled_from("ab"), shares),
)
def test_every_share_holds_and_one_row_more_would_break_it(have: dict[str, int], share: dict[str, float]) -> None:
    left = kept(have, share)
    total = sum(left.values())

    for label, count in left.items():
        limit = Fraction(str(share.get(label, 1)))
        assert count <= limit * total
        assert count == have[label] or count + 1 > limit * (total + 1)
        assert label in share or count == have[label]


def config(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "rewright.toml").write_text(text, "utf-8")
    return home


def test_the_setting_is_read_from_the_workspace(tmp_path: Path) -> None:
    home = Workspace.open(config(tmp_path, 'packs = ["support_intents"]\n[keep]\nshare = {"其他" = 0.2}\nseed = 7\n'))

    assert home.keep == Keep({"其他": 0.2}, 7)
    assert Workspace.open(config(tmp_path, "")).keep == Keep()


@pytest.mark.parametrize(
    "text",
    [
        'share = {"其他" = 2}',
        'share = {"其他" = "x"}',
        "share = 0.2",
        "seed = 0.5",
        "shares = {}",
        'share = {"a" = true}',
    ],
)
def test_a_setting_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WorkspaceError, match=r"share = \{\"LABEL\" = 0\.2\}"):
        Workspace.open(config(tmp_path, f"[keep]\n{text}\n"))


def test_a_setting_that_asks_for_nothing_changes_no_rule_set(tmp_path: Path) -> None:
    from curation.curate import curate
    from curation.store import Store
    from curation.workers import Rules

    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"instruction": "导出", "output": "下载场景"}) + "\n", "utf-8")
    ids = {
        curate(Store(str(tmp_path / f"{place}")), path, Rules(("support_intents",)), keep=keep).ruleset
        for place, keep in enumerate([None, Keep(), Keep(seed=3)])
    }

    assert len(ids) == 1
