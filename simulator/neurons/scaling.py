"""What theories of wide networks speak of: derivatives of the loss in a layer's neurons, and norms of the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.estimators.norm_bound import operator_norms
from simulator.neurons.losses import Loss, LossTail
from simulator.neurons.tail import DenseTail

Floats = NDArray[np.float64]
BENT = 10  # inputs of which all second derivatives are taken


def derivative(tail: DenseTail, activations: Floats, targets: Floats, loss: Loss) -> float:
    """Return D: the mean over inputs and neurons of |d loss of the sample / d y|; ~ 1 / n where none counts much.

    Args:
        tail: Dense layers after the neurons.
        activations: y, shape ``(inputs, neurons)``.
        targets: Shape ``(inputs, outputs)``.
        loss: Which loss.
    """
    of_loss = LossTail(tail, targets.shape[1], loss)
    at = np.concatenate([activations, targets], axis=1)
    slope = of_loss.gradient(at, np.ones((len(at), 1)))
    return float(np.abs(slope[:, : tail.neurons]).mean())


def curvatures(tail: DenseTail, activations: Floats, targets: Floats, loss: Loss) -> tuple[float, float]:
    """Return the mean over the first 10 inputs of |d2 loss of the sample / d y_i d y_j|: for i = j, and for all i, j.

    The reference takes the Hessian of the mean loss over its 10 inputs, which is a tenth of it.
    """
    of_loss, neurons = LossTail(tail, targets.shape[1], loss), tail.neurons
    along = np.concatenate([np.eye(neurons), np.zeros((neurons, targets.shape[1]))], axis=1)
    diagonal, whole = [], []
    for y, target in zip(activations[:BENT], targets[:BENT], strict=True):
        at = np.broadcast_to(np.concatenate([y, target]), (neurons, neurons + len(target)))
        bent = np.abs(of_loss.curvature(at, np.ones((neurons, 1)), along)[:, :neurons])
        diagonal.append(np.diag(bent).mean())
        whole.append(bent.mean())
    return float(np.mean(diagonal)), float(np.mean(whole))


def scaling(tail: DenseTail, whole: DenseTail | None, at: tuple[Floats, Floats], loss: Loss) -> dict[str, float]:
    """Return all of it by name: derivatives, and the inf-norm (largest sum of a row) of each kernel and their product.

    Args:
        tail: Dense layers after the neurons.
        whole: The network from its inputs on; its kernels are those that have norms. None: those of the tail.
        at: Activations and targets of the inputs.
        loss: Which loss.
    """
    diagonal, every = curvatures(tail, *at, loss)
    norms = operator_norms((whole or tail).kernels, "inf")
    return {"derivative": derivative(tail, *at, loss), "second_derivative": diagonal, "second_derivatives": every,
            **{f"norm_{place}": norm for place, norm in enumerate(norms, 1)}, "norm_product": float(np.prod(norms))}
