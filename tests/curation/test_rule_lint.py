"""The lint rules for rule files, and that google-re2 refuses what it cannot hold instead of blowing up."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.check import check
from curation.lexicon import Lexicon
from curation.lint import subsumes
from curation.pack import load_pack
from curation.pattern import BadPattern, NamedReader, compile_pattern
from curation.rewriting import Reading
from curation.text import Span
from curation.vocabulary import Vocabulary

TOY = Path(__file__).parent / "toy_pack"


def digits(text: str) -> list[Reading]:
    return [Reading(Span(i, i + 1), int(c)) for i, c in enumerate(text) if c in "0123456789"]


LEXICONS = {"nudge": Lexicon("nudge", "", {"-1": ("调低", "低"), "+1": ("高",)})}
READERS = {"number": NamedReader("number", digits, frozenset("0123456789"))}
VOCABULARY = Vocabulary(LEXICONS, READERS, {}, {}, {}, {}, "")


def reached(earlier: str, later: str) -> bool:
    one, two = (compile_pattern(source, VOCABULARY.names) for source in (earlier, later))
    return not subsumes(one, two, VOCABULARY)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("关", "关灯"),
        ("关", "把.*关(?:掉|上)"),
        ("关|开", "打开|关上"),
        ("<nudge>", "再<nudge>一点"),
        ("<number>度", "调到<number>度"),
        ("低", "<nudge>低"),
        ("[开关]", "开灯|关灯"),
        ("a+", "a{3}b"),
    ],
)
def test_a_pattern_is_never_reached_where_an_earlier_one_matches_all_that_it_does(earlier: str, later: str) -> None:
    assert not reached(earlier, later)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("关灯", "关"),
        ("^关", "把关"),
        ("关$", "关灯"),
        ("关", "开|关灯"),
        ("关", "(?:关|开)灯"),
        ("灯", "关灯?"),
        ("<number>度", "(?:<number>度)?开"),
        ("<number>度", "<nudge>|<number>度"),
        ("number", "<number>度"),
        ("关", "[关开]"),
        ("低", "<nudge>一点"),
    ],
)
def test_a_pattern_with_texts_of_its_own_is_reached(earlier: str, later: str) -> None:
    assert reached(earlier, later)


PIECES = st.sampled_from(["关", "开", "灯", "a", "(?:关|开)", "[关灯]", "a?", "灯*", "<nudge>", "(?:a灯)+", "."])
SOURCES = st.lists(PIECES, min_size=1, max_size=4).map("".join) | st.tuples(PIECES, PIECES).map("|".join)


@given(SOURCES, SOURCES, st.text("关开灯a低高调x", max_size=8))
def test_what_is_called_unreached_matches_nothing_that_the_earlier_one_does_not(one: str, two: str, text: str) -> None:
    earlier, later = (compile_pattern(source, VOCABULARY.names) for source in (one, two))
    if subsumes(earlier, later, VOCABULARY) and later.search(text):
        assert earlier.search(text)


def changed(tmp_path: Path, file: str, old: str, new: str) -> list[tuple[str, str]]:
    root = shutil.copytree(TOY, tmp_path / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return [(kind, f"{p.path.name}:{p.line}:{p.column}: {p.found}") for kind, p in check(load_pack(root)).findings]


def test_an_unreachable_pattern_is_named_once_with_the_one_that_hides_it(tmp_path: Path) -> None:
    found = changed(tmp_path, "20-order/count.yaml", "'第<number>杯'", "'第<number>杯', '是第<number>杯'")
    assert found == [
        ("pattern", "count.yaml:10:26: a pattern that is never reached: '第<number>杯' matches wherever it does")
    ]


def test_a_pattern_that_matches_nearly_everything_is_named(tmp_path: Path) -> None:
    found = changed(tmp_path, "20-order/sugar.yaml", "all: [<sweet>]", "all: [<sweet>, '.']")
    assert found == [("pattern", "sugar.yaml:9:20: a pattern that matches nearly everything")]


def test_a_word_that_can_be_said_in_too_many_ways_is_named(tmp_path: Path) -> None:
    word = "摩" + "卡?" * 13
    found = changed(tmp_path, "lexicons/drink.yaml", "'摩[卡咖]'", f"'摩[卡咖]', '{word}'")
    assert (
        "pattern",
        f"drink.yaml:5:20: 13 optional parts in {word!r}, which can be said in 2 to the power of 13 ways",
    ) in found


def test_rules_without_a_hit_in_a_version_are_named_when_a_version_is() -> None:
    pack = load_pack(TOY)
    counts = {rule.id: {"hits": 0, "declines": 0, "conflicts": 0} for rule in pack.rules}
    counts["order.count"]["declines"] = 1
    del counts["order.sugar"]

    findings = check(pack, proof=False, version=("3", counts)).findings

    assert [(one.kind, one.problem.path.name, one.problem.found) for one in findings] == [
        ("idle", "fence.yaml", "a rule without a hit in version 3"),
        ("idle", "sugar.yaml", "a rule that version 3 was made without"),
    ]


@pytest.mark.parametrize("source", ["灯{1001}", "(?:(?:灯{100}){100}){10}"])
def test_a_repetition_too_large_to_hold_is_refused_with_the_offending_part(source: str) -> None:
    with pytest.raises(BadPattern, match=r"invalid repetition size: \{\d+\}"):
        compile_pattern(source, {})


def test_what_makes_other_engines_blow_up_takes_no_time() -> None:
    pattern = compile_pattern("(?:(?:a+)+)+b", {})
    started = time.perf_counter()
    assert pattern.search("a" * 20_000) is None
    assert time.perf_counter() - started < 1
