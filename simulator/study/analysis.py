"""A cell's trained network, taken apart: scores of exits by delivery, and their slopes in every message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.dataflow.reach import Reach
from simulator.evaluate.part_by_part import Evaluation
from simulator.evaluate.plan import RunPlan

if TYPE_CHECKING:
    from simulator.model.split import SplitModel
    from simulator.neurons.delivery_shifts import Linearised

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def centred(scores: NDArray[Any]) -> Floats:
    """Return scores less their mean, row by row: what a softmax and an answer depend on, and linear in the scores."""
    found: Floats = scores.astype(np.float64)
    return np.asarray(found - found.mean(axis=1, keepdims=True))


@final
class Analysis:
    """Scores and slopes of a trained network on some samples; importing Keras only when it is made.

    Args:
        split: The network.
        graph: Its part graph.
        x: The samples, shape ``(samples, ...)``.
    """

    def __init__(self, split: SplitModel, graph: PartGraph, x: NDArray[Any]) -> None:
        from simulator.model.runner import KerasRunner  # noqa: PLC0415 - Keras
        from simulator.neurons.message_gates import MessageGates  # noqa: PLC0415 - Keras

        self.graph, self.samples = graph, len(x)
        self._runner = KerasRunner(split, x).scoring()
        self._gates = MessageGates(split)
        self._data = self._runner.data
        self._known: dict[int, Floats] = {}
        self.backward = 0  # backward passes so far

    def scores(self, deliveries: list[int]) -> dict[int, Floats]:
        """Return the scores of each delivery, less their mean, shape ``(samples, outputs)``; 0 for the empty one."""
        new = [one for one in dict.fromkeys(deliveries) if one and one not in self._known]
        if new:
            evaluation = Evaluation(self.graph, self._runner, self.samples)
            made = evaluation.predictions(new, lambda part, output, samples: output)
            self._known.update({delivery: centred(scores) for delivery, scores in made.items()})
        return {delivery: self._known[delivery] for delivery in deliveries if delivery}

    def part_runs(self, deliveries: list[int]) -> int:
        """Return how many part outputs these deliveries take."""
        return RunPlan.of(self.graph, deliveries).part_runs

    def linearised(self, reach: Reach, down: frozenset[str], exit_part: str) -> Linearised:
        """Return an exit's scores and slopes in the state in which some components are down."""
        from simulator.neurons.delivery_shifts import Linearised, gates  # noqa: PLC0415 - neurons are of Keras

        fed = reach.fed(down)
        taken = gates(self.graph, fed)
        slopes = self._gates.slopes(self._data, taken, exit_part)
        self.backward += slopes.shape[1]
        outputs = centred(self._gates.scores(self._data, taken, exit_part))
        return Linearised(self.graph, fed, outputs, slopes - slopes.mean(axis=1, keepdims=True))
