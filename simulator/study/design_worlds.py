"""What each design of a cell delivers and sends, pattern by pattern, and how long an answer takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.build import spans
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import DATA, EMPTY, PartGraph
from simulator.durations import ConstantService
from simulator.errors import ScenarioError
from simulator.expect.design_bound import Everything
from simulator.expect.design_space import Design, Space
from simulator.expect.exact import Patterns
from simulator.expect.traffic import Sending
from simulator.failures.bernoulli import BernoulliBlock
from simulator.network import engine
from simulator.network.draws import draws
from simulator.scenario.designing import with_skips
from simulator.seeds import Streams
from simulator.study.answers import check_memory, dataset_of
from simulator.study.assemble import Assembly, given_costs
from simulator.study.whatif import frozen
from simulator.topology.routes import Routes

Floats = NDArray[np.float64]
MS_NS = 1e6


@dataclass(frozen=True)
class Structure:
    """What a design does in each pattern, whatever the patterns' probabilities; shape ``(patterns,)`` each.

    Args:
        deliveries: The delivery of each pattern.
        sent_bytes: Bytes that a request sends.
        why_not: Why the design cannot be, such as a part that does not fit its node; then the others are empty.
    """

    deliveries: tuple[int, ...]
    sent_bytes: Floats
    why_not: str = ""


class Worlds:
    """The designs of a cell as assemblies and structures, remembered.

    Args:
        assembly: The cell.
        space: Its designs.
        patterns: All patterns of what can fail, as the scenario says.
        bits: The part graph in whose bits deliveries are told, which has every edge of every design; None: their own.
        quick: Whether random data may stand in for a missing data set, of which only the shapes are looked at.
    """

    def __init__(self, assembly: Assembly, space: Space, patterns: Patterns, bits: PartGraph | None, *,
                 quick: bool) -> None:
        self.assembly = assembly.standing_in() if quick else assembly
        self.space, self.patterns, self.bits, self.quick = space, patterns, bits, quick
        self.down = patterns.down()
        options = [option for slot in space.slots for option in slot.options]
        self.candidates = tuple(dict.fromkeys(name for option in options for name in option.skips))
        graph = assembly.graph
        span = spans(tuple(graph.position), graph.edges)
        self.staying = tuple(edge.name for edge, bypassed in zip(graph.edges, span, strict=True)
                             if bypassed and edge.name not in self.candidates)
        self.hardens = any(option.survival for option in options)
        self.moves = any(option.nodes for option in options)
        self._structures: dict[Design, Structure] = {}
        self._latency: dict[Design, float] = {}
        self._costs: dict[tuple[str, ...], Costs] = {}

    def assembly_of(self, design: Design, *, hardened: bool = False) -> Assembly:
        """Return a design as the assembly of a cell of its own; ``hardened`` writes its survivals into the failures."""
        options, scenario = self.space.options(design), self.assembly.scenario
        changes: dict[str, object] = {}
        chosen = tuple(name for option in options for name in option.skips)
        if self.candidates:
            changes["skips"] = (*self.staying, *chosen)
        moved = {part: nodes for option in options for part, nodes in option.nodes.items()}
        if moved:
            changes["placement"] = {**scenario.placement, **moved}
        if hardened and any(option.survival for option in options):
            survival = dict(zip(self.patterns.components, self.survival(design).tolist(), strict=True))
            changes["failures"] = (BernoulliBlock(kind="bernoulli", survival=survival),)
        return replace(self.assembly, scenario=scenario.model_copy(update=changes),
                       model=with_skips(self.assembly.model, chosen))

    def survival(self, design: Design) -> Floats:
        """Return P(up) of each component under a design, shape ``(components,)``."""
        raised = {name: p for option in self.space.options(design) for name, p in option.survival.items()}
        own = self.assembly.process.survival()
        return np.array([raised.get(name, p) for name, p in zip(self.patterns.components, own, strict=True)])

    def probability(self, design: Design) -> Floats:
        """Return the probability of each pattern under a design, shape ``(patterns,)``."""
        if not any(option.survival for option in self.space.options(design)):
            return self.patterns.probability
        survival = self.survival(design)
        return np.asarray(np.where(self.patterns.up, survival, 1 - survival).prod(axis=1), dtype=np.float64)

    @property
    def everything(self) -> Everything:
        """All candidates at once, for the bound."""
        one = self._with_all_skips()
        nodes = {part: list(one.replicas.get(part, (node,))) for part, node in one.placement.items()}
        for slot in self.space.slots:
            for option in slot.options:
                for part, named in option.nodes.items():
                    nodes[part] = list(dict.fromkeys([*nodes[part], *named]))
        beside = {name: block.beside for name, block in one.model.sources.items() if block.beside}
        for source, part in beside.items():
            nodes[source] = list(dict.fromkeys([*nodes[source], *nodes[part]]))
        graph = one.graph
        return Everything(tuple(graph.position), [(edge.source, edge.target) for edge in graph.edges], nodes,
                          graph.sources, graph.exits, Routes(one.topology))

    def flow(self) -> float:
        """Return the most that P(information flows) can be: over all candidates, each survival at its highest."""
        everything, highest = self.everything, self.highest_probability()
        known: dict[frozenset[str], bool] = {}
        total = 0.0
        for down, chance in zip(self.down, highest.tolist(), strict=True):
            key = down & everything.relevant
            if key not in known:
                known[key] = everything.can_flow(key)
            total += chance * known[key]
        return min(1.0, total)

    def highest_probability(self) -> Floats:
        """Return the probability of each pattern when all that may be hardened is."""
        if not self.hardens:
            return self.patterns.probability
        survival = self.assembly.process.survival().copy()
        for slot in self.space.slots:
            for option in slot.options:
                for name, raised in option.survival.items():
                    survival[self.patterns.components.index(name)] = raised
        return np.asarray(np.where(self.patterns.up, survival, 1 - survival).prod(axis=1), dtype=np.float64)

    def structure(self, design: Design) -> Structure:
        """Return what a design does in each pattern; designs that differ in survivals only have the same."""
        key = self._bare(design)
        if key not in self._structures:
            self._structures[key] = self._made(self.assembly_of(key))
        return self._structures[key]

    def _bare(self, design: Design) -> Design:
        return tuple(0 if slot.options[option - 1].survival else option
                     for slot, option in zip(self.space.slots, design, strict=True))

    def _made(self, one: Assembly) -> Structure:
        why_not = self._why_not(one)
        if why_not:
            return Structure((), np.zeros(0), why_not)
        reach, sizes = one.reach, self.payload_bytes
        sending = Sending(reach, on_demand=one.scenario.policy.skips == "on_demand")
        sent: dict[frozenset[str], float] = {}
        for down in self.down:
            key = down & reach.relevant
            if key not in sent:
                crossing = (edge for edge in sending.edges(key) if sending.links(edge, key))
                sent[key] = float(sum(sizes.get(reach.graph.edges[edge].name, 0) for edge in crossing))
        deliveries = tuple(reach.delivery(down) for down in self.down)
        if self.bits is not None:
            deliveries = translated(deliveries, one.graph, self.bits)
        return Structure(deliveries, np.array([sent[down & reach.relevant] for down in self.down]))

    def _why_not(self, one: Assembly) -> str:
        """Return why a design that places parts cannot be: a hyperconnection without a route, or too little memory."""
        if not self.moves:
            return ""
        routes, known = Routes(one.topology), one.topology.node_by_name
        for edge in one.graph.edges:
            for source in one.replicas.get(edge.source, (one.placement[edge.source],)):
                for target in one.replicas.get(edge.target, (one.placement[edge.target],)):
                    if source in known and target in known and routes.find(source, target) is None:
                        return f"no route from {source} to {target}"
        try:
            check_memory(one, self.costs_of(one))
        except ScenarioError as error:
            return "; ".join(f"{problem.place}: {problem.message}" for problem in error.problems)
        return ""

    def _with_all_skips(self) -> Assembly:
        if not self.candidates:
            return self.assembly
        skips = (*self.staying, *self.candidates)
        scenario = self.assembly.scenario.model_copy(update={"skips": skips})
        return replace(self.assembly, scenario=scenario, model=with_skips(self.assembly.model, self.candidates))

    @cached_property
    def payload_bytes(self) -> Mapping[str, int]:
        """Bytes of the message on each hyperconnection that a design may have."""
        return self.costs_of(self._with_all_skips()).payload_bytes

    def costs_of(self, one: Assembly) -> Costs:
        """Return the costs of a design's model, from its shapes; nothing is trained."""
        key = tuple(edge.name for edge in one.graph.edges)
        if key not in self._costs:
            self._costs[key] = self._derived(one) if one.has_layers else given_costs(one.model, one.graph)
        return self._costs[key]

    def _derived(self, one: Assembly) -> Costs:
        from simulator.model.split import SplitModel  # noqa: PLC0415 - Keras

        return SplitModel(one.model, one.graph, *self._data).costs()

    @cached_property
    def _data(self) -> tuple[tuple[int, ...], int]:
        data = dataset_of(self.assembly, self.quick)
        return data.shape, data.classes

    def latency_ms(self, design: Design) -> float:
        """Return how long one request takes that is alone, with nothing down, in ms; NaN where it gets no answer."""
        key = self._bare(design)
        if key not in self._latency:
            one = self.assembly_of(key)
            can_be = not self.structure(key).why_not
            self._latency[key] = zero_load_ms(one, self.costs_of(one)) if can_be else float("nan")
        return self._latency[key]


