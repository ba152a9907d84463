"""Which engine runs a plan: SimPy always can, the fast path gives the same rows where it qualifies."""

from __future__ import annotations

from simulator.errors import Problem, ScenarioError
from simulator.network import engine, vectorised
from simulator.network.blocks import EngineChoice
from simulator.network.detectors import Watching
from simulator.network.engine import Progress
from simulator.network.plan import Draws, Log, Plan


def simulated(
    choice: EngineChoice, plan: Plan, draws: Draws, progress: Progress | None = None, *, has_meters: bool = False
) -> tuple[Log, bool]:
    """Return how each request ended, and whether the fast path found it.

    Args:
        choice: ``auto`` takes the fast path where it qualifies; ``simpy`` never does; ``vectorised`` insists on it.
        plan: Parts, topology, policy.
        draws: Everything random.
        progress: Told the number of requests that have arrived, now and then, by SimPy's engine.
        has_meters: Whether to note what each machine does.

    Raises:
        ScenarioError: the fast path was insisted on and does not qualify; says why.
    """
    if choice != "simpy":
        try:
            _check(plan)
            return vectorised.run(plan, draws, has_meters=has_meters), True
        except vectorised.Unqualified as why:
            if choice == "vectorised":
                way_out = "write engine: auto, which takes SimPy where it is needed"
                raise ScenarioError(Problem("engine", f"'vectorised' cannot run this: {why}", way_out)) from why
    return engine.run(plan, draws, progress, has_meters=has_meters), False


def _check(plan: Plan) -> None:
    """Raise Unqualified where the policy needs events, whatever the graph."""
    if isinstance(plan.policy.wait, Watching):
        raise vectorised.Unqualified("joins watch for suspicions")
    if plan.policy.skips == "on_demand":
        raise vectorised.Unqualified("skips are sent on demand")
