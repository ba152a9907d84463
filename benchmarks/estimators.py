"""Expected accuracy of long chains: strata against crude Monte Carlo, for the same number of distinct forwards.

The chain loses its answer iff two neighbours are down, and is otherwise right with 0.1 + 0.85 x 0.97^(parts down); the
truth is a recursion. A forward is a distinct pattern that answers. Monte Carlo gets as many of them as the strata used,
and at most 2,000,000 draws.

    python -m benchmarks.estimators [SEEDS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulator.expect.methods.monte_carlo import MonteCarlo  # noqa: E402
from simulator.expect.methods.stratified import Stratified  # noqa: E402
from simulator.expect.methods.target import Target  # noqa: E402
from tests.support.scores import chain_law, exact_chain, question  # noqa: E402

SHORT, LONG, RARE = 20, 100, 1e-4
CASES = ((20, 1e-2), (20, 1e-1), (100, 1e-2), (1000, 1e-3))
MOST = 5000


def strata(count, q, seed, forwards=MOST):
    method = Stratified(method="stratified", target=Target(absolute=1e-9, max_forwards=forwards))
    return method.expect(question(chain_law(count, q), seed))


def crude(count, q, seed, forwards):
    target = Target(absolute=1e-9, max_forwards=forwards)
    return MonteCarlo(method="monte_carlo", controls=False, target=target).expect(question(chain_law(count, q), seed))


def rmse(found, truth):
    return float(np.sqrt(np.mean((np.array([one.mean.value for one in found]) - truth) ** 2)))


def compared(count, q, seeds, forwards=MOST):
    truth, _ = exact_chain(count, q)
    ours = [strata(count, q, seed, forwards) for seed in range(seeds)]
    spent = int(np.median([one.forwards for one in ours]))
    theirs = [crude(count, q, seed, spent) for seed in range(seeds)]
    return rmse(ours, truth), rmse(theirs, truth), spent


def main(seeds):
    few = max(2, seeds // 20)
    ours, theirs, spent = compared(SHORT, RARE, few, 200)
    print(f"n = {SHORT}, q = {RARE:g}, {spent} forwards: RMSE {ours:.2g}, Monte Carlo {theirs:.2g}: "
          f"{theirs / ours:,.0f} times (wanted at least 100)")
    truth, _ = exact_chain(LONG, RARE)
    found = [strata(LONG, RARE, seed) for seed in range(seeds)]
    worst = max(abs(one.mean.value - truth) for one in found)
    print(f"n = {LONG}, q = {RARE:g}, at most {max(one.forwards for one in found):,} forwards: worst error of {seeds} "
          f"seeds {worst:.2g}, RMSE {rmse(found, truth):.2g} (wanted below 1e-7)")
    for count, q in CASES:
        ours, theirs, spent = compared(count, q, few, 2000)
        print(f"n = {count}, q = {q:g}, {spent} forwards: RMSE {ours:.2g}, Monte Carlo {theirs:.2g}: "
              f"{theirs / ours:.1f} times (not wanted to be below 1)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
