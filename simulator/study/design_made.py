"""The designs of a cell as assemblies: what each would be as a cell, whether it can be, and how fast it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.build import spans
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import EMPTY
from simulator.durations import ConstantService
from simulator.errors import ScenarioError
from simulator.expect.design_paths import Candidates
from simulator.expect.design_space import Design, Option, Space, changed_slots, with_options
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


class Made:
    """The designs of a cell as assemblies, remembered.

    Args:
        assembly: The cell.
        space: Its designs.
        quick: Whether random data may stand in for a missing data set, of which only the shapes are looked at.
    """

    def __init__(self, assembly: Assembly, space: Space, *, quick: bool) -> None:
        self.assembly = assembly.standing_in() if quick else assembly
        self.space, self.quick = space, quick
        self.options: tuple[Option, ...] = tuple(option for slot in space.slots for option in slot.options)
        self.candidates = tuple(dict.fromkeys(name for option in self.options for name in option.skips))
        graph, chosen = assembly.graph, frozenset(self.candidates)
        span = spans(tuple(graph.position), graph.edges)
        self.staying = tuple(edge.name for edge, bypassed in zip(graph.edges, span, strict=True)
                             if bypassed and edge.name not in chosen)
        self.hardens = any(option.survival for option in self.options)
        self.moves = any(option.nodes for option in self.options)
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
            survival = dict(zip(self.assembly.process.components, self.survival(design).tolist(), strict=True))
            changes["failures"] = (BernoulliBlock(kind="bernoulli", survival=survival),)
        return replace(self.assembly, scenario=scenario.model_copy(update=changes),
                       model=with_skips(self.assembly.model, chosen))

    def survival(self, design: Design) -> Floats:
        """Return P(up) of each component under a design, shape ``(components,)``."""
        raised = {name: p for option in self.space.options(design) for name, p in option.survival.items()}
        own = self.assembly.process.survival()
        return np.array([raised.get(name, p) for name, p in zip(self.assembly.process.components, own, strict=True)])

    @property
    def everything(self) -> Candidates:
        """All candidates at once, for bounds."""
        one = self.with_all_skips()
        nodes = {part: list(one.replicas.get(part, (node,))) for part, node in one.placement.items()}
        beside = {name: block.beside for name, block in one.model.sources.items() if block.beside}
        for source, part in beside.items():
            nodes[source] = list(dict.fromkeys([*nodes[source], *nodes[part]]))
        graph = one.graph
        return Candidates(tuple(graph.position), graph.edges, nodes, graph.sources, graph.exits, Routes(one.topology),
                          {part: source for source, part in beside.items()})

    def bare(self, design: Design) -> Design:
        """Return a design without what it hardens."""
        return with_options(design, {place: 0 for place in changed_slots(design)
                                     if self.space.slots[place].options[design[place] - 1].survival})

    def why_not(self, one: Assembly) -> str:
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

    def with_all_skips(self) -> Assembly:
        """Return the cell with every skip hyperconnection that a design may have."""
        if not self.candidates:
            return self.assembly
        skips = (*self.staying, *self.candidates)
        scenario = self.assembly.scenario.model_copy(update={"skips": skips})
        return replace(self.assembly, scenario=scenario, model=with_skips(self.assembly.model, self.candidates))

    @cached_property
    def payload_bytes(self) -> Mapping[str, int]:
        """Bytes of the message on each hyperconnection that a design may have."""
        return self.costs_of(self.with_all_skips()).payload_bytes

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
        key = self.bare(design)
        if key not in self._latency:
            one = self.assembly_of(key)
            can_be = not self.why_not(one)
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
