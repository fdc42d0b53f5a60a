"""Which edits of a record stand: later ones lie on earlier ones, and a rollback takes the topmost off again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from curation.edits import Edit, PatchFailed


def standing(edits: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the edits of one record (rows of the table, oldest first) that were not rolled back.

    Raises `PatchFailed` for a rollback that is not exactly the inverse of the latest edit standing before it.
    """
    stack: list[Mapping[str, Any]] = []
    for edit in edits:
        if edit["kind"] != "rollback":
            stack.append(edit)
            continue
        top = stack.pop() if stack else None
        if top is None or _undone(edit) != (top["rule"], top["target"], top["inverse"], top["after"], top["before"]):
            raise PatchFailed(f"edit {edit['ord']} rolls back {edit['rule']}, which is not the latest edit that stands")
    return stack


def undo(edit: Mapping[str, Any], ord: int, *, actor: str | None, note: str | None) -> Edit:
    """Return the edit that takes a standing edit off again."""
    return Edit(
        key=edit["key"],
        ord=ord,
        rule=edit["rule"],
        rule_digest=edit["rule_digest"],
        also=tuple(json.loads(edit["also"])),
        phase=edit["phase"],
        kind="rollback",
        target=edit["target"],
        patch=edit["inverse"],
        inverse=edit["patch"],
        before=edit["after"],
        after=edit["before"],
        span_start=edit["span_start"],
        span_end=edit["span_end"],
        note=note,
        confidence=edit["confidence"],
        actor=actor,
    )


def _undone(edit: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(edit[name] for name in ("rule", "target", "patch", "before", "after"))
