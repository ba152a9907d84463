"""Figures of sensitivity: ranked bars, accuracy along each failure probability and number of failures, interactions."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from simulator.report.curves import BAND_ALPHA
from simulator.report.importance_table import Row, estimate_of, head_of, ranked_in, rows_of
from simulator.report.numbers import number_text
from simulator.report.style import GREY, INK, PALETTE, look_of, styled
from simulator.study.record import CellRecord

MOST_BARS, MOST_LINES, MOST_WHISKERS, MOST_NUMBERS = 20, 12, 7, 10
DIVERGING = "PuOr_r"  # safe for colour-blind readers, white in the middle
ACCURACY = "Expected accuracy (fraction correct)"


def importance_bars(cell: CellRecord) -> Figure:
    """Return ranked bars of the ranking measure with 95 % whiskers, a panel for each of what was ranked."""
    panels = ranked_in(cell)
    bars = [min(MOST_BARS, len(rows_of(cell, told["of"]))) for told in panels]
    with styled():
        figure = Figure(figsize=(5.2 * len(panels), 1.5 + 0.32 * max(bars)), layout="constrained")
        for axes, told in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw_bars(axes, cell, told)
    return figure


def _draw_bars(axes: Axes, cell: CellRecord, told: Row) -> None:
    ranking, rows = told["rank_by"], rows_of(cell, told["of"])[:MOST_BARS]
    values = [estimate_of(row, ranking) for row in rows]
    places = np.arange(len(rows))
    axes.barh(places, [found.value for found in values], height=0.62, color=PALETTE[4], edgecolor=PALETTE[0])
    if told["covers"]:
        sides = [[found.value - found.low for found in values], [found.high - found.value for found in values]]
        axes.errorbar([found.value for found in values], places, xerr=np.maximum(sides, 0), color=INK, capsize=3,
                      linewidth=1.2, fmt="none")
    axes.axvline(1.0 if ranking in ("raw", "rrw") else 0.0, color=GREY, linewidth=1)
    axes.set_yticks(places, [str(row["name"]) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    whiskers = {"test set": "\nwhiskers: 95 % interval, finite test set",
                "failures": "\nwhiskers: 95 % interval, drawn patterns"}.get(told["covers"], "")
    axes.set_xlabel(f"{head_of(ranking)}{' importance' if ranking == 'birnbaum' else ''}{whiskers}")
    axes.set_title(f"{told['of'].capitalize()}, by {head_of(ranking)}")


def component_curves(cell: CellRecord) -> Figure:
    """Return accuracy along each component's own failure probability (%), all others as they are; dots: where it is.

    Each line is named at its end; only the first of the ranking are drawn where there are many, and then without
    their intervals, which the record has.
    """
    kinds = list(dict.fromkeys(row["of"] for row in cell.tables["component_curves"]))
    with styled():
        figure = Figure(figsize=(6.2 * len(kinds), 4.8), layout="constrained")
        for axes, of in zip(figure.subplots(1, len(kinds), squeeze=False)[0], kinds, strict=True):
            _draw_curves(axes, cell, of)
        figure.axes[0].set_ylabel(ACCURACY)
    return figure


def _draw_curves(axes: Axes, cell: CellRecord, of: str) -> None:
    ranked = [row["name"] for row in rows_of(cell, of)]
    rows = sorted(rows_of(cell, of, "component_curves"), key=lambda row: ranked.index(row["name"]))[:MOST_LINES]
    has_interval = len(rows) <= MOST_WHISKERS and any(np.subtract(row["high"], row["low"]).max() > 0 for row in rows)
    for place, row in enumerate(rows):
        look, x = look_of(place), 100 * np.asarray(row["x"])
        axes.plot(x, row["value"], color=look.color, linestyle=look.line)
        now = np.interp(row["failure"], row["x"], row["value"])
        axes.plot(100 * row["failure"], now, color=look.color, marker=look.marker, markersize=7, clip_on=False,
                  zorder=3)
        if has_interval:
            at = row["x"].index(1.0) - 1 - place % 3  # whiskers side by side, not on each other
            sides = [[row["value"][at] - row["low"][at]], [row["high"][at] - row["value"][at]]]
            axes.errorbar(x[at], row["value"][at], yerr=np.maximum(sides, 0), color=look.color, capsize=3,
                          linewidth=1.1, fmt="none")
    low, high = axes.get_ylim()
    heights = spread([(row["value"][-1] - low) / (high - low) for row in rows], 0.055)
    for place, (row, height) in enumerate(zip(rows, heights, strict=True)):
        axes.annotate(row["name"], (100, row["value"][-1]), xytext=(1.04, height), textcoords=axes.transAxes,
                      va="center", fontsize=10, color=look_of(place).color, annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": look_of(place).color, "linewidth": 0.8,
                                  "relpos": (0.0, 0.5), "shrinkA": 2})
    axes.set_xlim(0, 100)
    axes.set_xlabel("Failure probability of that one alone (%)\nmarks: where each is now"
                    + ("; whiskers: 95 %, finite test set" if has_interval else ""))
    axes.set_title(f"{of.capitalize()}, one at a time, all others as they are")


def spread(heights: list[float], step: float) -> list[float]:
    """Return heights that are at least a step apart, each as near to where it was as that and a top of 1 allow.

    >>> spread([0.5, 0.5, 0.9], 0.1)
    [0.45, 0.55, 0.9]
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    pools: list[list[float]] = []  # of what is left of each height when the steps below it are taken off
    for turn, place in enumerate(order):
        pools.append([heights[place] - turn * step])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    level = [float(np.mean(pool)) for pool in pools for _ in pool]
    found = [0.0] * len(heights)
    for turn, place in enumerate(order):
        found[place] = round(min(level[turn], 1 - (len(heights) - 1) * step) + turn * step, 9)
    return found


