"""Strict YAML: JSON's scalars only, every problem at its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.problems import Problem
from curation.strict_yaml import MAX_DEPTH, parse, read

characters = st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, exclude_categories=("Cs", "Cc"))
scalars = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
) | st.text(characters)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(characters), inner, max_size=4)
)


def refused(text: str) -> list[Problem]:
    _, problems = parse(text)
    assert problems
    return problems


@settings(deadline=None)  # the machine may be busy
@given(values)
def test_every_json_value_is_read_as_itself(value: object) -> None:
    document, problems = parse(json.dumps(value, ensure_ascii=False))
    if not problems:  # the only JSON that is refused: the merge key
        assert document is not None
        assert json.dumps(document.value) == json.dumps(value)
    else:
        assert {problem.found for problem in problems} <= {"a merge key '<<'"}


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_any_text_gives_a_document_or_a_problem_within_it(text: str) -> None:
    document, problems = parse(text)
    assert document is not None or problems
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + text.count("\r") + text.count("\x85") + len(text.split()) + 2


@pytest.mark.parametrize(
    "word",
    ["on", "off", "yes", "No", "10:30", "2024-01-01", "~", "010", "0x1F", "1_000", ".5", "+1", ".inf", "Null", "NO"],
)
def test_what_yaml_would_turn_into_something_else_stays_a_text(word: str) -> None:
    document, problems = parse(f"power: {word}")
    assert problems == []
    assert document is not None
    assert document.value == {"power": word}


def test_keys_are_texts_however_they_look() -> None:
    document, _ = parse("1: a\non: b\n-1: c\ntrue: d\n")
    assert document is not None
    assert list(document.value) == ["1", "on", "-1", "true"]


def test_json_scalars_are_read_as_such() -> None:
    document, _ = parse("[true, false, null, 1, -2, 0.5, 1e3, '1', \"true\"]")
    assert document is not None
    assert document.value == [True, False, None, 1, -2, 0.5, 1000.0, "1", "true"]


def test_of_two_equal_keys_the_second_is_refused_with_the_line_of_the_first() -> None:
    (problem,) = refused("a: 1\nb: 2\na: 3\n")
    assert (problem.line, problem.column) == (3, 1)
    assert problem.found == "the key 'a' a second time"
    assert "line 1" in problem.remedy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x 1", "an anchor '&x'"),
        ("a: &x 1\nb: *x", "an alias '*x'"),
        ("a: !!str 1", "a tag 'tag:yaml.org,2002:str'"),
        ("a: !x {}", "a tag '!x'"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("a:\nb: 1", "nothing where a value belongs"),
        ("? [a, b]\n: 1", "a key that is not a word"),
        ("<<: {a: 1}", "a merge key '<<'"),
        ("a: 1e999", "a number too large: 1e999"),
        ("a: " + "9" * 5000, "a number too large: " + "9" * 30),
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
    ],
)
def test_what_json_does_not_have_is_refused(text: str, found: str) -> None:
    assert found in [problem.found for problem in refused(text)]


def test_all_problems_are_told_at_once() -> None:
    places = [(problem.line, problem.column) for problem in refused("a: &x 1\na: 2\nb: !!int 3\nc:\n")]
    assert places == [(1, 4), (2, 1), (3, 4), (4, 3)]


def test_broken_syntax_is_told_with_its_place() -> None:
    (problem,) = refused("a: [1, 2\nb: 3\n")
    assert problem.line == 2
    assert problem.found.startswith("not YAML: ")


def test_deep_nesting_is_refused_before_it_exhausts_anything() -> None:
    problems = refused("[" * 900 + "]" * 900)  # PyYAML itself stops at a thousand
    assert problems[-1].found == f"more than {MAX_DEPTH} levels inside each other"


def test_every_value_and_key_can_be_asked_for_its_place() -> None:
    document, _ = parse("match:\n  any: ['一', 二]\n  none:\n    - three\n")
    assert document is not None
    assert document.mark(("match", "any", 1))[:2] == (1, 13)
    assert document.mark(("match", "none"), key=True)[:2] == (2, 2)
    assert document.line(("match", "none", 0)) == 4
    assert document.mark(("match", "missing", 3))[:2] == (1, 2), "the nearest value around it"


@pytest.mark.parametrize(
    ("text", "offset", "column"),
    [
        ("- abc", 2, 5),
        ("- 'abc'", 2, 6),
        ("- 'a''c'", 2, 7),
        ('- "abc"', 2, 6),
        ('- "\\u4e00bc"', 2, 3),
        ("- |\n  abc", 2, 3),
    ],
)
def test_a_character_of_a_text_has_its_column_where_the_style_lets_us_count(
    text: str, offset: int, column: int
) -> None:
    document, _ = parse(text)
    assert document is not None
    assert document.problem((0,), "x", "y", offset=offset).column == column


def test_a_file_that_is_no_utf8_names_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: 1\nb: 开".encode("gb18030"))
    document, problems = read(path)
    assert document is None
    assert problems[0].line == 2
    assert problems[0].found == "byte 0xbf at position 8 is not UTF-8"


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n")
    document, problems = read(path)
    assert problems == []
    assert document is not None
    assert document.value == {"a": 1, "b": "x\ny\n"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_an_editor_whatever_ends_them_and_whatever_else_yaml_takes_for_an_end(end: str) -> None:
    text = end.join(["# 一\u2028# 二\x85# 三\u2029# 四", "a: 'x\u2028y'", "b: [灯, 1e999, 开]", "c: 客厅", ""])

    document, (problem,) = parse(text)

    assert document is not None
    assert document.value == {"a": "x\u2028y", "b": ["灯", None, "开"], "c": "客厅"}
    assert (problem.line, problem.column, problem.excerpt) == (3, 8, "b: [灯, 1e999, 开]")
    other = document.problem(("c",), "x", "y", key=True)
    assert (other.line, other.column, other.excerpt) == (4, 1, "c: 客厅")


def test_a_character_that_yaml_does_not_allow_is_told_with_its_place() -> None:
    _, (problem,) = parse("a: 灯光灯光\nb: 1\nc: 客\x0b厅\n")

    assert (problem.line, problem.column) == (3, 5)


def test_a_missing_file_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    document, (problem,) = read(tmp_path / "none.yaml")
    assert document is None
    assert "cannot be read" in problem.found


def test_an_excerpt_has_its_caret_under_the_place_also_after_wide_characters() -> None:
    problem = Problem(Path("a.yaml"), 1, 4, "x", "y", "开灯 z")
    assert problem.render().splitlines()[1:] == ["    1 | 开灯 z", "      |      ^"]


def test_of_a_long_line_only_what_is_around_the_place_is_shown() -> None:
    text = "[" + ", ".join(f"歌曲{n}" for n in range(2000)) + "]"

    shown = Problem(Path("a.yaml"), 1, text.index("歌曲1000") + 1, "x", "y", text).render()

    _, line, caret = shown.splitlines()
    assert len(line) < 300
    before = line[: line.index("歌曲1000")]
    assert len(caret) - 1 == len(before) + sum(character in "歌曲" for character in before)
    assert line.startswith("    1 | …")
    assert line.endswith("…")


def test_no_file_can_drive_the_terminal() -> None:
    problem = Problem(Path("a.yaml"), 1, 1, "a\x1b[31m", "b", "\x1b]0;title\x07")
    assert "\x1b" not in problem.render()
    assert "\x07" not in problem.render()
