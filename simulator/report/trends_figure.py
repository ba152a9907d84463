"""The figure of slopes: each number along the axis, both on logarithmic scales, with its line."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from simulator.report.numbers import estimate_text
from simulator.report.style import PALETTE, styled
from simulator.report.trends_table import SHORT, as_estimate, slopes_of, words
from simulator.study.record import Record

MARKERS = "os^Dv<>P"


def has_slopes(record: Record) -> bool:
    """Return whether there is a slope to draw."""
    return any("x" in row for row in slopes_of(record))


def slopes_along(record: Record) -> Figure:
    """Return geometric means over repeats with 95 % intervals, and the fitted lines, each relative to its first."""
    rows = [row for row in slopes_of(record) if "x" in row]
    with styled():
        figure = Figure(figsize=(7.0, 4.8), layout="constrained")
        axes = figure.subplots()
        for place, row in enumerate(rows):
            x, first = np.array(row["x"]), row["y"][int(np.argmin(row["x"]))]
            y, ends_of = np.array(row["y"]) / first, np.array([row["y_low"], row["y_high"]]) / first
            sides = np.abs(ends_of - y)
            color, one = PALETTE[place % len(PALETTE)], as_estimate(row)
            axes.errorbar(x, y, sides, color=color, marker=MARKERS[place % len(MARKERS)], linestyle="none", capsize=3,
                          label=f"{words(row['of'])}: slope {estimate_text(one, SHORT)}")
            middle = np.exp(np.log(x).mean()), np.exp(np.log(y).mean())
            ends = np.array([x.min(), x.max()])
            axes.plot(ends, middle[1] * (ends / middle[0]) ** one.value, color=color, linewidth=1)
        axes.set_xscale("log")
        axes.set_yscale("log")
        at = sorted(set(rows[0]["x"]))
        axes.set_xticks(at)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(words(rows[0]["against"]).capitalize())
        axes.set_ylabel("Relative to the first")
        figure.legend(loc="outside lower center", ncols=1, frameon=False)
    return figure
