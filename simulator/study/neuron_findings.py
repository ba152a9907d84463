"""What crashes inside a cell's network do to its answers: drawn, estimated, bounded, and set side by side."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.clusters import cluster_mean
from simulator.expect.estimate import Estimate
from simulator.model.data import DataSet
from simulator.neurons.blocks import NeuronErrors
from simulator.neurons.catalogue import ESTIMATORS
from simulator.neurons.moments import Moments
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.neuron_rows import (
    OF_LOSSES,
    additivity_row,
    error_row,
    histogram_rows,
    input_rows,
    loss_row,
    tail_rows,
)
from simulator.study.quick import spread

if TYPE_CHECKING:
    from simulator.neurons.estimators.estimator import Estimator, Setting
    from simulator.neurons.experiment import Experiment
    from simulator.neurons.watching import Watch
    from simulator.study.network import Network

Floats = NDArray[np.float64]
QUICK_REPETITIONS, QUICK_INPUTS = 100, 12
MOST_NUMBERS = 2**27  # of inputs x outputs x units in float64: a gigabyte
LEVELS = (1.0, 2.0, 3.0)  # typical deviations whose probability is looked at
LEGACY = " (ref)"


def quick_block(block: NeuronErrors) -> NeuronErrors:
    """Return what is asked of a quick run: fewer inputs and repetitions."""
    return block.model_copy(update={"repetitions": min(block.repetitions, QUICK_REPETITIONS),
                                    "inputs": min(block.inputs, QUICK_INPUTS)})


def find_neurons(assembly: Assembly, network: Network, dataset: DataSet, found: Findings, *, quick: bool) -> None:
    """Add what crashes inside a cell's network do to the findings of the cell; nothing where it is not asked for.

    The network is that while everything is up, through the exit that answers then.

    Args:
        assembly: The cell.
        network: Its network.
        dataset: Its data.
        found: What is added to.
        quick: Whether fewer inputs and repetitions will do.
    """
    from simulator.neurons.experiment import experiment  # noqa: PLC0415 - Keras

    asked = assembly.scenario.measure.neurons
    if asked is None:
        return
    block = quick_block(asked) if quick else asked
    samples = spread(len(dataset.y_test), block.inputs)
    how = (block.repetitions, assembly.scenario.seed)
    _find(experiment(network.split, assembly.answering_exit, dataset, samples, block.crash, how), block,
          (samples, dataset.groups_test[samples]), found)


def _find(of: Experiment, block: NeuronErrors, of_data: tuple[NDArray[np.intp], NDArray[Any]], found: Findings) -> None:
    samples, groups = of_data
    told = _told(of.setting, block, found)
    levels = block.above or _levels(told)
    measured, watch = of.watched(levels)
    rows = [error_row("monte_carlo", measured, measured, None, block.repetitions)]
    rows += [error_row(name, moments, measured, estimator, _passes(estimator, of.setting, measured))
             for name, (estimator, moments) in told.items()]
    found.tables["neuron_crashes"] = [
        {"at": one.at, "p": one.p, "unit": one.unit, "units": units} for one, units in zip(of.blocks, of.units,
                                                                                          strict=True)]
    found.tables["neuron_errors"] = rows
    moments_of = {name: moments for name, (_, moments) in told.items()}
    found.tables["neuron_inputs"] = input_rows(samples, measured, moments_of)
    found.tables["neuron_histogram"] = histogram_rows(watch)
    found.tables["neuron_tails"] = tail_rows(of.setting, measured, moments_of, watch)
    found.tables["neuron_losses"] = _loss_rows(of, block, watch, moments_of)
    found.counts["neuron_units"] = of.setting.crashes.units
    found.counts["neuron_inputs"], found.counts["neuron_repetitions"] = len(samples), block.repetitions
    if block.scaling:
        _scaling(of, found)
    _keep_estimates(measured, watch, groups, found)
    if block.apart != "no":
        found.tables["neuron_additivity"] = _apart(of, block, measured)


def _told(setting: Setting, block: NeuronErrors, found: Findings) -> dict[str, tuple[Estimator, Moments]]:
    """Return what each estimator says, by name; those of which nothing can be had are told in a note."""
    outputs, told = setting.tail.outputs(setting.activations[:1]).shape[1], {}
    for name in block.estimators:
        estimator = ESTIMATORS[name]
        size = setting.crashes.units * outputs * len(setting.activations)
        passes = estimator.passes(setting.crashes.units, outputs)
        if passes > block.max_passes:
            found.notes.append(f"neurons: {name} would take {passes:.3g} passes an input, more than max_passes "
                               f"({block.max_passes:,}); it is left out")
            continue
        if size > MOST_NUMBERS and passes:
            found.notes.append(f"neurons: {name} of {setting.crashes.units:,} units, {outputs} outputs and "
                               f"{len(setting.activations)} inputs does not fit the memory; it is left out")
            continue
        ways = {name: estimator.find} | ({name + LEGACY: estimator.legacy} if block.legacy and estimator.legacy else {})
        for word, way in ways.items():
            try:
                told[word] = (estimator, way(setting))
            except ValueError as error:
                found.notes.append(f"neurons: no {word}: {error}")
    return told


def _passes(estimator: Estimator, setting: Setting, measured: Moments) -> float:
    return estimator.passes(setting.crashes.units, measured.mean.shape[1])


def _levels(told: dict[str, tuple[Estimator, Moments]]) -> tuple[float, ...]:
    """Return errors worth a probability: 1, 2 and 3 typical deviations, to two digits; none where none is known."""
    known = [moments.variance for estimator, moments in told.values()
             if estimator.kind != "upper bound" and moments.variance is not None]
    typical = float(np.sqrt(known[-1].mean())) if known else 0.0
    return tuple(float(f"{level * typical:.2g}") for level in LEVELS) if typical > 0 else ()


def _loss_rows(of: Experiment, block: NeuronErrors, watch: Watch, told: dict[str, Moments]) -> list[dict[str, Any]]:
    """Return how much the loss of a sample grows: measured, and by each estimator that takes any function."""
    from simulator.neurons.estimators.estimator import Setting  # noqa: PLC0415
    from simulator.neurons.losses import LossTail, through_outputs, with_targets  # noqa: PLC0415

    measured = watch.losses.moments()
    rows = [loss_row("monte_carlo", measured, measured, of.truth.loss)]
    tail = LossTail(of.setting.tail, of.truth.targets.shape[1], of.truth.loss)
    at, crashes = with_targets(of.setting.activations, of.setting.crashes, of.truth.targets)
    setting = Setting(tail, at, crashes)
    for name in (name for name in block.estimators if name in OF_LOSSES and name in told):
        rows.append(loss_row(name, ESTIMATORS[name].find(setting), measured, of.truth.loss))
        by_outputs = through_outputs(watch.correct, of.truth.targets, of.truth.loss, told[name])
        rows.append(loss_row(f"{name}, through outputs", by_outputs, measured, of.truth.loss))
    return rows


def _keep_estimates(measured: Moments, watch: Watch, groups: NDArray[Any], found: Findings) -> None:
    """Keep means over inputs, each of which is a mean over crashes first; what is paired is paired input by input."""
    crashed, plain = watch.score / watch.repetitions, watch.truth.scores(watch.correct)
    loss = watch.losses.moments().mean[:, 0]

    def mean(values: Floats) -> Estimate:
        one = cluster_mean(values, groups)
        return replace(one, method=f"{watch.repetitions:,} sets of crashes an input; {one.method}")

    found.estimates["neuron_accuracy"] = mean(crashed)
    found.estimates["neuron_accuracy_without"] = mean(plain)
    found.estimates["neuron_accuracy_change"] = mean(crashed - plain)
    found.estimates["neuron_loss_change"] = mean(loss)
    found.estimates["neuron_error_mean"] = mean(measured.mean.mean(axis=1))
    if measured.variance is not None:
        square = mean(measured.variance.mean(axis=1))
        root = [float(np.sqrt(max(value, 0.0))) for value in (square.value, square.low, square.high)]
        found.estimates["neuron_error_deviation"] = replace(square, value=root[0], low=root[1], high=root[2])


def _scaling(of: Experiment, found: Findings) -> None:
    from simulator.neurons.scaling import scaling  # noqa: PLC0415

    setting = of.setting
    if setting.dense is None or (setting.crashes.unit < 0).any():
        found.notes.append("neurons: no scaling: what follows the crash point is no chain of dense layers with one "
                           "activation and a linear output")
        return
    numbers = scaling(setting.dense, setting.whole, (setting.activations, of.truth.targets), of.truth.loss)
    found.tables["neuron_scaling"] = [{"number": name, "value": value} for name, value in numbers.items()]


def _apart(of: Experiment, block: NeuronErrors, everything: Moments) -> list[dict[str, Any]]:
    """Return a row for each set of crash points: what it does, and the sum of what its points do alone."""
    places = range(len(of.blocks))
    words = [f"{one.at}{'' if one.unit == 'element' else f' ({one.unit})'}" for one in of.blocks]
    alone = [of.among([place]) for place in places]
    sizes = range(2, len(of.blocks)) if block.apart == "subsets" else ()
    rows = [additivity_row(words[place], moments, [moments]) for place, moments in zip(places, alone, strict=True)]
    for among in (each for size in sizes for each in combinations(places, size)):
        rows.append(additivity_row(" + ".join(words[place] for place in among), of.among(among),
                                   [alone[place] for place in among]))
    return [*rows, additivity_row(" + ".join(words), everything, alone)]
