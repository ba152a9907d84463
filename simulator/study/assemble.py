"""The composition root: turn the words of a scenario into the objects of the rooms."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.costs import Costs
from simulator.dataflow.delivered import Delivered
from simulator.dataflow.delivery_table import DeliveryTable
from simulator.dataflow.graph import Edge, PartGraph
from simulator.dataflow.reach import Reach
from simulator.dataflow.weights import USES_SURVIVAL, named, scheme_weights
from simulator.durations import EmpiricalService
from simulator.errors import Problem, ScenarioError
from simulator.evaluate.blocks import TableOutcomes
from simulator.evaluate.table import TableAccuracy
from simulator.expect.exact import Patterns
from simulator.failures.blocks import Failure, build_process
from simulator.failures.error_states import SilentErrors, silent_errors, with_errors
from simulator.failures.inputs import Input, certain_process, counted, uncertain_inputs
from simulator.failures.process import FailureProcess, NoLaw
from simulator.failures.slow import Slowness, slownesses
from simulator.failures.trace_block import TraceBlock
from simulator.failures.trace_table import TraceTable
from simulator.model.blocks import Failout, ModelFile, PartBlock, SourceBlock
from simulator.model.codecs import FLOAT_BYTES
from simulator.model.edge_codecs import codecs_of
from simulator.model.failout import failout_parts
from simulator.model.graph import part_graph, strategy_has_failout
from simulator.network.arrivals import ReadColumn
from simulator.network.blocks import Workload
from simulator.network.plan import Plan, Times
from simulator.network.waits import with_waits
from simulator.scenario.other_parts import scenario_of
from simulator.scenario.placing import placement_of, replicas_of
from simulator.scenario.scenario import Scenario
from simulator.scenario.struck import strikable
from simulator.scenario.variants import Variant
from simulator.seeds import Streams
from simulator.study.marks import Ways, with_marks
from simulator.study.trace_files import TraceFile, read_trace
from simulator.topology.graph import Topology
from simulator.topology.routes import Routes


@dataclass(frozen=True)
class Assembly:
    """One cell's objects, as far as they need neither Keras nor data.

    Args:
        scenario: The cell's scenario, without a sweep.
        topology: Where.
        model: The model file.
        base: The folder that relative paths of the scenario start from.
        others: The model files of the other models on the same machines, by name.
        rank: What goes first where machines serve by priority, for all parts; None: as the model file says.
        follows: Whether its requests come until the last one of the model whose machines it shares.
    """

    scenario: Scenario
    topology: Topology
    model: ModelFile
    base: Path
    others: Mapping[str, ModelFile] = field(default_factory=dict)
    rank: int | None = None
    follows: bool = False

    @staticmethod
    def of(cell: Variant) -> Assembly:
        """Return the objects of a cell."""
        return Assembly(cell.scenario, cell.topology, cell.model, cell.base, cell.others)

    @cached_property
    def sharing(self) -> dict[str, Assembly]:
        """The other models on the same machines, by name."""
        return {
            name: Assembly(scenario_of(self.scenario, name), self.topology, self.others[name], self.base,
                           rank=other.priority, follows=other.workload.requests is None)
            for name, other in self.scenario.others.items() if name in self.others
        }

    @cached_property
    def graph(self) -> PartGraph:
        """The part graph under the scenario's strategy, skips, weights, and what it says of starved parts."""
        graph = part_graph(self.model, self.scenario.strategy, self.scenario.skips, self._weights())
        graph = replace(graph, starved_emits=self.scenario.starved == "emit")
        if not self.errors:
            return graph
        ways = Ways(Routes(self.topology), frozenset(self.crashes.components))
        return with_marks(graph, self.errors, self.placement, ways)

    def _weights(self) -> tuple[float, ...]:
        """Return the weight of each hyperconnection of the model file under the scenario's scheme."""
        scheme = named(self.scenario.weights)
        edges = [Edge(block.source, block.target, block.weight) for block in self.model.hyperconnections]
        survival = self._survival(f"weights: {scheme}") if scheme in USES_SURVIVAL else {}
        rng = Streams(self.scenario.seed).of("", "hyperconnection weights")
        return scheme_weights(self.scenario.weights, list(self.model.sources), edges, survival, rng)

    def _survival(self, asked_by: str) -> dict[str, float]:
        """Return P(up) of the node of each source and part under the scenario's failures."""
        try:
            known = dict(zip(self.crashes.components, self.crashes.survival().tolist(), strict=True))
        except NoLaw as no_law:
            told = f"needs the survival of every node, but {no_law}"
            raise ScenarioError(Problem(asked_by, told, "use failures that state it, such as bernoulli")) from no_law
        return {part: known.get(node, 1.0) for part, node in self.placement.items()}

    @cached_property
    def failout(self) -> Failout | None:
        """Which parts die in training, with the rates of ``setting`` filled in; None where the strategy has none."""
        failout = self.model.failout if strategy_has_failout(self.scenario.strategy) else None
        if failout is None or failout.survival != "setting":
            return failout
        survival = self._survival("failout.survival: setting")
        rates = {part: survival[part] for part in failout_parts(failout, self.graph)}
        return failout.model_copy(update={"survival": rates})

    @cached_property
    def placement(self) -> dict[str, str]:
        """Node of each source and part (the first of several): the scenario's, else its part's or its namesake."""
        return placement_of(self.scenario, self.model)

    @cached_property
    def replicas(self) -> dict[str, tuple[str, ...]]:
        """The nodes of each part that stands on several, in order."""
        return replicas_of(self.scenario)

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """The blocks of what can fail, with survivals counted from the traces that they name."""
        return counted(self.scenario.failures, self.topology, self._trace)

    @cached_property
    def crashes(self) -> FailureProcess:
        """What can fail, and when."""
        return build_process(self.failures, self.topology, self._trace)

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The survivals that are uncertain."""
        return uncertain_inputs(self.failures)

    @property
    def certain(self) -> FailureProcess:
        """What can fail but for those whose survival is uncertain, as far as that one goes."""
        return certain_process(self.failures, self.topology, self._trace)

    @cached_property
    def errors(self) -> tuple[SilentErrors, ...]:
        """What silent errors there are, and when."""
        on = strikable(self.topology, self.model, self.placement)
        return silent_errors(self.scenario.errors, on, self._trace)

    @cached_property
    def process(self) -> FailureProcess:
        """What can fail, and what can be damaged, and when; the states of silent errors are its last components."""
        return with_errors(self.crashes, self.errors)

    @cached_property
    def slow(self) -> tuple[Slowness, ...]:
        """Which machines are slow at times, and when."""
        return slownesses(self.scenario.slow, self.topology, self._trace)

    def _trace(self, block: TraceBlock) -> TraceTable:
        nodes = find_file(block.nodes, self.base) if block.nodes else None
        return read_trace(TraceFile(find_file(block.path, self.base), block.layout, block.unit, nodes))

    @cached_property
    def reach(self) -> Reach:
        """From what is down to the delivery, with no delays."""
        return Reach(self.graph, self.placement, Routes(self.topology), self.replicas)

    def delivered(self, patterns: Patterns) -> Delivered:
        """Return the delivery of each pattern, with no delays."""
        table = DeliveryTable(self.reach, patterns.components)
        return Delivered.from_table(table.deliveries, table.places(patterns.up))

    @property
    def has_layers(self) -> bool:
        """Whether the model has layers, so that Keras and a data set are needed."""
        return has_layers(self.model)

    def standing_in(self) -> Assembly:
        """Return the same; small random parts are to stand in for a given Keras model whose file is missing."""
        if self.model.keras is None:
            return self
        return replace(self, model=self.model.model_copy(update={"keras": self.model.keras.standing_in()}))

    def plan(self, costs: Costs) -> Plan:
        """Return the engine's plan, with the closing times of joins filled in."""
        given = with_given_times(self.model, costs, self._column)
        priority = {name: block.priority for name, block in self.model.parts.items() if block.priority is not None}
        if self.rank is not None:
            priority = dict.fromkeys((*self.model.sources, *self.model.parts), self.rank)
        plan = Plan(self.graph, self.placement, self.topology, given, self.scenario.policy, priority=priority,
                    disturbances=self.scenario.disturbances, replicas=self.replicas)
        return with_waits(plan)

    def _column(self, path: str, column: str) -> NDArray[np.float64]:
        return read_column(find_file(path, self.base), column)

    def arrivals_ns(self, workload: Workload, streams: Streams) -> Times:
        """Return the births of one replication's requests."""
        return workload.arrivals.births_ns(workload.requests, streams, self._column)

    @property
    def answering_exit(self) -> str:
        """The exit that answers while everything is up."""
        return self.graph.exit_of(self.reach.delivery(frozenset())) or self.graph.exits[0]

    def without_link(self, name: str) -> Assembly:
        """Return the same with one link cut."""
        return replace(self, topology=self.topology.without_link(name))


