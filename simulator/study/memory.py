"""What neighbouring cells share: a data set and a model's answers, kept for the cell that comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from simulator.blocks import Block
from simulator.dataflow.graph import PartGraph
from simulator.scenario.identity import canonical_text, digest
from simulator.study.assemble import Assembly

NEWER: dict[str, Any] = {"task": "classification", "target": None, "unit": "", "columns": [], "constants": {},
                         "regularisers": None, "loss": "cross_entropy"}
WITH_NEWER = ("data", "training")

if TYPE_CHECKING:
    from simulator.model.data import DataSet
    from simulator.study.answers import Answers
    from simulator.study.network import Network


class Memory:
    """The last data set and the last answers of a run, by what they depend on.

    The cells of a grid that differ only in failures, workload or policy have the same model: it is trained, or found,
    and evaluated once.
    """

    def __init__(self) -> None:
        self._dataset: tuple[str, DataSet] | None = None
        self._answers: tuple[str, Answers] | None = None
        self._network: tuple[str, Network] | None = None
        self._others: dict[str, Memory] = {}

    def of(self, other: str) -> Memory:
        """Return what is remembered of another model on the same machines."""
        return self._others.setdefault(other, Memory())

    def dataset(self, assembly: Assembly, make: Callable[[], DataSet]) -> DataSet:
        """Return the data set of a cell, loaded unless the cell before had the same."""
        name = _text(assembly.model.data, str(assembly.base))
        if self._dataset is None or self._dataset[0] != name:
            self._dataset = (name, make())
        return self._dataset[1]

    def answers(self, assembly: Assembly, make: Callable[[], Answers]) -> Answers:
        """Return the answers of a cell's model, made unless the cell before had the same."""
        name = answers_name(assembly) + errors_name(assembly)
        if self._answers is None or self._answers[0] != name:
            self._answers = None  # frees the old ones before the new ones are made
            self._answers = (name, make())
        return self._answers[1]

    def network(self, assembly: Assembly, make: Callable[[], Network]) -> tuple[Network, bool]:
        """Return the network of a cell's model, and whether it had to be made; silent errors do not change it."""
        name = answers_name(assembly)
        is_new = self._network is None or self._network[0] != name
        if self._network is None or is_new:
            self._network = None  # frees the old one before the new one is made
            self._network = (name, make())
        return self._network[1], is_new


def answers_name(assembly: Assembly) -> str:
    """Return the hash of what a cell's answers depend on: model without its title, graph, failout, seed, data."""
    return digest("\n".join([
        _text(assembly.model, str(assembly.base)), graph_text(assembly.graph), _text(assembly.failout),
        str(assembly.scenario.seed), repr(assembly.scenario.policy.no_answer), assembly.scenario.strategy,
        repr(assembly.topology.nodes) if any(node.memory_bytes for node in assembly.topology.nodes) else "",
    ]))


def errors_name(assembly: Assembly) -> str:
    """Return the hash of the silent errors that a cell's answers may be damaged by, "" where there are none."""
    if not assembly.graph.marks:
        return ""
    kinds = [_text(error.block) for error in assembly.errors]
    return digest("\n".join([*kinds, repr([(mark.place, mark.tag) for mark in assembly.graph.marks])]))


def trainings(assemblies: Iterable[Assembly]) -> list[str]:
    """Return the names of the distinct answers that cells need, in order; cells without a network need none."""
    asked = [one for a in assemblies if a.scenario.measure.need_answers for one in (a, *a.sharing.values())]
    needed = (a for a in asked if a.has_layers and a.scenario.outcomes is None)
    return list(dict.fromkeys(answers_name(assembly) for assembly in needed))


def graph_text(graph: PartGraph) -> str:
    """Return a part graph as text: its parts with their joins, and its edges with weights and tags."""
    return repr((graph.parts, graph.edges))


def without_newer(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a model's plain values without keys that came after answers had been kept, where these say nothing.

    Answers that are on a disk already keep their names so.

    >>> without_newer({"task": "classification", "data": {"kind": "table", "target": None}})
    {'data': {'kind': 'table'}}
    """
    kept = {key: value for key, value in plain.items() if key not in NEWER or NEWER[key] != value}
    return {key: without_newer(value) if key in WITH_NEWER and value else value for key, value in kept.items()}


def _text(block: object, beside: str = "") -> str:
    plain = block.model_dump(mode="json", by_alias=True, exclude={"title"}) if isinstance(block, Block) else None
    plain = plain and without_newer(plain)
    return canonical_text({"block": plain, "beside": beside})
