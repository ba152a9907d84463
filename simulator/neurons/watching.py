"""What is counted while crashes are drawn: large errors, right answers, losses, and the shape of the errors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.neurons.losses import Loss, losses
from simulator.neurons.monte_carlo import POWERS, Sums

Floats = NDArray[np.float64]
BINS = 41  # odd, so that no error at all has a bin of its own


@dataclass(frozen=True, eq=False)
class Truth:
    """What the right answers are.

    Args:
        targets: What outputs should be, shape ``(inputs, outputs)``: one-hot classes, or scaled numbers.
        loss: How an answer is judged in training.
        labels: The class of each input; None in a regression.
        unit: Of a regression, what 1 of an output is in the unit of the target.
    """

    targets: Floats
    loss: Loss
    labels: NDArray[np.int64] | None
    unit: float = 1.0

    def scores(self, outputs: Floats) -> Floats:
        """Return 1 for each right class, or the absolute error of each number, shape ``(..., inputs)``."""
        if self.labels is None:
            return np.abs(outputs - self.targets)[..., 0] * self.unit
        found: Floats = (outputs.argmax(axis=-1) == self.labels).astype(np.float64)
        return found


@dataclass(eq=False)
class Watch:
    """Counts over repetitions; an instance is shown the errors of ``monte_carlo``.

    Args:
        correct: Outputs without a crash, shape ``(inputs, outputs)``.
        truth: The right answers.
        above: Errors whose probability is counted.
    """

    correct: Floats
    truth: Truth
    above: tuple[float, ...]
    repetitions: int = 0
    score: Floats = field(init=False)
    exceeded: Floats = field(init=False)
    edges: Floats = field(init=False)
    counts: NDArray[np.int64] = field(init=False)
    _losses: Sums | None = None

    def __post_init__(self) -> None:
        self.score = np.zeros(len(self.correct))
        self.exceeded = np.zeros((len(self.above), *self.correct.shape))
        self.edges, self.counts = np.zeros(0), np.zeros(BINS, dtype=np.int64)

    def __call__(self, errors: Floats) -> None:
        """Count some repetitions, shape ``(repetitions, inputs, outputs)``."""
        outputs = errors + self.correct
        if not len(self.edges):
            reach = max(float(np.abs(errors).max()), 1e-12)
            self.edges = np.linspace(-reach, reach, BINS + 1)
        self.repetitions += len(errors)
        self.score += self.truth.scores(outputs).sum(axis=0)
        self.exceeded += np.stack([(errors >= level).sum(axis=0) for level in self.above]) if self.above else 0
        self.counts += np.histogram(np.clip(errors, self.edges[0], self.edges[-1]), self.edges)[0]
        change = losses(outputs, self.truth.targets, self.truth.loss)[..., np.newaxis] - self.loss[:, np.newaxis]
        if self._losses is None:
            self._losses = Sums(0, change.mean(axis=0), np.zeros((POWERS, *change.shape[1:])))
        self._losses = self._losses.seen(change)

    @property
    def loss(self) -> Floats:
        """The loss of each input without a crash, shape ``(inputs,)``."""
        return losses(self.correct, self.truth.targets, self.truth.loss)

    @property
    def losses(self) -> Sums:
        """Sums of the change of each input's loss.

        Raises:
            ValueError: nothing has been shown.
        """
        if self._losses is None:
            raise ValueError("no repetition has been shown")
        return self._losses

    @property
    def frequency(self) -> Floats:
        """How often each error was reached, shape ``(above, inputs, outputs)``."""
        return self.exceeded / self.repetitions
