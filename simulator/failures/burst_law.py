"""What bursts that began in the past still keep down: the law of an M/G/infinity system of bursts.

Bursts begin as a Poisson process and none waits for another, so those that still keep down exactly a set C are a
Poisson number, independent for different C (thinning); what is down is the union. Everything here is a sum of products
of probabilities, never a difference of large numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.failures.outage_laws import OutageLaw
from simulator.failures.process import NoLaw

Floats = NDArray[np.float64]
MOST_COUNTED = 64  # components; the integrals are of the order of their square
AGES = 4001
TINY = 1e-18  # of a rate: what is left out


def hits_among(sizes: dict[int, float], among: int, components: int) -> Floats:
    """Return P(a burst hits k of our components) for k = 0, 1, ..., shape ``(components + 1,)``.

    A burst of ``size`` hits that many of ``among`` machines at random, and ours are some of these machines.

    Args:
        sizes: Weight of each size.
        among: Number of machines.
        components: Number of ours, at most ``among``.

    >>> hits_among({2: 1.0}, 4, 2).round(4).tolist()
    [0.1667, 0.6667, 0.1667]
    """
    from scipy.special import gammaln  # noqa: PLC0415 - heavy

    def log_choose(n: int, k: Floats) -> Floats:
        found: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return found

    law, total = np.zeros(components + 1), sum(sizes.values())
    for size, weight in sizes.items():
        hit = np.arange(max(0, size - (among - components)), min(size, components) + 1, dtype=np.float64)
        log_chance = (log_choose(components, hit) + log_choose(among - components, size - hit)
                      - log_choose(among, np.array(float(size))))
        law[hit.astype(np.intp)] += weight / total * np.exp(log_chance)
    scaled: Floats = law / law.sum()
    return scaled


def lasting_together(outage: OutageLaw, hit: int) -> Floats:
    """Return for how long exactly c of so many outages that begin together last, c = 0, 1, ..., nanoseconds.

    The integral over the age of C(hit, c) G^c (1 - G)^(hit - c), G the share of outages that last longer, c >= 1; it
    is summed over a grid in the logarithm of the age, on which the integrand is smooth and falls off at both ends.
    """
    from scipy.special import comb  # noqa: PLC0415 - heavy

    longest = float(outage.quantiles(np.array([1 - 1e-16]))[0])
    ages = np.exp(np.linspace(np.log(outage.mean_ns) - 45, np.log(max(longest, outage.mean_ns)) + 1, AGES))
    left, step = outage.survivor(ages), np.log(ages[1] / ages[0])
    counts = np.arange(1, hit + 1)[:, np.newaxis]
    lasting = comb(hit, counts) * left**counts * (1 - left) ** (hit - counts)
    return np.concatenate([[0.0], np.sum(lasting * ages, axis=1) * step])


def covering(hits: Floats, every_ns: float, outage: OutageLaw, repaired_together: float) -> Floats:
    """Return the mean number of past bursts that now keep down exactly c of our components, c = 0, 1, ...

    Args:
        hits: P(a burst hits k of them).
        every_ns: Mean time between bursts.
        outage: How long an outage lasts.
        repaired_together: Share of bursts all of whose members come up at one instant; else each has its own.

    Raises:
        NoLaw: there are more components than this is worked out for.
    """
    count = len(hits) - 1
    if count > MOST_COUNTED:
        raise NoLaw(f"{count} components fail in bursts: the probability of a pattern is worked out for at most "
                    f"{MOST_COUNTED}")
    found = hits * repaired_together * outage.mean_ns / every_ns
    found[0] = 0
    for hit in range(1, count + 1):
        if hits[hit] > TINY and repaired_together < 1:
            own = hits[hit] * (1 - repaired_together) / every_ns
            found[: hit + 1] += own * lasting_together(outage, hit)
    return found


def union_law(covers: Floats) -> Floats:
    """Return P(so many components are down) of a union of random sets, shape like ``covers``.

    The number of sets of c components is Poisson with mean ``covers[c]``, each of them any such set with the same
    probability. The law of the size of the union is exp(Q) for the generator Q that adds one set; it is summed as a
    Poisson mixture of powers (uniformisation), all of whose terms are >= 0.
    """
    from scipy.stats import hypergeom  # noqa: PLC0415 - heavy

    count, total = len(covers) - 1, float(covers.sum())
    law = np.zeros(count + 1)
    law[0] = 1.0
    if total == 0:
        return law
    added = np.zeros((count + 1, count + 1))
    for down in range(count + 1):
        for size in map(int, np.flatnonzero(covers)):
            fresh = np.arange(max(0, size - down), min(size, count - down) + 1)
            added[down, down + fresh] += covers[size] / total * hypergeom.pmf(fresh, count, count - down, size)
    term, mixture, weight = law, np.zeros(count + 1), np.exp(-total)
    for step in range(int(total + 12 * np.sqrt(total) + 60)):
        mixture += weight * term
        term, weight = term @ added, weight * total / (step + 1)
    scaled: Floats = mixture / mixture.sum()
    return scaled
