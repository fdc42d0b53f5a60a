"""What packs whose outputs are labels have in common: the set of labels, and the rewriters that hold outputs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.rewriting import Command
from rules.labels import rewriters
from rules.labels.label_set import LabelSet
from rules.labels.outlook import Outlook

__all__ = ["contract", "label", "open_context", "rewriters"]


def open_context(pack: Any, catalogue: Mapping[str, Any] | None) -> Outlook:
    """Return the context of a set of labels: the one given, else the pack's own, else an empty one."""
    given = catalogue if catalogue and "labels" in catalogue else pack.catalogue
    return Outlook(LabelSet() if given is None else LabelSet.read(given))


def contract(catalogue: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of a record with a label, as rules see it with these fields.

    Raises `ValueError` for a set that is none, or whose guidelines rules would not see.
    """
    labels = LabelSet.read(catalogue)
    if labels.guidelines and "system" not in fields:
        raise ValueError("guidelines, and no system that rules see: write 'fields: [system]' in pack.yaml")
    turn = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string"}}
    known = {"system": {"type": "string"}, "history": {"type": "array", "items": turn}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": ["label"],
        "properties": {
            "label": {"enum": list(labels.means), "description": _told(labels)},
            **{name: known[name] for name in fields},
        },
    }


def _told(labels: LabelSet) -> str:
    """Return what each label means, a line each, for people who review."""
    return "\n".join(f"{name}: {means}" for name, means in labels.means.items())


def label(command: Command) -> str:
    """Return the class of a record that a target mix speaks of: its label."""
    return str(command["label"])
