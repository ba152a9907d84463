"""Figures of a study over two axes (heat maps), and of two estimates against each other (which cells none beats)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from simulator.report.claims_table import style_of
from simulator.report.numbers import covered, number_text
from simulator.report.study_axes import Points, estimate_label, short_key
from simulator.report.study_lines import name_of
from simulator.report.style import GREY, INK, look_of, styled

COLOURS = "cividis"  # even in lightness, and alike for all eyes
MOST_MAPS = 6
MOST_NAMED = 12  # points of a front with their names
Best = Mapping[str, str]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def heat_map(title: str, points: Points, x: str, y: str, name: str) -> Figure:
    """Return an estimate over two keys: its value in each field, and half of its interval below."""
    kinds = list(dict.fromkeys(name_of(label, {x, y}) for label, _ in points))[:MOST_MAPS]
    xs, ys = (list(dict.fromkeys(label[key] for label, _ in points)) for key in (x, y))
    values = [one[name].value for _, one in points if name in one]
    ends = (float(np.nanmin(values)), float(np.nanmax(values)))
    with styled():
        size = (1.9 + 0.95 * len(xs) * len(kinds) + 1.0, 1.9 + 0.62 * len(ys))
        figure = Figure(figsize=(max(6.4, size[0]), max(3.4, size[1])), layout="constrained")
        places = figure.subplots(1, len(kinds), squeeze=False, sharey=True)[0]
        for place, kind in zip(places, kinds, strict=True):
            mine = [one for one in points if name_of(one[0], {x, y}) == kind]
            image = _field(place, mine, (x, xs), (y, ys), (name, ends))
            place.set_title("" if kind == "all" else kind, fontsize=10)
        places[0].set_ylabel(short_key(y))
        figure.colorbar(image, ax=list(places), label=estimate_label(name))
        told = covered([one[name] for _, one in points if name in one])
        figure.suptitle(f"{title}\n±: half of the 95 % interval{f', {told}' if told else ''}", fontsize=11,
                        fontweight="bold", x=0.01, ha="left")
    return figure


def _field(axes: Axes, points: Points, across: tuple[str, list[str]], up: tuple[str, list[str]],
           shown: tuple[str, tuple[float, float]]) -> AxesImage:
    """Draw one map and return its image, for the colour bar."""
    (x, xs), (y, ys), (name, (low, high)) = across, up, shown
    grid, style = np.full((len(ys), len(xs)), np.nan), style_of(name)
    texts: list[tuple[int, int, str, float]] = []
    for label, estimates in points:
        if name not in estimates:
            continue
        one, row, column = estimates[name], ys.index(label[y]), xs.index(label[x])
        grid[row, column] = one.value
        half = max(one.high - one.value, one.value - one.low)
        told = number_text(one.value, style) + (f"\n± {number_text(half, style)}" if half > 0 else "")
        texts.append((column, row, told, one.value))
    image = axes.imshow(grid, cmap=COLOURS, vmin=low, vmax=high, origin="lower", aspect="auto")
    middle = (low + high) / 2
    for column, row, told, value in texts:
        axes.text(column, row, told, ha="center", va="center", fontsize=8, color="white" if value < middle else "black")
    axes.set_xticks(range(len(xs)), xs)
    axes.set_yticks(range(len(ys)), ys)
    axes.set_xlabel(short_key(x))
    axes.grid(visible=False)
    return image


def front_figure(title: str, points: Points, x: str, y: str, best: Best) -> Figure:
    """Return all cells by two estimates with their intervals, and a line through those that no other beats in both."""
    known = [(label, one[x], one[y]) for label, one in points if x in one and y in one]
    front = unbeaten(costs_of(points, x, y, best))
    with styled():
        figure = Figure(figsize=(7.6, 4.8), layout="constrained")
        axes = figure.add_subplot()
        ends = sorted((known[place][1].value, known[place][2].value) for place in front)
        axes.plot(*zip(*ends, strict=True), color=GREY, linewidth=1.4, zorder=1)
        for place, (label, a, b) in enumerate(known):
            look, is_best = look_of(0 if place in front else 1), place in front
            sides = [[[max(0.0, one.value - one.low)], [max(0.0, one.high - one.value)]] for one in (a, b)]
            axes.errorbar(a.value, b.value, xerr=np.nan_to_num(sides[0]), yerr=np.nan_to_num(sides[1]), fmt=look.marker,
                          color=look.color, capsize=2, linewidth=1, zorder=3 if is_best else 2)
            if is_best and len(front) <= MOST_NAMED:
                axes.annotate(name_of(label, set()), (a.value, b.value), xytext=(6, 5), textcoords="offset points",
                              fontsize=8, color=INK)
        axes.set_xlabel(estimate_label(x))
        axes.set_ylabel(estimate_label(y))
        axes.margins(0.12)
        told = covered([one for _, a, b in known for one in (a, b)])
        whiskers = f"\nWhiskers: 95 % intervals{f', {told}' if told else ''}"
        axes.set_title(f"{title}\nRound and joined: no cell is better in both{whiskers}", fontsize=10.5)
    return figure


def costs_of(points: Points, x: str, y: str, best: Best) -> Floats:
    """Return two estimates of each point that has both, with the signs that make less the better."""
    signs = np.array([1 if best[side] == "low" else -1 for side in ("x", "y")])
    both = [[one[x].value, one[y].value] for _, one in points if x in one and y in one]
    costs: Floats = np.array(both, dtype=np.float64) * signs
    return costs


def unbeaten(costs: Floats) -> list[int]:
    """Return the rows that no other row beats: as low in all columns, and lower in one.

    >>> unbeaten(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 3.0], [3.0, 1.0]]))
    [0, 1, 3]
    """
    found = []
    for place, mine in enumerate(costs):
        beats = (costs <= mine).all(axis=1) & (costs < mine).any(axis=1)
        if not beats.any() and np.isfinite(mine).all():
            found.append(place)
    return found


def ordered(names: Sequence[str], known: Points) -> list[str]:
    """Return those of some estimates that at least one point has."""
    return [name for name in names if any(name in one for _, one in known)]
