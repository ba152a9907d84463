"""What is not wrong but may surprise: too few failures to measure, machines that cannot keep up, waits too short."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.expect.cycles import ENOUGH_CYCLES
from simulator.failures.blocks import build_process
from simulator.failures.process import NoLaw
from simulator.network.arrivals import Times
from simulator.network.detectors import Watching
from simulator.network.offered import Asked, line_loads, loads_of_all, machine_loads
from simulator.network.plan import Plan
from simulator.network.waits import check_waits
from simulator.scenario.scenario import Scenario
from simulator.seeds import Streams
from simulator.units import SECOND_NS, duration_text

GROWS = "its queue grows as long as requests come"
REFUSES = "its buffer fills and it refuses the rest"
WAY_OUT = "write a lower rate, a faster machine or link, or place parts elsewhere"


def advice(scenario: Scenario, plan: Plan, births_ns: Times, *beside: Asked) -> tuple[str, ...]:
    """Return the warnings about one cell of a scenario with a workload.

    Args:
        scenario: The cell's scenario.
        plan: The engine's plan; costs that are not known are 0 there, and nothing is said about them.
        births_ns: The arrivals of one replication, sorted, int64 nanoseconds.
        beside: Plan and mean time between two requests of each other model on these machines.
    """
    span_ns = int(births_ns[-1])
    gap_ns = span_ns / max(1, len(births_ns))
    few = few_cycles(scenario, plan, span_ns) if span_ns else ()  # of a closed loop it is not known
    waits = dict.fromkeys(line for one in (plan, *(plan for plan, _ in beside)) for line in check_waits(one))
    return (*few, *overloads(plan, gap_ns, *beside), *waits, *unseen(scenario, plan), *unhedged(plan),
            *bursts_and_retries(plan))


def unseen(scenario: Scenario, plan: Plan) -> Iterator[str]:
    """Yield a warning for each failure process that tosses coins, where a detector is asked to notice."""
    if not isinstance(plan.policy.wait, Watching):
        return
    for place, block in enumerate(scenario.failures):
        process = build_process([block], plan.topology)
        if process.components and process.timeline(Streams(scenario.seed), 1, 1).coins is not None:
            yield (f"failures.{place} tosses coins for each request; a coin is no outage and is never suspected, so "
                   f"joins wait until they close; write kind: renewal, or wait: {{kind: perfect}}")


def unhedged(plan: Plan) -> Iterator[str]:
    """Yield a warning for each part with replicas that joins several inputs, where others are hedged."""
    for part in plan.replicas if plan.policy.hedge else ():
        if part not in plan.hedged:
            yield f"{part} has replicas but is not hedged: only parts with one hyperconnection into them are"


def bursts_and_retries(plan: Plan) -> Iterator[str]:
    """Yield a warning for each link that loses in bursts, of which repetitions know nothing."""
    for link in plan.topology.links if plan.policy.repeats else ():
        if link.burst is not None:
            yield f"link {link.name!r} loses in bursts, but what is sent again meets bursts of its own"


def few_cycles(scenario: Scenario, plan: Plan, span_ns: int) -> Iterator[str]:
    """Yield a warning for each component whose failure cycles are too few to rest a timed estimate on.

    The expected number of cycles is half of its switches: span x replications x rate / 2, of all replications together.
    What tosses coins has no cycles, and what moves in time or replays a trace has no rate that is known here.
    """
    named = [(block, "") for block in scenario.failures]
    named += [(error.when, f"[{error.tag}]") for error in scenario.errors if error.when]
    for block, tag in named:
        process = build_process([block], plan.topology)
        try:
            rates_per_s = process.switches_per_s()
        except NoLaw:
            continue
        for name, rate_per_s in zip(process.components, rates_per_s.tolist(), strict=True):
            if rate_per_s:
                yield from _few(name + tag, 2 * SECOND_NS / rate_per_s, scenario.replications, span_ns)


def _few(name: str, cycle_ns: float, replications: int, span_ns: int) -> Iterator[str]:
    seen = span_ns * replications / cycle_ns
    if seen < ENOUGH_CYCLES:
        more = -(-ENOUGH_CYCLES * cycle_ns // span_ns) if span_ns else float("inf")
        yield (f"{name} goes through about {seen:.3g} failure cycles in all {replications} "
               f"replications (one takes {duration_text(round(cycle_ns, -6))}), fewer than "
               f"{ENOUGH_CYCLES}: timed estimates rest on few failures; write more requests, "
               f"or replications: {more:.0f}")


def overloads(plan: Plan, gap_ns: float, *beside: Asked) -> Iterator[str]:
    """Yield a warning for each node and each direction of a link whose offered load is 1 or more.

    Args:
        plan: The engine's plan.
        gap_ns: Mean time between two requests.
        beside: The same of other models on these machines.
    """
    asked = ((plan, gap_ns), *beside)
    servings = {node.name: node.serving for node in plan.topology.nodes}
    for node, load in loads_of_all(asked, machine_loads).items():
        if load >= 1:
            servers, buffer = servings[node].servers or 1, servings[node].buffer
            told = f"node {node!r} is asked for {load * servers:.3g} s of work a second"
            told += f" and has {servers} servers" if servers > 1 else ""
            yield f"{told}: {GROWS if buffer is None else REFUSES}; {WAY_OUT}"
    for (name, sender), load in loads_of_all(asked, line_loads).items():
        if load >= 1:
            yield f"link {name!r} from {sender!r} is asked for {load:.3g} s of work a second: {GROWS}; {WAY_OUT}"
