"""Patterns: lexicons and readers inside, what is refused, and the words a match cannot do without."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from curation.lexicon import Lexicon
from curation.literals import LIMIT, of_any, one_of
from curation.pattern import BadPattern, NamedReader, UnknownName, compile_pattern
from curation.rewriting import Reading
from curation.text import Span, fold


def numbers(text: str) -> list[Reading]:
    return [Reading(Span(*m.span()), int(m[0])) for m in re.finditer("[0-9]+", text)]


def hours(text: str) -> list[Reading]:
    return [Reading(Span(*m.span()), m[0]) for m in re.finditer("[0-9]+小时", text)]


NAMES: dict[str, Lexicon | NamedReader] = {
    "nudge": Lexicon("nudge", "", {"-1": ("调低", "低", "調細"), "+1": ("调高", "高", "调[大强]")}),
    "number": NamedReader("number", numbers, frozenset("0123456789")),
    "hours": NamedReader("hours", hours),
}


def found(source: str, text: str) -> tuple[str, dict[str, object]] | None:
    folded = fold(text).text
    result = compile_pattern(source, NAMES).search(folded)
    return None if result is None else (folded[slice(*result.span)], dict(result.values))


def test_a_lexicon_stands_for_its_words_and_gives_the_value() -> None:
    assert found("<nudge>一点", "温度调低一点") == ("调低一点", {"nudge": "-1"})
    assert found("<nudge>一点", "温度调大一点") == ("调大一点", {"nudge": "+1"})
    assert found("<nudge>一点", "温度一点") is None


def test_the_longest_word_of_a_lexicon_wins() -> None:
    assert found("<nudge>", "调低") == ("调低", {"nudge": "-1"})


def test_words_of_a_lexicon_may_be_written_in_either_script() -> None:
    assert found("<nudge>", "調細") == found("<nudge>", "调细") == ("调细", {"nudge": "-1"})


def test_a_pattern_may_be_written_in_either_script_and_width() -> None:
    assert found("過（<number>）後", "过(5)后") == ("过(5)后", {"number": 5})


def test_a_reading_must_stand_at_its_place() -> None:
    assert found("<number>分钟后", "12分钟后开灯") == ("12分钟后", {"number": 12})
    assert found("<number>分钟后", "12个分钟后") is None


def test_a_reading_is_one_unit() -> None:
    assert found("2分钟", "12分钟") == ("2分钟", {})
    assert found("2分钟<number>?", "12分钟") is None, "the pattern that names the reader sees 12 as one"


def test_the_span_covers_the_characters_read() -> None:
    result = compile_pattern("在<number>到<number>之间", NAMES).search("请在10到200之间")
    assert result is not None
    assert result.span == (1, 10)
    assert result.values == {"number": 10}, "of two readings the first that takes part"


def test_where_readings_overlap_the_longer_counts() -> None:
    assert found("(?:<number>|<hours>)后", "3小时后") == ("3小时后", {"hours": "3小时"})


def test_of_alternatives_only_what_took_part_has_a_value() -> None:
    assert found("稍<nudge>|<nudge>一点|<number>度", "高一点") == ("高一点", {"nudge": "+1"})
    assert found("稍<nudge>|<nudge>一点|<number>度", "26度") == ("26度", {"number": 26})


def test_groups_of_the_author_disturb_nothing() -> None:
    assert found("(调|设)(到|成)<number>", "调到26") == ("调到26", {"number": 26})


def test_private_characters_of_a_text_are_never_taken_for_readings() -> None:
    assert found("<number>度", "\ue000度") is None
    assert found("<number>度", "\ue0005度") == ("5度", {"number": 5})


def test_half_a_surrogate_pair_in_a_text_matches_as_any_other_sign() -> None:
    assert compile_pattern(".度", NAMES).search("\ud800度") is not None


@pytest.mark.parametrize(
    ("source", "said", "offset"),
    [
        ("a(?=b)", "look-around", 1),
        ("(?!b)", "look-around", 0),
        ("(?<=a)b", "look-around", 0),
        ("(?<!a)b", "look-around", 0),
        ("(?P<x>a)", "named group", 0),
        ("(?<x>a)", "named group", 0),
        (r"(a)\1", "back-reference", 3),
        ("(?P=x)", "back-reference", 0),
        ("(?i)a", "(?:…)", 0),
        ("(?>a)", "(?:…)", 0),
        (r"\p{Han}", r"\p", 0),
        (r"\A", r"\A", 0),
        ("a\\", "backslash", 1),
        ("a<b", "'<'", 1),
        ("[<number>]", "inside a character class", 1),
        ("[[:digit:]]", "'['", 1),
        ("[]a]", "empty character class", 1),
        ("[a&&b]", "'&&'", 2),
        (r"[\b]", r"\b", 1),
        ("a{,3}", "'{'", 1),
        ("x{", "'{'", 1),
        ("a{2000}", "does not compile", 0),
        ("(a", "does not compile", 0),
        ("a**", "does not compile", 0),
        ("a++", "does not compile", 0),
        ("[a", "does not compile", 0),
        ("a\u200bb", "folding removes", 1),
        ("a\ue000", "no sign", 1),
        ("[…]", "several characters", 1),
    ],
)
def test_what_is_not_available_is_refused_with_its_place(source: str, said: str, offset: int) -> None:
    with pytest.raises(BadPattern) as error:
        compile_pattern(source, NAMES)
    assert said in str(error.value)
    assert error.value.offset == offset


def test_an_unknown_name_is_told_with_its_place() -> None:
    with pytest.raises(UnknownName) as error:
        compile_pattern("在<duration>后", NAMES)
    assert (error.value.name, error.value.offset) == ("duration", 1)


@pytest.mark.parametrize(
    "source", [r"\<number\>", "a{2}", "a{2,}", "a{2,3}", r"\{", r"[\[\]\\-]", "PM2\\.5", "，", "[，。]"]
)
def test_signs_can_be_written_as_themselves(source: str) -> None:
    assert compile_pattern(source, NAMES)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("半小时后", {"半小时后"}),
        ("开(?:灯|窗)", {"开灯", "开窗"}),
        ("[开关]灯", {"开灯", "关灯"}),
        ("<number>(?:以|之)?后", {"后", "以后", "之后"} - {"以后", "之后"}),
        ("<hours>后", {"后"}),
        ("<number>", set("0123456789")),
        ("<hours>", None),
        ("稍?", None),
        ("稍?.", None),
        ("稍+", {"稍"}),
        ("(?:稍|.)低", {"低"}),
        ("^开.*灯$", {"开"}),
        ("a|.b|c", {"a", "b", "c"}),
        ("[^a]", None),
        (r"\d", None),
        ("<nudge>一点", {"低一点", "高一点", "调细一点", "调大一点", "调强一点"}),
    ],
)
def test_the_words_a_match_cannot_do_without(source: str, words: set[str] | None) -> None:
    assert compile_pattern(source, NAMES).literals == (None if words is None else frozenset(words))


WORDS = st.frozensets(st.text("ab低高大小", min_size=1, max_size=5), min_size=1, max_size=700)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(WORDS, min_size=1, max_size=3))
def test_a_text_with_a_word_of_any_pattern_has_one_of_their_words_together(sets: list[frozenset[str]]) -> None:
    together = of_any(sets)
    assert together is None or all(any(part in word for part in together) for words in sets for word in words)


@given(st.frozensets(st.text("ab.|低高", max_size=3), min_size=1, max_size=30), st.text("ab.|低高", max_size=8))
def test_one_of_several_words_is_found_where_one_of_them_stands(words: frozenset[str], text: str) -> None:
    assert (one_of(words).search(text) is not None) == any(word in text for word in words)


def test_of_more_words_than_are_looked_for_the_beginnings_are() -> None:
    many = "|".join(f"甲{number:03}尾" for number in range(LIMIT))

    assert compile_pattern(f"(?:{many})[开关]", NAMES).literals == {f"甲{number:02}" for number in range(LIMIT // 10)}
    assert compile_pattern(f"开?(?:{many})[开关]灯", NAMES).literals == {
        f"开甲{number}" for number in range(LIMIT // 100)
    } | {f"甲{number:02}" for number in range(LIMIT // 10)}


def test_too_many_words_together_are_looked_for_by_their_beginnings() -> None:
    many = frozenset(f"甲{number:03}尾" for number in range(LIMIT))

    assert of_any([many, frozenset({"乙"})]) == {f"甲{number:02}" for number in range(LIMIT // 10)} | {"乙"}
    assert of_any([many, None]) is None
    assert of_any([]) is None


pieces = st.sampled_from(
    ["a", "b", "低", "1", "<nudge>", "<number>", "<hours>", ".", "[ab低]", "[^a]", r"\d", "^", "$"]
)
patterns = st.recursive(
    pieces,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from("?*+")).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.tuples(inner, st.sampled_from(["{0,1}", "{1}", "{2}", "{1,}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=8,
)
texts = st.lists(st.sampled_from(["a", "b", "低", "高", "调低", "调大", "1", "23", "4小时", "x"]), max_size=6).map(
    "".join
)


@settings(deadline=None)  # the machine may be busy
@given(patterns, texts)
def test_whatever_matches_holds_one_of_the_words(source: str, text: str) -> None:
    try:
        pattern = compile_pattern(source, NAMES)
    except BadPattern:
        assume(False)
    if pattern.literals is not None and pattern.search(text) is not None:
        assert any(word in text for word in pattern.literals)


@settings(deadline=None)  # the machine may be busy
@given(patterns, texts)
def test_a_span_lies_in_the_text_and_matching_is_repeatable(source: str, text: str) -> None:
    try:
        pattern = compile_pattern(source, NAMES)
    except BadPattern:
        assume(False)
    result = pattern.search(text)
    assert result == pattern.search(text)
    if result is not None:
        assert 0 <= result.span.start <= result.span.end <= len(text)
        assert set(result.values) <= set(pattern.names)
