"""Plots as SVG, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PANELS = (
    ("loss", {"training": "loss", "validation": "eval_loss"}),
    ("tokens right", {"training": "token_accuracy", "validation": "eval_token_accuracy"}),
    ("gradient norm", {"training": "grad_norm"}),
    ("learning rate", {"training": "learning_rate"}),
)
_COLORS = ("#1f77b4", "#d95f02", "#1b9e77", "#7570b3", "#666666")


def curves(curve: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw loss, token accuracy, gradient norm and learning rate over the steps."""
    figure, axes = _figure(2, 2, (9, 6))
    for axis, (title, lines) in zip(axes.flat, _PANELS, strict=True):
        for color, (name, key) in zip(_COLORS, lines.items(), strict=False):
            points = [(point["step"], point[key]) for point in curve if key in point]
            if points:
                marked = "o" if name == "validation" else None
                axis.plot(*zip(*points, strict=True), color=color, marker=marked, markersize=3, label=name)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("step", fontsize=9)
        if len(axis.lines) > 1:
            axis.legend(fontsize=8)
    _save(figure, path)


def rates(
    groups: Sequence[str], arms: Mapping[str, Sequence[tuple[float, float, float]]], title: str, path: Path
) -> None:
    """Draw grouped bars of rates from 0 to 1, each as (rate, lower, upper), one bar an arm in each group."""
    figure, axes = _figure(1, 1, (9, 4))
    axis = axes.flat[0]
    width = 0.8 / max(len(arms), 1)
    for number, (color, (name, bars)) in enumerate(zip(_COLORS, arms.items(), strict=False)):
        places = [place + (number - (len(arms) - 1) / 2) * width for place in range(len(groups))]
        heights = [rate for rate, _, _ in bars]
        ends = [[rate - low for rate, low, _ in bars], [high - rate for rate, _, high in bars]]
        axis.bar(places, heights, width * 0.92, color=color, label=name, yerr=ends, capsize=3, ecolor="#333333")
    axis.set_xticks(range(len(groups)), groups)
    axis.set_ylim(0, 1)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.set_title(title, fontsize=10)
    axis.legend(fontsize=8)
    _save(figure, path)


def ranked(names: Sequence[str], bars: Sequence[tuple[float, float, float]], title: str, path: Path) -> None:
    """Draw rates from 0 to 1 with their intervals below one another, each as (rate, lower, upper), the first on top."""
    figure, axes = _figure(1, 1, (9, 1.2 + 0.25 * len(names)))
    axis = axes.flat[0]
    places = range(len(names))
    rates_of = [rate for rate, _, _ in bars]
    ends = [[max(rate - low, 0) for rate, low, _ in bars], [max(high - rate, 0) for rate, _, high in bars]]
    axis.errorbar(rates_of, places, xerr=ends, fmt="o", color=_COLORS[0], markersize=4, capsize=2, linewidth=1)
    axis.set_yticks(places, names)
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.set_title(title, fontsize=10)
    _save(figure, path)


def under_load(at_once: Sequence[int], lines: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Draw one panel for each measure, its lines over the number of requests at once."""
    figure, axes = _figure(1, len(lines), (9, 3.5))
    for axis, (title, drawn) in zip(axes.flat, lines.items(), strict=True):
        for color, (name, values) in zip(_COLORS, drawn.items(), strict=False):
            axis.plot(at_once, values, color=color, marker="o", markersize=3, label=name)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("requests at once", fontsize=9)
        axis.set_ylim(bottom=0)
        axis.set_xticks(at_once)
        if len(axis.lines) > 1:
            axis.legend(fontsize=8)
    _save(figure, path)


def _figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.grid(axis="y", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "rewright"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
