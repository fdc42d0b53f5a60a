"""What is known of a record with a label beside the record: facts about it, by the set of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curation.rewriting import Command
from curation.text import Folded
from rules.labels.label_set import LabelSet, spelling


@dataclass(frozen=True)
class Sentence:
    """An instruction, of which nothing is stated: rules look at its words."""

    facts: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outlook:
    """The context that rewriters get."""

    labels: LabelSet

    def analyse(self, text: Folded) -> Sentence:  # noqa: ARG002
        """Return what is stated of an instruction: nothing."""
        return Sentence()

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:
        """Return how the label is written, which one it is, how the system goes with it, whether there are turns."""
        text = command["label"]
        meant = self.labels.meant(text)
        return {
            "written": frozenset({self._written(text, meant)}),
            "label": frozenset() if meant is None else frozenset({meant}),
            "guideline": frozenset({self._guideline(command.get("system", ""), meant)}),
            "history": frozenset({"some" if command.get("history") else "none"}),
        }

    def _written(self, text: str, meant: str | None) -> str:
        if meant is None:
            return "unknown"
        if text == meant:
            return "exactly"
        return "otherwise" if spelling(text) == spelling(meant) else "alias"

    def _guideline(self, system: str, meant: str | None) -> str:
        if not self.labels.guidelines:
            return "none"
        if not system.strip():
            return "missing"
        stated = self.labels.guideline(system)
        if stated is None:
            return "own"
        return "fits" if meant in stated.labels else "misfits"
