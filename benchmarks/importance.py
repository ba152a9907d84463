"""All importance measures from one table of all patterns, against the same definitions summed pattern by pattern.

    python -m benchmarks.importance [COMPONENTS]

The plain way is what the definitions say, in plain Python: both sides of every component in every pattern, from a dict.
It finds four of the measures, of fewer components, where both ways must agree; its seconds are taken to grow as n 2^n,
which is less than they do. Accuracies are given, so no forward pass is in it. Seconds are of the processor.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from math import factorial

import numpy as np

from benchmarks.timing import ratio_text
from simulator.expect.importance.along import component_curves, signature
from simulator.expect.importance.measures import MEASURES, values
from simulator.expect.importance.pairs import joint_birnbaum, shapley_interaction
from simulator.expect.importance.table import from_failure
from simulator.expect.importance.variance import shares

COMPONENTS, PLAIN = 20, 12
WANTED_RATIO, MOST_SECONDS, ROUNDS = 20.0, 2.0, 5
SLACK = 1e-9


def accuracies(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return made-up accuracies of all patterns, and failure probabilities."""
    dice = np.random.Generator(np.random.PCG64(1))
    return dice.uniform(size=1 << count), dice.uniform(0.01, 0.3, count)


def from_table(accuracy: np.ndarray, failure: np.ndarray) -> dict[str, np.ndarray]:
    """Return everything that the measure ``sensitivity`` reads off a table of independent components."""
    table = from_failure(tuple(map(str, range(len(failure)))), accuracy, failure)
    found = values(MEASURES, table)
    if table.is_independent:
        found |= shares(table)
    found["joint"], found["interaction"] = joint_birnbaum(table), shapley_interaction(table)
    found["curves"] = component_curves(found["if_down"], found["birnbaum"], np.linspace(0, 1, 21))
    found["signature"] = signature(table).mean
    return found


def pattern_by_pattern(accuracy: np.ndarray, failure: np.ndarray) -> dict[str, list[float]]:
    """Return four of the measures by their definitions, in plain Python: fewer than ``from_table`` finds."""
    count, known = len(failure), dict(enumerate(accuracy.tolist()))
    chance = {row: float(np.prod([q if row >> bit & 1 else 1 - q for bit, q in enumerate(failure.tolist())]))
              for row in known}
    found: dict[str, list[float]] = {name: [0.0] * count for name in ("birnbaum", "improvement", "shapley", "banzhaf")}
    for row in known:
        for bit in range(count):
            up = row & ~(1 << bit)
            lost = known[up] - known[up | 1 << bit]
            found["birnbaum"][bit] += chance[row] * lost
            found["banzhaf"][bit] += lost / len(known)
            if row != up:
                found["improvement"][bit] += chance[row] * lost
                down = up.bit_count()
                found["shapley"][bit] += factorial(down) * factorial(count - 1 - down) / factorial(count) * lost
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Print the seconds of the table and the ratio to the plain way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COMPONENTS
    plain = min(PLAIN, count)
    ours, theirs = from_table(*accuracies(plain)), pattern_by_pattern(*accuracies(plain))
    worst = max(np.abs(ours[name] - np.array(values)).max() for name, values in theirs.items())
    if worst > SLACK:
        raise SystemExit(f"the two ways differ by {worst:.3g}")
    large, small = accuracies(count), accuracies(plain)
    pairs = [(seconds(lambda: from_table(*large)), seconds(lambda: pattern_by_pattern(*small)))
             for _ in range(ROUNDS)]
    table_s, plain_s = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = [b / a for a, b in pairs]
    grown = (count << count) / (plain << plain)
    verdict = "ok" if table_s <= MOST_SECONDS else "ABOVE"
    print(f"all measures of {count} components, {1 << count:,} patterns: {table_s:.2f} s, wanted at most "
          f"{MOST_SECONDS:g} s: {verdict}")
    print(f"four of them pattern by pattern: {plain_s:.2f} s for {plain} components, about {grown * plain_s:.0f} s for "
          f"{count}: {ratio_text([grown * ratio for ratio in ratios], WANTED_RATIO)}")


if __name__ == "__main__":
    main()
