from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.visible import one_line, pieces, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("開\u202eoff", "開⟨U+202E⟩off"),
        ("a\x00b\x1b[31m", "a⟨U+0000⟩b⟨U+001B⟩[31m"),
        ("\u2066左\u2069", "⟨U+2066⟩左⟨U+2069⟩"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("行\r\n行", "行⟨U+000D⟩\n行"),
        ("25℃ 「開」，café 👍", "25℃ 「開」，café 👍"),
    ],
)
def test_characters_that_hide_or_reorder_are_spelled_out_and_all_others_stay(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_a_cut_text_says_how_long_it_is() -> None:
    assert visible("灯" * 100_000, 3) == "灯灯灯… (100,000 characters)"


def test_one_line_shows_line_breaks_and_tabs() -> None:
    assert one_line("a\n\tb") == "a⏎⇥b"


@given(st.text(st.characters()))
def test_no_text_leaves_a_control_or_format_character_and_every_text_can_be_written(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert {unicodedata.category(character) for character in shown} & {"Cf", "Cs", "Zl", "Zp"} == set()
    assert {character for character in shown if unicodedata.category(character) == "Cc"} <= {"\n", "\t"}
    assert "".join(piece for piece, hidden in pieces(text) if not hidden) == "".join(
        character for character in text if visible(character) == character
    )
