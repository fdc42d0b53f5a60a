"""The smart-home pack's Python: rewriters, readers, and what it knows beside a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curation.rewriting import Command
from rules.chinese import clock_readings, comparison_readings, duration_readings, number_readings
from rules.smart_home import rewriters
from rules.smart_home.catalogue import device_ids
from rules.smart_home.home import Home, open_home

__all__ = [
    "clock_readings",
    "comparison_readings",
    "duration_readings",
    "number_readings",
    "open_context",
    "rewriters",
    "survey",
]


def open_context(pack: Any, catalogue: Mapping[str, Any] | None) -> Home:
    """Return the context of the pack for a device catalogue."""
    return open_home(pack.vocabulary.lexicons, catalogue)


def survey(commands: Iterable[Command]) -> set[str]:
    """Return the device ids that a batch of commands holds; the union over all batches is the catalogue's `seen`."""
    return {identity for command in commands for identity in device_ids(command)}
