"""A sieve rules texts out before the patterns behind it are tried, and never one that they match."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from curation.lexicon import Lexicon
from curation.literals import sieve
from curation.pack import load_pack
from curation.text import fold
from rules.chinese import clocks, comparisons, durations
from rules.smart_home import question, quoted
from rules.smart_home.asked import predicate
from rules.smart_home.conditions import _MAY_WAIT, _SPOKEN, days, unsayable

PACK = Path(__file__).parents[3] / "rules" / "smart_home"
SAID = [
    fold(json.loads(line)["instruction"]).text
    for suite in sorted((PACK / "suites").glob("*.jsonl"))
    for line in suite.read_text("utf-8").splitlines()
]
TEXTS = [*SAID, *(one[len(one) // 2 :] + other[: len(other) // 2] for one, other in pairwise(SAID))]


@pytest.mark.parametrize(
    ("found", "patterns"),
    [
        (clocks._MAY_BE, [clocks._FIND, clocks._ALONE]),
        (durations._MAY_BE, [durations._PART]),
        (comparisons._MAY_COMPARE, [comparisons._BEFORE]),
        (question._MAY_ASK, [question._ASKS, question._STATE, question._LOOK_UP, question._TELL, question._WHENEVER]),
        (quoted._MAY_QUOTE, [quoted._QUOTED, quoted._PLAY, quoted._NOTIFY]),
        (predicate._ODD, [predicate._INTENTION, predicate.EXCEPT, predicate.REASON, predicate._TIMES]),
        (days._A_WEEK, [days.WEEK]),
        (_MAY_WAIT, [_SPOKEN, *unsayable.UNSAYABLE, days.WEEK]),
    ],
)
def test_what_a_pattern_finds_its_sieve_lets_through(found: re.Pattern[str], patterns: list[re.Pattern[str]]) -> None:
    """A text in which one of the patterns is found is never ruled out, and some texts are."""
    matched = [text for text in TEXTS if any(pattern.search(text) for pattern in patterns)]
    matched += [text[: len(text) - 1] for text in matched]

    assert [text for text in matched if found.search(text) is None and any(p.search(text) for p in patterns)] == []
    assert any(found.search(text) is None for text in TEXTS) or found is comparisons._MAY_COMPARE


@pytest.mark.parametrize("lexicon", load_pack(PACK).vocabulary.lexicons.values(), ids=lambda lexicon: lexicon.id)
def test_a_lexicon_finds_what_its_pattern_finds(lexicon: Lexicon) -> None:
    """Ruling a text out before its words are looked for loses none of them."""
    for text in TEXTS:
        assert [tuple(span) for span, _ in lexicon.find(text)] == [m.span() for m in lexicon._pattern.finditer(text)]


def test_a_pattern_that_needs_no_word_is_let_through_everywhere() -> None:
    """Where a pattern can match without any word, nothing is ruled out."""
    assert sieve(["开?"]).search("") is not None
