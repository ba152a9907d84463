"""The figure of a search: the value of every trial against each setting, with the start, the best, and fresh seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from simulator.report.numbers import COVERS
from simulator.report.search_table import as_estimate, ranked, short_keys, words
from simulator.report.style import GREY, INK, PALETTE, styled
from simulator.study.record import Record

MOST_BESIDE = 3  # panels beside each other
WIDE = 4.4  # inches of a panel


def search_values(record: Record) -> Figure:
    """Return a panel for each setting: value against setting, 95 % intervals on start and best alone."""
    keys = record.search["keys"]
    columns = min(len(keys), MOST_BESIDE)
    lines = -(-len(keys) // columns)
    with styled():
        figure = Figure(figsize=(max(7.0, WIDE * columns), 0.9 + 3.6 * lines), layout="constrained")
        panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
        for place, key in enumerate(keys):
            _draw(panels[place // columns][place % columns], record, key)
        for spare in panels.reshape(-1)[len(keys):]:
            spare.set_visible(False)
        for row in panels:
            row[0].set_ylabel(words(record).capitalize())
        figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw(axes: Axes, record: Record, key: str) -> None:
    """Draw all trials along one setting; darker ones came later."""
    rows, best = ranked(record), record.search["best"]
    setting, short = record.search["over"][key], short_keys(record.search["keys"])[key]
    tried = [row for row in rows if row["trial"] not in (0, best)]
    axes.scatter([row["numbers"][key] for row in tried], [row["value"] for row in tried],
                 c=[row["trial"] for row in tried], cmap="Blues", vmin=-len(rows) / 2, vmax=len(rows), s=30,
                 edgecolor=GREY, linewidth=0.5, zorder=2, label="trials, the later the darker")
    covers = COVERS.get(as_estimate(rows[0]).uncertainty, as_estimate(rows[0]).uncertainty)
    told = f", 95 % interval: {covers}" if covers != "none" else ""
    by_trial = {row["trial"]: row for row in rows}
    marked = [(0, "s", PALETTE[2], f"as written{told}")]
    marked += [(best, "*", PALETTE[1], f"best of the trials{told} (too good)")] if best else []
    for trial, marker, color, label in marked:
        if trial in by_trial and by_trial[trial]["numbers"][key] is not None:
            _mark(axes, by_trial[trial], key, {"marker": marker, "color": color, "label": label})
    if record.search["fresh"]:
        _draw_fresh(axes, record)
    if setting["scale"] == "log":
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{short} ({setting['unit']})" if setting["unit"] else short)


def _mark(axes: Axes, row: Mapping[str, Any], key: str, look: dict[str, Any]) -> None:
    estimate = as_estimate(row)
    has_interval = estimate.high > estimate.low
    bars = [[estimate.value - estimate.low], [estimate.high - estimate.value]] if has_interval else None
    size = 15 if look["marker"] == "*" else 8
    axes.errorbar([row["numbers"][key]], [estimate.value], yerr=bars, linestyle="none", markersize=size,
                  markeredgecolor=INK, markeredgewidth=0.6, elinewidth=1.2, capsize=3, zorder=4, **look)


def _draw_fresh(axes: Axes, record: Record) -> None:
    """Draw what the best is worth on fresh seeds, with its interval, across the panel."""
    mean = as_estimate(record.search["fresh"]["best_mean"])
    axes.axhline(mean.value, color=PALETTE[3], linestyle="--", linewidth=1.4, zorder=3,
                 label=f"best, on {len(record.search['fresh']['seeds'])} fresh seeds (band: 95 %)")
    if mean.high > mean.low:
        axes.axhspan(mean.low, mean.high, color=PALETTE[3], alpha=0.15, linewidth=0, zorder=1)
