"""Plain charts as inline SVG: percentages across, pixels down, so that text keeps its size at any width."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup, escape

from reports.visible import one_line

_BAR = 14
_GROUP = 60
_RULE = 46
_ROOM = 84.0
"""Per cent of the width that the longest bar takes: its figure stands beside it."""


def by_size(before: Mapping[str, int], after: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Return each name with both its counts, the most frequent first, equal ones by name."""
    rows = [(name, before.get(name, 0), after.get(name, 0)) for name in {*before, *after}]
    return sorted(rows, key=lambda row: (-max(row[1:]), row[0]))


def types(before: Mapping[str, int], after: Mapping[str, int]) -> Markup:
    """Return grouped bars of how many rows had each type before and after, the most frequent type first."""
    rows = by_size(before, after)
    longest = max([1, *before.values(), *after.values()])
    parts = []
    for position, (name, was, now) in enumerate(rows):
        top = position * _GROUP
        parts.append(Markup('<text x="0" y="{}">{}</text>').format(top + 14, one_line(name, 60)))
        for offset, style, count in ((20, "was", was), (20 + _BAR + 2, "now", now)):
            width = round(count / longest * _ROOM, 2)
            parts.append(
                Markup(
                    '<rect class="{}" x="0" y="{}" width="{}%" height="{}"/>'
                    '<text class="figure" x="{}%" dx="6" y="{}">{}</text>'
                ).format(style, top + offset, width, _BAR, width, top + offset + _BAR - 3, f"{count:,}")
            )
    told = "; ".join(f"{one_line(name, 60)} {was:,} before, {now:,} after" for name, was, now in rows)
    return _svg(Markup("").join(parts), len(rows) * _GROUP, f"Rows by type. {told}.")


def rules(by_rule: Mapping[str, Mapping[str, int]]) -> Markup:
    """Return one bar for each rule that did something, in their order: rows it edited, then rows it left to people."""
    rows = [(name, did["hits"], did["declines"] + did["conflicts"]) for name, did in by_rule.items()]
    rows = [row for row in rows if row[1] or row[2]]
    longest = max([1, *(hits + left for _, hits, left in rows)])
    parts = []
    for position, (name, hits, left) in enumerate(rows):
        top = position * _RULE
        edited, asked = (round(count / longest * _ROOM, 2) for count in (hits, left))
        parts.append(
            Markup(
                '<text x="0" y="{}">{}</text>'
                '<rect class="rewritten" x="0" y="{}" width="{}%" height="{}"/>'
                '<rect class="review" x="{}%" y="{}" width="{}%" height="{}"/>'
                '<text class="figure" x="{}%" dx="6" y="{}">{}</text>'
            ).format(
                *(top + 14, one_line(name, 60), top + 20, edited, _BAR, edited, top + 20, asked, _BAR),
                *(round(edited + asked, 2), top + 17 + _BAR, f"{hits:,}" + (f" + {left:,}" if left else "")),
            )
        )
    told = "; ".join(f"{one_line(name, 60)} {hits:,} edited, {left:,} left to people" for name, hits, left in rows)
    return _svg(Markup("").join(parts), len(rows) * _RULE, f"Rows by rule. {told}.")


def stacked(counts: Mapping[str, int]) -> Markup:
    """Return one bar parted by the counts, in their order; a part that exists is never too thin to see."""
    total = max(sum(counts.values()), 1)
    parts, left = [], 0.0
    for name, count in counts.items():
        width = count / total * 100
        if count:
            parts.append(
                Markup('<rect class="{}" x="{}%" y="0" width="{}%" height="20"/>').format(
                    name, round(left, 3), round(max(width, 0.3), 3)
                )
            )
        left += width
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return _svg(Markup("").join(parts), 20, f"Rows by disposition: {told}.")


def _svg(body: Markup, height: int, told: str) -> Markup:
    return Markup('<svg role="img" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        escape(told), height, body
    )
