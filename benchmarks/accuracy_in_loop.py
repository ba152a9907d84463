"""Accuracy in the loop: the timed run of the first scenario with its outcomes known, against the same without accuracy.

``python -m benchmarks.accuracy_in_loop [REQUESTS]``: strategy resilinet, 2,000 requests x 5 replications. The timed run
is what a cell does once the model has answered: simulate, tell the endings, estimate, compare with the snapshot at each
arrival, and make the frames. Without accuracy it does the same, and knows no outcome. Wanted: at most 10 % more.
"""

from __future__ import annotations

import sys

import simulator
from benchmarks.timing import interleaved, ratio_text
from simulator.expect.estimate import Estimate
from simulator.scenario.variants import variants
from simulator.study.answers import Answers
from simulator.study.cell import Cell
from simulator.study.findings import Findings
from simulator.study.progress import Progress
from simulator.study.timed_findings import TimedFindings

REPLICATIONS, REQUESTS, ROUNDS = 5, 2_000, 9


def fresh_cell(requests: int) -> Cell:
    """Return the cell, not yet run."""
    changes = {"sweep": {}, "strategy": "resilinet", "workload.requests": requests, "replications": REPLICATIONS}
    (variant,) = variants(simulator.load("first", set=changes))
    return Cell(variant, "benchmark", quick=False, progress=Progress())


def timed_run(cell: Cell, known: Answers | None, expected: Estimate | None) -> Findings:
    """Return what a timed run finds; without ``known`` outcomes it finds no accuracy."""
    step = TimedFindings(cell.assembly, known, cell.label, lambda done, total: None, Findings())
    step.find(cell.assembly.scenario.workload, cell.assembly.plan(cell.costs), expected)
    return step.found


def main() -> None:
    """Print the ratio."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    cell = fresh_cell(requests)
    cell.run()
    known, expected = cell.answers, cell.found.estimates["expected_accuracy"]
    with_it, without = timed_run(cell, known, expected), timed_run(cell, None, None)
    assert {"served_accuracy", "gap_in_flight"} <= set(with_it.estimates)
    assert not any("accuracy" in name for name in without.estimates)
    assert all(with_it.counts[name] == count for name, count in without.counts.items())
    mine, theirs, ratios = interleaved(
        lambda: timed_run(cell, known, expected), lambda: timed_run(cell, None, None), rounds=ROUNDS
    )
    total = requests * REPLICATIONS
    print(
        f"{'accuracy in the loop':32s} with it {total / mine:9,.0f} req/s   without {total / theirs:9,.0f} req/s   "
        f"speed {ratio_text(ratios, 0.91)}"
    )
    print(f"{'':32s} it adds {100 * (mine / theirs - 1):.1f} % to the timed run (median); wanted at most 10 %")


if __name__ == "__main__":
    main()
