"""The figure of silent errors: accuracy, and answers that damage has changed, along a swept number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from simulator.report.curves import BAND_ALPHA
from simulator.report.errors_table import cells_with_errors
from simulator.report.numbers import covered
from simulator.report.repeats_figure import axis_name
from simulator.report.style import look_of, styled
from simulator.study.record import CellRecord, Record

FEWEST_POINTS = 3  # of a line
DECADES = 2  # of the swept number, from which on its axis is logarithmic
PANELS = (("expected_accuracy", "Expected accuracy"),
          ("sdc", "Answers changed by damage (%)"))


def error_axis(record: Record) -> str | None:
    """Return the swept key along which there is something to draw: the last whose values are numbers; None without."""
    cells = cells_with_errors(record)
    if not cells or any("sdc" not in cell.estimates for cell in cells):
        return None
    for key in reversed(list(cells[0].label)):
        values = dict.fromkeys(cell.label[key] for cell in cells)
        if len(values) >= FEWEST_POINTS and all(_is_number(value) for value in values):
            return key
    return None


def errors_along(record: Record) -> Figure:
    """Return expected accuracy and silent data corruption along a number, a line for each point of the other axes."""
    across, cells = error_axis(record) or "", cells_with_errors(record)
    with styled():
        figure = Figure(figsize=(10.4, 4.6), layout="constrained")
        for axes, (name, label) in zip(figure.subplots(1, 2), PANELS, strict=True):
            _draw(axes, cells, across, name)
            axes.set_ylabel(label)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        bands = covered([cell.estimates[name] for cell in cells for name, _ in PANELS])
        figure.suptitle(f"{record.title}\nBands: 95 % intervals, {bands}", fontsize=11, fontweight="bold", x=0.01,
                        ha="left")
    return figure


def _draw(axes: Axes, cells: Sequence[CellRecord], across: str, name: str) -> None:
    lines: dict[str, list[CellRecord]] = {}
    for cell in cells:
        named = ", ".join(text for key, text in cell.label.items() if key != across) or "all"
        lines.setdefault(named, []).append(cell)
    for place, (named, mine) in enumerate(lines.items()):
        ordered = sorted(mine, key=lambda cell: float(cell.label[across]))
        x = np.array([float(cell.label[across]) for cell in ordered])
        value, low, high = (np.array([getattr(cell.estimates[name], side) for cell in ordered])
                            for side in ("value", "low", "high"))
        look = look_of(place)
        axes.fill_between(x, low, high, color=look.color, alpha=BAND_ALPHA, linewidth=0)
        axes.plot(x, value, color=look.color, linestyle=look.line, marker=look.marker, label=named)
    x = np.array([float(cell.label[across]) for cell in cells])
    if x.min() > 0 and x.max() / x.min() >= 10**DECADES:
        axes.set_xscale("log")
    axes.set_xlabel(axis_name(across))
    axes.set_ylim(0.0, 1.0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False, ncols=3)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
