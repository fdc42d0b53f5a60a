"""What a rule file claims, taken out piece by piece: a piece that no example misses is not proven.

A piece is a pattern, a fact, one value of a fact, a form, or a parameter at any depth. The words of the lexicons that
patterns refer to are pieces too; there, any rule of the pack that uses the lexicon can prove them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from curation.lexicon import Lexicon
from curation.pattern import Names, Pattern, compile_pattern
from curation.problems import Problem
from curation.rule import Example, Facts, Matcher, Rule
from curation.rule_check import GROUPS
from curation.strict_yaml import Document, Pointer
from curation.text import fold
from curation.verdict import Bench
from curation.vocabulary import fact_value

_NEVER = "\uf8ff"  # private use: no text that patterns see holds it, so it stands for the last word taken out


class Piece(NamedTuple):
    """Something a rule claims: where it stands, what it is, and the rule without it."""

    pointer: Pointer
    what: str
    without: Rule


def unproven(rule: Rule, bench: Bench) -> tuple[list[Problem], int]:
    """Return the pieces of a rule that none of its examples misses, and how many were taken out.

    Examples marked `todo` prove nothing. Expects that all others hold.
    """
    examples = [example for example in rule.examples if not example.todo]
    problems: list[Problem] = []
    count = 0
    for piece in pieces(rule):
        count += 1
        if not any(bench.fails(piece.without, example) for example in examples):
            found = f"not proven: without {piece.what} every example comes out the same"
            remedy = "add an example that needs it, or take it out"
            problems.append(rule.document.problem(piece.pointer, found, remedy, key=True))
    return problems, count


def pieces(rule: Rule) -> Iterator[Piece]:
    """Yield every piece of a rule beside the words of its lexicons."""
    for group in GROUPS:
        patterns: tuple[Pattern, ...] = getattr(rule.match, group)
        for place in range(len(patterns)):
            rest = (*patterns[:place], *patterns[place + 1 :])
            yield Piece(("match", "instruction", group, place), "this pattern", _with(rule, **{group: rest}))
    for where, name in (
        (("match", "sentence"), "sentence"),
        (("match", "command"), "command"),
        (("match", "unless", "sentence"), "unless_sentence"),
        (("match", "unless", "command"), "unless_command"),
    ):
        facts: Facts = getattr(rule.match, name)
        for fact in facts:
            others = {other: values for other, values in facts.items() if other != fact}
            yield Piece((*where, fact), f"the fact {fact!r}", _with(rule, **{name: others}))
            for pointer, value in _members(rule.document, (*where, fact)):
                fewer = {**facts, fact: facts[fact] - {value}}
                yield Piece(pointer, f"the value {value!r}", _with(rule, **{name: fewer}))
    for pointer, value in _members(rule.document, ("match", "output", "form")):
        yield Piece(pointer, f"the form {value!r}", _with(rule, form=rule.match.form - {value}))
    for pointer, params in _less(rule.params):
        yield Piece(("rewrite", "with", *pointer), f"the parameter {_label(pointer)!r}", replace(rule, params=params))


def unproven_words(
    lexicon: Lexicon, document: Document, rules: Sequence[Rule], names: Names, bench: Bench
) -> tuple[list[Problem], int]:
    """Return the words of a lexicon that no example of these rules misses, and how many were taken out."""
    problems: list[Problem] = []
    count = 0
    for value, words in lexicon.entries.items():
        for place, word in enumerate(words):
            count += 1
            if not _misses(lexicon, value, place, rules, names, bench):
                found = (
                    f"not proven: without the word {word!r} every example of the rules that use it comes out the same"
                )
                remedy = "add an example that says it, or take it out"
                problems.append(document.problem(("entries", value, place), found, remedy))
    return problems, count


def _misses(lexicon: Lexicon, value: str, place: int, rules: Iterable[Rule], names: Names, bench: Bench) -> bool:
    word = fold(lexicon.entries[value][place]).text
    said = re.compile(word)
    spoken = [
        (rule, [e for e in rule.examples if not e.todo and said.search(fold(e.instruction).text)]) for rule in rules
    ]
    if not any(examples for _, examples in spoken):
        return False
    entries = {**lexicon.entries, value: tuple(w for p, w in enumerate(lexicon.entries[value]) if p != place)}
    entries = {v: words for v, words in entries.items() if words} or {"": (_NEVER,)}
    without = {**names, lexicon.id: Lexicon(lexicon.id, lexicon.summary, entries)}
    return any(_any_fails(_recompiled(rule, without), examples, bench) for rule, examples in spoken if examples)


def _any_fails(rule: Rule, examples: Iterable[Example], bench: Bench) -> bool:
    return any(bench.fails(rule, example) for example in examples)


def _recompiled(rule: Rule, names: Names) -> Rule:
    groups = {
        group: tuple(compile_pattern(pattern.source, names) for pattern in getattr(rule.match, group))
        for group in GROUPS
    }
    return _with(rule, **groups)


def _with(rule: Rule, **changes: Any) -> Rule:
    matcher: Matcher = replace(rule.match, **changes)
    return replace(rule, match=matcher)


def _members(document: Document, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield the members of a list of values, when there are several."""
    value: Any = document.value
    for key in pointer:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list) and len(value) > 1:
        for place, member in enumerate(value):
            yield (*pointer, place), fact_value(member)


def _less(params: Mapping[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Yield the parameters less one leaf, for every leaf at any depth."""
    for pointer, build in _leaves(params):
        yield pointer, build()


def _leaves(value: Any) -> Iterator[tuple[Pointer, Callable[[], Any]]]:
    members = list(value.items()) if isinstance(value, Mapping) else list(enumerate(value))
    for key, member in members:
        if isinstance(member, Mapping | list) and member:
            for pointer, build in _leaves(member):
                yield (key, *pointer), lambda key=key, build=build: _put(value, key, build())  # type: ignore[misc]
        else:
            yield (key,), lambda key=key: _drop(value, key)  # type: ignore[misc]


def _put(value: Any, key: Any, member: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: member if k == key else v for k, v in value.items()}
    return [member if place == key else v for place, v in enumerate(value)]


def _drop(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: v for k, v in value.items() if k != key}
    return [v for place, v in enumerate(value) if place != key]


def _label(pointer: Pointer) -> str:
    return ".".join(map(str, pointer))
