"""Values that are said one for each device: 卧室空调和客厅空调分别调到26度和24度."""

from __future__ import annotations

import re
from dataclasses import replace

from curation.text import Span
from rules.smart_home.asked.clause import Clauses
from rules.smart_home.asked.model import POWER

_EACH = re.compile(r"分别|各自")
_VALUES = frozenset({"modes", "colors", "changes", "adjectives", "softeners"})
_UNIT = re.compile(r"(?:摄氏度|[度%档挡级格台]|频道)?")
_JOINS = re.compile(r"[和与跟及、,同]|以及")


def one_value_each(clauses: Clauses) -> list[Clauses]:
    """Return the clauses as they would be with each of the listed values alone; nothing where no values are listed."""
    each = _EACH.search(clauses.text)
    if each is None:
        return []
    text = clauses.text
    said = [n.span for n in clauses.numbers] + [
        Span(t.start, t.end)
        for t in clauses.tokens
        if not _VALUES.isdisjoint(t.values) or t.values.get("verbs") in POWER
    ]
    listed: list[Span] = []
    for start, end in sorted(span for span in said if span.start >= each.end()):
        unit = _UNIT.match(text, end)
        end = unit.end() if unit else end
        if listed and start <= listed[-1].end:
            listed[-1] = Span(listed[-1].start, max(end, listed[-1].end))  # 26度制冷 is one value
        elif not listed or _JOINS.fullmatch(text, listed[-1].end, start):
            listed.append(Span(start, end))
        elif len(listed) > 1:
            break
        else:
            listed = [Span(start, end)]
    return [_only(one, Span(listed[0].start, listed[-1].end), clauses) for one in listed] if len(listed) > 1 else []


def _only(value: Span, whole: Span, clauses: Clauses) -> Clauses:
    """Return the clauses with one value in the place of all of them; what stands behind keeps its place."""
    by = value.start - whole.start
    said = clauses.text[value.start : value.end]
    blank = "□" * (whole.end - whole.start - len(said))
    return replace(
        clauses,
        text=f"{clauses.text[: whole.start]}{said}{blank}{clauses.text[whole.end :]}",
        tokens=[
            t if not whole.start <= t.start < whole.end else t._replace(start=t.start - by, end=t.end - by)
            for t in clauses.tokens
            if not whole.start <= t.start < whole.end or value.start <= t.start < value.end
        ],
        numbers=[
            n
            if not whole.start <= n.span.start < whole.end
            else n._replace(span=Span(n.span.start - by, n.span.end - by))
            for n in clauses.numbers
            if not whole.start <= n.span.start < whole.end or value.start <= n.span.start < value.end
        ],
    )
