"""Reads a rule file: all that is wrong with it at once, or the rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation.command import digest, write
from curation.formats import TEXT_REWRITERS
from curation.literals import Literals, best, of_any
from curation.pattern import Pattern
from curation.problems import Problem
from curation.rule import Example, Facts, Matcher, Review, Rule
from curation.rule_check import GROUPS, RuleReading
from curation.schema import schema_problems
from curation.strict_yaml import Document, Pointer
from curation.vocabulary import Vocabulary


def load_rule(
    document: Document, vocabulary: Vocabulary, *, pack: str, phase: str, path: str
) -> tuple[Rule | None, list[Problem]]:
    """Return the rule of a document, or what is wrong with it: no rule exactly when there are problems."""
    reading = RuleReading(document, vocabulary)
    reading.problems += schema_problems(document, "rule")
    if not isinstance(document.value, dict):
        return None, reading.problems
    stem = path.rsplit("/", 1)[-1].removesuffix(".yaml")
    reading.identity(f"{phase}.{stem}")
    patterns = {group: reading.patterns(("match", "instruction", group)) for group in GROUPS}
    facts = {
        place: reading.facts(place, known)
        for part in (("match",), ("match", "unless"))
        for place, known in (((*part, "sentence"), vocabulary.sentence), ((*part, "command"), vocabulary.command))
    }
    reading.duplicates()
    reading.rewrite(patterns)
    reading.examples()
    if reading.problems or not vocabulary.whole:
        return None, reading.problems
    return _rule(document, vocabulary, patterns, facts, pack=pack, phase=phase, path=path), []


def _rule(
    document: Document,
    vocabulary: Vocabulary,
    patterns: Mapping[str, tuple[Pattern, ...]],
    facts: Mapping[Pointer, Facts],
    *,
    pack: str,
    phase: str,
    path: str,
) -> Rule:
    content = document.value
    form = content["match"].get("output", {}).get("form", [])
    matcher = Matcher(
        **patterns,
        sentence=facts[("match", "sentence")],
        command=facts[("match", "command")],
        form=frozenset([form] if isinstance(form, str) else form),
        unless_sentence=facts[("match", "unless", "sentence")],
        unless_command=facts[("match", "unless", "command")],
    )
    mode = content["review"]["mode"]
    use = content["rewrite"]["use"]
    names = sorted({name for group in patterns.values() for pattern in group for name in pattern.names})
    lexicons = {name: vocabulary.lexicons[name].entries for name in names if name in vocabulary.lexicons}
    what = {
        "rule": {k: v for k, v in content.items() if k != "examples"},
        "lexicons": lexicons,
        "python": vocabulary.python,
    }
    return Rule(
        id=content["id"],
        summary=content["summary"].strip(),
        why=content["why"].strip(),
        severity=content["severity"],
        confidence=float(content["confidence"]),
        review=Review(mode, {"none": 0.0, "all": 1.0}.get(mode) or float(content["review"].get("rate", 0))),
        phase=phase,
        pack=pack,
        path=path,
        match=matcher,
        use=use,
        params=content["rewrite"].get("with", {}),
        rewriter=TEXT_REWRITERS[use] if use in TEXT_REWRITERS else vocabulary.rewriters[use],
        examples=tuple(_example(document, place) for place in range(len(content["examples"]))),
        literals=_literals(matcher, vocabulary),
        digest=digest(canonical(what)),
        document=document,
    )


def _example(document: Document, place: int) -> Example:
    content = document.value["examples"][place]
    expects = next(kind for kind in ("after", "unchanged", "declines") if kind in content)
    return Example(
        instruction=content["instruction"],
        input=content.get("input", ""),
        output=content["before" if expects == "after" else expects],
        expects=expects,  # type: ignore[arg-type]
        after=content.get("after"),
        reason=content.get("reason", ""),
        note=content.get("note", "").strip(),
        devices=content.get("devices"),
        todo=bool(content.get("todo", False)),
        place=place,
        line=document.line(("examples", place)),
        history=tuple((question, answer) for question, answer in content.get("history", ())),
    )


def _literals(matcher: Matcher, vocabulary: Vocabulary) -> Literals | None:
    sets: list[Literals | None] = [pattern.literals for pattern in matcher.all]
    sets.append(of_any(pattern.literals for pattern in matcher.any))
    sets += [vocabulary.sentence[name].literals(wanted) for name, wanted in matcher.sentence.items()]
    return best(sets)


def canonical(content: Any) -> str:
    """Return the one text of a content, keys sorted: what digests are taken over."""
    return write(_sorted(content))


def _sorted(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _sorted(content[key]) for key in sorted(content)}
    if isinstance(content, list | tuple):
        return [_sorted(member) for member in content]
    return content
