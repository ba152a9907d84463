"""What does not go with a scenario's ``precision:`` and ``assert:``."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import Problem
from simulator.expect.student import ENOUGH
from simulator.scenario.parts import Parts
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
