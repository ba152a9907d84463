"""Monte Carlo: mean and variance of the error with standard errors, streamed over repetitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.crashes import Crashes
from simulator.neurons.draws import Draw
from simulator.neurons.moments import Moments
from simulator.neurons.tail import Tail

Floats = NDArray[np.float64]
Seen = Callable[[Floats], None]
"""Is shown the errors of some repetitions, shape ``(repetitions, inputs, outputs)``."""
ROWS_PER_CALL = 16_384
POWERS = 4


@final
@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of powers of errors about a fixed centre; adding two merges what they saw.

    Args:
        count: Repetitions.
        centre: Shape ``(inputs, outputs)``.
        powers: Sums of (error - centre)^1 to ^4, shape ``(4, inputs, outputs)``.
    """

    count: int
    centre: Floats
    powers: Floats

    def seen(self, errors: Floats) -> Sums:
        """Return the sums with more repetitions, shape ``(repetitions, inputs, outputs)``."""
        off = errors - self.centre
        squared = off * off
        more = np.stack([off.sum(axis=0), squared.sum(axis=0), np.einsum("rik,rik->ik", squared, off),
                         np.einsum("rik,rik->ik", squared, squared)])
        return Sums(self.count + len(errors), self.centre, self.powers + more)

    def moments(self) -> Moments:
        """Return mean and variance (over repetitions, unbiased), each with its standard error."""
        n = self.count
        first, second, third, fourth = self.powers / n
        variance = np.maximum(second - first**2, 0) * n / (n - 1)
        central4 = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
        spread = np.maximum(central4 - variance**2 * (n - 3) / (n - 1), 0)
        return Moments(self.centre + first, variance, "Monte Carlo", 0, np.sqrt(variance / n), np.sqrt(spread / n))


def independent(crashes: Crashes, dice: np.random.Generator) -> Draw:
    """Return a draw of independent crashes; pattern i takes the i-th row of numbers, however many are asked at once.

    Raises:
        ValueError: the units are not independent; a covariance does not say how to draw.
    """
    if crashes.covariance is not None:
        raise ValueError("a covariance does not say how crashes are drawn: give a draw, such as that of a failure "
                         "process")
    return lambda count: dice.random((count, crashes.units)) < crashes.probability


def monte_carlo(tail: Tail, activations: Floats, crashes: Crashes, repetitions: int, draw: Draw,
                seen: Seen = lambda errors: None) -> Moments:
    """Return mean and variance of the error over drawn crashes; memory does not grow with the repetitions.

    Every input of every repetition gets crashes of its own.

    Args:
        tail: The network after the crash point.
        activations: Shape ``(inputs, neurons)``.
        crashes: The units.
        repetitions: How often each input is tried, at least 4.
        draw: Who crashes; with the same draw two networks meet the same crashes.
        seen: Is shown all errors, some repetitions at a time.

    Raises:
        ValueError: fewer than 4 repetitions.
    """
    if repetitions < POWERS:
        raise ValueError(f"{repetitions} repetitions have no standard error: take at least {POWERS}")
    sums: Sums | None = None
    for errors in _errors(tail, activations, crashes, repetitions, draw):
        if sums is None:
            sums = Sums(0, errors.mean(axis=0), np.zeros((POWERS, *errors.shape[1:])))
        sums = sums.seen(errors)
        seen(errors)
    if sums is None:
        raise ValueError("no input")
    return sums.moments()


def _errors(tail: Tail, activations: Floats, crashes: Crashes, repetitions: int, draw: Draw) -> Iterator[Floats]:
    """Yield errors of some repetitions at a time, shape ``(repetitions, inputs, outputs)``."""
    correct, inputs = tail.outputs(activations), len(activations)
    whole = activations.astype(getattr(tail, "dtype", np.float64))
    at_once = max(1, ROWS_PER_CALL // inputs)
    for start in range(0, repetitions, at_once):
        count = min(at_once, repetitions - start)
        works = crashes.works(draw(count * inputs)).reshape(count, inputs, -1)
        outputs = tail.outputs(np.multiply(whole, works, dtype=whole.dtype).reshape(count * inputs, -1))
        yield outputs.reshape(count, inputs, -1) - correct
