"""Patches lead to the exact bytes and back."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.command import digest, parse_object, write
from curation.edits import Edit, PatchFailed, apply_patch, apply_to_payload, make_patch

texts = st.text(st.characters(codec="utf-8"), max_size=3) | st.sampled_from(
    ["a", "b", "a/b", "~", "~1", "", "0", "-", "op"]
)
scalars = st.sampled_from([None, True, False, 0, 1, 1.0, 0.0, -0.0, "", "1"]) | st.integers() | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))
objects = st.dictionaries(texts, values, max_size=5)
orders = st.none() | st.dictionaries(texts, st.lists(texts, max_size=4, unique=True), max_size=3)


@st.composite
def shuffled(draw: st.DrawFn, value: dict[str, Any]) -> dict[str, Any]:
    return {key: value[key] for key in draw(st.permutations(list(value)))}


@given(objects, objects, orders)
def test_a_patch_and_its_inverse_lead_to_the_exact_bytes(
    before: dict[str, Any], after: dict[str, Any], order: dict[str, list[str]] | None
) -> None:
    one, other = write(before, order), write(after, order)
    patches = make_patch(before, after, order)
    assert write(apply_patch(parse_object(one), patches.patch), order) == other
    assert write(apply_patch(parse_object(other), patches.inverse), order) == one


@given(st.data(), objects)
def test_a_change_of_key_order_is_a_change(data: st.DataObject, before: dict[str, Any]) -> None:
    after = data.draw(shuffled(before))
    patches = make_patch(before, after)
    assert write(apply_patch(parse_object(write(before)), patches.patch)) == write(after)
    assert (patches.patch == "[]") == (list(before) == list(after))


@given(objects, objects)
def test_patches_are_plain_rfc_6902_that_anyone_can_apply(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = json.loads(make_patch(before, after).patch)
    assert jsonpatch.apply_patch(json.loads(json.dumps(before)), patch) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": [1]}, {"a": [True]}),
        ({"a": [1, 2]}, {"a": [1.0, 2]}),
        ({"a": 0.0}, {"a": -0.0}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1, "b": 2}, {"c": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}),
    ],
)
def test_what_python_takes_for_equal_is_still_told_apart(before: dict[str, Any], after: dict[str, Any]) -> None:
    patches = make_patch(before, after)
    assert patches.patch != "[]"
    assert write(apply_patch(parse_object(write(after)), patches.inverse)) == write(before)


def test_small_changes_give_small_patches_that_test_first() -> None:
    order = {"": ["kind", "function", "params"]}
    before = {"kind": "k", "params": {"device": "d", "power": "on", "left": [1, 2]}}
    after = {"kind": "k", "function": "f", "params": {"device": "d", "power": "off", "left": [1, 5, 2]}}
    patches = make_patch(before, after, order)
    assert json.loads(patches.patch) == [
        {"op": "test", "path": "/params/power", "value": "on"},
        {"op": "replace", "path": "/params/power", "value": "off"},
        {"op": "add", "path": "/params/left/1", "value": 5},
        {"op": "add", "path": "/function", "value": "f"},
    ]
    assert json.loads(patches.inverse) == [
        {"op": "test", "path": "/function", "value": "f"},
        {"op": "remove", "path": "/function"},
        {"op": "test", "path": "/params/power", "value": "off"},
        {"op": "replace", "path": "/params/power", "value": "on"},
        {"op": "test", "path": "/params/left/1", "value": 5},
        {"op": "remove", "path": "/params/left/1"},
    ]


def test_a_key_that_would_land_in_the_wrong_place_replaces_its_object() -> None:
    patches = make_patch({"a": {"x": 1, "y": 2, "z": 3}, "b": 0}, {"a": {"x": 1, "z": 3}, "b": 0})
    assert [step["path"] for step in json.loads(patches.patch)] == ["/a/y", "/a/y"]
    assert [step["path"] for step in json.loads(patches.inverse)] == ["/a", "/a"]


def test_equal_values_give_empty_patches() -> None:
    assert make_patch({"a": [1]}, {"a": [1]}) == ("[]", "[]")


@pytest.mark.parametrize(
    "patch",
    [
        '[{"op": "test", "path": "/a", "value": 2}]',
        '[{"op": "replace", "path": "/b/c", "value": 2}]',
        '[{"op": "remove", "path": "/b"}]',
        '[{"op": "fly", "path": "/a"}]',
        '[{"op": "add", "path": "a", "value": 1}]',
        '[{"op": "add"}]',
        '{"op": "remove"}',
        "[1]",
        "[",
        "3",
    ],
)
def test_a_patch_that_does_not_fit_or_is_none_fails_with_one_kind_of_error(patch: str) -> None:
    with pytest.raises(PatchFailed):
        apply_patch({"a": 1}, patch)


def test_a_command_is_patched_inside_the_output_and_written_in_its_order() -> None:
    payload = write({"output": write({"kind": "k", "params": {}}), "instruction": "i"})
    patch = make_patch({"kind": "k", "params": {}}, {"kind": "k", "params": {}, "function": "f"}).patch
    order = {"": ["kind", "function"]}
    assert apply_to_payload(payload, "command", patch, order) == write(
        {"output": '{"kind": "k", "function": "f", "params": {}}', "instruction": "i"}
    )


def test_an_output_that_is_an_object_is_unwrapped_by_an_edit_of_the_record() -> None:
    before, after = {"instruction": "i", "output": {"a": 1}}, {"instruction": "i", "output": '{"a": 1}'}
    patches = make_patch(before, after)
    assert apply_to_payload(write(before), "record", patches.patch) == write(after)
    assert apply_to_payload(write(after), "record", patches.inverse) == write(before)


@pytest.mark.parametrize(
    ("payload", "target"),
    [('"a text"', "record"), ('{"output": {}}', "command"), ('{"output": "["}', "command"), ('{"output": ""}', "moon")],
)
def test_a_patch_of_what_is_not_there_fails(payload: str, target: str) -> None:
    with pytest.raises(PatchFailed):
        apply_to_payload(payload, target, "[]")


def test_an_edit_is_a_row_of_text_numbers_and_nothing() -> None:
    edit = Edit("k", 0, "p.r", digest("r"), ("p.s",), "p", "rule", "command", "[]", "[]", digest("a"), digest("b"))
    assert edit.row()[4] == '["p.s"]'
    assert edit.row()[12:] == (None, None, None, None, None)
