"""JSON text is read strictly and written in one way."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.command import Keys, Unreadable, digest, parse_object, write

texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))
objects = st.dictionaries(texts, values, max_size=5)


@given(objects)
def test_what_is_written_is_read_back_and_written_the_same(value: dict[str, object]) -> None:
    text = write(value)
    assert write(parse_object(text)) == text
    assert "\n" not in text


@given(objects)
def test_writing_agrees_with_the_standard_library(value: dict[str, object]) -> None:
    assert write(value) == json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "reason", "found"),
    [
        ("", "empty", ""),
        (" \n\t", "empty", ""),
        ("hello", "not JSON", "hello at character 0"),
        ("{'a': 1}", "not JSON", "'a': 1} at character 1"),
        ('｛"a"：1｝', "not JSON", '｛"a"：1｝ at character 0'),
        ('{"a"：1}', "not JSON", "：1} at character 4"),
        ('{"a": 1,}', "not JSON", "} at character 8"),
        ('{"a": 01}', "not JSON", "1} at character 7"),
        ("```json\n{}\n```", "not JSON", "```json\n{}\n``` at character 0"),
        ('{"a": 1', "truncated", '…{"a": 1'),
        ('{"a": {"b": 2}', "truncated", '…{"a": {"b": 2}'),
        ('{"a": ', "truncated", '…{"a":'),
        ('{"a": tru', "truncated", '…{"a": tru'),
        ('{"a": -', "truncated", '…{"a": -'),
        ('{"a": "b', "truncated", '…{"a": "b'),
        ('{"a": "\\u12', "truncated", '…{"a": "\\u12'),
        ("[1, 2", "truncated", "…[1, 2"),
        ('{"a": 1} {"b": 2}', "text after the object", '{"b": 2}'),
        ("[1]", "not an object", "an array"),
        ('"a"', "not an object", "a string"),
        ("3", "not an object", "a number"),
        ("true", "not an object", "a truth value"),
        ("null", "not an object", "null"),
        ('{"a": NaN}', "NaN or Infinity", "NaN"),
        ('{"a": -Infinity}', "NaN or Infinity", "-Infinity"),
        ('{"a": 1e999}', "number too large", "1e999"),
        ('{"a": ' + "9" * 5000 + "}", "number too large", "5000 digits"),
        ('{"a": {"b": 1, "c": 2, "b": 1}}', "duplicate key", "b"),
        ('{"a": "\\ud83d"}', "half a surrogate pair", "\\ud83d"),
        ('{"\\udc00": 1}', "half a surrogate pair", "\\udc00"),
        ('{"a": "\ud83d"}', "half a surrogate pair", "at character 7"),
        ('{"a": ' * 101 + "1" + "}" * 101, "nested too deeply", "more than 100 levels"),
        ('{"a": ' + "[" * 100_000, "nested too deeply", "more than 100 levels"),
    ],
)
def test_what_is_not_one_json_object_is_refused_with_its_reason(text: str, reason: str, found: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_object(text)
    assert (refused.value.reason, refused.value.found) == (reason, found)


def test_whole_surrogate_pairs_deep_but_sane_nesting_and_large_integers_are_read() -> None:
    assert parse_object('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}
    assert parse_object('{"a": ' * 100 + "1" + "}" * 100)
    assert write(parse_object('{"a": 123456789012345678901234567890, "b": 1.0}')) == (
        '{"a": 123456789012345678901234567890, "b": 1.0}'
    )


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    with contextlib.suppress(Unreadable):
        write(parse_object(text)).encode()


def test_named_keys_come_first_and_the_others_follow_as_found() -> None:
    order = {"": ["kind", "params"], "params": ["device", "trigger"], "action": ["device"]}
    value = {"z": 1, "params": {"x": 0, "action": [{"arg": 1, "device": 2}, 3], "device": 4}, "kind": "k"}
    assert write(value, order) == (
        '{"kind": "k", "params": {"device": 4, "x": 0, "action": [{"device": 2, "arg": 1}, 3]}, "z": 1}'
    )


def test_writing_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        write({"a": float("nan")})


def test_equal_payloads_are_counted_in_row_order() -> None:
    keys = Keys()
    one, two = digest("one"), digest("two")
    assert [keys.next(one), keys.next(two), keys.next(one)] == [f"{one[:24]}-0", f"{two[:24]}-0", f"{one[:24]}-1"]
