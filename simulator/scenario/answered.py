"""What does not go with a scenario's ``precision:``, ``assert:`` and ``plots:``."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import Problem, did_you_mean
from simulator.expect.student import ENOUGH
from simulator.scenario.designs import keys_set
from simulator.scenario.parts import Parts
from simulator.scenario.plots import HeatMap, Lines
from simulator.scenario.scenario import Scenario
from simulator.scenario.searching import unmeasured

SAMPLED = "expected_accuracy"


def answered_problems(parts: Parts) -> Iterator[Problem]:
    """Yield what does not go with what is claimed of a scenario's estimates, and with how sure they are to be."""
    scenario, place = parts.scenario, parts.document.place
    if scenario is None:
        return
    asked = [("assert", name) for name in scenario.claims]
    asked += [("precision", name) for name in (scenario.precision.of if scenario.precision else {})]
    for key, name in asked:
        if needed := unmeasured(name, scenario.measure):
            yield Problem(place(f"{key}.{name}"), f"{name!r} is not measured", f"add '{needed}' to 'measure'")
    if scenario.search and scenario.claims:
        yield Problem(place("assert"), "the cells of a search are the best of many trials, whose numbers are too good",
                      "write the best values into a scenario of their own, and claim there")
    if scenario.precision:
        yield from _precision_problems(parts, scenario)
    yield from _plot_problems(parts)


def _precision_problems(parts: Parts, scenario: Scenario) -> Iterator[Problem]:
    place, asked = parts.document.place, scenario.precision
    if scenario.search:
        yield Problem(place("precision"), "a search compares its trials at equal effort", "leave one of the two out")
    if asked is None or set(asked.of) <= {SAMPLED}:
        return
    if scenario.workload is None:
        yield Problem(place("precision"), "without requests there are no replications to add",
                      "write 'workload: {arrivals: ...}' and 'timed' among the measures")
    if scenario.replications < ENOUGH:
        yield Problem(place("replications"), f"{scenario.replications} are too few to judge an interval by",
                      f"write at least {ENOUGH}; more are added as they are needed")


def _plot_problems(parts: Parts) -> Iterator[Problem]:
    """Yield a problem for each key of a figure that the sweep does not vary."""
    scenario, place = parts.scenario, parts.document.place
    if scenario is None:
        return
    sweep = parts.document.value.get("sweep") or {}
    known = [key for name, axis in sweep.items() for key in (name, *(key for key, _ in keys_set(name, axis)))]
    for index, plot in enumerate(scenario.plots):
        named = {"x": plot.x, "panels": plot.panels} if isinstance(plot, Lines) else {}
        named |= {"x": plot.x, "y": plot.y} if isinstance(plot, HeatMap) else {}
        for field, key in named.items():
            if key is not None and key not in known:
                told = f"{key!r} is not varied by the sweep"
                yield Problem(place(f"plots.{index}.{field}"), told, did_you_mean(key, known))
