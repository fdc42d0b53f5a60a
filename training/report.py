"""Evaluations and comparisons as Markdown; whatever people or models said is text in it, never markup."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from curation.problems import printable

if TYPE_CHECKING:
    from jinja2 import Template

    from training.ask import About, Asked
    from training.compare import Comparison

WRONG_SHOWN = 60
"""Wrong answers in a report; `answers.jsonl` has all of them."""

CLIP = 400
"""Characters of an answer in a report."""

_MARKS = re.compile(r"([\\`*_\[\]|~!#])")


def evaluation_report(taken: Sequence[Asked], about: About) -> str:
    """Return the report of an evaluation."""
    return _template("evaluation.md").render(taken=taken, about=about, shown=WRONG_SHOWN) + "\n"


def comparison_report(comparison: Comparison) -> str:
    """Return the report of a comparison."""
    return _template("comparison.md").render(it=comparison, shown=WRONG_SHOWN) + "\n"


def rendered(template: str, **given: object) -> str:
    """Return the report that a template makes of what it is given."""
    return _template(template).render(**given) + "\n"


def as_text(value: object) -> str:
    """Return a value so that Markdown shows its characters, on one line, and nothing more."""
    return _MARKS.sub(r"\\\1", html.escape(printable(str(value)), quote=False)).replace("\n", " ")


def clipped(value: object) -> str:
    """Return the beginning of a long text, for a cell of a table."""
    text = str(value)
    return text if len(text) <= CLIP else f"{text[:CLIP]} …"


def percent(value: float) -> str:
    """Return a rate as a percentage."""
    return f"{value:.1%}" if value == value else "none"


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters |= {
        "text": as_text,
        "percent": percent,
        "comma": lambda number: f"{number:,}",
        "clipped": clipped,
    }
    return environment.get_template(name)
