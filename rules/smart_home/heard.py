"""What is heard in a sentence before it is understood: its numbers, times, known words and verbs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from curation.text import Folded, Span
from rules.chinese.clocks import Clock
from rules.chinese.durations import Duration, find_durations
from rules.chinese.numbers import Number, find_numbers
from rules.smart_home.conditions import clocks_in
from rules.smart_home.courtesy import without_courtesies
from rules.smart_home.negation import find_negated
from rules.smart_home.quoted import blank_quoted
from rules.smart_home.senses import settled_words
from rules.smart_home.states import tells_state
from rules.smart_home.vocabulary import Token, Vocabulary

_A_LITTLE = re.compile(r"(?<=[大细高低光暗冻热暖凉快慢强弱声亮静])d(?![a-z0-9])")
"""啲 as it is typed: 大声d."""


class Heard(NamedTuple):
    """A folded text with what is found in it; spans count its characters."""

    text: str
    """The folded text with courtesies and what is quoted blanked."""
    contents: Mapping[int, str]
    """What is quoted, as spoken, by where the verb ends that it belongs to."""
    numbers: Sequence[Number]
    clocks: Sequence[Clock]
    durations: Sequence[Duration]
    times: Sequence[Span]
    """Where clock times and durations stand."""
    tokens: Sequence[Token]
    negated: set[int]
    """Where the verbs begin that the sentence takes back."""
    verbs: Sequence[Token]
    """The tokens that ask for something to be done, in the sense of their place."""


def hear(folded: Folded, vocabulary: Vocabulary) -> Heard:
    """Return what is heard in a text."""
    text, quoted = blank_quoted(folded.text)
    if "d" in text:
        text = _A_LITTLE.sub("啲", text)
    text = without_courtesies(text, vocabulary)
    numbers = find_numbers(text)
    clocks, durations = clocks_in(text), find_durations(text)
    times = [one.span for one in clocks] + [one.span for one in durations] if clocks or durations else []
    taken = [_with_its_after(span, text, vocabulary) for span in times]
    tokens = settled_words(vocabulary.tokens(text, taken, [n.span for n in numbers] if numbers else ()), text)
    if numbers:
        # 三点 may be how far; 早上六点 and 六点半 are times, whatever is to be done then.
        taken = [
            c.span
            for c in clocks
            if c.daypart or not text.endswith("点", 0, c.span.end) or text.startswith("了", c.span.end)
        ]
        numbers = [n for n in numbers if not (_within_a_word(n.span, tokens) or within(n.span, taken))]
    negated = find_negated(text, tokens, vocabulary)
    verbs = [
        t
        for t in tokens
        if ("verbs" in t.values or "changes" in t.values) and t.start not in negated and _acts(t, text)
    ]
    contents = {at: _spoken(folded, span) for at, span in quoted.items()} if quoted else {}
    return Heard(text, contents, numbers, clocks, durations, times, tokens, negated, verbs)


def _with_its_after(time: Span, text: str, vocabulary: Vocabulary) -> Span:
    """Return a time with the 后 behind it where that begins no other word (十分钟后阳台的灯 has no 后阳台)."""
    if text.startswith("后", time.end) and vocabulary.has_word_at(text, time.end + 1):
        return Span(time.start, time.end + 1)
    return time


def within(part: Span, spans: Sequence[Span]) -> bool:
    """Tell whether a span begins in one of these parts of the text."""
    return any(start <= part.start < end for start, end in spans)


def _within_a_word(number: Span, tokens: Sequence[Token]) -> bool:
    """Tell whether a number is part of a known word, and not all of it."""
    start, end = number
    return any((t.start <= start and end < t.end) or t.start < start < t.end for t in tokens)


def _acts(token: Token, text: str) -> bool:
    """Tell whether a token is a verb that does something here, rather than a state (开着) or part of a name."""
    if "changes" in token.values and len(token.text) > 1:
        return True
    if "verbs" not in token.values:
        return False
    return not (
        (tells_state(token, text) or text.startswith(("住的", "咗的"), token.end))
        and token.values["verbs"] in {"turn_on", "turn_off", "lock", "open", "close"}
    )


def _spoken(folded: Folded, span: Span) -> str:
    """Return the words as spoken that a folded span came from."""
    source = folded.to_source(*span)
    return folded.source[source.start : source.end]
