"""Figures of which hyperconnections matter: ranked bars, the network with edges as thick as they matter, a heat map."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch

from simulator.report.connection_tables import (
    KINDS,
    RELIANCE,
    REPLACEABILITY,
    Row,
    context_of,
    contexts,
    is_distinct,
    main_rows,
    name_of,
    ranked,
    rows_of,
)
from simulator.report.layout import Point, best_bend, bezier
from simulator.report.numbers import covered, number_text
from simulator.report.part_columns import columns_of
from simulator.report.repeats_table import as_estimate
from simulator.report.style import GREY, INK, PALETTE, styled
from simulator.study.record import Record

COLORS = {RELIANCE: PALETTE[0], REPLACEABILITY: PALETTE[1]}
HATCHES = {RELIANCE: "", REPLACEABILITY: "//"}
SHORT = {RELIANCE: "reliance (switched off)", REPLACEABILITY: "replaceability (trained without)"}
BOX = (0.62, 0.34)  # of a part
STEP = (1.15, 0.75)  # from part to part
WIDE = 7.0  # inches of a drawing, above which no other is beside it
THICKEST, THINNEST = 9.0, 1.2  # points
SMALLEST_SHOWN = 0.0005  # of an interaction
NOT_SWITCHED = "#C9CFD4"


def grid_of(rows: Sequence[Row], size: tuple[float, float], most: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel of a size in inches for each context, at most so many beside each other.

    Where contexts differ in several things, the last of them is across.
    """
    count, keys = len(contexts(rows)), list(rows[0]["label"])
    last = len({row["label"][keys[-1]] for row in rows}) if len(keys) > 1 else count
    across = last if 1 < last <= most and count % last == 0 else min(most, count, 2 if count in {2, 4} else most)
    down = -(-count // across)
    figure = Figure(figsize=(max(size[0] * across, 6.4), size[1] * down + 1.0), layout="constrained")
    panels = np.atleast_1d(figure.subplots(down, across, squeeze=False)).reshape(-1).tolist()
    for panel in panels[count:]:
        panel.set_axis_off()
    return figure, panels[:count]


def ranked_bars(record: Record) -> Figure:
    """Return a panel for each context: the worth of every hyperconnection, with intervals, the largest on top."""
    by_kind = {kind: main_rows(record, kind) for kind in COLORS}
    by_kind = {kind: rows for kind, rows in by_kind.items() if rows}
    every = [row for rows in by_kind.values() for row in rows]
    names, panels = ranked(every)[::-1], contexts(every)
    with styled():
        tall = 0.9 + 0.26 * len(names) * (1 + len(by_kind))
        figure, axes = grid_of(every, (3.4 if len(panels) > 1 else 6.4, tall), 3)
        for panel, context in zip(axes, panels, strict=True):
            for place, (kind, rows) in enumerate(by_kind.items()):
                _bars(panel, [row for row in rows if context_of(row) == context], names, kind, (place, len(by_kind)))
            is_left = _column(panel) == 0
            panel.set_yticks(range(len(names)), names if is_left else [""] * len(names))
            panel.set_ylim(-0.6, len(names) - 0.4)
            panel.axvline(0, color=INK, linewidth=0.9)
            panel.grid(visible=False, axis="y")
            panel.set_title(textwrap.fill(context, 30), fontsize=10)
        _share_x(axes, every)
        handles = [Patch(facecolor=COLORS[kind], hatch=HATCHES[kind], edgecolor="white", label=SHORT[kind])
                   for kind in by_kind]
        handles.append(Patch(facecolor="white", edgecolor=GREY, label="not distinguishable from 0"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
        figure.suptitle(f"{record.title}\n95 % intervals: {covered([as_estimate(row) for row in every]) or 'exact'}",
                        x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _column(panel: Axes) -> int:
    place = panel.get_subplotspec()
    return place.colspan.start if place else 0


def _share_x(axes: Sequence[Axes], rows: Sequence[Row]) -> None:
    """Give all panels the same axis, wide enough for every interval, and the lowest of each column its name."""
    ends = [0.0, *(row[end] for row in rows for end in ("value", "low", "high") if not np.isnan(row[end]))]
    room = 0.04 * (max(ends) - min(ends) or 1.0)
    below = {_column(panel): panel for panel in axes}
    label = "Shapley worth\n" if rows[0]["measure"] == "shapley" else "with it less without\n"
    for panel in axes:
        panel.set_xlim(min(ends) - room, max(ends) + room)
    for panel in below.values():
        panel.set_xlabel(f"{label}(expected accuracy)", fontsize=9.5)


def _bars(panel: Axes, rows: Sequence[Row], names: Sequence[str], kind: str, among: tuple[int, int]) -> None:
    place, count = among
    height = 0.8 / count
    for row in rows:
        y = names.index(name_of(row)) + (count - 1 - 2 * place) * height / 2
        is_seen = is_distinct(row)
        panel.barh(y, row["value"], height * 0.92, color=COLORS[kind] if is_seen else "white",
                   edgecolor="white" if is_seen else GREY, hatch=HATCHES[kind], zorder=2)
        sides = np.nan_to_num([[row["value"] - row["low"]], [row["high"] - row["value"]]]).clip(0)
        panel.errorbar(row["value"], y, xerr=sides, fmt="none", color=INK, capsize=2.5, linewidth=1.1, zorder=3)


def network(record: Record, kind: str) -> Figure:
    """Return a panel for each context: parts in columns by depth, hyperconnections as thick as they are worth.

    Those that are not distinguishable from 0 are grey and dashed, those that were not switched thin and grey.
    """
    rows = rows_of(record, kind)
    at = columns_of([(edge["from"], edge["to"]) for edge in record.scenario["model"]["hyperconnections"]])
    points = {name: (x * STEP[0], y * STEP[1]) for name, (x, y) in at.items()}
    width = max(x for x, _ in points.values()) + 1.0
    height = max(y for _, y in points.values()) - min(y for _, y in points.values()) + 1.75
    most = max([abs(row["value"]) for row in rows if is_distinct(row)], default=0.0)
    panels = contexts(rows)
    with styled():
        figure, axes = grid_of(rows, (width, height), 1 if width > WIDE else 2)
        for panel, context in zip(axes, panels, strict=True):
            worth = {row["of"]: row for row in rows if context_of(row) == context}
            _edges(panel, record, points, worth, most, _parts(panel, points))
            panel.set_title(textwrap.fill(context, 40), fontsize=10)
        figure.legend(handles=_legend(kind, most), loc="outside lower center", ncols=2, frameon=False, fontsize=9)
        figure.suptitle(f"{record.title}\n{KINDS[kind]}", x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _parts(panel: Axes, points: dict[str, Point]) -> dict[str, FancyBboxPatch]:
    boxes = {}
    panel.set_axis_off()
    panel.set_aspect("equal")
    xs, ys = [x for x, _ in points.values()], [y for _, y in points.values()]
    panel.set_xlim(min(xs) - 0.5, max(xs) + 0.5)
    panel.set_ylim(min(ys) - 0.75, max(ys) + 0.75)
    for name, (x, y) in points.items():
        boxes[name] = FancyBboxPatch((x - BOX[0] / 2, y - BOX[1] / 2), *BOX, boxstyle="round,pad=0,rounding_size=0.08",
                                     facecolor="#F4F6F8", edgecolor=INK, linewidth=0.9, zorder=4)
        panel.add_patch(boxes[name])
        panel.text(x, y, name, ha="center", va="center", fontsize=8.5, zorder=5)
    return boxes


def _edges(
    panel: Axes, record: Record, points: dict[str, Point], worth: dict[str, Row], most: float,
    parts: dict[str, FancyBboxPatch],
) -> None:
    drawn: list[list[Point]] = []
    for edge in record.scenario["model"]["hyperconnections"]:
        start, end = points[edge["from"]], points[edge["to"]]
        boxes = [(point, BOX) for name, point in points.items() if name not in (edge["from"], edge["to"])]
        bend = best_bend(start, end, boxes, drawn)
        drawn.append(bezier(start, end, bend))
        row = worth.get(f"{edge['from']}->{edge['to']}")
        color, line, width = look(row, most)
        panel.add_patch(FancyArrowPatch(
            start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=9 + width, color=color,
            linestyle=line, linewidth=width, shrinkA=1, shrinkB=2, zorder=3 if row else 2,
            patchA=parts[edge["from"]], patchB=parts[edge["to"]]))
        if row is not None and is_distinct(row):
            x, y = drawn[-1][len(drawn[-1]) // 2]
            panel.text(x, y, number_text(row["value"]), fontsize=7.5, ha="center", va="center", zorder=6,
                       bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85})


def look(row: Row | None, most: float) -> tuple[str, str | tuple[int, tuple[float, float]], float]:
    """Return colour, line and width in points of a hyperconnection; blue helps, vermilion does harm."""
    if row is None:
        return NOT_SWITCHED, "-", THINNEST
    if not is_distinct(row):
        return GREY, (0, (3.0, 2.5)), THINNEST
    width = THINNEST + (THICKEST - THINNEST) * abs(row["value"]) / most
    return PALETTE[0] if row["value"] > 0 else PALETTE[1], "-", width


def _legend(kind: str, most: float) -> list[Line2D]:
    told = f"Shapley worth, thickest: {number_text(most)}" if most else "Shapley worth"
    return [Line2D([], [], color=PALETTE[0], linewidth=5, label=f"{told} of expected accuracy"),
            Line2D([], [], color=PALETTE[1], linewidth=3, label="negative worth: does harm"),
            Line2D([], [], color=GREY, linewidth=THINNEST, linestyle="--", label="not distinguishable from 0"),
            Line2D([], [], color=NOT_SWITCHED, linewidth=THINNEST, label="not switched" if kind == RELIANCE
                   else "always there")]


def interactions(record: Record, kind: str) -> Figure:
    """Return a heat map for each context: how much more two hyperconnections are worth together than apart.

    Negative: they stand in for each other; positive: they need each other.
    """
    rows = rows_of(record, kind, "interaction")
    names = list(dict.fromkeys(name for row in rows for name in (row["of"], row["with"])))
    panels = contexts(rows)
    most = max([abs(row["value"]) for row in rows], default=0.0) or 1e-3
    side = 1.3 + 0.5 * len(names)
    with styled():
        figure, axes = grid_of(rows, (side, side), 3 if side < 4 else 2)
        for panel, context in zip(axes, panels, strict=True):
            values = np.full((len(names), len(names)), np.nan)
            for row in (row for row in rows if context_of(row) == context):
                one, other = names.index(row["of"]), names.index(row["with"])
                values[one, other] = values[other, one] = row["value"]
                for x, y in ((one, other), (other, one)):
                    panel.text(x, y, interaction_text(row), ha="center", va="center", fontsize=7.5,
                               color="white" if abs(row["value"]) > 0.6 * most and is_distinct(row) else INK)
            image = panel.imshow(values, cmap="PuOr", norm=TwoSlopeNorm(0, -most, most))
            is_left = _column(panel) == 0
            panel.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
            panel.set_yticks(range(len(names)), names if is_left else [""] * len(names), fontsize=8)
            panel.grid(visible=False)
            panel.set_title(textwrap.fill(context, 20), fontsize=9)
        figure.colorbar(image, ax=axes, shrink=0.7, label="Shapley interaction (expected accuracy)")
        figure.suptitle(f"{record.title}\nInteractions, {kind}: − stand in for each other, + need each other; "
                        "n.d. not distinguishable", x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


def interaction_text(row: Row) -> str:
    """Return an interaction in three decimals, for a field of a heat map.

    >>> interaction_text({"value": -0.0125, "low": -0.015, "high": -0.01})
    '−0.013'
    """
    value = row["value"]
    if value and not is_distinct(row):
        return "n.d."
    return "0" if not value else "≈ 0" if abs(value) < SMALLEST_SHOWN else f"{value:.3f}".replace("-", "−")


def connection_figures(record: Record) -> dict[str, Figure]:
    """Return the figures of which hyperconnections matter, by name; none where the record does not say."""
    drawn: dict[str, Figure] = {}
    if any(main_rows(record, kind) for kind in COLORS):
        drawn["connections_ranked"] = ranked_bars(record)
    for kind in COLORS:
        if rows_of(record, kind):
            drawn[f"connections_network-{kind}"] = network(record, kind)
        if rows_of(record, kind, "interaction"):
            drawn[f"connections_interactions-{kind}"] = interactions(record, kind)
    return drawn