def has_layers(model: ModelFile) -> bool:
    """Return whether a model is a network: of layers, or cut from a given one."""
    return model.has_layers


def with_given_times(model: ModelFile, costs: Costs, read: ReadColumn) -> Costs:
    """Return costs in which service times, work and bytes given by hand win over derived ones.

    Args:
        model: The model file.
        costs: What is derived from the model's layers.
        read: Returns a column of a CSV file, for measured service times.
    """
    laws = {name: part.service for name, part in model.parts.items() if part.service}
    service = {
        name: law.read(read(law.path, law.column)) if isinstance(law, EmpiricalService) and law.path else law
        for name, law in laws.items()
    }
    work = {name: part.work_flop for name, part in model.parts.items() if part.work_flop is not None}
    return replace(costs, work_flop={**costs.work_flop, **work}, service={**costs.service, **service})


def given_costs(model: ModelFile, graph: PartGraph) -> Costs:
    """Return the costs of a model without layers: what its file gives, and nothing where it is silent.

    An output of so many bytes is a vector of float32 to a codec.
    """
    senders: dict[str, SourceBlock | PartBlock] = {**model.sources, **model.parts}
    sent = {edge.name: senders[edge.source].output_bytes or 0 for edge in graph.edges}
    for place, codec in codecs_of(model, graph).items():
        if codec.tag and (as_float32 := sent.get(graph.edges[place].name)):
            sent[graph.edges[place].name] = codec.message_bytes((as_float32 // FLOAT_BYTES,))
    return Costs({}, sent)


def read_column(path: Path, column: str) -> NDArray[np.float64]:
    """Return a numeric column of a CSV file.

    Raises:
        ScenarioError: the file or the column is missing, or a value is no number.
    """
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise ScenarioError(Problem(str(path), f"cannot be read ({error.strerror})", "give the path of a CSV file"),
                            ) from error
    try:
        values = np.array([float(row[column]) for row in rows])
    except (KeyError, TypeError, ValueError) as error:
        raise ScenarioError(Problem(str(path), f"column {column!r} is missing or holds {error}",
                                    "give a CSV file with a header and one number a row")) from error
    if not len(values):
        raise ScenarioError(Problem(str(path), "holds no rows", "give at least one number"))
    return values


def find_file(path: str, base: Path) -> Path:
    """Return a path as given where it exists from here, else from the scenario's folder."""
    return Path(path) if Path(path).exists() else base / path


def read_table(block: TableOutcomes, base: Path, components: Sequence[str]) -> TableAccuracy:
    """Return the table of a block: the accuracy of each pattern of what can fail.

    Raises:
        ScenarioError: the file cannot be read, or does not hold what the block says; all problems at once.
    """
    try:
        text = find_file(block.path, base).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        way_out = "give the path of a CSV file, from here or from the scenario's folder"
        raise ScenarioError(Problem("outcomes.path", f"{block.path!r} cannot be read: {error}", way_out)) from error
    return TableAccuracy.parse(text, block, components)
