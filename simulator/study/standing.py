"""What a study has beside its answers: why cells failed, and how long each cell took.

OUT/failed/HASH.txt     why a cell has no answer, with its traceback; removed when it has one
OUT/times.jsonl         a line for each cell that was made: its name and its seconds
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from simulator.study.cell_files import NAME_LENGTH
from simulator.study.executors.task import Failure
from simulator.study.record import CellRecord
from simulator.study.store import write_text

FAILED, TIMES, ENDING = "failed", "times", ".jsonl"


def keep_failure(folder: Path, name: str, label: str, failure: Failure) -> Path:
    """Write why a cell has no answer, and return the file."""
    path = failure_path(folder, name)
    path.parent.mkdir(exist_ok=True)
    write_text(path, f"cell {name}\n{label}\n{failure.message}\n\n{failure.trace}")
    return path


def failure_path(folder: Path, name: str) -> Path:
    """Return the file that says why a cell has no answer."""
    return folder / FAILED / f"{name[:NAME_LENGTH]}.txt"


def forget_failure(folder: Path, name: str) -> None:
    """Remove what was said of a cell that has an answer now."""
    failure_path(folder, name).unlink(missing_ok=True)


def has_failed(folder: Path, name: str) -> bool:
    """Return whether a cell came to nothing when it was last made."""
    return failure_path(folder, name).exists()


def keep_time(folder: Path, name: str, seconds: float, shard: str = "") -> None:
    """Add how long a cell took, in the process that made it; each shard has a file of its own."""
    with (folder / f"{TIMES}{shard}{ENDING}").open("a") as file:
        file.write(json.dumps({"cell": name, "seconds": round(seconds, 6)}) + "\n")


def times(folder: Path) -> dict[str, float]:
    """Return the seconds that cells took, by their names, in the order in which they ended; a torn line is left out."""
    found = {}
    for path in sorted(folder.glob(f"{TIMES}*{ENDING}")):
        for line in path.read_text().splitlines():
            try:
                row = json.loads(line)
                found[str(row["cell"])] = float(row["seconds"])
            except (ValueError, KeyError, TypeError):
                continue
    return found


@dataclass
class Widest:
    """The widest interval of the cells of a study, each by its first estimate that has one."""

    half: float = 0.0

    def add(self, record: CellRecord) -> None:
        """Look at another cell."""
        halves = ((each.high - each.low) / 2 for each in record.estimates.values())
        self.half = max(self.half, next((half for half in halves if math.isfinite(half) and half > 0), 0.0))

    def __str__(self) -> str:
        """Return it for people; empty where no cell has an interval."""
        return f"widest ±{self.half:.2g}" if self.half else ""
