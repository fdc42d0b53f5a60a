"""When two answers are the same: strictly, in what they do, or nearly. A pack says which differences do not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

from curation.command import Json, Unreadable, parse_object, write
from curation.problems import RuleErrors
from curation.strict_yaml import read

LEVELS = ("strict", "balanced", "lenient")

Path_ = tuple[str | int, ...]


class Slot(NamedTuple):
    """One value of an answer: a scalar, or an empty object or list."""

    path: Path_
    """Keys and list positions that lead to it."""
    value: Json

    @property
    def name(self) -> str:
        """Return the keys alone, joined: `params.action.device_id` of every action."""
        return ".".join(key for key in self.path if isinstance(key, str))


@dataclass(frozen=True)
class Matching:
    """What a pack's `suites/matching.yaml` says about differences between answers.

    *strict*: the same value at the same place for every slot; order of keys and spacing are free.
    *balanced*: strict, but slots named in `ignore` do not count, values listed together in `same` are one value, and a
    number may be written as text. What is carried out is the same.
    *lenient*: balanced, but the members of a list may come in another order, each as a whole, and numbers and the slots
    of `loose` may have another value; a number keeps its sign. Devices and what happens to them are the same.
    """

    ignore: frozenset[str] = frozenset()
    """Last keys of slots that are not carried out."""
    same: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Last key -> value as JSON text -> the value that stands for it."""
    loose: frozenset[str] = frozenset()
    """Last keys of slots whose value a lenient comparison does not ask for."""

    def agrees(self, level: str, expected: Json, found: Json) -> bool:
        """Tell whether two answers are the same at a level of `LEVELS`."""
        if level == "lenient":
            return write(self._nearly(expected)) == write(self._nearly(found))
        return self._view(level, expected) == self._view(level, found)

    def _view(self, level: str, answer: Json) -> dict[Path_, str]:
        if level == "strict":
            return {slot.path: write(slot.value) for slot in slots(answer)}
        kept = ((slot, _key(slot.path)) for slot in slots(answer))
        return {slot.path: self._value(key, slot.value) for slot, key in kept if key not in self.ignore}

    def _nearly(self, answer: Json, key: str = "") -> Json:
        """Return what a lenient comparison sees of an answer that stands under a key."""
        if isinstance(answer, dict) and answer:
            return {
                name: self._nearly(value, name) for name, value in sorted(answer.items()) if name not in self.ignore
            }
        if isinstance(answer, list) and answer:
            return sorted((self._nearly(member, key) for member in answer), key=write)
        number = _number(answer)
        if key in self.loose:
            return ""
        return self._value(key, answer) if number is None else number < 0

    def _value(self, key: str, value: Json) -> str:
        number = _number(value)
        text = write(value if number is None else number)
        return self.same.get(key, {}).get(text, text)


def slots(answer: Json, path: Path_ = ()) -> Iterator[Slot]:
    """Yield every slot of an answer, in its order; an answer that is a scalar is one slot."""
    if isinstance(answer, dict) and answer:
        for key, value in answer.items():
            yield from slots(value, (*path, key))
    elif isinstance(answer, list) and answer:
        for position, value in enumerate(answer):
            yield from slots(value, (*path, position))
    else:
        yield Slot(path, answer)


def parsed(text: str) -> Json | None:
    """Return the one JSON object that an answer is, None where it is none."""
    try:
        return parse_object(text.strip())
    except Unreadable:
        return None


def matching_of(folder: Path) -> Matching:
    """Return how the answers of a pack are compared; raises `RuleErrors` where its file is not as it should be."""
    path = folder / "suites" / "matching.yaml"
    if not path.is_file():
        return Matching()
    document, problems = read(path)
    if document is None:
        raise RuleErrors(problems)
    problems += [
        document.problem(tuple(error.absolute_path), error.message, "see docs/training.md for what may stand here")
        for error in jsonschema.Draft202012Validator(_SCHEMA).iter_errors(document.value)
    ]
    if problems:
        raise RuleErrors(problems)
    content: Mapping[str, Any] = document.value
    return Matching(
        ignore=frozenset(content.get("ignore", [])),
        same={
            key: {write(value): write(group[0]) for group in groups for value in group}
            for key, groups in content.get("same", {}).items()
        },
        loose=frozenset(content.get("loose", [])),
    )


_NAMES = {"type": "array", "items": {"type": "string"}}
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "ignore": _NAMES,
        "loose": _NAMES,
        "same": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "array", "minItems": 2}},
        },
    },
}


def _key(path: Path_) -> str:
    """Return the last key of a path."""
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return _read_number(value) if isinstance(value, str) else float(value)


@cache
def _read_number(text: str) -> float | None:
    try:
        return float(text) if text.strip() == text and text[-1:].isdigit() else None
    except ValueError:
        return None
