"""The figure of accuracy around outages: one panel a component, one line a cell."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from simulator.report.curves import BAND_ALPHA
from simulator.report.numbers import has_band
from simulator.report.style import GREY, INK, look_of, styled
from simulator.study.record import Record

NAME = "accuracy_around_outages"
COLUMNS = 3


def outage_curves(record: Record) -> tuple[str, ...]:
    """Return the components whose outages have a curve, in the order in which they appear."""
    names = (name for cell in record.cells for name in cell.curves)
    return tuple(dict.fromkeys(name.partition(":")[2] for name in names if name.startswith(f"{NAME}:")))


def accuracy_around_outages(record: Record) -> Figure:
    """Return served accuracy against time since the crash (s): a panel a component, a line with its band a cell."""
    components = outage_curves(record)
    columns = min(COLUMNS, len(components))
    rows = -(-len(components) // columns)
    with styled():
        figure = Figure(figsize=(max(5.2, 3.7 * columns), 0.9 + 3.1 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        banded = False
        for axes, component in zip(panels, components, strict=False):
            axes.axvline(0.0, color=INK, linestyle=(0, (4, 2)), linewidth=1.2, zorder=1.5)
            axes.set_title(f"{component} crashes at 0", fontsize=11)
            for place, cell in enumerate(record.cells):
                curve = cell.curves.get(f"{NAME}:{component}")
                if curve is None:
                    continue
                look = look_of(place)
                if has_band(curve):
                    banded = True
                    axes.fill_between(curve.x, curve.low, curve.high, color=look.color, alpha=BAND_ALPHA, linewidth=0)
                axes.plot(curve.x, curve.value, color=look.color, linestyle=look.line, label=cell.legend)
            axes.set_ylim(0.0, 1.0)
        for axes in panels[len(components):]:
            axes.set_visible(False)
        figure.supxlabel("Time since the crash (s)", fontsize=11)
        figure.supylabel("Served accuracy (fraction)", fontsize=11)
        handles, labels = np.asarray(panels[0].get_legend_handles_labels(), dtype=object).tolist()
        if banded:
            handles, labels = [*handles, Patch(facecolor=GREY, alpha=2 * BAND_ALPHA)], [*labels, "95 % interval"]
        figure.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)), frameon=False)
    return figure
