"""From a plan and its draws to connected parts: the smallest class that does the job; what is unused costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from simulator.network import links
from simulator.network.beliefs import Outlook
from simulator.network.blame import BY_DEADLINE, BY_WAIT, blame_code
from simulator.network.blocks import DeadlineWait, FirstWait, TimeoutWait
from simulator.network.detectors import Watching
from simulator.network.first_joins import FirstJoin
from simulator.network.joins import PerfectJoin, Rules
from simulator.network.keeping import Patience
from simulator.network.links import Settle
from simulator.network.lookup import indexed
from simulator.network.on_demand import demanded
from simulator.network.parts import Station, firing_of, single_input
from simulator.network.plan import work_key
from simulator.network.senders import senders_of
from simulator.network.starved import Emission
from simulator.network.timed_joins import TimedJoin, closes_after_first, closes_at_age
from simulator.network.watching_joins import WatchingJoin
from simulator.network.wiring import Wiring
from simulator.network.world import World


def connect(world: World, answered: Settle) -> tuple[Settle, ...]:
    """Build all parts and return what begins at birth; ``answered`` is the log that learns of an exit's output.

    Those are the joins that wait from then on, then ``begin`` of each source.
    """
    plan, senders, trace = world.plan, senders_of(world), world.trace
    inputs: dict[int, Settle] = {}
    begins: list[Settle] = []
    opens: list[Settle] = []
    emission = Emission(plan.graph.starved) if plan.graph.starved_emits else None
    answered = trace.answering(emission.informed(answered) if emission else answered)
    for place in range(len(plan.graph.parts) - 1, -1, -1):
        part = plan.graph.parts[place]
        stations, first_outputs = list[Station](), list[Settle]()
        for copy, node in enumerate(plan.nodes(part.name)):
            outputs = [trace.sending(edge, senders.wire(edge, inputs[edge], node))
                       for edge in plan.graph.outputs[part.name]]
            if plan.policy.skips == "on_demand":
                outputs = demanded(world, part.name, outputs, inputs)
            if part.is_exit:
                outputs.append(links.delay(answered, 0, plan.graph.exit_bit(part.name)))
            first_outputs = first_outputs or outputs
            told = senders.outputs(part.name, copy, outputs)
            stations.append(station_on(senders.wiring, node, place, told, emission))
        station = senders.station(part.name, stations, first_outputs)
        if part.join is None:
            begins.append(firing_of(station))
        else:
            join = replace(part.join, needs="any") if station.stock else part.join  # the stock sees to the needs
            rules = Rules(join)
            ends = settles(world, station, part.name, rules, opens)
            if station.stock:
                ends = tuple(map(station.stock.noting, rules.edges, ends))
            inputs |= {edge: trace.arriving(edge, end) for edge, end in zip(rules.edges, ends, strict=True)}
    return (*opens, *reversed(begins))


def patience_of(world: World, node: str) -> Patience | None:
    """Return how a part waits for the repair of its node; None where that never fails by its timeline."""
    life = world.life(node)
    return Patience(life, world.coins(node)) if life else None


def station_on(wiring: Wiring, node: str, place: int, outputs: Sequence[Settle], emission: Emission | None) -> Station:
    """Return a part on a node; ``place`` is the part's in the graph."""
    world, plan, trace = wiring.world, wiring.plan, wiring.world.trace
    part, machinery = plan.graph.parts[place].name, world.machinery(node)
    serve, enter, tagger = wiring.tags.firing(part, node, machinery)
    outputs = [tagger.output(output) for output in outputs] if tagger else outputs
    late = None if world.marks is None else (world.marks, blame_code(world.index[node], BY_DEADLINE))
    return Station(
        world.clock,
        world.stride,
        world.first_key + 1 + place,
        machinery.machine,
        trace.serving(part, serve, node),
        indexed(world.draws.work_ns[work_key(plan, part, node)]),
        tuple(outputs),
        late,
        emission,
        trace.entering(part, enter, node),
        plan.priority.get(part, place),
        patience_of(world, node) if plan.waits_for_repair and plan.graph.parts[place].join else None,
        world.stock(part),
        noted=machinery.noted(len(world.births)),
    )


def settles(
    world: World, station: Station, part: str, rules: Rules, opens: list[Settle]
) -> tuple[Settle, ...]:
    """Return ``settle`` of each input of a part: the smallest kind of join that keeps the policy.

    A join that closes at an age, whether it has heard of anything or not, begins to wait at birth: it is added
    to ``opens``.
    """
    wait, blame = world.plan.policy.wait, blame_code(world.index[world.plan.placement[part]], BY_WAIT)
    closes = partial(TimedJoin, station, rules, blame_wait=blame)
    if isinstance(wait, DeadlineWait) and part in world.plan.closes_ns:
        join = closes(close=closes_at_age(world.births, world.plan.closes_ns[part]))
        opens.append(join.open)
        return join.inputs()
    if rules.size == 1 and rules.taken(rules.all):
        return (single_input(station),)
    if isinstance(wait, TimeoutWait):
        return closes(close=closes_after_first(world.plan.closes_ns[part])).inputs()
    if isinstance(wait, Watching):
        return WatchingJoin(station, Outlook(world.beliefs, rules), world.plan.closes_ns[part], blame).inputs()
    is_needy = station.stock is not None and station.stock.join.needs != "any"
    if isinstance(wait, FirstWait) and not is_needy and (k := wait.of(part)) is not None and k < rules.size:
        return FirstJoin(station, rules, k).inputs()
    return PerfectJoin(station, rules).inputs()
