"""A trained network as the certified algorithm looks at it: its layer, its crashes, its loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from simulator.model.backend import keras
from simulator.model.keras_graph import read_graph
from simulator.model.names import names_kept
from simulator.model.nodes import calls
from simulator.model.regularisers import TrainingCrash
from simulator.model.split import SplitModel
from simulator.model.whole import whole_model
from simulator.neurons.certified import Measured
from simulator.neurons.crash_points import Gated, gated
from simulator.neurons.crashes import Crashes
from simulator.neurons.keras_tail import KerasTail
from simulator.neurons.regularisers.balanced import balance
from simulator.neurons.regularisers.continuity import Continuity
from simulator.neurons.regularisers.dressed import points_at
from simulator.neurons.remainder import drawn_rises, first_order_rises, measured_remainder

Floats = NDArray[np.float64]
PLACE = "certify"


@final
@dataclass(frozen=True, eq=False)
class CertifiedNetwork:
    """A trained network with gates at its crash point.

    Args:
        gates: The gated network.
        inputs: Names of its inputs, in order.
        kernel: Of the layer that crashes.
        legacy: Whether the roughness is that of the reference.
    """

    gates: Gated
    inputs: tuple[str, ...]
    kernel: Any
    legacy: bool

    @property
    def crashes(self) -> Crashes:
        """What crashes."""
        return self.gates.crashes

    @property
    def tail(self) -> KerasTail:
        """The network, from inputs and gates to outputs."""
        return KerasTail(self.gates.model)

    def rows(self, held: Mapping[str, NDArray[Any]]) -> Floats:
        """Return samples with open gates, from what each source holds of them."""
        samples = len(held[self.inputs[0]])
        return self.gates.rows(np.concatenate([held[name].reshape(samples, -1) for name in self.inputs], axis=1))

    def accuracy(self, held: Mapping[str, NDArray[Any]], classes: NDArray[Any]) -> float:
        """Return the share of samples whose class is answered, without a crash; NaN for one output."""
        outputs = self.tail.outputs(self.rows(held))
        return float((outputs.argmax(axis=1) == classes).mean()) if outputs.shape[1] > 1 else float("nan")

    def rises(self, rows: Floats, targets: Floats, crashed: NDArray[np.bool_]) -> Floats:
        """Return how much drawn crashes raise the loss of each input, shape ``(inputs, patterns)``."""
        return drawn_rises(self.tail, rows, self.crashes, targets, crashed)

    def measured(self, rows: Floats, targets: Floats, crashed: NDArray[np.bool_], *, legacy: bool) -> Measured:
        """Return what the algorithm looks at; the remainder is measured with these crashes."""
        first = first_order_rises(self.tail, rows, self.crashes, targets)
        p = self.crashes.probability
        more = measured_remainder(first, self.rises(rows, targets, crashed), crashed)
        rough = Continuity(1.0, 0.0, legacy=self.legacy).roughness(
            keras.ops.reshape(self.kernel, (-1, self.kernel.shape[-1])))
        variance = first**2 @ p if legacy else self.crashes.variance_of(first)
        return Measured(balance(self.kernel), float(rough), first @ p, variance, *more)


def certified_network(split: SplitModel, crash: TrainingCrash, layer: str, *, legacy: bool) -> CertifiedNetwork:
    """Return a trained network as the algorithm looks at it.

    Args:
        split: Its pieces.
        crash: Where it crashes.
        layer: Name of the layer whose neurons do.
        legacy: Whether its roughness is that of the reference.

    Raises:
        ScenarioError: there is no such crash point.
    """
    with names_kept(split):
        graph = read_graph(whole_model(split, split.graph.exits[0]), PLACE)
        found = gated(graph, points_at(graph, crash, PLACE))
    kernel = next(call.operation.kernel for part in split.parts.values() for call in calls(part)
                  if call.operation.name == layer)
    return CertifiedNetwork(found, tuple(graph.graph.inputs), kernel, legacy)
