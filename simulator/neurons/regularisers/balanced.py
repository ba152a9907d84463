"""Balance: no neuron of a layer weighs much more than another, so that few crashes take little weight away."""

from __future__ import annotations

from typing import Any, final

from simulator.model.backend import keras

ops = keras.ops
TINY = 1e-5


@final
@keras.saving.register_keras_serializable("simulator")
class Balanced(keras.regularizers.Regularizer):  # type: ignore[misc]
    """``strength`` times max_i r_i^2 / (1e-5 + min_i r_i^2), with r_i the absolute weights of neuron i, summed.

    Args:
        strength: mu, >= 0.
    """

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a kernel, shape ``(..., neurons)``."""
        weights = ops.sum(ops.abs(ops.reshape(x, (-1, x.shape[-1]))), axis=0) ** 2
        return self.strength * ops.max(weights) / (TINY + ops.min(weights))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"strength": self.strength}


def balance(kernel: Any) -> float:
    """Return q = min_i r_i / max_i r_i of a kernel, shape ``(..., neurons)``; 1 where all neurons weigh alike."""
    weights = ops.convert_to_numpy(ops.sum(ops.abs(ops.reshape(kernel, (-1, kernel.shape[-1]))), axis=0))
    return float(weights.min() / weights.max()) if weights.max() > 0 else 1.0
