"""Figures of curves: accuracy against failure probability, and the latency distribution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from simulator.expect.curve import Curve
from simulator.report.numbers import band_text, cells_with, has_band, in_words, is_regression, unit_of
from simulator.report.style import GREY, INK, Look, look_of, styled
from simulator.study.record import CellRecord, Record

BAND_ALPHA = 0.18
ROW_LETTERS, KEY_LETTERS = 105, 6  # of a legend below the axes, and what a line's key takes of them
MANY_CELLS = 6  # from which on the legend stands beside the axes


def accuracy_vs_failure(record: Record) -> Figure:
    """Return expected accuracy against the failure probability p (in %), one curve a cell, with its band."""
    with styled():
        other = _other_score(record)
        title = f"{other or in_words(record, 'Accuracy')} against failure probability"
        figure, axes = _new_axes(title, len(record.cells))
        for place, cell in _placed(record, "accuracy_vs_failure"):
            curve = cell.curves["accuracy_vs_failure"]
            draw_curve(axes, curve, look_of(place), cell.legend, x_scale=100.0)
        axes.set_xlabel("Failure probability p of each component that can fail (%)")
        axes.set_ylabel(f"Expected {other}" if other else _of_score(record, "Expected accuracy (fraction correct)"))
        axes.margins(x=0.02)
        _finish(axes, record, "accuracy_vs_failure")
    return figure


def _other_score(record: Record) -> str:
    """Return the name of the score along failure probability where another was asked for than is the model's own."""
    labels = {cell.curves["accuracy_vs_failure"].y_label for cell in cells_with(record, "accuracy_vs_failure")}
    other = labels - {"expected accuracy"} if not is_regression(record) else set()
    return next(iter(other), "").removeprefix("expected ")


def _of_score(record: Record, label: str) -> str:
    """Return the label of an axis of accuracies; of a regression, of errors in the unit of the target."""
    if not is_regression(record):
        return label
    unit = unit_of(record)
    return in_words(record, label.partition(" (")[0]) + f" ({unit})" * bool(unit)


def latency_distribution(record: Record, deadline_ms: float | None) -> Figure:
    """Return the share of all arrivals answered within t (ms), one curve a cell; the deadline is a labelled line.

    The share ends below 100 % by what was lost. Without a deadline no line is drawn.
    """
    with styled():
        figure, axes = _new_axes("Share of requests answered within t", len(record.cells))
        axes.set_xlabel("Time since arrival t (ms)")
        axes.set_ylabel("Share of all arrivals answered within t (%)")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        _draw_shares(axes, record, "latency", deadline_ms)
        axes.set_ylim(0.0, 1.1)
    return figure


def accuracy_vs_deadline(record: Record, deadline_ms: float | None) -> Figure:
    """Return the share of all arrivals answered correctly within d (ms), one curve a cell; the deadline is a line."""
    with styled():
        figure, axes = _new_axes("Accuracy against deadline", len(record.cells))
        axes.set_xlabel("Deadline d (ms)")
        axes.set_ylabel("On-time accuracy (fraction of arrivals)")
        _draw_shares(axes, record, "accuracy_vs_deadline", deadline_ms)
        axes.set_ylim(0.0, 1.0)
    return figure


def _draw_shares(axes: Axes, record: Record, name: str, deadline_ms: float | None) -> None:
    """Draw curves of shares over time that stay level after their last answer."""
    until_ms = shown_until_ms(record, deadline_ms, name)
    for place, cell in _placed(record, name):
        draw_curve(axes, stretched(cell.curves[name], until_ms), look_of(place), cell.legend,
                   every=(0.03 * (1 + place), 0.2))
    axes.set_xlim(0.0, until_ms)
    if deadline_ms is not None:
        mark_deadline(axes, deadline_ms)
    _finish(axes, record, name, is_below=True)


def stretched(curve: Curve, until_ms: float) -> Curve:
    """Return the curve of answered shares, level from its last answer on."""
    if not curve.x or curve.x[-1] >= until_ms:
        return curve
    value, low, high = ((*side, side[-1]) for side in (curve.value, curve.low, curve.high))
    return replace(curve, x=(*curve.x, until_ms), value=value, low=low, high=high)


def draw_curve(
    axes: Axes, curve: Curve, look: Look, label: str, x_scale: float = 1.0, every: tuple[float, float] | None = None
) -> None:
    """Draw one curve with its band; NaN leaves a hole.

    Args:
        axes: Where.
        curve: The curve.
        look: Its colour, line and marker.
        label: Its name.
        x_scale: What x is multiplied by.
        every: Where the first marker stands and how far the others are apart, in sizes of the axes; None: by points.
    """
    x = np.asarray(curve.x) * x_scale
    marked = every if every is not None and len(x) > 1 and np.isfinite(curve.value).all() else max(1, len(x) // 12)
    if has_band(curve):
        axes.fill_between(x, curve.low, curve.high, color=look.color, alpha=BAND_ALPHA, linewidth=0)
    axes.plot(
        x, curve.value, color=look.color, linestyle=look.line, marker=look.marker, markevery=marked, label=label,
    )


def shown_until_ms(record: Record, deadline_ms: float | None, name: str = "latency") -> float:
    """Return where the latency axis ends: past the deadline, and past 99.9 % of what is ever answered."""
    ends = [1.25 * deadline_ms] if deadline_ms is not None else []
    for cell in cells_with(record, name):
        curve = cell.curves[name]
        value = np.asarray(curve.value)
        if len(value) and np.isfinite(value).any():
            reached = np.flatnonzero(value >= 0.999 * np.nanmax(value))
            ends.append(1.05 * curve.x[int(reached[0])])
    return max(ends, default=1.0) or 1.0


def mark_deadline(axes: Axes, deadline_ms: float) -> None:
    """Draw the deadline as a vertical line with its name beside it."""
    axes.axvline(deadline_ms, color=INK, linestyle=(0, (4, 2)), linewidth=1.4, zorder=1.5)
    axes.annotate(f"deadline {deadline_ms:g} ms", xy=(deadline_ms, 1.0), xycoords=("data", "axes fraction"),
                  xytext=(5, -3), textcoords="offset points", ha="left", va="top", color=INK, fontsize=10)


def _new_axes(title: str, cells: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.6 if cells < MANY_CELLS else 10.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def _placed(record: Record, curve: str) -> list[tuple[int, CellRecord]]:
    return [(place, cell) for place, cell in enumerate(record.cells) if curve in cell.curves]


def _finish(axes: Axes, record: Record, curve: str, *, is_below: bool = False) -> None:
    """Add the legend: the cells, then what the band covers; below the axes, or beside them when there are many."""
    handles, labels = axes.get_legend_handles_labels()
    if any(has_band(cell.curves[curve]) for cell in cells_with(record, curve)):
        handles.append(Patch(facecolor=GREY, alpha=2 * BAND_ALPHA, label=""))
        labels.append(band_text(record, curve).replace(": ", ":\n" if len(record.cells) >= MANY_CELLS else ": "))
    if not handles:
        return
    if len(record.cells) >= MANY_CELLS:
        axes.legend(handles=handles, labels=labels, loc="center left", bbox_to_anchor=(1.0, 0.5))
    elif is_below:
        is_wide = sum(len(label) + KEY_LETTERS for label in labels) > ROW_LETTERS
        axes.legend(handles=handles, labels=labels, loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False,
                    ncols=2 if is_wide else len(handles), columnspacing=1.4)
    else:
        axes.legend(handles=handles, labels=labels, loc="best")
