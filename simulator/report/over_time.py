"""The figure of accuracy over time, with the state of each component as bars below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from simulator.expect.curve import Curve
from simulator.report.curves import BAND_ALPHA
from simulator.report.numbers import band_text, has_band
from simulator.report.style import DOWN, GREY, UP, look_of, styled
from simulator.study.record import CellRecord, Record
from simulator.units import SECOND_NS

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 16
Spans = list[tuple[float, float]]


def accuracy_over_time(record: Record, cell: CellRecord, events: pd.DataFrame | None, span_s: float) -> Figure:
    """Return accuracy over time (s) above, and below it one row a component with red bars while it is down.

    The curve is over all replications, the bars are those of replication 0; where all replications have the same
    outages, these are shaded behind the curve too. Components never down have no row.

    Args:
        record: The record that the cell is in.
        cell: The cell; it has the curve ``accuracy_over_time``.
        events: Columns cell, replication, component, time_ns, is_up; None where nothing can fail.
        span_s: Where the time axis ends.
    """
    spans = down_spans_s(events, cell, span_s)
    rows = most_down(spans)
    with styled():
        figure = Figure(figsize=(8.4, 3.4 + 0.28 * len(rows) + 0.5 * bool(rows)), layout="constrained")
        if rows:
            upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.9, 0.28 * len(rows) + 0.25])
            is_shared = is_same_in_all(events, cell)
            _draw_states(lower, spans, rows, span_s, "up" if is_shared else "up (replication 0)")
            for start, length in (span for name in rows for span in spans[name]) if is_shared else ():
                upper.axvspan(start, start + length, color=DOWN, alpha=0.07, linewidth=0, zorder=0)
        else:
            upper = lower = figure.subplots()
        _draw_accuracy(upper, record, cell, span_s)
        lower.set_xlabel(_time_label(spans, rows, has_events=events is not None))
        lower.set_xlim(0.0, span_s)
        figure.align_ylabels()
    return figure


def down_spans_s(events: pd.DataFrame | None, cell: CellRecord, span_s: float) -> dict[str, Spans]:
    """Return, for each component in the events of replication 0, the spans (start, length) it was down, in s.

    A component whose first event is a repair was down from the start.
    """
    spans: dict[str, Spans] = {}
    if events is None or events.empty:
        return spans
    mine = events[events["cell"].isin({cell.name, cell.hash}) & (events["replication"] == 0)]
    for component, rows in mine.groupby("component", sort=False, observed=True):
        times = [float(time_ns) / SECOND_NS for time_ns in rows["time_ns"]]
        spans[str(component)] = _spans(times, [bool(is_up) for is_up in rows["is_up"]], span_s)
    return spans


def _spans(times_s: list[float], is_up: list[bool], span_s: float) -> Spans:
    spans: Spans = []
    since = 0.0 if is_up and is_up[0] else None
    for time_s, up in zip(times_s, is_up, strict=True):
        if up and since is not None:
            spans.append((since, min(time_s, span_s) - since))
            since = None
        elif not up and since is None:
            since = time_s
    if since is not None:
        spans.append((since, span_s - since))
    return [(start, length) for start, length in spans if length > 0 and start < span_s]


def most_down(spans: dict[str, Spans]) -> list[str]:
    """Return the components that were down, at most 16: those down longest, in their order of appearance."""
    total = {name: sum(length for _, length in found) for name, found in spans.items() if found}
    kept = set(sorted(total, key=lambda name: -total[name])[:MOST_ROWS])
    return [name for name in total if name in kept]


def is_same_in_all(events: pd.DataFrame | None, cell: CellRecord) -> bool:
    """Return whether all replications of a cell, two or more, have the same crashes and repairs."""
    if events is None:
        return False
    mine = events[events["cell"].isin({cell.name, cell.hash})]
    seen = [frozenset(zip(rows["component"], rows["time_ns"], rows["is_up"], strict=True))
            for _, rows in mine.groupby("replication")]
    return len(seen) > 1 and len(set(seen)) == 1


def _draw_accuracy(axes: Axes, record: Record, cell: CellRecord, span_s: float) -> None:
    curve = cell.curves["accuracy_over_time"]
    color = look_of(record.cells.index(cell)).color
    x, value, low, high = slices(curve, span_s)
    if has_band(curve):
        axes.fill_between(x, low, high, color=color, alpha=BAND_ALPHA, linewidth=0)
    axes.plot(x, value, color=color, label=cell.legend)
    axes.set_title(f"Accuracy over time: {cell.legend}" if len(record.cells) > 1 else "Accuracy over time")
    axes.set_ylabel("Served accuracy (fraction)")
    axes.set_ylim(0.0, 1.0)
    line = Line2D([], [], color=color)
    if has_band(curve):
        handle, words = (Patch(facecolor=color, alpha=2 * BAND_ALPHA), line), band_text(record, "accuracy_over_time")
        axes.legend([handle], [f"mean, and {words}"], loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False,
                    borderaxespad=0.2)


def slices(curve: Curve, until_s: float = np.inf) -> tuple[NDArray[np.float64], ...]:
    """Return x, value, low and high of a curve over slices, given at their middles, as steps from edge to edge.

    Slices whose middle lies after ``until_s`` are left out.
    """
    kept = max(1, int(np.searchsorted(curve.x, until_s, "right")))
    curve = replace(curve, **{side: getattr(curve, side)[:kept] for side in ("x", "value", "low", "high")})
    middles = np.asarray(curve.x)
    inner = (middles[1:] + middles[:-1]) / 2
    half = (middles[1] - middles[0]) / 2 if len(middles) > 1 else 0.5
    edges = np.concatenate([[middles[0] - half], inner, [middles[-1] + half]])
    return np.repeat(edges, 2)[1:-1], *(np.repeat(np.asarray(side), 2) for side in (curve.value, curve.low, curve.high))


def _draw_states(axes: Axes, spans: dict[str, Spans], rows: list[str], span_s: float, up: str) -> None:
    for height, name in enumerate(rows):
        axes.broken_barh([(0.0, span_s)], (height - 0.36, 0.72), facecolors=UP, linewidth=0)
        axes.broken_barh(spans[name], (height - 0.36, 0.72), facecolors=DOWN, edgecolor=DOWN, linewidth=0.6)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylabel("Component")
    handles = [Patch(facecolor=DOWN), Patch(facecolor=UP, edgecolor=GREY, linewidth=0.5)]
    axes.legend(handles, ["down", up], loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2,
                frameon=False, borderaxespad=0.1)


def _time_label(spans: dict[str, Spans], rows: list[str], *, has_events: bool) -> str:
    """Return the label of the time axis, with a note on the components that have no row."""
    never = [name for name, found in spans.items() if not found]
    left_out = sum(1 for found in spans.values() if found) - len(rows)
    notes = [f"never down: {_listed(never)}"] * bool(never)
    notes += [f"{left_out} more were down for shorter"] * (left_out > 0)
    if has_events and not spans:
        notes = ["no component was ever down in replication 0"]
    return "Simulated time (s)" + (f"\n{'; '.join(notes)}" if notes else "")


def _listed(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
