"""What an estimator says of the error of each output: its mean and its variance, and what kind of number they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["estimate", "upper bound", "exact", "baseline", "Monte Carlo"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and variance over crashes of (crashed output - correct output), input by input.

    Args:
        mean: Shape ``(inputs, outputs)``; of an upper bound, a bound on its absolute value.
        variance: The same; None where the estimator says nothing of it.
        kind: What the numbers are.
        order: Power of the crash probability up to which they are right; 0 where that is not a question.
        mean_error: Standard error of ``mean``; None where nothing was drawn.
        variance_error: Standard error of ``variance``.
    """

    mean: Floats
    variance: Floats | None
    kind: Kind
    order: int = 0
    mean_error: Floats | None = None
    variance_error: Floats | None = None

    @property
    def deviation(self) -> Floats | None:
        """The standard deviation; None where there is no variance."""
        return None if self.variance is None else np.sqrt(self.variance)
