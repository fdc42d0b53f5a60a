"""A trace as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curation.command import write
from curation.matching import Missed
from curation.problems import printable
from curation.trace import Hit, Step, Trace, Tried

_WIDE = 24  # the longest rule ids of a pack


def lines(trace: Trace, *, words: bool = False) -> Iterator[str]:
    """Yield the trace line by line, control characters written out; `words` adds every word a lexicon knows."""
    for line in _lines(trace, words):
        yield printable(line)


def _lines(trace: Trace, words: bool) -> Iterator[str]:
    yield f"instruction  {trace.instruction}"
    yield f"folded       {trace.folded}"
    for hit in trace.readings:
        yield f"read         {hit.words} as <{hit.name}> {_value(hit.value)}, characters {_place(hit)}"
    for hit in trace.words if words else ():
        yield f"word         {hit.words} in {hit.name}: {hit.value}, characters {_place(hit)}"
    yield f"sentence     {_facts(trace.sentence)}"
    if trace.form != "canonical":
        yield f"form         {trace.form}"
    facts: Mapping[str, tuple[str, ...]] = {}
    for step in trace.steps:
        yield ""
        yield f"{step.phase}"
        if step.facts and step.facts != facts:
            yield f"  command    {_facts(step.facts)}"
        facts = step.facts or facts
        for tried in step.tried:
            yield from _rule(tried)
        yield from _end_of(trace, step)
    yield ""
    yield from _end(trace)


def _rule(tried: Tried) -> Iterator[str]:
    name = f"  {tried.rule:<{_WIDE}}"
    if tried.outcome == "silent":
        yield f"{name} silent: {'; '.join(map(_missed, tried.missed))}"
    elif tried.outcome == "nothing to do":
        yield f"{name} fires, and finds nothing to do"
    else:
        yield f"{name} {tried.outcome}{f': {tried.text}' if tried.text else ''}"
        if tried.output is not None:
            yield f"  {'':<{_WIDE}} {tried.output}"
    for hit in tried.literals:
        yield f"  {'':<{_WIDE}} literal {hit.words}, characters {_place(hit)}"
    for group, hit in tried.patterns:
        values = "".join(f", <{name}> {_value(value)}" for name, value in hit.value.items())
        yield f"  {'':<{_WIDE}} {group} '{hit.name}' matches {hit.words}, characters {_place(hit)}{values}"


def _missed(missed: Missed) -> str:
    found = ", ".join(missed.found) or "nothing"
    if missed.where == "instruction.none":
        return f"a pattern under 'none' matches {found}"
    if missed.where == "instruction.all":
        return f"'{missed.what}' does not match"
    if missed.where == "instruction.any":
        return "no pattern under 'any' matches"
    negation = "must not be" if missed.where.startswith("unless") else "not"
    return f"{missed.where.removeprefix('unless.')} {missed.what} is {found}, {negation} {' or '.join(missed.wanted)}"


def _end_of(trace: Trace, step: Step) -> Iterator[str]:
    """Say how the phase ended where something was proposed."""
    change = trace.applied(step)
    if change is not None:
        also = f", and {', '.join(change.also)} the same" if change.also else ""
        yield f"  => {change.rule.id} applied{also}"
    elif any(tried.outcome in {"proposes", "declines"} for tried in step.tried):
        yield "  => nothing applied; later phases are not run"


def _end(trace: Trace) -> Iterator[str]:
    judgement = trace.judgement
    yield f"disposition  {judgement.disposition}"
    if judgement.unreadable:
        yield f"because      {': '.join(part for part in judgement.unreadable if part)}"
    for doubt in judgement.doubts:
        found = f": {doubt.found}" if doubt.found else ""
        yield f"because      {doubt.rule}: {doubt.reason}{found}"
    if judgement.changes:
        yield f"output       {judgement.changes[-1].output}"


def as_json(trace: Trace) -> dict[str, Any]:
    """Return the trace as one JSON value; spans count characters of the folded text, `evidence` those as spoken."""
    judgement = trace.judgement
    return {
        "instruction": trace.instruction,
        "folded": trace.folded,
        "form": trace.form,
        "readings": [_hit(hit, "reader") for hit in trace.readings],
        "words": [_hit(hit, "lexicon") for hit in trace.words],
        "sentence": {name: list(values) for name, values in trace.sentence.items()},
        "phases": [_step(trace, step) for step in trace.steps],
        "disposition": judgement.disposition,
        "unreadable": None if judgement.unreadable is None else list(judgement.unreadable),
        "doubts": [
            {
                "kind": doubt.kind,
                "rule": doubt.rule,
                "reason": doubt.reason,
                "found": doubt.found,
                "proposals": [{"rule": rule, "output": output} for rule, output in doubt.proposals],
            }
            for doubt in judgement.doubts
        ],
        "output": judgement.changes[-1].output if judgement.changes else None,
    }


def _step(trace: Trace, step: Step) -> dict[str, Any]:
    change = trace.applied(step)
    applied = None
    if change is not None:
        evidence = None if change.span is None else list(change.span)
        applied = {"rule": change.rule.id, "also": list(change.also), "evidence": evidence, "patch": change.patch}
    return {
        "phase": step.phase,
        "before": step.before,
        "command": {name: list(values) for name, values in step.facts.items()},
        "rules": [_tried(tried) for tried in step.tried],
        "applied": applied,
    }


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "rule": tried.rule,
        "outcome": tried.outcome,
        "missed": [
            {"where": m.where, "what": m.what, "wanted": list(m.wanted), "found": list(m.found)} for m in tried.missed
        ],
        "literals": [_hit(hit, None) for hit in tried.literals],
        "patterns": [{"group": group, **_hit(hit, "pattern")} for group, hit in tried.patterns],
        "output": tried.output,
        "text": tried.text,
    }


def _hit(hit: Hit, kind: str | None) -> dict[str, Any]:
    named = {} if kind is None else {kind: hit.name, "value": hit.value}
    return {**named, "words": hit.words, "span": list(hit.span)}


def _facts(facts: Mapping[str, tuple[str, ...]]) -> str:
    return " · ".join(f"{name} {', '.join(values) or 'nothing'}" for name, values in facts.items()) or "nothing stated"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else write(value)


def _place(hit: Hit) -> str:
    return f"{hit.span.start}-{hit.span.end}"
