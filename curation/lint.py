"""What is suspicious in a rule file although every example holds: patterns and words that do less, or more, than meant.

google-re2 matches in linear time, so no pattern of a rule file can blow up; a repetition it cannot hold is refused when
the file is read. The words of lexicons are also searched with Python's own engine, by a pack's Python: there every part
that may be absent doubles the ways to match, and their number is limited here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from curation.lexicon import Lexicon
from curation.pattern import Pattern
from curation.problems import Problem
from curation.rule import Rule
from curation.strict_yaml import Document
from curation.vocabulary import Vocabulary

MOST_OPTIONAL = 12
"""Parts of one word of a lexicon that may be absent: 4,096 ways to say it."""

_ANYTHING = ("的", "灯", "x", "7", ",")
"""Texts that have nothing in common: a pattern that matches each of them says nothing."""
_ANCHORED = re.compile(r"\^|\$|\\[bB]")
_QUANTIFIER = ("*", "+", "?", "{")


def lint(rules: Sequence[Rule], vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield patterns that match nearly everything, and those that an earlier one of the group leaves nothing to do."""
    for rule in rules:
        for group in ("any", "none"):
            patterns: tuple[Pattern, ...] = getattr(rule.match, group)
            for place, pattern in enumerate(patterns):
                here = ("match", "instruction", group, place)
                if all(pattern.search(text) for text in _ANYTHING):
                    remedy = "name words that must be there"
                    yield rule.document.problem(here, "a pattern that matches nearly everything", remedy)
                    continue
                earlier = next((one for one in patterns[:place] if subsumes(one, pattern, vocabulary)), None)
                if earlier is not None:
                    found = f"a pattern that is never reached: {earlier.source!r} matches wherever it does"
                    yield rule.document.problem(here, found, "take it out, or put it first")
        for place, pattern in enumerate(rule.match.all):
            if all(pattern.search(text) for text in _ANYTHING):
                here = ("match", "instruction", "all", place)
                remedy = "name words that must be there"
                yield rule.document.problem(here, "a pattern that matches nearly everything", remedy)


def lint_words(lexicon: Lexicon, document: Document) -> Iterator[Problem]:
    """Yield the words of a lexicon with so many optional parts that searching them may take very long."""
    for value, words in lexicon.entries.items():
        for place, word in enumerate(words):
            if (optional := word.count("?")) > MOST_OPTIONAL:
                found = f"{optional} optional parts in {word!r}, which can be said in 2 to the power of {optional} ways"
                remedy = f"write several words with at most {MOST_OPTIONAL} of them each"
                yield document.problem(("entries", value, place), found, remedy)


def idle(rules: Sequence[Rule], by_rule: Mapping[str, Mapping[str, int]], version: str) -> Iterator[Problem]:
    """Yield the rules that did nothing in a version: no hit, no decline, no conflict (`by_rule` as in its counts)."""
    for rule in rules:
        counts = by_rule.get(rule.id)
        if counts is None:
            yield rule.document.problem(("id",), f"a rule that version {version} was made without", "curate again")
        elif not any(counts.get(name, 0) for name in ("hits", "declines", "conflicts")):
            found = f"a rule without a hit in version {version}"
            yield rule.document.problem(("id",), found, "is the defect gone, or does the rule miss it?")


def subsumes(earlier: Pattern, later: Pattern, vocabulary: Vocabulary) -> bool:
    """Tell whether `earlier` surely matches every text that `later` matches; false also where that cannot be seen.

    It surely does where its source is a part of the other's that must match, and where it matches, by itself, each of
    the words that the later one cannot match without.
    """
    if _ANCHORED.search(earlier.source):
        return False
    if _required(earlier.source, later.source):
        return True
    reads = any(name in vocabulary.readers for name in earlier.names)
    return not reads and bool(later.literals) and all(earlier.search(word) for word in later.literals or ())


def _required(part: str, source: str) -> bool:
    """Tell whether `part` stands in `source` outside all groups and classes, in no alternative and not quantified."""
    if "|" in _outside(part) or "|" in _outside(source):
        return False
    start = source.find(part)
    while start >= 0:
        before, after = source[:start], source[start + len(part) :]
        if not _open(before) and not before.endswith("\\") and not after.startswith(_QUANTIFIER):
            return True
        start = source.find(part, start + 1)
    return False


def _outside(source: str) -> str:
    """Return what stands outside groups and character classes, without escapes."""
    depth, kept, bare = 0, [], re.sub(r"\\.|\[\^?[^\]]*\]", "", source)
    for character in bare:
        depth += (character == "(") - (character == ")")
        if depth == 0:
            kept.append(character)
    return "".join(kept)


def _open(source: str) -> bool:
    """Tell whether a group, a character class or a `<name>` is still open at the end of `source`."""
    closed = re.sub(r"\\.|\[\^?[^\]]*\]|<[^<>]*>", "", source)
    return "[" in closed or "<" in closed or closed.count("(") > closed.count(")")
