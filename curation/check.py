"""Runs the examples of rule files and proves every line of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from curation.lint import idle, lint, lint_words
from curation.pack import Pack
from curation.problems import Problem
from curation.proof import unproven, unproven_words
from curation.rule import Example, Rule
from curation.text import fold
from curation.verdict import Bench

Kind = Literal["example", "unproven", "script", "fault", "path", "pattern", "idle"]


class Finding(NamedTuple):
    """Something the check found: `kind` says what, the problem says where and what to do."""

    kind: Kind
    problem: Problem


@dataclass(frozen=True)
class Findings:
    """What the check of some rule files found; nothing when `findings` is empty."""

    findings: tuple[Finding, ...]
    """Sorted by place."""
    rules: int
    examples: int
    todo: int
    """Examples among them that are known to fail."""
    pieces: int
    """Patterns, words, facts and parameters taken out in turn."""

    @property
    def ok(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        """Return every finding with its excerpt, and the counts in one line at the end."""
        blocks = [finding.problem.render() for finding in self.findings]
        todo = f" ({self.todo} to do)" if self.todo else ""
        rules, examples, pieces = (
            f"{count} {word}{'' if count == 1 else 's'}"
            for count, word in ((self.rules, "rule"), (self.examples, "example"), (self.pieces, "piece"))
        )
        counts = f"{rules}, {examples}{todo}, {pieces} taken out in turn"
        end = "all good" if self.ok else f"{len(self.findings)} found"
        return "\n".join([*blocks, f"{counts}: {end}"])


def check(
    pack: Pack, paths: Sequence[Path] = (), *, proof: bool = True, version: tuple[str, Mapping[str, Any]] | None = None
) -> Findings:
    """Run the examples of the rules in these files and folders (none named: of all), then take every piece out in turn.

    A rule whose examples fail is not taken apart. Words of a lexicon are proven by any rule of the pack that uses it.
    `version` is a version's name and its counts by rule: rules that did nothing there are told too.
    """
    bench = Bench(pack)
    findings: list[Finding] = []
    rules, lexicons = _chosen(pack, paths, findings)
    findings += [Finding("pattern", problem) for problem in lint(rules, pack.vocabulary)]
    for name in lexicons:
        words = lint_words(pack.vocabulary.lexicons[name], pack.lexicon_files[name])
        findings += [Finding("pattern", problem) for problem in words]
    told = {_place(finding.problem) for finding in findings}
    if version is not None:
        findings += [Finding("idle", problem) for problem in idle(rules, version[1], version[0])]
    broken: set[str] = set()
    count = 0
    for rule in rules:
        found = [*_examples(rule, bench), *_scripts(rule)]
        findings += found
        if any(finding.kind in {"example", "fault"} for finding in found):
            broken.add(rule.id)
        elif proof:
            problems, taken = unproven(rule, bench)
            # What is never reached is unproven as well; once is enough.
            findings += [Finding("unproven", problem) for problem in problems if _place(problem) not in told]
            count += taken
    for name in lexicons if proof else ():
        users = [rule for rule in pack.rules if name in rule.names and rule.id not in broken]
        if users:
            document = pack.lexicon_files[name]
            problems, taken = unproven_words(
                pack.vocabulary.lexicons[name], document, users, pack.vocabulary.names, bench
            )
            findings += [Finding("unproven", problem) for problem in problems]
            count += taken
    examples = [example for rule in rules for example in rule.examples]
    ordered = tuple(sorted(set(findings), key=lambda finding: (finding.problem, finding.kind)))
    return Findings(ordered, len(rules), len(examples), sum(example.todo for example in examples), count)


def _chosen(pack: Pack, paths: Sequence[Path], findings: list[Finding]) -> tuple[list[Rule], list[str]]:
    """Return the rules in these places, and the lexicons that are there or that these rules use."""
    if not paths:
        return list(pack.rules), sorted(pack.vocabulary.lexicons)
    rules: set[str] = set()
    lexicons: set[str] = set()
    for path in paths:
        place = path.resolve()
        here = [rule for rule in pack.rules if rule.document.path.resolve().is_relative_to(place)]
        words = [name for name, file in pack.lexicon_files.items() if file.path.resolve().is_relative_to(place)]
        if not here and not words:
            remedy = "name a rule file, a lexicon, or a folder of the pack"
            findings.append(Finding("path", Problem(path, 0, 0, "no rule and no lexicon of the pack", remedy)))
        rules |= {rule.id for rule in here}
        lexicons |= {*words, *(name for rule in here for name in rule.names if name in pack.vocabulary.lexicons)}
    return [rule for rule in pack.rules if rule.id in rules], sorted(lexicons)


def _examples(rule: Rule, bench: Bench) -> Iterator[Finding]:
    for example in rule.examples:
        wrong = bench.fails(rule, example)
        here = ("examples", example.place, example.expects)
        if example.todo:
            if not wrong:
                found = "an example marked 'todo' that holds"
                place = ("examples", example.place, "todo")
                yield Finding("example", rule.document.problem(place, found, "take 'todo' out", key=True))
            continue
        if wrong:
            found = f"the example {example.instruction!r}: {wrong}"
            yield Finding("example", rule.document.problem(here, found, "mend the rule or the example"))
            continue
        if bench.mutates(rule, example):
            found = f"{rule.use} changes the command it is given"
            yield Finding("fault", rule.document.problem(("rewrite", "use"), found, "build a new one"))
        if example.expects != "unchanged" and not _prefiltered(rule, example):
            found = "the pre-filter would miss an example that the rule fires on"
            remedy = "mend the words that a reader declares or a fact needs"
            yield Finding("fault", rule.document.problem(here, found, remedy))


def _place(problem: Problem) -> tuple[Path, int, int]:
    return problem.path, problem.line, problem.column


def _prefiltered(rule: Rule, example: Example) -> bool:
    text = fold(example.instruction).text
    return rule.literals is None or any(word in text for word in rule.literals)


def _scripts(rule: Rule) -> Iterator[Finding]:
    """Find rules that read Chinese and show what they do in one script only."""
    if not (rule.names or rule.match.any or rule.match.all or rule.match.sentence):
        return
    fired = [example.instruction for example in rule.examples if example.expects != "unchanged"]
    scripts = {_traditional(text) for text in fired if any(map(_han, text))}
    if len(scripts) == 1:
        there, other = ("traditional", "simplified") if scripts == {True} else ("simplified", "traditional")
        problem = rule.document.problem(
            ("examples",), f"only {there} script in the examples it fires on", f"add one in {other} script", key=True
        )
        yield Finding("script", problem)


def _han(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK UNIFIED")


def _traditional(text: str) -> bool:
    return any(_han(character) and fold(character).text != character for character in text)
