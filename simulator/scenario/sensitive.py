"""What a scenario that asks for the worth of its hyperconnections must be like."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import Problem
from simulator.scenario.parts import Parts

ASKED = "sensitivity of hyperconnections"


def sensitivity_problems(parts: Parts) -> Iterator[Problem]:
    """Yield what keeps a scenario from measuring the sensitivity of its hyperconnections."""
    scenario = parts.scenario
    if scenario is None or not scenario.measure.sensitivity:
        return
    if "hyperconnections" not in scenario.measure.sensitivity.of:
        return
    place = parts.document.place
    if scenario.outcomes is not None or (parts.model and not _has_layers(parts)):
        yield Problem(place("measure"), f"{ASKED} needs a network that answers with some of them off",
                      "name a model with layers, such as watch-mlp, and leave out 'outcomes'")
    if any(len(nodes) > 1 for nodes in scenario.placement.values()):
        yield Problem(place("placement"), f"{ASKED} does not know a part on several nodes yet",
                      "place each part on one node, or leave out 'sensitivity'")
    if scenario.policy.no_answer == "exclude":
        yield Problem(place("policy.no_answer"), f"'exclude', but {ASKED} compares subsets that answer other requests",
                      "say what no answer is worth: expected_guess, majority or wrong")


def _has_layers(parts: Parts) -> bool:
    model = parts.model
    return bool(model and any(part.layers or part.from_keras for part in model.parts.values())) or bool(
        model and model.partitions)
