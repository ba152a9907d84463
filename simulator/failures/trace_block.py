"""The YAML block of a trace: which machine of it stands for which component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.scripted import Scripted
from simulator.failures.settings import all_fallible
from simulator.failures.trace import Trace
from simulator.failures.trace_table import Node, TraceTable
from simulator.seeds import stream
from simulator.topology.graph import Topology
from simulator.units import DurationNs

Layout = Literal["intervals", "fta", "lanl"]
TimeUnit = Literal["s", "ms", "min", "h", "day"]
MOST_TOLD = 10


class TraceBlock(Block):
    """Ups and downs of real machines, from a file.

    ``layout`` says how the file is written (docs/failures-traces.md); ``nodes`` is a CSV file that names the machines
    and their clusters. ``components`` maps a component to a machine, or is a list of components (or ``sampled``: all
    that can fail) whose machines are taken at random: ``sample`` is the number of the draw; with ``from_cluster`` they
    are neighbours of that cluster. ``begin`` is an instant of the trace, or ``random``.
    """

    kind: Literal["trace"]
    path: str
    layout: Layout = "intervals"
    unit: TimeUnit = "s"
    nodes: str | None = None
    components: dict[str, str] | tuple[str, ...] | Literal["sampled"] = "sampled"
    from_cluster: str | None = None
    sample: Annotated[int, Field(ge=0)] = 1
    begin_ns: DurationNs | Literal["random"] = "random"
    repeat: bool = True
    together: bool = True

    @model_validator(mode="before")
    @classmethod
    def _names_are_text(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("components"), Mapping):
            return {**value, "components": {name: str(node) for name, node in value["components"].items()}}
        return value

    @model_validator(mode="after")
    def _has_one_origin(self) -> TraceBlock:
        if not self.together and self.begin_ns != "random":
            raise ValueError("together: false draws an origin for each component; write begin: random")
        return self

    def build(self, topology: Topology, read: ReadTrace | None = None) -> Trace | Scripted:
        """Return the process; without a reader only the names of components are looked at, and nothing fails.

        Raises:
            ScenarioError: a component that the topology does not have, or a machine that the trace does not have.
        """
        names = self.named(topology)
        if read is None:
            return Scripted((), (), ())
        table = read(self)
        _, chosen = self.chosen(topology, table)
        window = common_window(chosen, table.name)
        seen = TraceTable(table.name, chosen).between(*window).nodes
        begin = None if self.begin_ns == "random" else self.begin_ns
        if begin is not None and begin >= window[1] - window[0]:
            lasting = (window[1] - window[0]) / 86_400e9
            raise ScenarioError(Problem("begin", f"is after the end of the trace, which lasts {lasting:.4g} days",
                                        "write an earlier instant, or random"))
        return Trace(names, seen, window, begin, self.repeat, self.together)

    def named(self, topology: Topology) -> tuple[str, ...]:
        """Return the components that machines of the trace stand for, in the order of the topology.

        Raises:
            ScenarioError: a component that the topology does not have.
        """
        wanted = all_fallible("components", topology) if self.components == "sampled" else tuple(self.components)
        if problems := [Problem(f"components.{name}", f"no component {name!r} in the topology",
                                did_you_mean(name, topology.components))
                        for name in wanted if name not in topology.components]:
            raise ScenarioError(*problems)
        return tuple(name for name in topology.components if name in wanted)

    def chosen(self, topology: Topology, table: TraceTable) -> tuple[tuple[str, ...], tuple[Node, ...]]:
        """Return these components, and the machine that stands for each.

        Raises:
            ScenarioError: a component that the topology does not have, or a machine that the trace does not have.
        """
        names = self.named(topology)
        is_mapped = isinstance(self.components, Mapping)
        return names, self._mapped(table, names) if is_mapped else self._sampled(table, len(names))

    def _mapped(self, table: TraceTable, names: tuple[str, ...]) -> tuple[Node, ...]:
        by_name, wanted = {node.name: node for node in table.nodes}, dict(self.components)  # type: ignore[arg-type]
        if problems := [Problem(f"components.{name}", f"no machine {wanted[name]!r} in {table.name}",
                                known(wanted[name], by_name)) for name in names if wanted[name] not in by_name]:
            raise ScenarioError(*problems)
        return tuple(by_name[wanted[name]] for name in names)

    def _sampled(self, table: TraceTable, count: int) -> tuple[Node, ...]:
        """Return so many machines: of a cluster in a row, from a random first one; else any, at random."""
        clusters = table.clusters()
        if self.from_cluster is not None and self.from_cluster not in clusters:
            raise ScenarioError(Problem("from_cluster", f"no cluster {self.from_cluster!r} in {table.name}",
                                        known(self.from_cluster, clusters)))
        among = (table if self.from_cluster is None else table.of_cluster(self.from_cluster)).nodes
        if len(among) < count:
            told = f"{count} components, but only {len(among)} machines in the trace"
            raise ScenarioError(Problem("components", told,
                                        "name fewer components, or another cluster"))
        dice = stream(self.sample, 0, "", "trace sample")
        if self.from_cluster is None:
            return tuple(among[place] for place in dice.choice(len(among), count, replace=False))
        first = int(dice.integers(len(among)))
        return tuple(among[(first + place) % len(among)] for place in range(count))


ReadTrace = Callable[[TraceBlock], TraceTable]


def known(word: str, names: Mapping[str, object] | tuple[str, ...]) -> str:
    """Return the way out for a name that a trace does not have; a long list is cut short."""
    near = did_you_mean(word, names)
    few = ", ".join(map(repr, list(names)[:MOST_TOLD]))
    return near if near.endswith("?") else f"known: {few}" + (", ..." if len(names) > MOST_TOLD else "")


def common_window(nodes: tuple[Node, ...], name: str) -> tuple[int, int]:
    """Return from when to when all of these machines were watched.

    Raises:
        ScenarioError: there is no such time.
    """
    if not nodes:
        return 0, 1
    begin, end = max(node.watched_ns[0] for node in nodes), min(node.watched_ns[1] for node in nodes)
    if begin >= end:
        told = ", ".join(repr(node.name) for node in nodes[:MOST_TOLD])
        raise ScenarioError(Problem("components", f"{told} of {name} were never watched at the same time",
                                    "choose other machines, or one cluster with from_cluster"))
    return begin, end
