"""Which edits stand: what was rolled back does not, and only the latest can be rolled back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.command import digest, write
from curation.edits import Edit, PatchFailed, make_patch
from curation.standing import standing, undo


def edit(place: int, number: int) -> dict[str, Any]:
    """Return the edit that makes {"n": number + 1} of {"n": number}, as a row of the table."""
    before, after = {"n": number}, {"n": number + 1}
    patches = make_patch(before, after)
    made = Edit(
        "k", place, f"rule-{number}", "d", ("also",), "p", "rule", "command", *patches, digest(write(before)),
        digest(write(after)), 0, 1, None, 0.9,
    )  # fmt: skip
    return asdict(made) | {"also": '["also"]'}


def as_row(undone: Edit) -> dict[str, Any]:
    return asdict(undone) | {"also": write(list(undone.also))}


@given(st.lists(st.booleans(), max_size=20))
def test_rolling_back_takes_off_the_latest_edit_that_stands(steps: list[bool]) -> None:
    history: list[dict[str, Any]] = []
    expected: list[dict[str, Any]] = []
    for place, on in enumerate(steps):
        if on:
            history.append(edit(place, len(expected)))
            expected.append(history[-1])
        elif expected:
            history.append(as_row(undo(expected.pop(), place, actor="ann", note="no")))

    assert standing(history) == expected


def test_only_the_latest_edit_can_be_rolled_back() -> None:
    first, second = edit(0, 0), edit(1, 1)

    with pytest.raises(PatchFailed, match="rolls back rule-0, which is not the latest"):
        standing([first, second, as_row(undo(first, 2, actor=None, note=None))])
    with pytest.raises(PatchFailed):
        standing([as_row(undo(first, 0, actor=None, note=None))])
    with pytest.raises(PatchFailed):
        standing([first, as_row(undo(first, 1, actor=None, note=None)) | {"patch": "[]"}])


def test_an_undone_edit_is_the_edit_the_other_way_round() -> None:
    made = edit(0, 0)
    undone = undo(made, 3, actor="ann", note="no")

    assert (undone.kind, undone.ord, undone.actor, undone.note, undone.also) == ("rollback", 3, "ann", "no", ("also",))
    assert (undone.patch, undone.inverse, undone.before, undone.after) == (
        made["inverse"], made["patch"], made["after"], made["before"],
    )  # fmt: skip
