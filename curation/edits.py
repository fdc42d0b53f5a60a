"""Edits: what a rule did to a record, as RFC 6902 patches that bring back the exact bytes in both directions.

`jsonpatch` applies the patches. The differences are found here, because its own search compares as Python does: it sees
no difference between `1` and `true` in a list, and none between two orders of keys. Here two values are equal when
their texts are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import jsonpatch

from curation.command import Json, Unreadable, parse_object, write
from curation.turns import output_in, put_output

Order = Mapping[str, Sequence[str]]
"""Which keys come first in an object, by the key the object stands under; see `command.write`."""

_PLAIN = (str, int, type(None))
"""Values that are equal only where their texts are."""

Target = Literal["record", "command"]


class PatchFailed(ValueError):  # noqa: N818 - what happened, as in jsonpatch's own names
    """A patch does not apply to what it was applied to, or is no patch."""


class Patches(NamedTuple):
    """The way from one value to another and back, as the JSON texts of two RFC 6902 patches."""

    patch: str
    inverse: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What one rule, or one person, did to one record; the columns of the table of edits."""

    key: str
    ord: int
    """Counts the edits of one record in one version, in the order in which they apply."""
    rule: str
    rule_digest: str
    also: tuple[str, ...]
    """Further rules that proposed the same."""
    phase: str
    kind: Literal["rule", "review", "rollback", "generate"]
    target: Target
    patch: str
    inverse: str
    before: str
    """Digest of the record's payload before."""
    after: str
    span_start: int | None = None
    """First character of the instruction, as spoken, that the edit rests on; None for the whole."""
    span_end: int | None = None
    note: str | None = None
    confidence: float | None = None
    actor: str | None = None

    def row(self) -> tuple[Any, ...]:
        """Return the edit as a row of the table of edits."""
        values = (getattr(self, column.name) for column in fields(self))
        return tuple(write(list(value)) if isinstance(value, tuple) else value for value in values)


def make_patch(before: Json, after: Json, order: Order | None = None) -> Patches:
    """Return the patches from `before` to `after` and back, each proved by applying it and comparing texts.

    Values are compared as `write(value, order)` writes them: key order, `1` against `1.0` or `true` all count. A
    replaced or removed value is tested first. Equal values give empty patches.
    """
    one, other = write(before, order), write(after, order)
    return patches_between(json.loads(one), json.loads(other), one, other, order)


def patches_between(old: Json, new: Json, before: str, after: str, order: Order | None = None) -> Patches:
    """Return what `make_patch` does of two values as they are read, given their texts as `write` writes them."""
    order = order or {}
    return Patches(_proved(old, new, after, order), _proved(new, old, before, order))


def apply_patch(value: Json, patch: str) -> Json:
    """Return what the patch makes of `value`, which may be changed on the way; raises `PatchFailed`."""
    try:
        return jsonpatch.JsonPatch.from_string(patch).apply(value, in_place=True)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise PatchFailed(str(error) or type(error).__name__) from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise PatchFailed(f"no patch: {error}") from None


def apply_to_payload(payload: str, target: str, patch: str, order: Order | None = None) -> str:
    """Return the payload after a patch to its record, or to the command in its `output`; raises `PatchFailed`.

    A command is written in `order`; a record keeps the order it came in.
    """
    try:
        record = parse_object(payload)
        if target == "record":
            return write(apply_patch(record, patch))
        if target != "command":
            raise PatchFailed(f"unknown target {target!r}")
        output = output_in(record)
        if not isinstance(output, str):
            raise PatchFailed("the record's output is no text")
        put_output(record, write(apply_patch(parse_object(output), patch), order))
        return write(record)
    except Unreadable as error:
        raise PatchFailed(f"unreadable {target}: {error}") from None


def moved(patch: str, pointer: str) -> str:
    """Return a patch of `{"output": …}` as that of a record whose output stands at this JSON Pointer."""
    if pointer == "/output":
        return patch
    return write([{**step, "path": pointer + step["path"].removeprefix("/output")} for step in json.loads(patch)])


