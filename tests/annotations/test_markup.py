"""Text from data as HTML for an annotation page."""

from __future__ import annotations

import html
import re

import pytest
from asked import HOSTILE, SHOWN, question
from hypothesis import given
from hypothesis import strategies as st

from annotations import markup
from annotations.question import Proposal

TAG = re.compile(r"<[^<>]*>")
OURS = re.compile(r"</?(?:pre|mark|del|ins|div|p|b)(?: style=\"[^\"<>&$]*\")?>")


def shown(written: str) -> str:
    """Return what a browser shows of HTML."""
    return html.unescape(TAG.sub("", written))


@given(st.text())
def test_escaped_text_holds_no_markup_and_reads_back(text: str) -> None:
    escaped = markup.escape(text)
    assert not set(escaped) & set("<>$\"'`\n\\{")
    assert "#" not in escaped.replace("&#", "")
    if all(markup.escape(one).startswith("&") or markup.escape(one) == one for one in text):
        assert html.unescape(escaped) == text


@given(st.text(), st.text(), st.text(), st.integers(0, 20), st.integers(0, 20))
def test_every_field_is_one_line_of_tags_of_ours(
    instruction: str, before: str, after: str, start: int, end: int
) -> None:
    asked = question(
        1, instruction=instruction, before=before, after=after, evidence=(start, end), why=after, reason=before,
        proposals=(Proposal(before, after),),
    )  # fmt: skip
    for field in (markup.instruction, markup.change, markup.reasons, markup.proposals):
        written = field(asked)
        assert written is not None
        assert written.startswith("<")
        assert "\n" not in written
        assert OURS.sub("", written).count("<") == 0


def test_hidden_and_turning_characters_are_spelled_out() -> None:
    assert shown(markup.instruction(question(1, instruction=HOSTILE, evidence=None))) == SHOWN


def test_the_evidence_is_marked() -> None:
    written = markup.instruction(question(1, instruction="过一刻钟把暖风关了", evidence=(0, 4)))
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", written) == ["过一刻钟"]
    assert "<mark" not in markup.instruction(question(1, evidence=None))


def test_a_change_shows_the_lines_that_went_and_came() -> None:
    written = markup.change(question(1, before='{"a": 1, "b": [true]}', after='{"a": 2, "b": [true]}'))
    assert shown(written).splitlines() == [
        "  {",
        '-   "a": 1,',
        '+   "a": 2,',
        '    "b": [',
        "      true",
        "    ]",
        "  }",
    ]
    assert len(re.findall("<del", written)) == len(re.findall("<ins", written)) == 1


def test_an_output_that_is_no_command_is_shown_as_it_is() -> None:
    assert shown(markup.change(question(1, before="```json\n{}\n```", after=None))) == "  ```json\n  {}\n  ```\n"
    assert shown(markup.change(question(1, before=None, after=None))) == "—"


def test_without_other_proposals_there_is_no_such_field() -> None:
    assert markup.proposals(question(1)) is None


@pytest.mark.parametrize("output", ["a\u202eb", "x" * 20_001, None, ""])
def test_an_output_that_a_text_area_would_hide_is_not_put_into_one(output: str | None) -> None:
    assert markup.editable(output) is None


def test_an_output_to_correct_is_written_over_several_lines() -> None:
    assert markup.editable('{"a": {"b": "灯"}}') == '{\n  "a": {\n    "b": "灯"\n  }\n}'


def test_filter_values_are_cut_and_show_what_is_hidden() -> None:
    assert markup.plain("a\u202eb" + "c" * 300, 10) == "a⟨U+202E⟩bccccccc…"
