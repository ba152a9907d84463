"""b1: the norm bound, and the sums of norms that predict rather than bound."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.estimators.estimator import Estimator, Setting, same_probability
from simulator.neurons.moments import Moments
from simulator.neurons.tail import DenseTail

Floats = NDArray[np.float64]
NORMS: dict[str, Any] = {"1": 1, "2": 2, "inf": np.inf, "fro": "fro"}


def operator_norms(kernels: tuple[Floats, ...], norm: str) -> list[float]:
    """Return the norm of each kernel as a map from its inputs to its outputs: ``1``, ``2``, ``inf`` (or ``fro``)."""
    return [float(np.linalg.norm(kernel.T, NORMS[norm])) for kernel in kernels]


def norm_bound(tail: DenseTail, activations: Floats, crashes: Crashes, norm: str) -> Moments:
    """Return an upper bound of E||error||_q, one number an input: shape ``(inputs, 1)``; no variance.

    K^(layers - 1) prod ||W||_q x min(sum_i p_i |y_i|, (sum_i p_i |y_i|^q)^(1/q)): the error that enters the tail has
    that expected norm at most (triangle inequality; Jensen), and the tail's Lipschitz constant is the product. The
    bound of the reference, p ||W||...||x||, bounds ||E error|| of linear tails only (``legacy_norm_bound``).

    Args:
        tail: Dense layers after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units, however dependent.
        norm: ``1``, ``2`` or ``inf``.
    """
    at = np.abs(activations)
    chance = np.append(crashes.probability, 0.0)[crashes.unit]
    first = at @ chance
    if norm == "inf":
        other = (at * (chance > 0)).max(axis=1)
    else:
        power = float(NORMS[norm])
        other = (at**power @ chance) ** (1 / power)
    slope = tail.lipschitz ** (len(tail.kernels) - 1) if tail.activation != "linear" else 1.0
    whole = slope * np.prod(operator_norms(tail.kernels, norm)) * np.minimum(first, other)
    return Moments(whole[:, np.newaxis], None, "upper bound")


def legacy_norm_bound(tail: DenseTail, values: Floats, probability: float, norm: str) -> Moments:
    """Return p prod ||W||_q ||v||_q as the reference does; it gives the network's input as v, whatever the layer.

    With the activations at the crash point as v it bounds ||E error||_q of a linear tail, not E||error||_q: y = (1, 1),
    W = I and p = .1 have E||error||_2 = .1941 above .1414.

    Args:
        tail: Dense layers after the crash point.
        values: v, shape ``(inputs, values)``.
        probability: p.
        norm: ``1``, ``2`` or ``inf``.
    """
    size: Floats = np.linalg.norm(values, NORMS[norm], axis=1)
    whole = probability * np.prod(operator_norms(tail.kernels, norm)) * size
    return Moments(whole[:, np.newaxis], None, "estimate")


def norm_sum(kernels: tuple[Floats, ...], norm: str) -> float:
    """Return the sum of the norms of all kernels of a network: a baseline predictor of the reference, no bound."""
    return float(sum(operator_norms(kernels, norm)))


def _estimator(norm: str) -> Estimator:
    return Estimator(
        f"norm_bound_{norm}", "upper bound", f"b1, {norm}-norm", "–", "dense, linear end", "weights",
        lambda units, outputs: 0,
        lambda of: norm_bound(of.dense_or("norm_bound"), of.activations, of.crashes, norm),
        lambda of: legacy_norm_bound(of.dense_or("norm_bound"), of.activations, same_probability(of.crashes), norm),
        NORMS[norm])


def _sum(norm: str) -> Estimator:
    def find(of: Setting) -> Moments:
        whole = norm_sum(of.whole_or(f"norm_sum_{norm}").kernels, norm)
        return Moments(np.full((len(of.activations), 1), whole), None, "baseline")

    return Estimator(f"norm_sum_{norm}", "baseline", f"sum of {norm}-norms", "–", "compares networks", "weights",
                     lambda units, outputs: 0, find)


NORM_SUMS = tuple(_sum(norm) for norm in NORMS)
NORM_BOUNDS = tuple(_estimator(norm) for norm in ("1", "2", "inf"))