def accuracy_by_failures(cell: CellRecord) -> Figure:
    """Return accuracy against how many are down: mean over all such patterns, from the worst to the best as a band."""
    kinds = list(dict.fromkeys(row["of"] for row in cell.tables["failure_counts"]))
    with styled():
        figure = Figure(figsize=(5.6 * len(kinds), 4.6), layout="constrained")
        for axes, of in zip(figure.subplots(1, len(kinds), squeeze=False, sharey=True)[0], kinds, strict=True):
            rows = rows_of(cell, of, "failure_counts")
            down = [row["down"] for row in rows]
            axes.fill_between(down, [row["low"] for row in rows], [row["high"] for row in rows], color=PALETTE[4],
                              alpha=BAND_ALPHA * 1.6, linewidth=0)
            axes.plot(down, [row["mean"] for row in rows], color=PALETTE[0], marker="o", label="mean of all patterns")
            given = [np.nan if row["given"] is None else row["given"] for row in rows]
            if np.isfinite(given).sum() > 1:
                axes.plot(down, given, color=PALETTE[1], linestyle="--", marker="s", label="as they fail here")
            handles, labels = axes.get_legend_handles_labels()
            handles.append(Patch(facecolor=PALETTE[4], alpha=2 * BAND_ALPHA))
            axes.legend(handles, [*labels, "worst to best pattern"])
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_xlabel(f"Number of {of} that are down (of {down[-1]})")
            axes.set_title(f"{of.capitalize()} that are down")
        figure.axes[0].set_ylabel(ACCURACY)
    return figure


def interactions(cell: CellRecord) -> Figure:
    """Return a heat map of each two players: whether the one is worth more, or less, while the other is up."""
    kinds = [told["of"] for told in ranked_in(cell) if rows_of(cell, told["of"], "interactions")]
    with styled():
        figure = Figure(figsize=(5.8 * len(kinds), 5.2), layout="constrained")
        for axes, of in zip(figure.subplots(1, len(kinds), squeeze=False)[0], kinds, strict=True):
            _draw_pairs(figure, axes, cell, of)
    return figure


def _draw_pairs(figure: Figure, axes: Axes, cell: CellRecord, of: str) -> None:
    names = [str(row["name"]) for row in rows_of(cell, of)][:MOST_BARS]
    pairs = [row for row in rows_of(cell, of, "interactions") if {row["first"], row["second"]} <= set(names)]
    kind = "joint_birnbaum" if "joint_birnbaum" in pairs[0] else "shapley_interaction"
    shown = np.full((len(names), len(names)), np.nan)
    is_unsure = np.zeros(shown.shape, dtype=bool)
    for row in pairs:
        i, j = names.index(row["first"]), names.index(row["second"])
        shown[i, j] = shown[j, i] = row[kind]
        is_unsure[i, j] = is_unsure[j, i] = (row.get(f"{kind}_low") or 0.0) < 0 < (row.get(f"{kind}_high") or 0.0)
    most = float(np.nanmax(np.abs(shown))) or 1.0
    image = axes.imshow(shown, cmap=DIVERGING, vmin=-most, vmax=most)
    for (i, j), value in np.ndenumerate(shown) if len(names) <= MOST_NUMBERS else ():
        if np.isfinite(value):
            text = number_text(float(value))
            axes.text(j, i, f"({text})" if is_unsure[i, j] else text, ha="center", va="center", fontsize=8.5,
                      color="white" if abs(value) > 0.5 * most else INK)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.grid(visible=False)
    has_brackets = len(names) <= MOST_NUMBERS and bool(is_unsure.any())
    axes.set_title(f"{of.capitalize()}, two at a time" + "\n( ): not told from 0" * has_brackets)
    told = "joint Birnbaum importance" if kind == "joint_birnbaum" else "Shapley interaction"
    figure.colorbar(image, ax=axes, shrink=0.8, label=f"{told}\n− they replace each other, + they need each other")