def zero_load_ms(one: Assembly, costs: Costs) -> float:
    """Return how long one request takes that is alone, with nothing down, no jitter, no loss and mean service times."""
    links = tuple(replace(link, jitter_ns=0, jitter_law=None, loss=0.0, burst=None) for link in one.topology.links)
    still = replace(one, topology=replace(one.topology, links=links))
    plan = still.plan(costs)
    policy = plan.policy.model_copy(update={"lost": "at_once", "held": None})
    service = {part: ConstantService.model_construct(mean_ns=law.mean_ns) for part, law in plan.costs.service.items()}
    plan = replace(plan, policy=policy, costs=replace(plan.costs, service=service), disturbances=())
    drawn = draws(plan, np.zeros(1, dtype=np.int64), Streams(one.scenario.seed))
    log = engine.run(plan, replace(drawn, timeline=frozen(still, (), None)))
    return float(log.end_ns[0]) / MS_NS if log.delivery[0] != EMPTY else float("nan")


def translated(deliveries: Sequence[int], own: PartGraph, bits: PartGraph) -> tuple[int, ...]:
    """Return the deliveries of one part graph in the bits of another that has all of its edges, edge by edge."""
    place = {edge.name: number for number, edge in enumerate(bits.edges)}
    pairs = [(own.edge_bit(number), bits.edge_bit(place[edge.name])) for number, edge in enumerate(own.edges)]
    pairs += [(own.exit_bit(name), bits.exit_bit(name)) for name in own.exits]
    known = {delivery: (delivery & DATA) | sum(theirs for ours, theirs in pairs if delivery & ours)
             for delivery in dict.fromkeys(deliveries)}
    return tuple(known[delivery] for delivery in deliveries)
