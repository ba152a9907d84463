"""Networks certified to bear crashes: train, measure, adapt, until a median of copies fails with probability <= delta.

"Fails" is: crashes raise the loss of an input by more than epsilon. One copy does so with probability at most s, the
chance that crashes take too much weight away (Chernoff) plus that of a large error otherwise (Cantelli); of an odd
number of copies the median does so when more than half of them do (exact binomial tail).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.tail_bounds import ALPHA_OVER_P, cantelli, chernoff_kl, copies_needed, legacy_copies

Floats = NDArray[np.float64]
Step = Literal["balance", "neurons", "roughness", "mean", "variance"]
LEAST_BALANCE, MOST_ROUGHNESS = 0.01, 100.0
SHARE_OF_EACH = 1 / 6  # of a copy's chance to fail: crowded crashes, and a large error without them
LEGACY_RATIO = 1 / 3
MORE_NEURONS, STRONGER = 100, 10.0


@final
@dataclass(frozen=True)
class Settings:
    """What a network is trained with; the algorithm adapts all of it.

    Args:
        neurons: N, of the layer that crashes.
        balanced: mu.
        variance: lambda.
        derivative: psi_d.
        smoothness: psi_s.
    """

    neurons: int = 1
    balanced: float = 1e-10
    variance: float = 1e-10
    derivative: float = 1e-8
    smoothness: float = 1e-6

    def adapted(self, step: Step) -> Settings:
        """Return what the next network is trained with after this step has failed."""
        if step == "balance":
            return replace(self, balanced=self.balanced * STRONGER)
        if step == "neurons":
            return replace(self, neurons=self.neurons + MORE_NEURONS)
        if step == "roughness":
            return replace(self, derivative=self.derivative * STRONGER, smoothness=self.smoothness * STRONGER)
        return replace(self, variance=self.variance * STRONGER, neurons=self.neurons + MORE_NEURONS)


@final
@dataclass(frozen=True)
class Goal:
    """What is to be certified.

    Args:
        epsilon: The most that crashes may raise the loss of an input.
        delta: P(the median of the copies raises it more), at most.
        probability: p, of a neuron's crash.
        share: Of the inputs, how many must be certified: 1 for all, 0.9 for nine in ten.
        trainings: Networks that are tried.
        legacy: Whether to decide as the reference does: Chebyshev below 1/3, no remainder, copies without the binomial
            coefficient, rounded down.
    """

    epsilon: float
    delta: float
    probability: float
    share: float = 1.0
    trainings: int = 20
    legacy: bool = False

    @property
    def alpha(self) -> float:
        """The share of lost weight beyond which nothing is said of the error: e^2.5 p."""
        return ALPHA_OVER_P * self.probability


@final
@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of a trained network.

    Args:
        balance: q = min r / max r of the layer that crashes.
        roughness: D of its kernel.
        mean: Of the rise of each input's loss, to first order, shape ``(inputs,)``.
        variance: The same; with the factor p (1 - p), as the reference has it p.
        remainder_mean: An upper limit of the mean of what the first order leaves out, shape ``(inputs,)``.
        remainder_deviation: The same of its standard deviation.
    """

    balance: float
    roughness: float
    mean: Floats
    variance: Floats
    remainder_mean: Floats
    remainder_deviation: Floats


@final
@dataclass(frozen=True, eq=False)
class Stage:
    """A network that was trained, and how far it came.

    Args:
        settings: What it was trained with.
        measured: What is known of it.
        crowded: delta_0, a bound of P(crashes take a share alpha of the weight or more).
        large: Of the inputs that count the worst: Cantelli's bound of P(rise >= epsilon) (as the reference has it the
            ratio of Chebyshev).
        missed: The step at which it failed; None for the network that is certified.
        value: What this step found; of the last step where none failed.
        limit: What it should be.
    """

    settings: Settings
    measured: Measured
    crowded: float
    large: float
    missed: Step | None
    value: float
    limit: float

    @property
    def failure(self) -> float:
        """A bound of P(one copy fails), at most 1."""
        return min(1.0, self.crowded + self.large)


@final
@dataclass(frozen=True, eq=False)
class Certificate:
    """What the algorithm ended with.

    Args:
        stages: Every network that was trained, in order.
        copies: How many copies' median is certified; None where nothing is.
        failure: The bound of P(one copy fails) that it rests on.
        refusal: Why nothing is certified: which step failed, and by how much; "" where it is.
    """

    stages: tuple[Stage, ...]
    copies: int | None
    failure: float
    refusal: str = ""


