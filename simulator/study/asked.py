"""Which test sample each request asks about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.seeds import Streams

Ints = NDArray[np.int64]


def samples_asked(requests: int, labels: Ints, persistence: float, streams: Streams) -> Ints:
    """Return the index of the sample of each request, shape ``(requests,)``; draw i belongs to request i.

    With probability ``persistence`` a sample of the class of the request before, each as likely; else any sample of
    the test set. Either keeps each sample as likely as any other (the uniform law over samples is stationary), and two
    requests in a row have the same class with probability p + (1 - p) sum of the squared class shares.

    Args:
        requests: How many.
        labels: Class of each test sample; empty where there is no test set.
        persistence: p, in [0, 1).
        streams: Those of the replication.
    """
    fresh: Ints = streams.of("", "sample").integers(0, max(1, len(labels)), requests)
    if not persistence or not len(labels) or not requests:
        return fresh
    stays = streams.of("", "sample persistence").random(requests) < persistence
    stays[0] = False
    heads = np.maximum.accumulate(np.where(stays, 0, np.arange(requests)))
    order = np.argsort(labels, kind="stable")
    classes, sizes = np.unique(labels, return_counts=True)
    of = np.searchsorted(classes, labels[fresh[heads]])
    begins = np.cumsum(sizes) - sizes
    within = (streams.of("", "sample of class").random(requests) * sizes[of]).astype(np.int64)
    return np.where(stays, order[begins[of] + within], fresh)
