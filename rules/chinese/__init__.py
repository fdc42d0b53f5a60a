"""Reading numbers, durations, times of day and comparisons in Chinese: a value with its span, or nothing.

Every reader takes folded text (`curation.text.fold`) and never guesses: what it is not sure of, it does not return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from curation.text import Span, fold
from rules.chinese.clocks import Clock, clock_readings, find_clocks
from rules.chinese.comparisons import Comparison, comparison_readings, find_comparisons
from rules.chinese.durations import Duration, canonical_duration, duration_readings, find_durations
from rules.chinese.numbers import NUMBER, Number, find_numbers, number_readings, read_number

_Found = Iterator[tuple[Span, dict[str, Any]]]


def _read_numbers(text: str) -> _Found:
    for number in find_numbers(text):
        yield number.span, {"value": number.value, "unit": number.unit}


def _read_durations(text: str) -> _Found:
    for found in find_durations(text):
        yield (
            found.span,
            {
                "value": found.seconds,
                "canonical": found.canonical,
                "direction": found.direction,
                "approximate": found.approximate,
            },
        )


def _read_clocks(text: str) -> _Found:
    for clock in find_clocks(text):
        yield clock.span, {"value": clock.value, "daypart": clock.daypart, "exact": clock.exact}


def _read_comparisons(text: str) -> _Found:
    for found in find_comparisons(text):
        yield found.span, {"operator": found.operator, "value": found.value, "unit": found.unit}


KINDS: Mapping[str, Callable[[str], _Found]] = {
    "number": _read_numbers,
    "duration": _read_durations,
    "clock": _read_clocks,
    "comparison": _read_comparisons,
}


def read(kind: str, text: str) -> list[dict[str, Any]]:
    """Return what a sentence as given says of one kind, JSON-ready, spans in its own characters.

    Raises:
        KeyError: `kind` is none of `KINDS`.
    """
    folded = fold(text)
    return [{"span": list(folded.to_source(*span)), **found} for span, found in KINDS[kind](folded.text)]


__all__ = [
    "KINDS",
    "NUMBER",
    "Clock",
    "Comparison",
    "Duration",
    "Number",
    "canonical_duration",
    "clock_readings",
    "comparison_readings",
    "duration_readings",
    "find_clocks",
    "find_comparisons",
    "find_durations",
    "find_numbers",
    "number_readings",
    "read",
    "read_number",
]
