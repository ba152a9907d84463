"""Memory of a long replication: peak growth of the process, in bytes for each request.

``python -m benchmarks.memory [REQUESTS]``: the scenario ``queue`` with one replication of a million requests, by
SimPy's engine and by the fast path, each in a process of its own, after a short run has loaded what every run needs;
then as many requests in 20 replications, through to record and parquet file.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import simulator
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly, given_costs
from simulator.study.run import run
from simulator.study.timed import simulate

WANTED_BYTES = 300
KIB = 1024
REPLICATIONS = 20
WHOLE = "whole run"


def peak_bytes() -> int:
    """Return the largest memory that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def grown(engine: str, requests: int) -> float:
    """Return by how much the process grows, in bytes for each request."""
    loaded = simulator.load("queue", set={"engine": engine, "replications": 1, "workload.requests": requests})
    (variant,) = variants(loaded)
    assembly = Assembly(variant.scenario, variant.topology, variant.model, variant.base)
    plan, workload = assembly.plan(given_costs(assembly.model, assembly.graph)), variant.scenario.workload
    if workload is None:
        raise ValueError("the scenario has no workload")
    none = np.zeros(0, dtype=np.int64)
    simulate(assembly, plan, workload.model_copy(update={"requests": 1000}), none, _ignore)
    before = peak_bytes()
    simulate(assembly, plan, workload, none, _ignore)
    return (peak_bytes() - before) / requests


def grown_by_a_run(requests: int) -> float:
    """Return by how much the process grows in a run of 20 replications, with its record and tables of requests."""
    with tempfile.TemporaryDirectory() as folder:
        run(simulator.load("queue", set={"replications": 2, "workload.requests": 1000}), Path(folder) / "short")
        before = peak_bytes()
        each = requests // REPLICATIONS
        long = {"replications": REPLICATIONS, "workload.requests": each}
        run(simulator.load("queue", set=long), Path(folder) / "long")
        return (peak_bytes() - before) / (each * REPLICATIONS)


def _ignore(done: int) -> None:
    """Take no notice."""


def main() -> None:
    """Print the growth of both engines, each in a process of its own."""
    if len(sys.argv) == 3:
        requests = int(sys.argv[2])
        print(grown_by_a_run(requests) if sys.argv[1] == WHOLE else grown(sys.argv[1], requests))
        return
    asked = sys.argv[1] if len(sys.argv) > 1 else "1000000"
    for engine in ("simpy", "vectorised", WHOLE):
        ran = subprocess.run([sys.executable, "-m", "benchmarks.memory", engine, asked], check=True,
                             capture_output=True, text=True)
        found = float(ran.stdout)
        verdict = "ok" if found <= WANTED_BYTES else "ABOVE"
        print(f"{engine:12s} {found:6.0f} bytes a request, wanted at most {WANTED_BYTES}: {verdict}")


if __name__ == "__main__":
    main()
