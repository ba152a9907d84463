"""Outages that a run has made itself, read back from its table of events."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.load import load_processes, with_outages
from simulator.failures.process import FailureProcess, Timeline


def as_made(process: FailureProcess, timeline: Timeline, folder: Path, cell: str, replication: int) -> Timeline:
    """Return a timeline with the outages that the run in a folder made of machines that fail by their load.

    Args:
        process: What can fail.
        timeline: What was known before the run.
        folder: The run folder.
        cell: The cell's name in the tables.
        replication: Number of the replication.
    """
    names = [name for _, one in load_processes(process) for name in one.components]
    return with_outages(timeline, read_outages(folder, cell, replication, names)) if names else timeline


def read_outages(
    folder: Path, cell: str, replication: int, names: list[str]
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return when some components were down, (crash, repair), by name; one that is not over ends at the end of time."""
    import pandas as pd  # noqa: PLC0415 - heavy

    events = pd.read_parquet(folder / "events.parquet", filters=[("replication", "==", replication)])
    events = events[(events["cell"].astype(str) == cell) & (events["time_ns"] > 0)]
    found = {}
    for name in names:
        mine = events[events["component"].astype(str) == name].sort_values("time_ns", kind="stable")
        times, up = mine["time_ns"].to_numpy(dtype=np.int64), mine["is_up"].to_numpy(dtype=bool)
        repairs = [*times[up].tolist(), END_OF_TIME_NS]
        found[name] = tuple(zip(times[~up].tolist(), repairs, strict=False))
    return found
