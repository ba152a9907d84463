"""The timed engine on part graphs against a plainly written textbook model, equal request by request on the same draws.

``python -m benchmarks.dag [REQUESTS]``: the health chain with three skips, the camera tree, and an odd plan with shared
machines, unequal messages, shared links and relays that stop; see benchmarks/workloads.py.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from benchmarks import textbook_dag
from benchmarks.timing import interleaved, ratio_text
from benchmarks.workloads import textbook_plan, workloads
from simulator.network import engine

WANTED = 8.0
TIMED = (
    "health, perfect",
    "health, perfect, withdraw",
    "health, timeouts, withdraw",
    "camera, perfect",
    "camera, timeouts, withdraw",
    "odd, perfect",
    "odd, timeouts, withdraw",
)


def main() -> None:
    """Print the ratios, after the results have been found equal."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for name in TIMED:
        workload = workloads()[name]
        plan, draws = workload.plan(), workload.draws(requests, seed=3)
        book = replace(textbook_plan(plan, draws), exact_ties=False)
        log, result = engine.run(plan, draws), textbook_dag.run(book)
        deliveries = sum(a == b for a, b in zip(log.delivery, result.delivery, strict=True))
        ends = int((log.end_ns == result.end_ns).sum())
        mine, theirs, ratios = interleaved(
            lambda plan=plan, draws=draws: engine.run(plan, draws),  # type: ignore[misc]
            lambda book=book: textbook_dag.run(book),
        )  # type: ignore[misc]
        speeds = f"engine {requests / mine:8,.0f} req/s   textbook {requests / theirs:6,.0f} req/s"
        equal = f"equal deliveries {deliveries:,}, ends {ends:,} of {requests:,}"
        print(f"{name:30s} {speeds}   {ratio_text(ratios, WANTED)}   {equal}")


if __name__ == "__main__":
    main()
