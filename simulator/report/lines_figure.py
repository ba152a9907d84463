"""The figure of a study with repeats along a number: lines with bands, and the paired differences beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.curves import BAND_ALPHA
from simulator.report.numbers import covered
from simulator.report.repeats_figure import axis_name
from simulator.report.repeats_table import Row, as_estimate, axes_of, rows_of
from simulator.report.style import GREY, look_of, styled
from simulator.study.record import Record

FEWEST_POINTS = 4  # of a line; fewer are better told by bars


def has_lines(record: Record) -> bool:
    """Return whether the last axis of the grid is a number with enough values for a line."""
    rows = rows_of(record)
    _, across = axes_of(rows)
    values = dict.fromkeys(row["label"][across] for row in rows) if across else {}
    return len(values) >= FEWEST_POINTS and all(_is_number(value) for value in values)


def repeats_lines(record: Record) -> Figure:
    """Return expected accuracy along the last axis, a line for each point of the others, with 95 % bands.

    Where the record has differences from one value of the first axis, they have a panel of their own: they are paired,
    so that their bands are narrower than those of what is subtracted.
    """
    rows = rows_of(record)
    gains = [row for row in record.differences if row["against"] == record.differences[0]["against"]]
    with styled():
        panels = 2 if gains else 1
        figure = Figure(figsize=(5.4 * panels, 4.8), layout="constrained")
        axes = figure.subplots(1, panels, squeeze=False)[0]
        _draw(axes[0], rows, "Expected accuracy (fraction of requests)")
        if gains:
            _draw(axes[1], gains, f"Difference from {gains[0]['against']}")
            axes[1].axhline(0, color=GREY, linewidth=1, zorder=1)
        bands = f"Bands: 95 % intervals, {covered([as_estimate(row) for row in rows])}"
        figure.suptitle(f"{record.title}\n{bands}{'; differences are paired' if gains else ''}", fontsize=11,
                        fontweight="bold", x=0.01, ha="left")
    return figure


def _draw(axes: Axes, rows: Sequence[Row], label: str) -> None:
    named, across = axes_of(rows)
    for place, name in enumerate(dict.fromkeys(_name(row, named) for row in rows)):
        mine = sorted((row for row in rows if _name(row, named) == name), key=lambda row: float(row["label"][across]))
        x = [float(row["label"][across]) for row in mine]
        value, low, high = (np.array([row[side] for row in mine]) for side in ("value", "low", "high"))
        look = look_of(place)
        axes.fill_between(x, low, high, color=look.color, alpha=BAND_ALPHA, linewidth=0)
        axes.plot(x, value, color=look.color, linestyle=look.line, marker=look.marker, label=name)
    axes.set_xlabel(axis_name(across or ""))
    axes.set_ylabel(label)
    axes.legend(title=", ".join(map(axis_name, named)), loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False,
                ncols=2)


def _name(row: Row, named: Sequence[str]) -> str:
    return ", ".join(row["label"][key] for key in named) or "all"


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
