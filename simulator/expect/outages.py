"""Accuracy during and after an outage: requests by their birth relative to a crash, averaged over many outages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.clusters import ratio
from simulator.expect.curve import Curve
from simulator.expect.student import method_text
from simulator.expect.timed import Requests
from simulator.units import SECOND_NS

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """Which requests belong to an outage: those born within [crash - before, crash + after).

    Args:
        before_ns: How long before the crash.
        after_ns: How long after it.
        bins: Into how many equal slices.
    """

    before_ns: int
    after_ns: int
    bins: int

    @property
    def span_ns(self) -> int:
        """How long it is."""
        return self.before_ns + self.after_ns


def accuracy_around_outages(requests: Requests, crashes_ns: Sequence[Times], window: Window) -> Curve:
    """Return the served accuracy of requests by their birth relative to a crash; band over replications.

    A request counts for each outage in whose window it was born; an outage that begins before 0 has no crash to be
    aligned with.

    Args:
        requests: All requests; those of a replication in the order of birth.
        crashes_ns: When a component crashed, replication by replication.
        window: Around each crash.
    """
    sums = np.zeros((len(crashes_ns), window.bins))
    counts = np.zeros((len(crashes_ns), window.bins))
    for run, (number, crashes) in enumerate(zip(np.unique(requests.replication), crashes_ns, strict=True)):
        mine = (requests.replication == number) & ~np.isnan(requests.worth)
        births, worth = requests.arrival_ns[mine], requests.worth[mine]
        for crash in crashes[crashes >= 0].tolist():
            begin = crash - window.before_ns
            first, last = np.searchsorted(births, (begin, begin + window.span_ns))
            slices = (births[first:last] - begin) * window.bins // window.span_ns
            sums[run] += np.bincount(slices, worth[first:last], window.bins)
            counts[run] += np.bincount(slices, minlength=window.bins)
    found = [ratio(sums[:, place], counts[:, place]) for place in range(window.bins)]
    value, half = np.array([one.value for one in found]), np.array([one.half_width for one in found])
    centres = ((np.arange(window.bins) + 0.5) * window.span_ns / window.bins - window.before_ns) / SECOND_NS
    outages = int(sum((crashes >= 0).sum() for crashes in crashes_ns))
    method = f"mean over {outages} outages, {method_text(len(crashes_ns))}"
    low, high = np.clip(value - half, 0, 1), np.clip(value + half, 0, 1)
    return Curve(tuple(centres.tolist()), tuple(value.tolist()), tuple(low.tolist()), tuple(high.tolist()),
                 "time since the crash (s)", "served accuracy", method)
