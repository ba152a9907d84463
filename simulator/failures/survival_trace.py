"""Survivals that are counted from a trace of real machines: for how long each was up and down, over how many failures.

In a file ``survival: {trace: outages.csv}``, or ``survival: {trace: {path: ..., layout: ..., components: ...}}`` with
the keys of a replayed trace that say which machine stands for which component.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, final

from pydantic import PlainSerializer, PlainValidator, ValidationError, WithJsonSchema

from simulator.errors import Problem, ScenarioError
from simulator.failures.trace_block import ReadTrace, TraceBlock
from simulator.failures.trace_table import Node, TraceTable, downtime_ns
from simulator.failures.uncertain import (
    KNOWN_SCHEMA,
    KnownProbabilities,
    UncertainProbability,
    Watched,
    read_known,
    show_known,
)
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS

KEY = "trace"
OF_A_REPLAY = ("kind", "begin", "repeat", "together")  # which say nothing of how often a machine is up
DAY_NS = 86_400 * SECOND_NS


@final
@dataclass(frozen=True)
class SurvivalTrace:
    """The survivals that a trace tells.

    Args:
        block: Which file, and which machine stands for which component.
    """

    block: TraceBlock

    def check(self, topology: Topology) -> None:
        """Check that the components are there; nothing is read."""
        with _placed():
            self.block.named(topology)

    def read(self, topology: Topology, read: ReadTrace) -> dict[str, float]:
        """Return the survival of each component, with what is known of it.

        Raises:
            ScenarioError: a component or a machine that there is not, or a machine that was never seen up, or down.
        """
        table = read(self.block)
        with _placed():
            names, nodes = self.block.chosen(topology, table)
        seen = {name: _watched(node) for name, node in zip(names, nodes, strict=True)}
        if problems := [Problem(f"survival.{KEY}.components.{name}", _told(node), "leave it out, and give its survival "
                                "in another block, such as a range [0.99, 1]")
                        for name, node in zip(names, nodes, strict=True) if seen[name] is None]:
            raise ScenarioError(*problems)
        return {name: UncertainProbability(known) for name, known in seen.items() if known is not None}

    def written(self) -> object:
        """Return it as a file has it."""
        plain = self.block.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {KEY: {key: value for key, value in plain.items() if key != "kind"}}


@contextmanager
def _placed() -> Iterator[None]:
    """Give problems of the trace their place in the block."""
    try:
        yield
    except ScenarioError as error:
        raise ScenarioError(*(Problem(f"survival.{KEY}.{one.place}", one.message, one.way_out)
                              for one in error.problems)) from error


def _watched(node: Node) -> Watched | None:
    """Return for how long a machine was up and down while it was watched; None where it was always one of the two."""
    seen = TraceTable("", (node,)).between(*node.watched_ns).nodes
    down = int(downtime_ns(seen[0]).sum()) if seen else 0
    up = node.watched_ns[1] - node.watched_ns[0] - down
    return Watched(up, down, len(seen[0].crash_ns)) if up > 0 and down > 0 else None


def _told(node: Node) -> str:
    lasting, was = (node.watched_ns[1] - node.watched_ns[0]) / DAY_NS, "up" if not len(node.crash_ns) else "down"
    return f"{node.name!r} was {was} all of the {lasting:.3g} days that it was watched, which tells no survival"


def read_survival(value: object) -> str | float | dict[str, float] | SurvivalTrace:
    """Return what ``read_known`` does, or where survivals are counted from.

    Raises:
        ValueError: neither; quotes every value that is wrong.
    """
    if isinstance(value, SurvivalTrace):
        return value
    said = value[KEY] if isinstance(value, Mapping) and set(value) == {KEY} else None
    if isinstance(said, str):
        return SurvivalTrace(_block({"path": said}))
    return SurvivalTrace(_block(said)) if isinstance(said, Mapping) and "path" in said else read_known(value)


def _block(said: Mapping[str, Any]) -> TraceBlock:
    if wrong := [key for key in OF_A_REPLAY if key in said]:
        raise ValueError(f"trace: {', '.join(wrong)} is for a trace that is replayed, and says nothing of a survival; "
                         "leave it out, or write kind: trace")
    try:
        return TraceBlock.model_validate({"kind": "trace", **said})
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc'])) or KEY}: {one['msg']}" for one in error.errors()]
        raise ValueError(f"trace: {'; '.join(told)}") from error


def show_survival(value: str | float | dict[str, float] | SurvivalTrace) -> object:
    """Return the survivals as a file has them."""
    return value.written() if isinstance(value, SurvivalTrace) else show_known(value)


Survivals = Annotated[
    KnownProbabilities | SurvivalTrace, PlainValidator(read_survival), PlainSerializer(show_survival),
    WithJsonSchema({"description": "a named setting of the topology, a probability, {component: probability}, where "
                                   "each may be uncertain, or {trace: FILE}: as counted from a trace",
                    "anyOf": [{"type": "string"}, {"type": "number", "minimum": 0, "maximum": 1},
                              {"type": "object", "additionalProperties": {"anyOf": [KNOWN_SCHEMA, {"type": "string"}]}},
                              ]})]
