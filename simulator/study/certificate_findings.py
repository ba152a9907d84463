"""A network trained until it is certified: every training as a row, and the frequency that is held against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.intervals import clopper_pearson, exactly
from simulator.model.data import DataSet
from simulator.model.regularisers import ContinuityPenalty, Regularisers, VariancePenalty
from simulator.model.widening import widened
from simulator.neurons.certified import Certificate, Goal, Measured, Settings, certify
from simulator.neurons.certify_block import CertifyBlock
from simulator.neurons.tail_bounds import majority_fails
from simulator.seeds import Streams
from simulator.study.answers import dataset_of
from simulator.study.assemble import Assembly
from simulator.study.design_findings import Asked
from simulator.study.findings import Findings
from simulator.study.network import Network
from simulator.study.progress import Progress
from simulator.study.quick import spread

if TYPE_CHECKING:
    from simulator.model.split import SplitModel

Floats = NDArray[np.float64]
QUICK_TRAININGS, QUICK_REPETITIONS = 2, 200
MOST_JUDGED = 1000  # test samples that the accuracy of each training is measured on


@dataclass(frozen=True)
class Trained:
    """What is told of a training beside what the algorithm looks at.

    Args:
        accuracy: On test samples without a crash.
        exceeded: How often the loss of each input rose by more than epsilon, shape ``(inputs,)``.
        rise: Mean rise of the loss over inputs and drawn crashes.
        repetitions: Drawn crashes of each input.
    """

    accuracy: float
    exceeded: NDArray[np.int64]
    rise: float
    repetitions: int


class Trainings:
    """Trains and measures one network after another.

    Args:
        assembly: The cell.
        dataset: Its data.
        block: What is asked.
        label: The cell's name, for whoever is told.
        progress: Who is told.
    """

    def __init__(self, assembly: Assembly, dataset: DataSet, block: CertifyBlock, label: str, progress: Progress,
                 ) -> None:
        self.assembly, self.dataset, self.block = assembly, dataset, block
        self.label, self.progress = label, progress
        self.samples = spread(len(dataset.y_test), block.inputs)
        self.told: list[Trained] = []

    def train(self, settings: Settings, number: int) -> Measured:
        """Return what is known of a network trained from scratch, with a seed of its own."""
        label = f"{self.label}, training {number + 1}"
        network = Network(self._with(settings, number), self.dataset, label, self.progress)
        return self._measured(network.split, number)

    def _with(self, settings: Settings, number: int) -> Assembly:
        cell, block = self.assembly, self.block
        own = Regularisers(
            balanced=settings.balanced, legacy=block.legacy,
            continuity=ContinuityPenalty(derivative=settings.derivative, smoothness=settings.smoothness),
            variance=VariancePenalty(strength=settings.variance, crash=(block.crash,), passes="one"))
        model = widened(cell.model, block.layer, settings.neurons)
        model = model.model_copy(update={"training": model.training.model_copy(update={"regularisers": own})})
        scenario = cell.scenario.model_copy(update={"seed": cell.scenario.seed + number})
        return replace(cell, model=model, scenario=scenario)

    def _measured(self, split: SplitModel, number: int) -> Measured:
        from simulator.neurons.certified_network import certified_network  # noqa: PLC0415 - Keras

        x, y, block = self.dataset.x_test, self.dataset.y_test, self.block
        few = spread(len(y), MOST_JUDGED)
        one = certified_network(split, block.crash, block.layer, legacy=block.legacy)
        inputs, targets = one.rows(split.inputs_of(x[self.samples])), self._targets(self.samples)
        streams, units = Streams(self.assembly.scenario.seed + number), one.crashes.units

        def drawn(purpose: str) -> NDArray[np.bool_]:
            return streams.of("", purpose).random((block.repetitions, units)) < block.crash.p

        found = one.measured(inputs, targets, drawn("crashes of the remainder"), legacy=block.legacy)
        rises = one.rises(inputs, targets, drawn("crashes that are counted"))
        self.told.append(Trained(one.accuracy(split.inputs_of(x[few]), y[few]),
                                 (rises > block.epsilon).sum(axis=1), float(rises.mean()), block.repetitions))
        return found

    def _targets(self, samples: NDArray[np.intp]) -> Floats:
        data = self.dataset
        if data.target_scale is not None:
            return data.target_scale.scaled(data.y_test[samples]).astype(np.float64)
        return np.eye(data.classes)[data.y_test[samples]]


def find_certificate(asked: Asked, found: Findings) -> None:
    """Add the certificate, or the refusal, and every training on the way; nothing where none is asked for.

    Args:
        asked: The cell.
        found: What is added to.
    """
    assembly = asked.assembly.standing_in() if asked.quick else asked.assembly
    block = assembly.scenario.certify
    if block is None:
        return
    if asked.quick:
        block = block.model_copy(update={"trainings": min(QUICK_TRAININGS, block.trainings),
                                         "repetitions": min(QUICK_REPETITIONS, block.repetitions)})
    dataset = asked.memory.dataset(assembly, lambda: dataset_of(assembly, asked.quick))
    goal = Goal(block.epsilon, block.delta, block.crash.p, block.share, block.trainings, block.legacy)
    trainings = Trainings(assembly, dataset, block, asked.label, asked.progress)
    certificate = certify(goal, Settings(**block.start.model_dump()), trainings.train)
    found.tables["certificate_trainings"] = [
        _row(number, certificate, told) for number, told in enumerate(trainings.told)]
    found.tables["certificate"] = [_facts(goal, block, certificate, trainings.told[-1])]
    found.estimates["copy_failure_bound"] = exactly(certificate.failure, block.inputs, _method(block))
    found.estimates["copy_failure"] = clopper_pearson(int(trainings.told[-1].exceeded.max()), block.repetitions)


def _method(block: CertifyBlock) -> str:
    if block.legacy:
        return "as the reference claims: Chebyshev below 1/3, without a remainder"
    return "Chernoff, and Cantelli on the first order with its measured remainder"


def _row(number: int, certificate: Certificate, told: Trained) -> dict[str, Any]:
    stage = certificate.stages[number]
    one, known = stage.settings, stage.measured
    worst = int(told.exceeded.max())
    counted = clopper_pearson(worst, told.repetitions)
    return {
        "training": number + 1, "neurons": one.neurons, "balanced": one.balanced, "variance": one.variance,
        "derivative": one.derivative, "smoothness": one.smoothness, "accuracy": told.accuracy,
        "balance": known.balance, "roughness": known.roughness, "crowded": stage.crowded,
        "mean": float(known.mean.max()), "deviation": float(np.sqrt(known.variance.max())),
        "remainder_mean": float(known.remainder_mean.max()),
        "remainder_deviation": float(known.remainder_deviation.max()), "drawn_mean": told.rise,
        "large": stage.large, "failure": stage.failure, "counted": counted.value, "counted_low": counted.low,
        "counted_high": counted.high, "repetitions": told.repetitions, "missed": stage.missed, "value": stage.value,
        "limit": stage.limit,
    }


def _facts(goal: Goal, block: CertifyBlock, certificate: Certificate, told: Trained) -> dict[str, Any]:
    """Return what was asked, what is certified, and whether the drawn crashes agree."""
    counted = clopper_pearson(int(told.exceeded.max()), told.repetitions)
    copies = certificate.copies
    return {
        "epsilon": goal.epsilon, "delta": goal.delta, "probability": goal.probability, "layer": block.layer,
        "inputs": block.inputs, "share": goal.share, "legacy": goal.legacy, "refusal": certificate.refusal,
        "copies": copies, "failure": certificate.failure,
        "majority": None if copies is None else majority_fails(copies, min(certificate.failure, 1.0)),
        "counted": counted.value, "counted_low": counted.low, "counted_high": counted.high,
        "majority_counted": None if copies is None else majority_fails(copies, counted.high),
        "holds": counted.low <= certificate.failure,
    }


