"""The loss of each sample as the one output of a tail, so that every estimator speaks of losses too."""

from __future__ import annotations

from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.moments import Moments
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]
Loss = Literal["squared", "cross_entropy"]
SMALLEST = 1e-7  # as in Keras: below it no probability is told from 0


@final
class LossTail:
    """A tail whose output is the loss of its sample, shape ``(rows, 1)`` (fulfils ``Tail``).

    Its activations are those of the tail with the sample's target beside them, a number for each output, which never
    crashes (``with_targets``).

    Args:
        tail: The network after the crash point.
        outputs: How many outputs it has.
        loss: ``squared``: mean of the squared errors. ``cross_entropy``: minus the log of the probability of the class.
    """

    def __init__(self, tail: Tail, outputs: int, loss: Loss) -> None:
        self.tail, self.width, self.loss = tail, outputs, loss

    def outputs(self, activations: Floats) -> Floats:
        """Return the loss of each row, shape ``(rows, 1)``."""
        at, targets = self._parts(activations)
        return losses(self.tail.outputs(at), targets, self.loss)[:, np.newaxis]

    def gradient(self, activations: Floats, weights: Floats) -> Floats:
        """Return the gradient of the weighted loss, 0 for targets."""
        at, targets = self._parts(activations)
        slope = weights * loss_slope(self.tail.outputs(at), targets, self.loss)
        return self._beside(self.tail.gradient(at, slope))

    def gradients(self, activations: Floats, weights: Floats) -> Floats:
        """Return the same for several sets of weights."""
        return np.stack([self.gradient(activations, each) for each in weights])

    def curvature(self, activations: Floats, weights: Floats, direction: Floats) -> Floats:
        """Return the Hessian times a direction: the loss bends by itself, and so does the network below it."""
        (at, targets), along = self._parts(activations), self._parts(direction)[0]
        outputs = self.tail.outputs(at)
        each = np.broadcast_to(np.eye(self.width)[:, np.newaxis], (self.width, *outputs.shape))
        moved = np.einsum("krn,rn->rk", self.tail.gradients(at, each), along)
        slope, bend = loss_slope(outputs, targets, self.loss), loss_bend(outputs, targets, self.loss)
        return self._beside(self.tail.curvature(at, weights * slope, along)
                            + self.tail.gradient(at, weights * bend * moved))

    def _parts(self, activations: Floats) -> tuple[Floats, Floats]:
        return activations[:, : -self.width], activations[:, -self.width :]

    def _beside(self, slope: Floats) -> Floats:
        return np.concatenate([slope, np.zeros((len(slope), self.width))], axis=1)


def loss_slope(outputs: Floats, targets: Floats, loss: Loss) -> Floats:
    """Return the derivative of the loss in each output, in the shape of the outputs."""
    found: Floats
    if loss == "squared":
        found = 2 * (outputs - targets) / outputs.shape[-1]
    else:
        found = np.where(outputs > SMALLEST, -targets / np.maximum(outputs, SMALLEST), 0.0)
    return found


def loss_bend(outputs: Floats, targets: Floats, loss: Loss) -> Floats:
    """Return the second derivative of the loss in each output; those in two outputs are 0."""
    found: Floats
    if loss == "squared":
        found = np.full(outputs.shape, 2 / outputs.shape[-1])
    else:
        found = np.where(outputs > SMALLEST, targets / np.maximum(outputs, SMALLEST) ** 2, 0.0)
    return found


def losses(outputs: Floats, targets: Floats, loss: Loss) -> Floats:
    """Return the loss of each sample, shape ``(...)``, of outputs and targets of shape ``(..., outputs)``.

    >>> losses(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]), "cross_entropy").round(3).tolist()
    [0.693]
    """
    found: Floats
    if loss == "squared":
        found = ((outputs - targets) ** 2).mean(axis=-1)
    else:
        found = -(targets * np.log(np.maximum(outputs, SMALLEST))).sum(axis=-1)
    return found


def with_targets(activations: Floats, crashes: Crashes, targets: Floats) -> tuple[Floats, Crashes]:
    """Return activations with targets beside them, and crashes in which these never crash."""
    never = np.full(targets.shape[1], -1)
    beside = Crashes(crashes.probability, np.concatenate([crashes.unit, never]), crashes.covariance)
    return np.concatenate([activations, targets], axis=1), beside


def through_outputs(outputs: Floats, targets: Floats, loss: Loss, error: Moments) -> Moments:
    """Return the mean change of the loss from mean and variance of each output's error, to second order in these.

    E = sum_k l'_k E e_k + 1/2 sum_k l''_k (Var e_k + (E e_k)^2); both losses are sums over outputs, so that no
    covariance is asked for. For squared losses it is exact where mean and variance are.

    Args:
        outputs: Without a crash, shape ``(inputs, outputs)``.
        targets: The same shape.
        loss: Which loss.
        error: Mean and variance of the error of each output.
    """
    slope, bend = loss_slope(outputs, targets, loss), loss_bend(outputs, targets, loss)
    variance = np.zeros_like(outputs) if error.variance is None else error.variance
    mean = (slope * error.mean + bend * (variance + error.mean**2) / 2).sum(axis=1)
    return Moments(mean[:, np.newaxis], None, "estimate", error.order)
