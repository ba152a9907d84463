"""Detection and recovery: from crash to suspicion, outages that nobody notices, wrong suspicions, answers again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import within
from simulator.expect.student import ratio_of_means, replication_means, student_mean
from simulator.expect.timed import ON_TIME, Requests
from simulator.units import SECOND_NS

Times = NDArray[np.int64]
Floats = NDArray[np.float64]
HOUR_S = 3600
NEVER = np.iinfo(np.int64).max
ENDLESS = float("inf")


@dataclass(frozen=True)
class Watched:
    """One component in one replication.

    Args:
        crash_ns: Its crashes, sorted; negative: down since before time 0.
        repair_ns: Its repairs.
        since_ns: From when on it was suspected, sorted; None: no detector watches it.
        until_ns: Until when.
        last_ns: The last birth of a request; what begins later is not counted.
        horizon_ns: Up to where suspicions are known.
    """

    crash_ns: Times
    repair_ns: Times
    since_ns: Times | None
    until_ns: Times | None
    last_ns: int
    horizon_ns: int

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which outages begin while requests come."""
        return (self.crash_ns >= 0) & (self.crash_ns <= self.last_ns)

    def detection_ns(self) -> Times:
        """Return from each counted outage's crash to its suspicion; -1 where it was over before; 0: suspected already.

        An outage that neither is suspected nor over at the horizon is left out.
        """
        if self.since_ns is None or self.until_ns is None:
            return np.zeros(0, dtype=np.int64)
        crash, repair = self.crash_ns[self.counted], self.repair_ns[self.counted]
        since = np.append(self.since_ns, NEVER)[np.searchsorted(self.until_ns, crash, side="right")]
        is_seen = since < repair
        found: Times = np.where(is_seen, np.maximum(0, since - crash), -1)
        return found[is_seen | (repair <= self.horizon_ns)]

    def wrong_suspicions(self) -> int:
        """Return how many suspicions began while requests came and met no outage."""
        if self.since_ns is None or self.until_ns is None:
            return 0
        begun = (self.since_ns >= 0) & (self.since_ns <= self.last_ns)
        since, until = self.since_ns[begun], self.until_ns[begun]
        next_crash = np.append(self.crash_ns, NEVER)[np.searchsorted(self.repair_ns, since, side="right")]
        return int((next_crash >= until).sum())


def detection(replications: Sequence[Sequence[Watched]]) -> dict[str, Estimate]:
    """Return the mean time to detect, the share of outages missed, and wrong suspicions an hour of all components.

    Args:
        replications: The components that a detector watches, replication by replication.
    """
    times = [np.concatenate([each.detection_ns() for each in run]) for run in replications]
    seen = np.array([float((found >= 0).sum()) for found in times])
    taken = np.array([found[found >= 0].sum() / SECOND_NS for found in times])
    outages = np.array([float(len(found)) for found in times])
    wrong = np.array([float(sum(each.wrong_suspicions() for each in run)) for run in replications])
    hours = np.array([run[0].last_ns / SECOND_NS / HOUR_S for run in replications])
    rate = np.divide(wrong, hours, out=np.full(len(hours), np.nan), where=hours > 0)
    return {
        "detection_time_s": within(ratio_of_means(taken, seen), high=ENDLESS),
        "missed_outages": within(ratio_of_means(outages - seen, outages)),
        "wrong_suspicions_per_h": within(student_mean(rate), high=ENDLESS),
    }


def recovery_s(births_ns: Times, ends_ns: Times, is_good: NDArray[np.bool_], crash_ns: Times) -> Floats:
    """Return from each crash to the first good answer to a request that was born after it, in seconds; NaN: none.

    Args:
        births_ns: Births of one replication's requests, sorted.
        ends_ns: When each was answered.
        is_good: Which answers count.
        crash_ns: The crashes.

    >>> births, good = np.array([0, 5, 9]) * 10**9, np.array([True, False, True])
    >>> recovery_s(births, births + 10**9, good, np.array([3 * 10**9, 9 * 10**9 + 1]))
    array([ 7., nan])
    """
    first = np.append(np.minimum.accumulate(np.where(is_good, ends_ns, NEVER)[::-1])[::-1], NEVER)
    end = first[np.searchsorted(births_ns, crash_ns, side="left")]
    return np.where(end == NEVER, np.nan, (end - crash_ns) / SECOND_NS)


def mean_recovery(times_s: Sequence[Floats]) -> Estimate:
    """Return the mean time to recover, over all crashes from which there was a recovery.

    Args:
        times_s: Of the crashes of each replication.
    """
    sums = np.array([float(np.nansum(times)) for times in times_s])
    counts = np.array([float((~np.isnan(times)).sum()) for times in times_s])
    return within(ratio_of_means(sums, counts), high=ENDLESS)


def detection_loss(perfect: Requests, real: Requests) -> dict[str, Estimate]:
    """Return what perfect detection would have served more, request by request on the same draws.

    Args:
        perfect: The requests as they end where each loss is known at its instant.
        real: The same requests as they ended.

    Returns:
        ``detection_loss`` (served accuracy), ``detection_loss_on_time`` (on-time accuracy) and
        ``detection_loss_answers`` (share of arrivals answered on time); negative where waiting longer was better.
    """
    worths = {"detection_loss": (perfect.worth, real.worth),
              "detection_loss_on_time": tuple((each.correct & (each.ending == ON_TIME)).astype(float)
                                              for each in (perfect, real)),
              "detection_loss_answers": tuple((each.ending == ON_TIME).astype(float) for each in (perfect, real))}
    return {name: within(student_mean(replication_means(best - got, real.replication)), low=-1.0)
            for name, (best, got) in worths.items()}
