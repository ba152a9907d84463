"""A cell's trained network, built when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from simulator.dataflow.costs import Costs
from simulator.evaluate.damage import damage_of
from simulator.evaluate.held import HeldEvaluation, HeldRequests
from simulator.evaluate.part_by_part import Classes, Evaluation, Read
from simulator.evaluate.ranks import class_and_rank, parted_ranks
from simulator.model.data import DataSet
from simulator.study.analysis import Analysis, Ints
from simulator.study.assemble import Assembly
from simulator.study.kept import Kept
from simulator.study.progress import Progress

if TYPE_CHECKING:
    from simulator.model.runner import KerasRunner
    from simulator.model.split import SplitModel


class Network:
    """Trains a cell's model, or finds its weights, and runs it part by part; importing Keras only then.

    Args:
        assembly: The cell.
        dataset: What it learns from and is tested on.
        label: The cell's name, for whoever is told.
        progress: Who is told of the training.
    """

    def __init__(self, assembly: Assembly, dataset: DataSet, label: str, progress: Progress) -> None:
        self.assembly, self.dataset, self.label, self.progress = assembly, dataset, label, progress

    def untrained_costs(self) -> Costs:
        """Return the costs of the model before any training."""
        from simulator.model.split import SplitModel  # noqa: PLC0415 - Keras

        data = self.dataset
        return SplitModel(self.assembly.model, self.assembly.graph, data.shape, data.classes).costs()

    @cached_property
    def _trained(self) -> tuple[SplitModel, bool, str]:
        from simulator.model.train import trained  # noqa: PLC0415 - Keras
        from simulator.neurons.regularisers.dressed import dress_of  # noqa: PLC0415 - Keras

        cell = self.assembly
        return trained(
            cell.model,
            cell.graph,
            cell.scenario.strategy,
            self.dataset,
            cell.model.training,
            cell.failout,
            cell.scenario.seed,
            lambda epoch, epochs: self.progress.training(self.label, epoch, epochs),
            dress_of(cell.model.training),
        )

    @cached_property
    def _runner(self) -> KerasRunner:
        from simulator.model.runner import KerasRunner  # noqa: PLC0415 - Keras

        return KerasRunner(self._trained[0], self.dataset.x_test, self.dataset.target_scale)

    @property
    def split(self) -> SplitModel:
        """The trained pieces."""
        return self._trained[0]

    @property
    def was_cached(self) -> bool:
        """Whether the weights were found on the disk."""
        return self._trained[1]

    def kept(self) -> Kept:
        """Return what is known of the network before it has answered anything."""
        split, _, weights = self._trained
        return Kept(weights, split.costs(), {}, {} if self._runner.has_arithmetic else None)

    def predictions(self, deliveries: Sequence[int], *, has_codecs: bool, cell: Assembly) -> Mapping[int, Classes]:
        """Return the predicted class of every test sample for each delivery, with or without untrained codecs.

        ``cell`` is the one that asks: its silent errors damage what its deliveries say.
        """
        runner = self._runner if has_codecs else self._runner.without_arithmetic()
        return self._evaluated(deliveries, runner, cell)

    def ranked(self, deliveries: Sequence[int], cell: Assembly) -> tuple[Mapping[int, Classes], Mapping[int, Classes]]:
        """Return predicted classes and the ranks of the true ones by delivery, from one pass through the network."""
        read = partial(class_and_rank, self._runner, self.dataset.y_test)
        both = self._evaluated(deliveries, self._runner, cell, read)
        parted = {delivery: parted_ranks(codes) for delivery, codes in both.items()}
        return {key: one for key, (one, _) in parted.items()}, {key: one for key, (_, one) in parted.items()}

    def _evaluated(self, deliveries: Sequence[int], runner: KerasRunner, cell: Assembly, read: Read | None = None,
                   ) -> Mapping[int, Classes]:
        damage = damage_of(cell.graph, {error.tag: error.block for error in cell.errors}, cell.scenario.seed)
        samples = len(self.dataset.y_test)
        return Evaluation(cell.graph, runner, samples, damage=damage).predictions(deliveries, read)

    def analysis(self, rows: Ints) -> Analysis:
        """Return the network taken apart, on these test samples."""
        return Analysis(self._trained[0], self.assembly.graph, self.dataset.x_test[rows])

    def held_predictions(self, asked: HeldRequests) -> Classes:
        """Return the predicted class of each answer that rests on values held from earlier requests."""
        return HeldEvaluation(self.assembly.graph, self._runner).predictions(asked)
