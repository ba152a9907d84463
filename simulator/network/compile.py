"""From a plan and its draws to connected parts: the smallest class that does the job; what is unused costs nothing."""

from __future__ import annotations

from functools import partial

from simulator.network import links
from simulator.network.blame import BY_DEADLINE, BY_WAIT, blame_code
from simulator.network.blocks import DeadlineWait, TimeoutWait
from simulator.network.joins import PerfectJoin, Rules
from simulator.network.links import Settle
from simulator.network.lookup import indexed
from simulator.network.parts import Station, firing_of, single_input
from simulator.network.starved import Emission
from simulator.network.timed_joins import TimedJoin, closes_after_first, closes_at_age
from simulator.network.wiring import Wiring
from simulator.network.world import World


def connect(world: World, answered: Settle) -> tuple[Settle, ...]:
    """Build all parts and return what begins at birth; ``answered`` is the log that learns of an exit's output.

    Those are the joins that wait from then on, then ``begin`` of each source.
    """
    plan, wiring, trace = world.plan, Wiring(world), world.trace
    inputs: dict[int, Settle] = {}
    begins: list[Settle] = []
    opens: list[Settle] = []
    emission = Emission(plan.graph.starved) if plan.graph.starved_emits else None
    answered = trace.answering(emission.informed(answered) if emission else answered)
    for place in range(len(plan.graph.parts) - 1, -1, -1):
        part = plan.graph.parts[place]
        outputs = [trace.sending(edge, wiring.wire(edge, inputs[edge])) for edge in plan.graph.outputs[part.name]]
        if part.is_exit:
            outputs.append(links.delay(answered, 0, plan.graph.exit_bit(part.name)))
        machinery = world.machinery(plan.placement[part.name])
        blame = world.index[plan.placement[part.name]]
        late = None if world.marks is None else (world.marks, blame_code(blame, BY_DEADLINE))
        station = Station(
            world.clock,
            world.stride,
            1 + place,
            machinery.machine,
            trace.serving(part.name, machinery.serve),
            indexed(world.draws.work_ns[part.name]),
            tuple(outputs),
            late,
            emission,
            trace.entering(part.name, machinery.enter),
            plan.priority.get(part.name, place),
            machinery.noted(len(world.births)),
        )
        if part.join is None:
            begins.append(firing_of(station))
        else:
            rules = Rules(part.join)
            ends = settles(world, station, part.name, rules, opens)
            inputs |= {edge: trace.arriving(edge, end) for edge, end in zip(rules.edges, ends, strict=True)}
    return (*opens, *reversed(begins))


def settles(
    world: World, station: Station, part: str, rules: Rules, opens: list[Settle]
) -> tuple[Settle, ...]:
    """Return ``settle`` of each input of a part: the smallest kind of join that keeps the policy.

    A join that closes at an age, whether it has heard of anything or not, begins to wait at birth: it is added
    to ``opens``.
    """
    wait = world.plan.policy.wait
    closes = partial(TimedJoin, station, rules, blame_wait=blame_code(world.index[world.plan.placement[part]], BY_WAIT))
    if isinstance(wait, DeadlineWait) and part in world.plan.closes_ns:
        join = closes(close=closes_at_age(world.births, world.plan.closes_ns[part]))
        opens.append(join.open)
        return join.inputs()
    if rules.size == 1 and rules.taken(rules.all):
        return (single_input(station),)
    if isinstance(wait, TimeoutWait):
        return closes(close=closes_after_first(world.plan.closes_ns[part])).inputs()
    return PerfectJoin(station, rules).inputs()
