"""The forms an output comes in, and the one text each becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.formats import TEXT_REWRITERS, canonicalise, form, unwrap_fence, unwrap_object

ORDER = {"": ("kind", "drink")}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"kind": "order", "drink": "latte"}', "canonical"),
        ('{"drink": "latte", "kind": "order"}', "loose"),
        ('{"kind":"order"}', "loose"),
        (' {"kind": "order"}', "loose"),
        ('{"kind": "\\u62ff\\u94c1"}', "loose"),
        ('```json\n{"kind": "order"}\n```', "fenced"),
        ('```\n{"kind": "order"}\n```\n', "fenced"),
        ('````JSON {"kind": "order"} ````', "fenced"),
        ({"kind": "order"}, "object"),
        ({}, "object"),
        ('Here you are:\n```json\n{"kind": "order"}\n```', "unreadable"),
        ('```json\n{"kind": "order"\n```', "unreadable"),
        ('```json\n{"kind": "order"}\n````', "unreadable"),
        ('```json\n{"a": 1}\n{"a": 1}\n```', "unreadable"),
        ('{"kind": "order", "kind": "order"}', "unreadable"),
        ('{"kind": NaN}', "unreadable"),
        ({"kind": float("nan")}, "unreadable"),
        ({"kind": "\ud800"}, "unreadable"),
        ({"kind": {1}}, "unreadable"),
        ("[1]", "unreadable"),
        ([{"kind": "order"}], "unreadable"),
        ("", "unreadable"),
        (None, "unreadable"),
        (3, "unreadable"),
    ],
)
def test_the_form_of_an_output(output: Any, expected: str) -> None:
    assert form(output, ORDER) == expected


def test_each_rewriter_is_for_its_form_only() -> None:
    fenced, loose, whole = '```json\n{"drink": 1, "kind": 2}\n```', '{"drink":1,"kind":2}', {"drink": 1, "kind": 2}
    canonical = '{"kind": 2, "drink": 1}'
    for rewriter, own in ((unwrap_fence, fenced), (canonicalise, loose), (unwrap_object, whole)):
        for output in (fenced, loose, whole, canonical, "no", None):
            result = rewriter(output, ORDER)
            assert (result is not None) == (output is own)
            assert result is None or result.text == canonical


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(deadline=None)  # the machine may be busy
@given(
    st.dictionaries(st.sampled_from(["kind", "drink", "x"]), json_values),
    st.sampled_from(["```json\n{}\n```", "{}", " {}\n"]),
    st.booleans(),
)
def test_whatever_a_text_rewriter_gives_is_canonical_and_says_the_same(
    value: dict[str, Any], around: str, ascii_only: bool
) -> None:
    output = around.replace("{}", json.dumps(value, ensure_ascii=ascii_only, indent=1))
    for rewriter in TEXT_REWRITERS.values():
        for given_output in (output, value):
            result = rewriter(given_output, ORDER)
            if result is not None:
                assert form(result.text, ORDER) == "canonical"
                assert json.loads(result.text) == value
