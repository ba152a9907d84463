"""Crashes in a split network at some samples: what estimators take, what is right, and who crashes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.model.datasets.dataset import DataSet
from simulator.model.given_parts import ends_in_softmax
from simulator.model.keras_graph import read_graph
from simulator.model.split import SplitModel
from simulator.model.whole import whole_model
from simulator.neurons.blocks import CrashBlock
from simulator.neurons.crash_points import check_points, placed
from simulator.neurons.dense_chain import dense_tail_behind
from simulator.neurons.draws import Coins, Draw, side_by_side
from simulator.neurons.estimators.estimator import Setting
from simulator.neurons.moments import Moments
from simulator.neurons.monte_carlo import monte_carlo
from simulator.neurons.places import crash_points
from simulator.neurons.watching import Truth, Watch
from simulator.seeds import Streams

PLACE = "measure.neurons"


@final
@dataclass(frozen=True, eq=False)
class Experiment:
    """What crashes, where, at which samples.

    Args:
        setting: What estimators take.
        truth: The right answers.
        blocks: What crashes, as it was asked for.
        units: How many units each of these has, in order.
        repetitions: Sets of crashes that each sample meets.
        seed: Of the draws.
    """

    setting: Setting
    truth: Truth
    blocks: tuple[CrashBlock, ...]
    units: tuple[int, ...]
    repetitions: int
    seed: int

    def draw(self, among: Collection[int]) -> Draw:
        """Return who crashes when only some of the blocks do; each has numbers of its own, whatever the others do."""
        streams = Streams(self.seed)
        return side_by_side([
            Coins(units, block.p if place in among else 0.0, streams.of(block.at, f"neuron crashes, {block.unit}"))
            for place, (block, units) in enumerate(zip(self.blocks, self.units, strict=True))])

    def watched(self, above: tuple[float, ...]) -> tuple[Moments, Watch]:
        """Return mean and variance of the error over drawn crashes, and what was counted meanwhile."""
        watch = Watch(self.setting.tail.outputs(self.setting.activations), self.truth, above)
        everything = range(len(self.blocks))
        return monte_carlo(self.setting.tail, self.setting.activations, self.setting.crashes, self.repetitions,
                           self.draw(everything), watch), watch

    def among(self, blocks: Collection[int]) -> Moments:
        """Return mean and variance of the error when only some of the blocks crash."""
        return monte_carlo(self.setting.tail, self.setting.activations, self.setting.crashes, self.repetitions,
                           self.draw(blocks))


def experiment(split: SplitModel, exit_part: str, dataset: DataSet, samples: NDArray[np.intp],
               blocks: Sequence[CrashBlock], how: tuple[int, int]) -> Experiment:
    """Return the experiment in a split network, everything up.

    Args:
        split: The network.
        exit_part: The exit whose outputs are looked at.
        dataset: Its data.
        samples: Which test samples.
        blocks: What crashes.
        how: Repetitions, and the seed.

    Raises:
        ScenarioError: a place is not in the network, is an output or is named twice.
    """
    graph = read_graph(whole_model(split, exit_part), PLACE)
    by_block = crash_points(graph, blocks, PLACE)
    held = split.inputs_of(dataset.x_test[samples])
    flat = np.concatenate([held[name].reshape(len(samples), -1) for name in graph.graph.inputs], axis=1)
    found = placed(graph, [point for points in by_block for point in points], flat)
    dense = dense_tail_behind(graph, found.cut) if found.cut else None
    inputs = graph.graph.inputs
    whole = dense_tail_behind(graph, inputs[0]) if len(inputs) == 1 else None
    counts = iter(found.units)
    units = tuple(sum(next(counts) for _ in points) for points in by_block)
    truth = _truth(dataset, samples, is_probability=ends_in_softmax(split.parts[exit_part]))
    setting = Setting(found.tail, found.activations, found.crashes, dense, whole)
    return Experiment(setting, truth, tuple(blocks), units, *how)


def check_places(split: SplitModel, exit_part: str, blocks: Sequence[CrashBlock]) -> None:
    """Raise ScenarioError where what is to crash is not in the network, is an output or is named twice."""
    graph = read_graph(whole_model(split, exit_part), PLACE)
    check_points(graph, [point for points in crash_points(graph, blocks, PLACE) for point in points])


def _truth(dataset: DataSet, samples: NDArray[np.intp], *, is_probability: bool) -> Truth:
    y, scale = dataset.y_test[samples], dataset.target_scale
    if scale is not None:
        return Truth(scale.scaled(y).astype(np.float64), "squared", None, scale.deviation)
    return Truth(np.eye(dataset.classes)[y], "cross_entropy" if is_probability else "squared", y)
