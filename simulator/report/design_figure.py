"""The figure of designs: each as a point of objective against bytes, with the front and the budget."""

from __future__ import annotations

import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.design_table import against, bound_name, objective
from simulator.report.numbers import SMALL, number_text
from simulator.report.style import GREY, INK, PALETTE, styled
from simulator.study.record import CellRecord

AXES = {"accuracy": "Expected accuracy (fraction correct)", "P(flow)": "P(information flows)"}
KILO, MEGA = 1e3, 1e6
FAR = 1.3  # a budget that is so many times the most bytes is not drawn
LINE = 44  # letters of a line of the legend


def design_front(cell: CellRecord) -> Figure:
    """Return the designs of a cell: dominated ones grey, the front with 95 % intervals, the best one, the budget."""
    rows = [row for row in cell.tables["designs"] if row["value"] is not None]
    facts = cell.tables["design"][0]
    key, (unit, name, axis) = against(cell), _unit(cell, rows)
    with styled():
        figure = Figure(figsize=(8.0, 4.8), layout="constrained")
        axes = figure.subplots()
        _draw_others(axes, rows, key, unit)
        _draw_front(axes, [row for row in rows if row["is_on_front"]], key, unit)
        best = next((row for row in rows if row["is_within"]), None)
        if best:
            axes.plot(best[key] / unit, best["value"], marker="*", markersize=17, color=PALETTE[1],
                      linestyle="none", markeredgecolor=INK, markeredgewidth=0.6, zorder=5,
                      label=_lines(f"best: {best['design']}"))
            bound = cell.estimates["design_bound"].value
            axes.axhline(bound, color=PALETTE[1], linestyle=":", linewidth=1.2, zorder=2,
                         label=f"{bound_name(cell)}, within the budget: {number_text(bound, SMALL)}")
        limit = facts[f"limit_{key}"]
        if limit is not None:
            label = f"budget: {limit / unit:g} {name}".rstrip()
            if limit <= FAR * max(row[key] for row in rows):
                axes.axvline(limit / unit, color=INK, linestyle="--", linewidth=1.2, zorder=2, label=label)
            else:
                axes.plot([], [], linestyle="none", label=f"{label}, which all keep")
        axes.set_xlabel(axis)
        axes.set_ylabel(AXES[objective(cell)])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _unit(cell: CellRecord, rows: list[dict[str, Any]]) -> tuple[float, str, str]:
    """Return the unit of the horizontal axis, its name, and the axis's label."""
    if against(cell) == "cost":
        return 1.0, "", "Cost of what is chosen"
    unit, name = (MEGA, "MB") if max(row["bytes"] for row in rows) >= MEGA else (KILO, "kB")
    return unit, name, f"Expected bytes of a request ({name})"


def _draw_others(axes: Axes, rows: list[dict[str, Any]], key: str, unit: float) -> None:
    behind = [row for row in rows if not row["is_on_front"]]
    for is_within, face, label in ((True, GREY, "dominated"), (False, "none", "dominated or beyond a limit")):
        shown = [row for row in behind if row["is_within"] == is_within]
        if shown:
            axes.scatter([row[key] / unit for row in shown], [row["value"] for row in shown], s=18, facecolor=face,
                         edgecolor=GREY, linewidth=0.8, zorder=1, label=label)


def _draw_front(axes: Axes, rows: list[dict[str, Any]], key: str, unit: float) -> None:
    on = sorted(rows, key=lambda row: row[key])
    x, y = [row[key] / unit for row in on], [row["value"] for row in on]
    axes.step(x, y, where="post", color=PALETTE[0], linewidth=1.2, zorder=3)
    low = [value - (value if row["low"] is None else row["low"]) for value, row in zip(y, on, strict=True)]
    high = [(value if row["high"] is None else row["high"]) - value for value, row in zip(y, on, strict=True)]
    has_interval = max([*low, *high], default=0) > 0
    label = "front (95 % interval: finite test set)" if has_interval else "front"
    axes.errorbar(x, y, yerr=[low, high] if has_interval else None, fmt="o", color=PALETTE[0], ecolor=PALETTE[4],
                  elinewidth=1.0, capsize=2, zorder=4, label=label)


def _lines(text: str) -> str:
    return "\n".join(textwrap.wrap(text, LINE, break_long_words=False, break_on_hyphens=False))
