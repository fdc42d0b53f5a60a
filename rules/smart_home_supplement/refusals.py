"""Refusals: the error object for an instruction that no device of the home can follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from curation.text import is_traditional, to_traditional
from rules.smart_home.home import Home
from rules.smart_home.steps import take_apart
from rules.smart_home_supplement.faults import Fault, Kind, fault_of


@rewriter("refuse")
def refuse(
    command: Command,  # noqa: ARG001 - there is none
    match: Match,
    context: Home,
    *,
    fault: Kind,
    error: str,
    message: str,
    suggestion: str,
) -> Rewritten | None:
    """Write an error object for an instruction that has this fault.

    `message` and `suggestion` are given in simplified script and written in the script of the instruction; `<device>`,
    `<property>`, `<low>` and `<high>` in them stand for what the fault is about.
    """
    found = fault_of(match.sentence, context)
    if found is None or found.kind != fault:
        return None
    spoken = match.text.source
    made: dict[str, Any] = {
        "error": error,
        "message": _said(message, found, spoken),
        "suggestion": _said(suggestion, found, spoken),
    }
    return Rewritten(made, note=f"nothing could be read; {fault}{_about(found.words)}")


@rewriter("question_fault")
def question_fault(
    command: Command, match: Match, context: Home, *, fault: Kind, reason: str, plausible: Sequence[str] = ()
) -> Rewritten | None:
    """Hand a command to a person whose instruction has this fault, unless it is for a device of a `plausible` type."""
    types = {context.catalogue.get(step.device_id or "").type for step in take_apart(command).steps}
    found = fault_of(match.sentence, context)
    if found is None or found.kind != fault or types & set(plausible):
        return None
    raise Decline(reason, found.words.get("device", match.text.source[:80]))


def _said(template: str, fault: Fault, spoken: str) -> str:
    """Return a message in the script of the instruction; what it quotes stays as spoken."""
    text = to_traditional(template) if is_traditional(spoken) else template
    for name, words in fault.words.items():
        quoted = to_traditional(words) if name == "property" and is_traditional(spoken) else words
        text = text.replace(f"<{name}>", quoted)
    return text


def _about(words: Mapping[str, str]) -> str:
    return "".join(f", {name} {value}" for name, value in words.items())
