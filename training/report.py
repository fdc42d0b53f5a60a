"""Evaluations and comparisons as Markdown; whatever people or models said is text in it, never markup."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.problems import printable

if TYPE_CHECKING:
    from jinja2 import Template

    from training.ask import Asked
    from training.compare import Comparison

WRONG_SHOWN = 60
"""Wrong answers in a report; `answers.jsonl` has all of them."""

_MARKS = re.compile(r"([\\`*_\[\]|~!#])")


def evaluation_report(taken: Sequence[Asked], about: Mapping[str, Any]) -> str:
    """Return the report of an evaluation."""
    return _template("evaluation.md").render(taken=taken, about=about, shown=WRONG_SHOWN) + "\n"


def comparison_report(comparison: Comparison) -> str:
    """Return the report of a comparison."""
    return _template("comparison.md").render(it=comparison, shown=WRONG_SHOWN) + "\n"


def rendered(template: str, **given: Any) -> str:
    """Return the report that a template makes of what it is given."""
    return _template(template).render(**given) + "\n"


def as_text(value: object) -> str:
    """Return a value so that Markdown shows its characters, on one line, and nothing more."""
    return _MARKS.sub(r"\\\1", html.escape(printable(str(value)), quote=False)).replace("\n", " ")


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
    environment.filters |= {"text": as_text, "percent": percent, "comma": lambda number: f"{number:,}"}
    return environment.get_template(name)
