"""The guidelines made from rules."""

from __future__ import annotations

import html
from pathlib import Path

from asked import HOSTILE

from annotations.guidelines import guidelines
from curation.pack import load_pack

TOY = Path(__file__).parents[1] / "curation" / "toy_pack"


def test_every_rule_is_told_with_an_example_in_both_languages() -> None:
    pack = load_pack(TOY)
    text = html.unescape(guidelines(pack.rules))
    assert "如何评审 · How to review" in text
    for rule in pack.rules:
        assert f"**{rule.id}** — {rule.summary}" in text
    assert "例 · example:" in text
    assert "不改 · left alone:" in text


def test_the_words_of_a_rule_are_no_markup() -> None:
    from dataclasses import replace

    rule = replace(load_pack(TOY).rules[0], summary=HOSTILE.replace("\n", " "), why="**x** [y](z)")
    text = guidelines([rule])
    assert "<script" not in text
    assert "<img" not in text
    assert "**x**" not in text
    assert "](z" not in text
