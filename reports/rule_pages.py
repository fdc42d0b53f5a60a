"""A page for every rule and a catalogue of all, made from the rule files alone: there is no second text to maintain."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from curation.command import write
from curation.editor_schema import fact_summaries
from curation.formats import TEXT_REWRITERS
from curation.pack import Pack
from curation.rule import Example, Facts, Rule
from curation.signature import name_of, parameters
from reports.markdown import cell, code, diff, fenced, said

CATALOGUE = "README.md"
_MADE = "<!-- Made by `rewright rules docs` from the rule files: change those. -->"

Counts = Mapping[str, Mapping[str, Any]]
"""Rule id -> hits, declines and conflicts, as a version's counts have them."""


def pages(pack: Pack, counts: Counts | None = None, version: str = "") -> dict[str, str]:
    """Return the Markdown of each page by file name: the catalogue, and one page a rule.

    With the counts of a version, each rule's are shown.
    """
    summaries = fact_summaries(pack)
    found = {CATALOGUE: _text(_catalogue(pack, counts, version))}
    for rule in pack.rules:
        found[f"{rule.id}.md"] = _text(_page(rule, summaries, None if counts is None else counts.get(rule.id), version))
    return found


def stale(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return the files of a folder that are not as they would be written, or that no rule has any more."""
    changed = [name for name, text in wanted.items() if _read(folder / name) != text]
    return sorted([*changed, *(path.name for path in _ours(folder) if path.name not in wanted)])


def write_pages(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Write the pages that changed and take away those of rules that are gone; return their names.

    Files that were not written by us are left alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = stale(folder, wanted)
    for name in names:
        if name in wanted:
            (folder / name).write_text(wanted[name], "utf-8", newline="\n")
        else:
            (folder / name).unlink()
    return names


def _ours(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.md") if (_read(path) or "").startswith(_MADE)]


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _text(lines: Iterator[str]) -> str:
    return "\n".join([_MADE, "", *lines]) + "\n"


def _catalogue(pack: Pack, counts: Counts | None, version: str) -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield said(pack.summary)
    yield ""
    yield f"{len(pack.rules)} rules in {len(pack.phases)} phases, in the order in which they run."
    yield "All rules of a phase see the same record; where their proposals differ, a person decides."
    for phase in pack.phases:
        yield ""
        yield f"## {phase}"
        yield ""
        counted = "" if counts is None else " hits | declined | in conflict |"
        yield f"| rule | what it does | severity | sure | a person sees | examples |{counted}"
        yield f"|---|---|---|---|---|---|{'---|---|---|' if counted else ''}"
        for rule in pack.of_phase(phase):
            row = (
                f"[{rule.id}]({rule.id}.md)",
                said(rule.summary),
                rule.severity,
                f"{rule.confidence:.0%}",
                _policy(rule),
                str(len(rule.examples)),
                *(() if counts is None else _counted(counts.get(rule.id))),
            )
            yield f"| {' | '.join(row)} |"
    if counts is not None:
        yield ""
        yield f"Counts are of version {version}."
    for identity, reason in pack.off.items():
        yield ""
        yield f"{code(identity)} is switched off: {said(reason)}"


def _page(rule: Rule, summaries: Mapping[str, Mapping[str, str]], counts: Any, version: str) -> Iterator[str]:
    yield f"# {rule.id}"
    yield ""
    yield said(rule.summary)
    yield ""
    yield f"**Why.** {said(_one_line(rule.why), 2000)}"
    yield ""
    yield f"Severity {rule.severity}; claimed to be right in {rule.confidence:.0%}; a person sees {_policy(rule)}."
    yield f"Phase [{rule.phase}]({CATALOGUE}#{rule.phase}) of the pack {code(rule.pack)}, file {code(rule.path)}."
    if counts is not None:
        hits, declines, conflicts = _counted(counts)
        yield f"In version {version}: {hits} hits, {declines} declined, {conflicts} in conflict."
    yield from _section("Fires when", _when(rule, summaries))
    yield from _section("Not when", _not_when(rule, summaries))
    yield ""
    yield "## Does"
    yield ""
    yield from _does(rule)
    for title, kind in (
        ("Rewrites", "after"),
        ("Hands to a person", "declines"),
        ("Leaves alone", "unchanged"),
    ):
        examples = [example for example in rule.examples if example.expects == kind]
        if examples:
            yield ""
            yield f"## {title}"
            for example in examples:
                yield ""
                yield from _example(example)


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {line}" for line in lines)


def _when(rule: Rule, summaries: Mapping[str, Mapping[str, str]]) -> list[str]:
    match = rule.match
    lines = []
    if match.form:
        lines.append(f"the output is written as {_or(match.form)}")
    if match.any:
        lines.append(f"the instruction, folded, matches {' or '.join(code(one.source) for one in match.any)}")
    lines += [f"the instruction, folded, matches {code(one.source)}" for one in match.all]
    lines += [*_facts("sentence", match.sentence, summaries), *_facts("command", match.command, summaries)]
    return lines or ["always"]


def _not_when(rule: Rule, summaries: Mapping[str, Mapping[str, str]]) -> list[str]:
    match = rule.match
    return [
        *(f"the instruction, folded, matches {code(one.source)}" for one in match.none),
        *_facts("sentence", match.unless_sentence, summaries),
        *_facts("command", match.unless_command, summaries),
    ]


def _facts(kind: str, facts: Facts, summaries: Mapping[str, Mapping[str, str]]) -> list[str]:
    lines = []
    for name, values in facts.items():
        about = summaries.get(kind, {}).get(name, "")
        told = f" ({said(about.removesuffix('.'))})" if about else ""
        lines.append(f"{kind} {code(name)} is {_or(values)}{told}")
    return lines


def _or(values: frozenset[str]) -> str:
    return " or ".join(code(value) for value in sorted(values))


def _does(rule: Rule) -> Iterator[str]:
    function = TEXT_REWRITERS.get(rule.use, rule.rewriter)
    told = inspect.getdoc(function) or ""
    yield f"{code(rule.use)}: {said(_one_line(told), 2000)}"
    if rule.rewrites_text:
        return
    known = parameters(rule.rewriter)
    if known:
        yield ""
        yield "| parameter | kind | here |"
        yield "|---|---|---|"
    for name, parameter in known.items():
        given = f"{cell(write(rule.params[name]), 2000)}" if name in rule.params else "not set"
        yield f"| {cell(name)} | {said(name_of(parameter.annotation))} | {given} |"


def _example(example: Example) -> Iterator[str]:
    yield f"{code(example.instruction)}{f' with the input {code(example.input)}' if example.input else ''}"
    for question, answer in example.history:
        yield ""
        yield f"after {code(question)}, answered {code(answer)}"
    about = []
    if example.note:
        about.append(said(_one_line(example.note), 1000))
    if example.reason:
        about.append(f"Because: {said(example.reason, 1000)}.")
    if example.devices:
        about.append(f"Catalogue {code(example.devices)}.")
    if example.todo:
        about.append("Known to fail today.")
    if about:
        yield ""
        yield " ".join(about)
    yield ""
    before = example.output if isinstance(example.output, str) else write(example.output)
    yield fenced(before, "json") if example.after is None else diff(before, example.after)


def _policy(rule: Rule) -> str:
    if rule.review.mode == "sample":
        return f"{rule.review.rate:.0%} of its rewrites"
    return {"all": "all its rewrites", "none": "none of its rewrites"}[rule.review.mode]


def _counted(counts: Any) -> tuple[str, str, str]:
    if counts is None:
        return "–", "–", "–"
    return f"{counts['hits']:,}", f"{counts['declines']:,}", f"{counts['conflicts']:,}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
