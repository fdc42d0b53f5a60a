"""The rewriters of packs whose outputs are labels: one spelling for each, a system that was lost, and questions."""

from __future__ import annotations

from curation.rewriting import Command, Decline, Match, Rewritten, rewriter
from rules.labels.outlook import Outlook


@rewriter("write_label")
def write_label(command: Command, match: Match, context: Outlook) -> Rewritten | None:  # noqa: ARG001
    """Write the label that the output is another spelling or another name of."""
    text = command["label"]
    meant = context.labels.meant(text)
    return None if meant is None else Rewritten({**command, "label": meant}, note=f"for {text.strip()}")


@rewriter("complete_system")
def complete_system(command: Command, match: Match, context: Outlook) -> Rewritten | None:  # noqa: ARG001
    """Write the guideline that has the label as the system; declines where that is not exactly one."""
    label = command["label"]
    having = [one for one in context.labels.guidelines if label in one.labels]
    if not having:
        raise Decline("no system, and no guideline has the label", label)
    if len(having) > 1:
        names = ", ".join(one.name for one in having)
        raise Decline("no system, and several guidelines have the label", f"{label}: {names}")
    return Rewritten({**command, "system": having[0].system}, note=f"the guideline {having[0].name}")


@rewriter("ask_about_label")
def ask_about_label(command: Command, match: Match, context: Outlook, *, reason: str) -> None:  # noqa: ARG001
    """Hand the record to a person, with the label that it has."""
    raise Decline(reason, command["label"].strip())


@rewriter("ask_about_guideline")
def ask_about_guideline(command: Command, match: Match, context: Outlook, *, reason: str) -> None:  # noqa: ARG001
    """Hand the record to a person, with the guideline that its system states."""
    stated = context.labels.guideline(command.get("system", ""))
    raise Decline(reason, f"{command['label'].strip()}: {'' if stated is None else stated.name}")


@rewriter("ask_about_words")
def ask_about_words(command: Command, match: Match, context: Outlook, *, reason: str, says: str) -> None:  # noqa: ARG001
    """Hand the record to a person, with the label that words of the instruction speak of."""
    raise Decline(reason, f"{command['label'].strip()}, and the words speak of {says}")
