"""The figure of endings: how many requests were on time, late and lost."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.expect.estimate import Estimate
from simulator.report.numbers import Style, covered, estimate_text
from simulator.report.style import INK, styled
from simulator.study.record import CellRecord, Record

ENDINGS = ("share_on_time", "share_late", "share_lost")
LOOKS = {
    "share_on_time": ("on time", "#009E73", ""),
    "share_late": ("late", "#E69F00", "////"),
    "share_lost": ("lost", "#6B7278", "xxxx"),
}
SHORT_PERCENT = Style(decimals=1, scale=100.0)


def endings(record: Record) -> Figure:
    """Return stacked bars of the shares on time, late and lost (in % of arrivals), a bar a cell, with 95 % intervals.

    The whiskers stand at the end of *on time* and at the start of *lost*; every share is also written out.
    """
    cells = [cell for cell in record.cells if any(name in cell.estimates for name in ENDINGS)]
    with styled():
        figure = Figure(figsize=(8.4, 1.45 + 0.66 * len(cells)), layout="constrained")
        axes = figure.add_subplot()
        for height, cell in enumerate(cells):
            _draw_bar(axes, cell, height, is_first=height == 0)
        axes.set_yticks(range(len(cells)), [cell.legend for cell in cells])
        axes.set_ylim(len(cells) - 0.42, -0.42)
        axes.set_xlim(0, 100)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(_x_label(cells))
        axes.set_title("How requests end")
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, borderaxespad=0.2)
    return figure


def _draw_bar(axes: Axes, cell: CellRecord, height: int, *, is_first: bool) -> None:
    left, texts = 0.0, []
    for name in ENDINGS:
        estimate = cell.estimates.get(name)
        if estimate is None:
            continue
        label, color, hatch = LOOKS[name]
        width = 100.0 * float(np.nan_to_num(estimate.value))
        axes.barh(height, width, left=left, height=0.46, color=color, hatch=hatch, edgecolor="white",
                  linewidth=0.6, label=label if is_first else None)
        left += width
        texts.append(f"{label} {estimate_text(estimate, SHORT_PERCENT)} %")
    late = cell.estimates.get("share_late")
    is_one = late is None or not late.high > 0  # then on time ends where lost begins, with the same interval
    _draw_whisker(axes, cell.estimates.get("share_on_time"), height - (0 if is_one else 0.1), from_left=True)
    if not is_one:
        _draw_whisker(axes, cell.estimates.get("share_lost"), height + 0.1, from_left=False)
    axes.annotate("     ".join(texts), (0, height + 0.23), xytext=(3, -3), textcoords="offset points", va="top",
                  fontsize=9.5)


def _draw_whisker(axes: Axes, estimate: Estimate | None, height: float, *, from_left: bool) -> None:
    if estimate is None or not estimate.high > estimate.low:
        return
    value = 100 * estimate.value
    below, above = value - 100 * estimate.low, 100 * estimate.high - value
    middle, sides = (value, [[below], [above]]) if from_left else (100 - value, [[above], [below]])
    axes.errorbar(middle, height, xerr=sides, color=INK, capsize=3, linewidth=1.3, fmt="none")


def _x_label(cells: list[CellRecord]) -> str:
    covers = covered(cell.estimates[name] for cell in cells for name in ENDINGS if name in cell.estimates)
    note = f"\nwhiskers: 95 % interval, {covers}" if covers else ""
    return f"Share of all arrivals (%){note}"
