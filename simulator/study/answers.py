"""What a cell's model answers: trained (or found), evaluated delivery by delivery, judged against the test set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulator.dataflow.costs import Costs
from simulator.errors import Problem, ScenarioError
from simulator.evaluate.guesses import guessed_classes, guessed_numbers
from simulator.evaluate.held import HeldRequests
from simulator.evaluate.judged import Judged
from simulator.evaluate.no_answer import no_answer_worth
from simulator.evaluate.outcomes import ACCURACY, ERROR, Judge, Outcomes, Ranking, Worth
from simulator.evaluate.part_by_part import Classes
from simulator.evaluate.score_blocks import needs_ranks
from simulator.model.data import DataSet, load_data
from simulator.seeds import Streams
from simulator.study.analysis import Analysis, Ints
from simulator.study.assemble import Assembly
from simulator.study.kept import Kept, kept_path, read_kept, write_kept
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
        predict_held: The predicted class of each answer that rests on values of earlier requests; never remembered.
        ranking: How high the true class is, for scores that ask; None in a regression.
        guess: What no answer is, as scores judge it.
        unit: The unit of the targets of a regression.
        analysis: The network taken apart, on some of the test samples.
    """

    outcomes: Outcomes
    costs: Costs
    weights: str
    classes: int
    is_synthetic: bool
    uncoded: Outcomes | None = None
    predict_held: Callable[[HeldRequests], Classes] | None = None
    ranking: Ranking | None = None
    guess: Judged | None = None
    unit: str = ""
    analysis: Callable[[Ints], Analysis] | None = None

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
    is_ranked = any(needs_ranks(block) for block in assembly.scenario.measure.scores)
    return replace(found, outcomes=found.outcomes.again(found.ranking if is_ranked else None))


def outcomes_of(assembly: Assembly, *, quick: bool, memory: Memory) -> Outcomes | None:
    """Return the worth of a cell's answers, once the cell is finished; None where no model answers in it."""
    if not assembly.has_layers or assembly.scenario.outcomes is not None:
        return None
    return answers(assembly, quick=quick, label="differences", progress=Progress(), memory=memory).outcomes


def network_of(
    assembly: Assembly, *, quick: bool, label: str, progress: Progress, memory: Memory,
) -> tuple[Network, DataSet]:
    """Return the network behind a cell's answers, trained or found when it is first needed, and its data set."""
    assembly = assembly.standing_in() if quick else assembly
    dataset = memory.dataset(assembly, lambda: dataset_of(assembly, quick))
    return memory.network(assembly, lambda: Network(assembly, dataset, label, progress))[0], dataset


def _made(assembly: Assembly, dataset: DataSet, label: str, progress: Progress, memory: Memory) -> Answers:
    """Return the answers of a cell from the disk, or from its network; a network is built only when it is needed."""
    network, is_new = memory.network(assembly, lambda: Network(assembly, dataset, label, progress))
    path = kept_path(assembly, dataset)
    kept, was_kept = _found_or_made(path, assembly, network)
    if is_new:
        progress.trained(label, was_kept or network.was_cached, kept.weights)
    judge, no_answer, guess = _judged(assembly, dataset)

    def outcomes(known: dict[int, Classes], *, has_codecs: bool) -> Outcomes:
        def predict(deliveries: Sequence[int]) -> Mapping[int, Classes]:
            known.update(network.predictions(deliveries, has_codecs=has_codecs, cell=assembly))
            write_kept(path, kept)
            return known

        return Outcomes(dataset.y_test, dataset.groups_test, no_answer, predict, known, judge)

    def ranked(deliveries: Sequence[int]) -> Mapping[int, Classes]:
        classes, ranks = network.ranked(deliveries, assembly)
        kept.coded.update(classes)
        kept.ranks.update(ranks)
        write_kept(path, kept)
        return classes

    given = assembly.model.keras
    return Answers(
        outcomes(kept.coded, has_codecs=True),
        kept.costs,
        kept.weights,
        dataset.classes,
        dataset.is_synthetic or (given is not None and given.is_stand_in),
        None if kept.uncoded is None else outcomes(kept.uncoded, has_codecs=False),
        network.held_predictions,
        None if dataset.is_regression else Ranking(kept.ranks, ranked),
        guess,
        dataset.unit,
        network.analysis,
    )


def _found_or_made(path: Path, assembly: Assembly, network: Network) -> tuple[Kept, bool]:
    """Return what is kept of a network, and whether it was kept already."""
    kept = read_kept(path)
    if kept is not None:
        check_memory(assembly, kept.costs)
        return kept, True
    if any(node.memory_bytes is not None for node in assembly.topology.nodes):
        check_memory(assembly, network.untrained_costs())
    made = network.kept()
    write_kept(path, made)
    return made, False


def _judged(assembly: Assembly, dataset: DataSet) -> tuple[Judge, Worth, Judged]:
    """Return how answers are judged, and what no answer is worth and is."""
    rule, train, test = assembly.scenario.policy.no_answer, dataset.y_train, dataset.y_test

    def rng() -> np.random.Generator:
        return Streams(assembly.scenario.seed).of("", "no answer")

    if dataset.is_regression:
        missed = guessed_numbers(rule, train, test, rng())
        return ERROR, missed.absolute, missed
    worth = no_answer_worth(rule, train, test, rng())
    return ACCURACY, worth, guessed_classes(rule, train, test, rng(), dataset.classes)


def check_memory(assembly: Assembly, costs: Costs) -> None:
    """Check that each part fits the memory of its node; parts on one node add up, each replica on its own.

    Raises:
        ScenarioError: names every node whose parts do not fit.
    """
    used: dict[str, list[str]] = {}
    for part in costs.memory_bytes:
        for node in assembly.replicas.get(part, (assembly.placement[part],)):
            used.setdefault(node, []).append(part)
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
