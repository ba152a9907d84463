"""The figure of what was foretold: predicted against exact, for accuracy, shifts of scores, components and skips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.expect.rankings import kendall, spearman
from simulator.report.importance_figure import spread
from simulator.report.predicted_table import HOW
from simulator.report.style import GREY, INK, look_of, styled
from simulator.study.record import CellRecord

Row = Mapping[str, Any]
ORDERS = ("first_order", "by_delivery", "single_crash", "pairs")
SKIPS = ("by_delivery", "slopes_in_states", "secants")
LOOKS = {name: look_of(place) for place, name in enumerate((*ORDERS, *SKIPS[1:]))}
MOST_NAMES = 8
SIZES = (7.0, 5.5)  # of marks, the first and the last that are drawn, so that one on the other is seen


def predicted_against_exact(cell: CellRecord) -> Figure:
    """Return panels of predicted against exact, a point a delivery, component or skip; the line is where both agree."""
    deliveries, components = cell.tables["predicted_deliveries"], cell.tables["predicted_components"]
    skips = cell.tables.get("predicted_skips", [])
    shifts = [{name.removesuffix("_shift"): row[name] for name in row if name.endswith("_shift")} for row in deliveries]
    panels: list[tuple[str, str, Sequence[Row], tuple[str, ...], str, str]] = [
        ("Accuracy of each delivery", "accuracy (fraction correct)", deliveries, ORDERS, "exact", ""),
        ("Shift of scores of each delivery", "root mean square shift of scores", shifts, ORDERS, "exact", ""),
        ("Which component matters", "Birnbaum's importance", components, ORDERS, "birnbaum", "name"),
    ]
    if skips:
        panels.append(("Which skip hyperconnection matters", "accuracy lost without it", skips, SKIPS, "exact", "name"))
    with styled():
        figure = Figure(figsize=(11.0, 10.6), layout="constrained")
        for place, (title, unit, rows, orders, exact, names) in enumerate(panels):
            axes = figure.add_subplot(2, 2, place + 1)
            _draw(axes, rows, orders, exact, names)
            axes.set_title(title, pad=48 if names else 6)
            axes.set_xlabel(f"Exact {unit}")
            axes.set_ylabel(f"Predicted {unit}")
    return figure


def _draw(axes: Axes, rows: Sequence[Row], orders: tuple[str, ...], exact: str, names: str) -> None:
    x = np.array([row[exact] for row in rows])
    every = [x, *(np.array([row[order] for row in rows]) for order in orders)]
    low, high = min(map(np.min, every)), max(map(np.max, every))
    edge = 0.06 * (high - low or 1.0)
    axes.plot([low - edge, high + edge], [low - edge, high + edge], color=GREY, linewidth=1, zorder=1)
    for place, order in enumerate(orders):
        y, look = np.array([row[order] for row in rows]), LOOKS[order]
        size = SIZES[0] + (SIZES[1] - SIZES[0]) * place / max(1, len(orders) - 1)
        axes.plot(x, y, color=look.color, marker=look.marker, linestyle="none", markersize=size, fillstyle="none",
                  markeredgewidth=1.5, label=f"{HOW[order]}: {_agreement(y, x)}", zorder=2 + place)
    axes.set_xlim(low - edge, high + edge)
    axes.set_ylim(low - edge, high + edge)
    axes.set_aspect("equal")
    if names:
        _name(axes, rows[:MOST_NAMES], exact, names)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, fontsize=8.5)


def _name(axes: Axes, rows: Sequence[Row], exact: str, names: str) -> None:
    """Write names above the panel, each led to where its points are."""
    left, right = axes.get_xlim()
    places = spread([(row[exact] - left) / (right - left) for row in rows], 0.065)
    for row, place in zip(rows, places, strict=True):
        axes.annotate(row[names], (row[exact], right), xytext=(place, 1.03), textcoords=axes.transAxes, rotation=60,
                      ha="left", va="bottom", rotation_mode="anchor", fontsize=8.5, color=INK, annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0})
        axes.axvline(row[exact], color=GREY, linewidth=0.6, linestyle=":", zorder=0)


def _agreement(predicted: np.ndarray[Any, Any], exact: np.ndarray[Any, Any]) -> str:
    rho, tau = float(spearman(predicted, exact)), float(kendall(predicted, exact))
    if np.isnan(rho):
        return "no ranking"
    return f"ρ {rho:.2f}, τ {tau:.2f}".replace("-", "−")
