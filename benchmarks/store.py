"""What the store of a study costs: a cell written, a cell found, and a finished study found as a whole.

``python -m benchmarks.store [CELLS]``: cells are made up (nothing is simulated), written one by one, and found again;
then ``sim run`` finds the finished study, in a process of its own. Processor time, and the time until the disk has it.
The same with a tenth of the cells says whether the cost of a cell grows with their number.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import simulator  # noqa: E402
from simulator.report.write import report_on  # noqa: E402
from simulator.study.finished import Run  # noqa: E402
from simulator.study.index import Index, asked  # noqa: E402
from simulator.study.memory import Memory  # noqa: E402
from simulator.study.progress import Progress  # noqa: E402
from simulator.study.run import Doing, _record  # noqa: E402
from simulator.study.store import RunFolder  # noqa: E402
from tests.study.cells_made_up import made_up  # noqa: E402

WANTED_S, WANTED_GROWTH = 3.0, 1.5
SCENARIO = {"title": "Many queues", "topology": "queue-chain", "model": "queue-chain", "measure": ["timed"],
            "workload": {"arrivals": {"kind": "poisson", "rate": "0.5 /s"}, "requests": 2}}


@dataclass(frozen=True)
class Cost:
    """What cells cost: processor time of one written and one found (ms), time of one written, and of resuming all."""

    written_ms: float
    waited_ms: float
    found_ms: float
    resumed_s: float
    memory_mb: float


def cost_of(cells: int, folder: Path) -> Cost:
    """Return what a study of about so many cells costs."""
    side = math.isqrt(cells)
    sweep = {"policy.deadline": [f"{value + 1} s" for value in range(side)], "seed": list(range(side))}
    path = folder / "many.yaml"
    path.write_text(json.dumps({**SCENARIO, "sweep": sweep}))
    loaded, out = simulator.load(path), folder / "run"
    points = itertools.product(sweep["policy.deadline"], sweep["seed"])
    labels = [{"policy.deadline": one, "seed": str(other)} for one, other in points]
    made = [made_up(number, label=label) for number, label in enumerate(labels)]
    run = RunFolder(out, "made up", "many")
    with run.claimed():
        began, waited = time.process_time(), time.perf_counter()
        for cell in made:
            run.keep(cell)
        written, waited = time.process_time() - began, time.perf_counter() - waited
        began = time.process_time()
        if not all(run.find(cell.record.hash) for cell in made):
            raise SystemExit("a cell that was written is not found")
        found = time.process_time() - began
        run.write_index(Index(run.hash, run.title, asked(loaded, quick=False), {},
                              tuple((cell.record.hash, cell.record.label) for cell in made)))
        record = _record(Doing(loaded, False, Progress(), Memory(), run), (), made, {})
        run.write_record(record.to_json())
    report_on(Run(record, out, True, lambda: (made[0].requests, made[0].events)), loaded)
    resumed, memory = resumed_s(path, out)
    ms = 1000 / len(made)
    return Cost(written * ms, waited * ms, found * ms, resumed, memory)


def resumed_s(path: Path, out: Path) -> tuple[float, float]:
    """Return the processor time of ``sim run`` on a finished study, and the most memory that a child has taken."""
    compiled = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "simulator", "run", str(path), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=compiled)  # nothing is compiled after that
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=compiled)
    if "nothing had to be run" not in ended.stdout:
        raise SystemExit(f"the finished study was not found:\n{ended.stdout}{ended.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def main() -> None:
    """Print what a study costs, and how the cost of a cell grows from a tenth of its cells."""
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        few, many = cost_of(max(1, cells // 10), Path(small)), cost_of(cells, Path(large))
    growth = many.written_ms / few.written_ms
    print(f"{cells:,} cells: resumed in {many.resumed_s:.2f} s of processor time, {many.memory_mb:.0f} MB; "
          f"wanted under {WANTED_S:g} s: {'ok' if many.resumed_s < WANTED_S else 'ABOVE'}")
    print(f"a cell: written in {many.written_ms:.2f} ms of processor time, {many.waited_ms:.2f} ms until it is on the "
          f"disk; found in {many.found_ms:.2f} ms")
    print(f"written against a tenth of the cells: {growth:.2f}x, wanted under {WANTED_GROWTH:g}x: "
          f"{'ok' if growth < WANTED_GROWTH else 'ABOVE'}; memory of resuming {few.memory_mb:.0f} and "
          f"{many.memory_mb:.0f} MB")


if __name__ == "__main__":
    main()
