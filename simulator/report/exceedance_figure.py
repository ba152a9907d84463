"""The figure of the distribution of accuracy: how probable is at least this accuracy, and at most that."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from simulator.expect.curve import Curve
from simulator.report.curves import BAND_ALPHA
from simulator.report.numbers import cells_with, has_band
from simulator.report.style import GREY, look_of, styled
from simulator.study.record import Record

NAME = "accuracy_exceedance"
LEAST = 1e-15  # of a logarithmic axis


def accuracy_exceedance(record: Record) -> Figure:
    """Return P(accuracy >= a) against a, and P(accuracy < a) on a logarithmic axis, where tails are seen."""
    with styled():
        figure = Figure(figsize=(10.4, 4.6), layout="constrained")
        whole, tail = figure.subplots(1, 2)
        places = [(place, cell) for place, cell in enumerate(record.cells) if NAME in cell.curves]
        for place, cell in places:
            _draw(whole, cell.curves[NAME], place, cell.legend, is_tail=False)
            _draw(tail, cell.curves[NAME], place, cell.legend, is_tail=True)
        _label(whole, "Probability of accuracy a or more", "P(accuracy ≥ a)")
        _label(tail, "Probability of less", "P(accuracy < a)")
        whole.set_ylim(0.0, 1.05)
        tail.set_yscale("log")
        tail.set_ylim(max(_least(record) / 2, LEAST), 1.5)
        handles, labels = whole.get_legend_handles_labels()
        if any(has_band(cell.curves[NAME]) for _, cell in places):
            handles.append(Patch(facecolor=GREY, alpha=2 * BAND_ALPHA))
            labels.append("95 % interval at each a: failures, and what was left out")
        figure.legend(handles=handles, labels=labels, loc="outside lower center", ncols=min(4, max(1, len(handles))),
                      frameon=False)
    return figure


def _draw(axes: Axes, curve: Curve, place: int, label: str, *, is_tail: bool) -> None:
    """Draw steps: up to each accuracy seen, the chance is that of it or more."""
    look = look_of(place)
    x = np.concatenate([[0.0], curve.x, [1.0]])
    sides = (np.concatenate([[first], values, [last]]) for values, first, last in (
        (curve.value, 1.0, 0.0), (curve.low, min(1.0, _first(curve.low)), 0.0), (curve.high, 1.0, 0.0)))
    value, low, high = sides
    if is_tail:
        value, low, high = (np.maximum(1 - side, LEAST / 10) for side in (value, high, low))
    if has_band(curve):
        axes.fill_between(x, low, high, step="pre", color=look.color, alpha=BAND_ALPHA, linewidth=0)
    axes.step(x, value, where="pre", color=look.color, linestyle=look.line, marker=look.marker,
              markevery=max(1, len(x) // 10), label=label)


def _first(values: tuple[float, ...]) -> float:
    return values[0] if values else 1.0


def _label(axes: Axes, title: str, label: str) -> None:
    axes.set_title(title)
    axes.set_xlabel("Accuracy a of the pattern (fraction correct)")
    axes.set_ylabel(label)
    axes.set_xlim(0.0, 1.0)


def _least(record: Record) -> float:
    """Return the smallest chance of less that is not 0, over all cells."""
    chances = [1 - value for cell in cells_with(record, NAME) for value in cell.curves[NAME].value]
    return min((chance for chance in chances if chance > LEAST), default=1e-3)
