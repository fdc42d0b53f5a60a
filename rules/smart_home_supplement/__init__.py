"""The supplement's Python: faults and refusals, scenes, and the parts that generated sentences are made of."""

from __future__ import annotations

from curation.rewriting import Command
from rules.smart_home.steps import take_apart
from rules.smart_home_supplement import doing, refusals, scenes, times

__all__ = ["doing", "label", "refusals", "scenes", "times"]


def label(command: Command) -> str:
    """Return the class of a command that a target mix speaks of.

    `abnormal` (an error object), `complex` (several actions under a condition), `automation` (one), `chain`, `fuzzy`,
    `basic`; and `sql`, `optimization` or `other`, which no template makes.
    """
    shape = take_apart(command)
    if shape.form == "error":
        return "abnormal"
    if shape.mcp_type == "sensor_trigger":
        return "complex" if len(shape.steps) > 1 else "automation"
    if shape.mcp_type == "iot":
        return "fuzzy" if shape.form == "change" else "basic"
    return shape.mcp_type if shape.mcp_type in {"chain", "sql", "optimization"} else "other"
