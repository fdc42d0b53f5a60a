"""Rule files: every mistake is told in exact words, and what a rule file says is what the rule holds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from curation.pack import load_pack
from curation.problems import RuleErrors
from curation.rule import Review

HERE = Path(__file__).parent
TOY = HERE / "toy_pack"
BAD = sorted((HERE / "bad_rules").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_broken_rule_file_says_so_in_these_words(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(TOY, tmp_path / "pack")
    shutil.copy(path, tmp_path / "pack" / "20-order")
    monkeypatch.chdir(tmp_path / "pack")
    with pytest.raises(RuleErrors) as error:
        load_pack(Path())
    expected = path.read_text("utf-8").split("\n", 1)[0].removeprefix("# ")
    assert [str(problem) for problem in error.value.problems] == [expected]


def test_all_problems_of_all_files_are_told_at_once_each_with_excerpt_and_caret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = shutil.copytree(TOY, tmp_path / "pack")
    names = ["unknown-key", "look-behind", "wrong-parameter-type", "duplicate-key"]
    for name in names:
        shutil.copy(HERE / "bad_rules" / f"{name}.yaml", pack / "20-order")
    sugar = pack / "20-order" / "sugar.yaml"
    sugar.write_text(sugar.read_text("utf-8").replace("sweet>", "sweat>").replace("severity: warning", "severity: bad"))
    monkeypatch.chdir(pack)
    with pytest.raises(RuleErrors) as error:
        load_pack(Path())
    text = str(error.value)
    assert text.endswith("\n7 errors")
    assert "20-order/sugar.yaml:9:11: <sweat> is no lexicon and no reader; did you mean 'sweet'?" in text
    assert "    9 |     all: [<sweat>]\n      |           ^" in text
    assert [text.index(f"20-order/{name}.yaml") for name in sorted(names)] == sorted(
        text.index(f"20-order/{name}.yaml") for name in names
    )


def test_a_rule_holds_what_its_file_says() -> None:
    rule = load_pack(TOY).rule("order.count")
    assert (rule.phase, rule.pack, rule.path, rule.use) == ("order", "cafe", "20-order/count.yaml", "set_count")
    assert rule.review == Review("sample", 0.1)
    assert rule.names == ("number", "drink")
    assert rule.match.command == {"kind": frozenset({"order"}), "count": frozenset({"absent"})}
    assert [example.expects for example in rule.examples] == ["after"] * 3 + ["declines"] + ["unchanged"] * 3
    assert not rule.rewrites_text
    assert rule.literals is not None
    assert "杯拿铁" in rule.literals


def test_a_review_of_none_or_all_has_its_share() -> None:
    pack = load_pack(TOY)
    assert pack.rule("format.fence").review == Review("none", 0.0)
    assert pack.rule("order.sugar").review == Review("all", 1.0)


def test_the_facts_a_sentence_needs_give_words_to_the_pre_filter(tmp_path: Path) -> None:
    pack = shutil.copytree(TOY, tmp_path / "pack")
    path = pack / "20-order" / "sugar.yaml"
    text = path.read_text("utf-8").replace("  instruction:\n    all: [<sweet>]\n", "").replace("<sweet>", "half")
    path.write_text(text, "utf-8")
    assert load_pack(pack).rule("order.sugar").literals == frozenset("请谢") | {"麻烦"}


def test_rules_are_values() -> None:
    rule = load_pack(TOY).rule("order.count")
    assert replace(rule, summary="x") != rule
    with pytest.raises(AttributeError):
        rule.summary = "x"  # type: ignore[misc]
