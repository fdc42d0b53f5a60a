"""The plot of what each rule did."""

from __future__ import annotations

import re

from reports.charts import rules


def test_every_rule_that_did_something_has_a_bar_and_says_its_figures() -> None:
    chart = rules(
        {
            "trigger.one": {"hits": 30, "declines": 5, "conflicts": 5},
            "trigger.idle": {"hits": 0, "declines": 0, "conflicts": 0},
            "check.<b>": {"hits": 0, "declines": 20, "conflicts": 0},
        }
    )

    assert "trigger.idle" not in chart
    assert "<b>" not in chart
    assert re.findall(r'class="(\w+)" x="[\d.]+%?" y="\d+" width="([\d.]+)%"', chart) == [
        ("rewritten", "63.0"),
        ("review", "21.0"),
        ("rewritten", "0.0"),
        ("review", "42.0"),
    ]
    assert re.findall(r'class="figure"[^>]*>([^<]*)<', chart) == ["30 + 10", "0 + 20"]
    assert 'aria-label="Rows by rule. trigger.one 30 edited, 10 left to people;' in chart


def test_no_rule_is_an_empty_plot() -> None:
    assert 'height="0"' in rules({})
