"""What a cell's model answers: trained (or found), evaluated delivery by delivery, judged against the test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from simulator.dataflow.costs import Costs
from simulator.errors import Problem, ScenarioError
from simulator.evaluate.no_answer import no_answer_worth
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.part_by_part import Classes
from simulator.model.data import DataSet, load_data
from simulator.seeds import Streams
from simulator.study.assemble import Assembly
from simulator.study.kept import kept_path, read_kept, write_kept
from simulator.study.memory import Memory
from simulator.study.network import Network
from simulator.study.progress import Progress
from simulator.study.quick import quick_data


@dataclass(frozen=True)
class Answers:
    """The outcomes of a cell's model, and what is known about it.

    Args:
        outcomes: Worth of every (delivery, sample), computed when first asked for.
        costs: FLOP, bytes and memory, derived from the model.
        weights: Hash of the weights.
        classes: Number of classes.
        is_synthetic: Whether random arrays stand in for a missing data set, or random weights for a missing Keras file.
        uncoded: The outcomes of the same weights without codecs that are not trained; None where there are none.
    """

    outcomes: Outcomes
    costs: Costs
    weights: str
    classes: int
    is_synthetic: bool
    uncoded: Outcomes | None = None

    @property
    def samples(self) -> int:
        """Size of the test set."""
        return len(self.outcomes.labels)


def dataset_of(assembly: Assembly, quick: bool) -> DataSet:
    """Return the data set that the model file names.

    Raises:
        ScenarioError: the model file names none, or its file is missing.
    """
    if assembly.model.data is None:
        raise ScenarioError(
            Problem(
                f"model {assembly.scenario.model!r}",
                "has layers but no data set",
                "add a data: block to the model file",
            )
        )
    dataset = load_data(assembly.model.data, assembly.base, quick)
    return quick_data(dataset) if quick else dataset


def answers(
    assembly: Assembly, *, quick: bool, label: str, progress: Progress, memory: Memory | None = None
) -> Answers:
    """Return the answers of a cell's model; trains it when its weights are not in the cache.

    Args:
        assembly: The cell.
        quick: Whether random data may stand in for a missing data set.
        label: The cell's name, for whoever is told.
        progress: Who is told.
        memory: What the cells before it have found; None: nothing.
    """
    memory, assembly = memory or Memory(), assembly.standing_in() if quick else assembly
    dataset = memory.dataset(assembly, lambda: dataset_of(assembly, quick))
    found = memory.answers(assembly, lambda: _made(assembly, dataset, label, progress, memory))
    return replace(found, outcomes=found.outcomes.again())


def _made(assembly: Assembly, dataset: DataSet, label: str, progress: Progress, memory: Memory) -> Answers:
    """Return the answers of a cell from the disk, or from its network; a network is built only when it is needed."""
    network, is_new = memory.network(assembly, lambda: Network(assembly, dataset, label, progress))
    path = kept_path(assembly, dataset)
    kept = read_kept(path)
    was_kept = kept is not None
    if kept is None:
        if any(node.memory_bytes is not None for node in assembly.topology.nodes):
            check_memory(assembly, network.untrained_costs())
        kept = network.kept()
        write_kept(path, kept)
    else:
        check_memory(assembly, kept.costs)
    if is_new:
        progress.trained(label, was_kept or network.was_cached, kept.weights)
    rng = Streams(assembly.scenario.seed).of("", "no answer")
    no_answer = no_answer_worth(assembly.scenario.policy.no_answer, dataset.y_train, dataset.y_test, rng)

    def outcomes(known: dict[int, Classes], *, has_codecs: bool) -> Outcomes:
        def predict(deliveries: Sequence[int]) -> Mapping[int, Classes]:
            known.update(network.predictions(deliveries, has_codecs=has_codecs, cell=assembly))
            write_kept(path, kept)
            return known

        return Outcomes(dataset.y_test, dataset.groups_test, no_answer, predict, known)

    given = assembly.model.keras
    return Answers(
        outcomes(kept.coded, has_codecs=True),
        kept.costs,
        kept.weights,
        dataset.classes,
        dataset.is_synthetic or (given is not None and given.is_stand_in),
        None if kept.uncoded is None else outcomes(kept.uncoded, has_codecs=False),
    )


def check_memory(assembly: Assembly, costs: Costs) -> None:
    """Check that each part fits the memory of its node; parts on one node add up.

    Raises:
        ScenarioError: names every node whose parts do not fit.
    """
    used: dict[str, list[str]] = {}
    for part in costs.memory_bytes:
        used.setdefault(assembly.placement[part], []).append(part)
    problems = []
    for name, parts in used.items():
        there = assembly.topology.node_by_name[name].memory_bytes
        needed = sum(costs.memory_bytes[part] for part in parts)
        if there is not None and needed > there:
            problems.append(
                Problem(
                    f"node {name!r}",
                    f"{', '.join(parts)} need {needed:,} B and its memory is {there:,} B",
                    "place a part elsewhere, make it smaller, or give the node more memory",
                )
            )
    if problems:
        raise ScenarioError(*problems)
