"""Figures of crashes inside a network: each estimator against what was drawn, and the shape of the errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.neuron_table import crash_text
from simulator.report.style import GREY, PALETTE, look_of, styled
from simulator.study.record import CellRecord

MOST_ESTIMATORS = 6
WHISKER = 1.96
LEFT_OUT = ("bound", "(ref)")  # not in the scatter: bounds say another thing, references nearly the same


def neuron_scatter(cell: CellRecord) -> Figure:
    """Return what estimators say against what was drawn, a point for each input and output: mean, and deviation."""
    rows = cell.tables["neuron_inputs"]
    names = [key.removesuffix(" mean") for key in rows[0]
             if key.endswith(" mean") and not any(word in key for word in LEFT_OUT)]
    with styled():
        figure = Figure(figsize=(11, 5.4), layout="constrained")
        for axes, of in zip(figure.subplots(1, 2), ("mean", "deviation"), strict=True):
            _draw_scatter(axes, rows, names[:MOST_ESTIMATORS], of)
        figure.axes[0].legend(loc="upper left")
        figure.suptitle(f"Crashes at {crash_text(cell)}", fontsize=11)
    return figure


def _draw_scatter(axes: Axes, rows: Sequence[Any], names: Sequence[str], of: str) -> None:
    drawn = np.array([row[of] for row in rows], dtype=float)
    ends = [float(drawn.min()), float(drawn.max())]
    axes.plot(ends, ends, color=GREY, linewidth=1.2, zorder=1)
    for place, name in enumerate(names):
        told = np.array([np.nan if row[f"{name} {of}"] is None else row[f"{name} {of}"] for row in rows], dtype=float)
        look = look_of(place)
        axes.plot(drawn, told, linestyle="none", marker=look.marker, markersize=4, color=look.color, alpha=0.65,
                  label=name.replace("_", " "), zorder=2 + place)
    if of == "mean":
        error = np.array([row["mean_error"] for row in rows], dtype=float)
        axes.errorbar(drawn, drawn, xerr=WHISKER * error, fmt="none", color=GREY, linewidth=0.6, alpha=0.6, zorder=1)
    axes.set_xlabel(f"{'Mean' if of == 'mean' else 'Standard deviation'} of the error, drawn (output units)"
                    + ("\ngrey: 95 % of the draws" if of == "mean" else "\ngrey: where both agree"))
    axes.set_ylabel("The same, estimated")
    axes.set_title("Mean of an output's error" if of == "mean" else "Deviation of an output's error")


def neuron_histogram(cell: CellRecord) -> Figure:
    """Return the shape of all drawn errors, on a logarithmic axis: crashes are rare, large errors rarer."""
    rows = cell.tables["neuron_histogram"]
    edges = np.array([row["low"] for row in rows] + [rows[-1]["high"]])
    share = np.array([row["share"] for row in rows])
    with styled():
        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        axes = figure.subplots()
        axes.stairs(100 * share, edges, fill=True, color=PALETTE[4], edgecolor=PALETTE[0])
        axes.set_yscale("log")
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_xlabel("Error of an output: with crashes - without (in units of the output)")
        axes.set_ylabel("Share of all inputs, outputs\nand sets of crashes (%)")
        axes.set_title(f"Errors, crashes at {crash_text(cell)}")
    return figure
