"""The figure of a study with repeats: bars side by side, with intervals and every single repeat."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.numbers import covered
from simulator.report.repeats_table import MAIN, Row, as_estimate, axes_of, rows_of
from simulator.report.style import INK, PALETTE, styled
from simulator.study.record import Record
from simulator.study.repeats import points

HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
WIDTH = 0.84  # of a group of bars
AXIS_NAMES = {
    "failures.0.survival": "survival",
    "failout.survival": "failout survival",
    "failures.0.beta": "Share of failures with a common cause, beta",
    "failures.0.correlation": "Correlation of failures",
}


def repeats_bars(record: Record) -> Figure:
    """Return expected accuracy as bars: a group for each value of the grid's last axis, a bar for each other point.

    The whiskers are 95 % intervals, the small dots the single repeats.
    """
    rows = rows_of(record)
    named, across = axes_of(rows)
    groups = list(dict.fromkeys(row["label"][across] for row in rows)) if across else [""]
    series = list(dict.fromkeys(tuple(row["label"][key] for key in named) for row in rows))
    with styled():
        figure = Figure(figsize=(max(7.0, 1.0 + 0.34 * len(groups) * (len(series) + 1)), 4.6), layout="constrained")
        axes = figure.add_subplot()
        for place, name in enumerate(series):
            mine = [row for row in rows if tuple(row["label"][key] for key in named) == name]
            offset = (place - (len(series) - 1) / 2) * WIDTH / len(series)
            xs = [groups.index(row["label"][across]) + offset if across else offset for row in mine]
            _bars(axes, xs, mine, place, ", ".join(name) or "all", WIDTH / len(series) * 0.92)
            _dots(axes, xs, mine, record)
        axes.set_xticks(range(len(groups)), groups)
        axes.set_xlabel(axis_name(across) if across else "")
        axes.set_ylabel("Expected accuracy (fraction of requests)")
        axes.set_ylim(0, 1)
        axes.grid(visible=False, axis="x")
        axes.set_title(f"{record.title}\n95 % intervals: {covered([as_estimate(row) for row in rows])}; "
                       "dots: single repeats", fontsize=11)
        axes.legend(title=", ".join(map(axis_name, named)), loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def _bars(axes: Axes, xs: list[float], rows: list[Row], place: int, label: str, width: float) -> None:
    values = np.array([row["value"] for row in rows])
    sides = np.array([[row["value"] - row["low"], row["high"] - row["value"]] for row in rows]).T
    axes.bar(xs, values, width, color=PALETTE[place % len(PALETTE)], edgecolor="white", linewidth=0.6,
             hatch=HATCHES[place // len(PALETTE) % len(HATCHES)], label=label, zorder=2)
    axes.errorbar(xs, values, yerr=np.nan_to_num(sides).clip(0), fmt="none", color=INK, capsize=2.5, linewidth=1.1,
                  zorder=3)


def _dots(axes: Axes, xs: list[float], rows: list[Row], record: Record) -> None:
    cells = {tuple(point.label.items()): point.cells for point in points(record.cells)}
    for x, row in zip(xs, rows, strict=True):
        values = [cell.estimates[MAIN].value for cell in cells[tuple(row["label"].items())]]
        axes.plot([x] * len(values), values, ".", color=INK, alpha=0.45, markersize=3.5, zorder=4)


def axis_name(key: str) -> str:
    """Return what an axis of the grid is called in a figure: the key, or words for the keys that are swept most."""
    return AXIS_NAMES.get(key, key)