Train = Callable[[Settings, int], Measured]
"""Train a network with these settings and measure it; the number says which training it is, from 0."""


def certify(goal: Goal, start: Settings, train: Train) -> Certificate:
    """Return the first network that can be certified, or an honest refusal, with every stage on the way.

    Args:
        goal: What is to be certified.
        start: What the first network is trained with.
        train: Trains from scratch and measures.

    Raises:
        ValueError: no share of lost weight is both above p and below 1, so that p is too large for the argument.
    """
    if goal.alpha >= 1:
        raise ValueError(f"p is {goal.probability:g}; the argument needs e^2.5 p < 1, p < {1 / ALPHA_OVER_P:.4f}")
    settings, stages = start, list[Stage]()
    for number in range(goal.trainings):
        stage = judged(goal, settings, train(settings, number))
        stages.append(stage)
        if stage.missed is None:
            return _certificate(goal, stages)
        if goal.legacy and stage.missed == "mean":
            break
        settings = settings.adapted(stage.missed)
    return Certificate(tuple(stages), None, stages[-1].failure, _refusal(stages))


def judged(goal: Goal, settings: Settings, measured: Measured) -> Stage:
    """Return how far a network comes: the first step that fails, in the order of the algorithm."""
    crowded = chernoff_kl(settings.neurons, goal.alpha, goal.probability, measured.balance)
    mean, deviation = _rise(goal, measured)
    large = _worst(_large(goal, mean, deviation**2), goal.share)
    steps: tuple[tuple[Step, float, float, bool], ...] = (
        ("balance", measured.balance, LEAST_BALANCE, measured.balance > LEAST_BALANCE),
        ("neurons", crowded, SHARE_OF_EACH, crowded <= SHARE_OF_EACH),
        ("roughness", measured.roughness, MOST_ROUGHNESS, measured.roughness < MOST_ROUGHNESS),
        ("mean", _worst(mean, goal.share), goal.epsilon, _worst(mean, goal.share) < goal.epsilon),
        ("variance", large, LEGACY_RATIO if goal.legacy else SHARE_OF_EACH,
         large < LEGACY_RATIO if goal.legacy else large <= SHARE_OF_EACH),
    )
    step, value, limit, is_met = next((each for each in steps if not each[-1]), steps[-1])
    return Stage(settings, measured, crowded, large, None if is_met else step, value, limit)


def _rise(goal: Goal, measured: Measured) -> tuple[Floats, Floats]:
    """Return the mean of the rise of the loss and a bound of its deviation (Minkowski), remainder included."""
    deviation = np.sqrt(measured.variance)
    if goal.legacy:
        return measured.mean, deviation
    return measured.mean + measured.remainder_mean, deviation + measured.remainder_deviation


def _large(goal: Goal, mean: Floats, variance: Floats) -> Floats:
    if not goal.legacy:
        return cantelli(mean, variance, goal.epsilon)
    room = goal.epsilon - mean
    return np.divide(variance, room**2, out=np.full_like(variance, math.inf), where=room > 0)


def _worst(values: Floats, share: float) -> float:
    """Return the value that this share of the inputs does not exceed."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def _certificate(goal: Goal, stages: list[Stage]) -> Certificate:
    if goal.legacy:
        return Certificate(tuple(stages), int(legacy_copies(goal.delta)), LEGACY_RATIO)
    failure = stages[-1].failure
    return Certificate(tuple(stages), copies_needed(failure, goal.delta), failure)


def _refusal(stages: list[Stage]) -> str:
    last = stages[-1]
    beside = f"{last.value:.4g}, and {'more than' if last.missed == 'balance' else 'at most'} {last.limit:.4g} is asked"
    told = {"balance": "neurons of the layer weigh too unequally: min r / max r",
            "neurons": "crashes may take too much weight at once: delta_0",
            "roughness": "neighbouring neurons differ too much: D",
            "mean": "the expected rise of the loss is too large:",
            "variance": "the rise of the loss varies too much: P(rise >= epsilon) is bounded by"}
    reason = told[last.missed or "variance"]
    return f"not certified after {len(stages)} trainings; step '{last.missed}': {reason} {beside}"
