"""Which figures a study gets: those that its ``plots:`` asks for, else what its axes suggest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from pydantic import TypeAdapter

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.amounts import full_name
from simulator.report.study_axes import Axis, Points, axes_of, axis_of
from simulator.report.study_lines import MOST_LINES, lines_figure, multiples_figure, name_of, scatter_figure
from simulator.report.study_maps import costs_of, front_figure, heat_map, ordered, unbeaten
from simulator.scenario.plots import HeatMap, Lines, Plot
from simulator.study.record import Record
from simulator.study.repeats import over_points

GOOD = ("expected_accuracy", "on_time_accuracy", "share_on_time")
COSTS = ("latency_p95_ms", "traffic_on_demand_bytes")
MOST_PANELS = 9
MOST_SCATTERED = 4  # axes of points that are drawn
FEWEST_CELLS = 4  # of a front that is drawn unasked
BEST = {"x": "low", "y": "high"}
PLOTS: TypeAdapter[tuple[Plot, ...]] = TypeAdapter(tuple[Plot, ...])


def study_figures(record: Record) -> dict[str, Figure]:
    """Return the figures of a study by name; none where there is nothing to draw.

    Raises:
        ScenarioError: its ``plots:`` names an estimate that there is none of, or an axis that is no number.
    """
    points = over_points(record)
    asked = PLOTS.validate_python(record.scenario.get("scenario", {}).get("plots") or [])
    if not any(label for label, _ in points):
        return {}
    if asked:
        return {f"study-{place}_{plot.kind}": _asked(record.title, points, plot, f"plots.{place - 1}")
                for place, plot in enumerate(asked, 1)}
    return {f"study-{name}": figure for name, figure in _chosen(record, points)}


def _chosen(record: Record, points: Points) -> Iterator[tuple[str, Figure]]:
    """Yield what the axes of a study suggest, unless other figures show it."""
    axes, names = axes_of(points), [*ordered(GOOD, points)[:1], *ordered(COSTS, points)[:1]]
    if record.repeats or record.search or not names:
        return
    if len(axes) >= 2 and not _are_crossed(points, axes):
        yield "points", scatter_figure(record.title, points, axes[:MOST_SCATTERED], names[0])
    elif len(axes) >= 2:
        x, panels = axes[-1], axes[-2]
        yield "map", heat_map(record.title, points, x.key, panels.key, names[0])
        others = {name_of(label, {x.key, panels.key}) for label, _ in points}
        if len(panels.numbers) <= MOST_PANELS and len(others) <= MOST_LINES and len(axes) == 2:
            yield "panels", multiples_figure(record.title, points, x, names[0], panels.key)
    elif axes and len({name_of(label, {axes[0].key}) for label, _ in points}) <= MOST_LINES:
        yield "lines", lines_figure(record.title, points, axes[0], names)
    has_both = len(names) > 1 and len(points) >= FEWEST_CELLS
    if has_both and len(unbeaten(costs_of(points, names[1], names[0], BEST))) > 1:
        yield "front", front_figure(record.title, points, names[1], names[0], BEST)


def _are_crossed(points: Points, axes: Sequence[Axis]) -> bool:
    """Return whether most pairs of values of the last two axes are there: not so where points are drawn."""
    keys = [axis.key for axis in axes[-2:]]
    pairs = {tuple(label[key] for key in keys) for label, _ in points}
    return 2 * len(pairs) >= len(axes[-1].numbers) * len(axes[-2].numbers)


def _asked(title: str, points: Points, plot: Plot, place: str) -> Figure:
    """Return a figure that was asked for."""
    if isinstance(plot, Lines):
        axis, names = _axis(points, plot.x, f"{place}.x"), [_estimate(points, name, f"{place}.y") for name in plot.y]
        if plot.panels is None:
            return lines_figure(title, points, axis, names, plot.scale)
        return multiples_figure(title, points, axis, names[0], plot.panels, plot.scale)
    if isinstance(plot, HeatMap):
        return heat_map(title, points, plot.x, plot.y, _estimate(points, plot.of, f"{place}.of"))
    x, y = (_estimate(points, name, f"{place}.{side}") for side, name in (("x", plot.x), ("y", plot.y)))
    return front_figure(title, points, x, y, {"x": plot.x_best, "y": plot.y_best})


def _estimate(points: Points, said: str, place: str) -> str:
    known = {name for _, estimates in points for name in estimates}
    if name := full_name(said, known):
        return name
    raise ScenarioError(Problem(place, f"{said!r} is no estimate of this study", did_you_mean(said, known)))


def _axis(points: Points, key: str, place: str) -> Axis:
    texts = [label[key] for label, _ in points if key in label]
    if axis := axis_of(key, texts):
        return axis
    shown = ", ".join(dict.fromkeys(texts))
    raise ScenarioError(Problem(place, f"{key!r} has the values {shown or 'none'}, along which no line can be drawn",
                                "name a key with at least three numbers, or write 'kind: heat_map'"))

