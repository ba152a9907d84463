"""What cannot be asked for together yet: pairs of features that no slow model has checked beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from simulator.errors import Problem
from simulator.expect.design_blocks import Replicate
from simulator.failures.inputs import are_uncertain
from simulator.failures.load import LoadCascadeBlock
from simulator.network.detectors import Watching
from simulator.scenario.parts import Parts
from simulator.scenario.scenario import Scenario

WAY_OUT = "leave one of the two out; a sweep can compare them"


@dataclass(frozen=True)
class Feature:
    """Something that a scenario may ask for.

    Args:
        place: Where it is written.
        name: What it is called in a problem.
        is_in: Whether a scenario asks for it.
    """

    place: str
    name: str
    is_in: Callable[[Scenario], bool]


REPLICAS = Feature("placement", "a part on several nodes", lambda s: any(len(n) > 1 for n in s.placement.values())
                   or any(isinstance(choice, Replicate) for choice in (s.design.choose if s.design else ())))
DESIGN = Feature("design", "'design'", lambda s: s.design is not None)
RETRY = Feature("policy.retry", "'retry'", lambda s: s.policy.retry is not None)
HEDGE = Feature("policy.hedge", "'hedge'", lambda s: s.policy.hedge is not None)
REPAIR = Feature("policy.lost", "'lost: wait_for_repair'", lambda s: s.policy.lost == "wait_for_repair")
HELD = Feature("policy.held", "'held'", lambda s: s.policy.held is not None)
ON_DEMAND = Feature("policy.skips", "'skips: on_demand'", lambda s: s.policy.skips == "on_demand")
DETECTOR = Feature("policy.wait", "a detector", lambda s: isinstance(s.policy.wait, Watching))
ERRORS = Feature("errors", "silent errors", lambda s: bool(s.errors))
OTHERS = Feature("others", "several models", lambda s: bool(s.others))
UNCERTAIN = Feature("failures", "uncertain survivals", lambda s: are_uncertain(s.failures))
BY_LOAD = Feature("failures", "failures by load", lambda s: any(isinstance(f, LoadCascadeBlock) for f in s.failures))

COPIES = (REPLICAS, RETRY, HEDGE)
APART = (
    (COPIES, (REPAIR, HELD, ON_DEMAND, DETECTOR, ERRORS, OTHERS, BY_LOAD)),
    ((REPAIR, HELD), (ON_DEMAND, DETECTOR, ERRORS, OTHERS, BY_LOAD)),
    ((ON_DEMAND, DETECTOR, ERRORS), (OTHERS, BY_LOAD)),
    ((UNCERTAIN,), (ERRORS, OTHERS)),
    ((DESIGN,), (ERRORS, OTHERS, BY_LOAD, HELD, UNCERTAIN)),
)


def apart_problems(parts: Parts) -> Iterator[Problem]:
    """Yield a problem for each two features of a scenario, or of a model that shares its machines, that stay apart."""
    if parts.scenario is None:
        return
    scenarios = {"": parts.scenario} | {name: other.scenario for name, other in parts.others.items() if other.scenario}
    for first, second in (pair for groups in APART for pair in product(*groups)):
        for name, scenario in scenarios.items():
            if first.is_in(scenario) and second.is_in(parts.scenario):
                place = f"others.{name}.{first.place}" if name else first.place
                yield Problem(parts.document.place(place), f"{first.name} does not go together with {second.name} yet",
                              WAY_OUT)
