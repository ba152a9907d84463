"""Scores of what is served, over replications: of the answers of a log, whatever deliveries they are of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.timed import Mean

Floats = NDArray[np.float64]


def over_replications(sums: Floats, of_sums: Callable[[Floats], float], mean: Mean) -> Estimate:
    """Return the score of all answers with its interval, from the sums of each replication (or batch).

    A score such as F1 is no mean, so its value in one replication is biased. The interval is that of the jackknife's
    pseudo-values, n x (score of all) - (n - 1) x (score without this one), whose mean is free of the first-order bias
    (B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982); of a mean they are the replications' own.

    Args:
        sums: What adds up, shape ``(replications, sums)``.
        of_sums: The score of such sums, NaN where nothing counts.
        mean: Mean and interval over replications.
    """
    total, count = sums.sum(axis=0), len(sums)
    whole = of_sums(total)
    if count < 2:
        return mean(np.array([whole]))
    pseudo = [count * whole - (count - 1) * of_sums(total - one) for one in sums]
    return mean(np.array(pseudo))
