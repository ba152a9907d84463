"""The figure of codecs: accuracy against the bytes of a request's skip messages."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.codec_table import cells_with_codecs
from simulator.report.numbers import covered
from simulator.report.style import MARKERS, PALETTE, styled
from simulator.study.record import CellRecord, Record

PANELS = (("degraded_accuracy", "Degraded answers"), ("expected_accuracy", "Expected accuracy"))


def accuracy_against_bytes(record: Record) -> Figure:
    """Return two panels of accuracy against bytes, a point a cell with its 95 % interval; cells differ in shape too."""
    cells = cells_with_codecs(record)
    with styled():
        figure = Figure(figsize=(9.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, (name, title) in zip((left, right), PANELS, strict=True):
            _draw_points(axes, cells, name)
            axes.set_title(title)
            axes.set_xlabel("Bytes of all skip messages of a request")
        covers = covered(cell.estimates[name] for cell in cells for name, _ in PANELS if name in cell.estimates)
        left.set_ylabel("Accuracy (fraction correct)" + (f"\n95 % interval: {covers}" if covers else ""))
        figure.legend(*right.get_legend_handles_labels(), loc="outside right center", frameon=False)
    return figure


def _draw_points(axes: Axes, cells: Sequence[CellRecord], name: str) -> None:
    for place, cell in enumerate(cells):
        estimate = cell.estimates.get(name)
        if estimate is None:
            continue
        whiskers = [[max(0.0, estimate.value - estimate.low)], [max(0.0, estimate.high - estimate.value)]]
        marker = MARKERS[(place + place // len(PALETTE)) % len(MARKERS)]
        axes.errorbar([cell.counts["skip_bytes"]], [estimate.value], yerr=whiskers, fmt=marker, markersize=7,
                      capsize=3, linewidth=1.2, color=PALETTE[place % len(PALETTE)], label=cell.legend)
    if all(cell.counts["skip_bytes"] for cell in cells):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
