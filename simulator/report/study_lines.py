"""Figures of a study along one axis: lines with bands, side by side for several estimates or for another axis."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.expect.estimate import Estimate
from simulator.report.curves import BAND_ALPHA
from simulator.report.numbers import covered
from simulator.report.study_axes import Axis as StudyAxis
from simulator.report.study_axes import Points, estimate_label, short_key
from simulator.report.style import look_of, styled

ACROSS = 3  # panels side by side
SQUARE = 4  # panels that stand two by two
MOST_TICKS = 8  # values of a logarithmic axis that are all written out
MOST_LINES = 10  # more of them are a tangle
Panel = tuple[str, str, Points]
"""A panel: what is above it, the estimate, and its points."""


def lines_figure(title: str, points: Points, axis: StudyAxis, names: Sequence[str], scale: str | None = None) -> Figure:
    """Return estimates along an axis, a panel for each, a line for each point of the other axes."""
    return _figure(title, [("", name, points) for name in names], axis, scale)


def multiples_figure(title: str, points: Points, axis: StudyAxis, name: str, panels: str,
                     scale: str | None = None) -> Figure:
    """Return one estimate along an axis, a panel for each value of another one, all on the same scales."""
    values = dict.fromkeys(label[panels] for label, _ in points)
    found = [(f"{short_key(panels)} {value}", name, [one for one in points if one[0][panels] == value])
             for value in values]
    return _figure(title, found, axis, scale, left_out={panels}, is_shared=True)


def scatter_figure(title: str, points: Points, axes: Sequence[StudyAxis], name: str) -> Figure:
    """Return one estimate against each of several axes that are not crossed: a dot with its interval for each point."""
    with styled():
        figure = Figure(figsize=(max(6.4, 4.2 * len(axes)), 4.6), layout="constrained")
        known = [(label, estimates[name]) for label, estimates in points if name in estimates]
        for place, axis in zip(figure.subplots(1, len(axes), squeeze=False, sharey=True)[0], axes, strict=True):
            x = [axis.numbers[label[axis.key]] for label, _ in known]
            sides = [[one.value - one.low for _, one in known], [one.high - one.value for _, one in known]]
            place.errorbar(x, [one.value for _, one in known], yerr=np.nan_to_num(sides).clip(0), fmt="o",
                           color=look_of(0).color, capsize=2, linewidth=1)
            place.set_xlabel(axis.label)
            if axis.is_log:
                _in_ratios(place, axis)
            place.set_ylabel("" if axis is not axes[0] else estimate_label(name))
        told = covered([one for _, one in known]) or "none where exact"
        figure.suptitle(f"{title}\nWhiskers: 95 % intervals, {told}", fontsize=11, fontweight="bold", x=0.01,
                        ha="left")
    return figure


def _figure(title: str, panels: Sequence[Panel], axis: StudyAxis, scale: str | None, left_out: Collection[str] = (),
            *, is_shared: bool = False) -> Figure:
    columns = min(ACROSS if len(panels) != SQUARE else 2, len(panels))
    rows = -(-len(panels) // columns)
    with styled():
        figure = Figure(figsize=(max(6.4, 4.2 * columns), 0.9 + 3.7 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=is_shared, sharey=is_shared)
        places: list[Axes] = list(grid.reshape(-1))
        shown: list[Estimate] = []
        for place, (head, name, points) in zip(places, panels, strict=False):
            shown += _draw(place, points, axis, name, left_out)
            place.set_title(head, fontsize=10)
            place.set_xlabel(axis.label)
            place.set_ylabel(estimate_label(name))
            if scale == "log" or (scale is None and axis.is_log):
                _in_ratios(place, axis)
        _trim(places, len(panels), columns, is_shared=is_shared)
        _legend(figure, places[0], points, axis, left_out)
        figure.suptitle(f"{title}\nBands: 95 % intervals, {covered(shown) or 'none where exact'}", fontsize=11,
                        fontweight="bold", x=0.01, ha="left")
    return figure


def _in_ratios(axes: Axes, axis: StudyAxis) -> None:
    """Make an axis logarithmic, with its own values written out where they are few."""
    axes.set_xscale("log")
    numbers = sorted(axis.numbers.values())
    if len(numbers) <= MOST_TICKS:
        axes.set_xticks(numbers, [f"{number:g}" for number in numbers])
        axes.minorticks_off()


def _trim(places: Sequence[Axes], count: int, columns: int, *, is_shared: bool) -> None:
    """Hide the places without a panel; where panels share their scales, tell these at the left and at the bottom."""
    for number, place in enumerate(places):
        place.set_visible(number < count)
        if is_shared:
            is_last = number + columns >= count
            place.tick_params(labelbottom=is_last)
            place.set_xlabel(place.get_xlabel() if is_last else "")
            place.set_ylabel("" if number % columns else place.get_ylabel())


def _legend(figure: Figure, axes: Axes, points: Points, axis: StudyAxis, left_out: Collection[str]) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if labels == ["all"]:
        return
    keys = [short_key(key) for key in points[0][0] if key != axis.key and key not in left_out]
    figure.legend(handles, labels, title=", ".join(keys), loc="outside lower center", ncols=min(4, len(labels)),
                  frameon=False)


def _draw(axes: Axes, points: Points, axis: StudyAxis, name: str, left_out: Collection[str]) -> list[Estimate]:
    """Draw one estimate along an axis and return what was drawn."""
    lines: dict[str, list[tuple[float, Estimate]]] = {}
    for label, estimates in points:
        if name in estimates:
            named = name_of(label, {axis.key, *left_out})
            lines.setdefault(named, []).append((axis.numbers[label[axis.key]], estimates[name]))
    for place, (named, found) in enumerate(lines.items()):
        ordered = sorted(found, key=lambda one: one[0])
        x = np.array([number for number, _ in ordered])
        value, low, high = (np.array([getattr(one, side) for _, one in ordered]) for side in ("value", "low", "high"))
        look = look_of(place)
        axes.fill_between(x, low, high, color=look.color, alpha=BAND_ALPHA, linewidth=0)
        axes.plot(x, value, color=look.color, linestyle=look.line, marker=look.marker, label=named)
    return [one for found in lines.values() for _, one in found]


def name_of(label: Mapping[str, str], without: set[str]) -> str:
    """Return the name of a line: what its points share."""
    return ", ".join(text for key, text in label.items() if key not in without) or "all"