def _proved(old: Json, new: Json, after: str, order: Order) -> str:
    """Return the patch that makes `new`, whose text is `after`, of `old`."""
    steps: list[dict[str, Any]] = []
    _find_steps(steps, old, new, "", "", order)
    patch = write(steps)
    made = write(_applied(old, steps), order)
    if made != after:
        raise AssertionError(f"the patch {patch} leads to {made} instead of {after}")
    return patch


def _applied(value: Json, steps: Sequence[Mapping[str, Any]]) -> Json:
    """Return what steps make of the value they were made for: what `apply_patch` gives, in a tenth of its time.

    The value stays as it is: what changes in it is copied.
    """
    for step in steps:
        if not step["path"]:
            value = step["value"]
            continue
        *way, last = parts = step["path"][1:].split("/")
        if "~" in step["path"]:
            *way, last = (part.replace("~1", "/").replace("~0", "~") for part in parts)
        tests = step["op"] == "test"
        parent = value = value if tests else value.copy()
        for part in way:
            at = int(part) if isinstance(parent, list) else part
            if not tests:
                parent[at] = parent[at].copy()
            parent = parent[at]
        key = int(last) if isinstance(parent, list) else last
        if tests:
            if parent[key] is not step["value"]:
                raise AssertionError(f"{write(parent[key])} at {step['path']}, and not what is tested for")
        elif step["op"] == "remove":
            del parent[key]
        elif step["op"] == "add" and isinstance(parent, list):
            parent.insert(key, step["value"])
        else:
            parent[key] = step["value"]
    return value


def _find_steps(steps: list[dict[str, Any]], old: Json, new: Json, path: str, name: str, order: Order) -> None:
    """Add the operations that make `new` of `old`, which stands at `path`, under the key `name`."""
    if _same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and _reachable(old, new, order.get(name, ())):
        for key in old:
            if key in new:
                _find_steps(steps, old[key], new[key], f"{path}/{_escaped(key)}", key, order)
            else:
                steps += _removed(old[key], f"{path}/{_escaped(key)}")
        steps += [{"op": "add", "path": f"{path}/{_escaped(key)}", "value": new[key]} for key in new if key not in old]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            _find_steps(steps, one, other, f"{path}/{index}", name, order)
    elif isinstance(old, list) and isinstance(new, list) and (place := _inserted_or_removed(old, new)) is not None:
        for index in reversed(range(place, place + len(old) - len(new))):
            steps += _removed(old[index], f"{path}/{index}")
        for index in range(place, place + len(new) - len(old)):
            steps.append({"op": "add", "path": f"{path}/{index}", "value": new[index]})
    else:
        steps.append({"op": "test", "path": path, "value": old})
        steps.append({"op": "replace", "path": path, "value": new})


def _same(one: Json, other: Json) -> bool:
    """Tell whether two values have the same text."""
    if type(one) is not type(other) or one != other:
        return False  # 1, 1.0 and true are not the same
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(_same, one.values(), other.values()))
    if isinstance(one, list):
        return all(map(_same, one, other))
    return isinstance(one, _PLAIN) or write(one) == write(other)


def _removed(value: Json, path: str) -> list[dict[str, Any]]:
    return [{"op": "test", "path": path, "value": value}, {"op": "remove", "path": path}]


def _reachable(old: Mapping[str, Any], new: Mapping[str, Any], first: Sequence[str]) -> bool:
    """Tell whether removing keys and adding others at the end gives the order of `new`, once `first` come first."""
    if list(old) == list(new):
        return True
    kept = [key for key in old if key in new]
    if not kept:
        return False
    result = [*kept, *(key for key in new if key not in old)]
    leading = [key for key in first if key in new]
    return [*leading, *(key for key in result if key not in leading)] == list(new)


def _inserted_or_removed(old: list[Any], new: list[Any]) -> int | None:
    """Return where members were put in or taken out in one piece, or None when something else happened."""
    shorter, longer = sorted(([write(member) for member in old], [write(member) for member in new]), key=len)
    place = next((i for i, text in enumerate(shorter) if text != longer[i]), len(shorter))
    return place if shorter[place:] == longer[len(longer) - len(shorter) + place :] else None


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
