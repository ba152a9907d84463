"""The figure of a certificate: training by training, what is bounded, what was drawn, and what is allowed."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from simulator.report.certificate_table import LEGACY_LIMIT, LIMIT
from simulator.report.style import GREY, PALETTE, styled
from simulator.study.record import CellRecord

LEAST = 1e-4  # that is drawn: a bound far below is at the bottom


def certificate_stages(cell: CellRecord) -> Figure:
    """Return P(crashes raise the loss by more than epsilon) of each training: bounded, and counted with 95 %."""
    rows, facts = cell.tables["certificate_trainings"], cell.tables["certificate"][0]
    at, limit = np.arange(len(rows)), LEGACY_LIMIT if facts["legacy"] else LIMIT
    counted = np.maximum([row["counted"] for row in rows], LEAST)
    sides = np.abs(np.maximum([[row["counted_low"] for row in rows], [row["counted_high"] for row in rows]], LEAST)
                   - counted)
    with styled():
        figure = Figure(figsize=(7.0, 4.4), layout="constrained")
        axes = figure.subplots()
        bound = "ratio of Chebyshev, without a remainder" if facts["legacy"] else "bounded (Cantelli, with remainder)"
        axes.plot(at, np.maximum([row["large"] for row in rows], LEAST), color=PALETTE[0], marker="o", label=bound)
        axes.errorbar(at, counted, sides, color=PALETTE[1], marker="s", capsize=3, label="drawn, 95 % interval")
        axes.axhline(limit, color=GREY, linestyle="--", label=f"allowed: 1/{round(1 / limit)}")
        axes.set_yscale("log")
        axes.set_ylim(LEAST, 1.5)
        axes.set_xticks(at, [f"{row['neurons']}\n{row['variance']:.0e}" for row in rows])
        axes.set_xlabel("Training: neurons N, and strength lambda of the penalty")
        axes.set_ylabel(f"P(rise of the loss > {facts['epsilon']:g})")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure
