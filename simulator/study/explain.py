"""One request of a finished run: what was up, what it was answered from, how it ended, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import Problem, RunFolderError, ScenarioError, did_you_mean
from simulator.failures.process import Timeline
from simulator.scenario.variants import Variant
from simulator.seeds import Streams
from simulator.study.again import cells_again
from simulator.study.assemble import Assembly
from simulator.study.made import as_made
from simulator.study.record import CellRecord, Record
from simulator.study.whatif import EdgeFate, edge_fates
from simulator.study.why import causes_text, down_at, down_columns

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Which request.

    Args:
        folder: The run folder.
        request: Its number within the replication.
        replication: Number of the replication.
        cell: Name of the cell; None: each of them.
    """

    folder: Path
    request: int
    replication: int = 0
    cell: str | None = None


@dataclass(frozen=True)
class Explanation:
    """What is known of a request without running it again.

    Args:
        cell: The cell's record.
        variant: What the cell was run from.
        row: Its row of ``requests.parquet``.
        down: What was down at its birth, with causes in brackets.
        switches: What crashed or was repaired during its life: instant in nanoseconds, and words.
        edges: The fate of each hyperconnection by what was up at its birth, with no delays.
        held: States of silent errors that held at its birth.
    """

    cell: CellRecord
    variant: Variant
    row: Row
    down: tuple[str, ...]
    switches: tuple[tuple[int, str], ...]
    edges: tuple[EdgeFate, ...]
    held: tuple[str, ...] = ()

    @property
    def assembly(self) -> Assembly:
        """The cell's objects."""
        return assembly_of(self.variant)


def explain(asked: Asked) -> list[Explanation]:
    """Return the explanation of a request in each cell that is asked for.

    Raises:
        RunFolderError: the folder holds no finished run with requests.
        ScenarioError: no such request, replication or cell.
    """
    record = read_record(asked.folder)
    pairs = cells_again(record, asked.folder)
    names = [cell.name for cell, _ in pairs]
    if asked.cell is not None and asked.cell not in names:
        raise ScenarioError(Problem("option --cell", f"no cell {asked.cell!r}", did_you_mean(asked.cell, names)))
    chosen = [(cell, variant) for cell, variant in pairs if asked.cell in (None, cell.name)]
    return [_explained(asked, cell, variant) for cell, variant in chosen]


def read_record(folder: Path) -> Record:
    """Return the record of a finished run.

    Raises:
        RunFolderError: there is none, or the run simulated no requests.
    """
    try:
        record = Record.from_json((folder / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(Problem(str(folder), "no finished run is in this folder",
                                     "give the folder that 'sim run' named, such as runs/first-1a2b3c4d")) from error
    if not (folder / "requests.parquet").is_file():
        raise RunFolderError(Problem(str(folder), "this run simulated no requests",
                                     "add 'timed' to the scenario's measure, with a workload, and run it again"))
    return record


def assembly_of(variant: Variant) -> Assembly:
    """Return the objects of a cell."""
    return Assembly.of(variant)


def _explained(asked: Asked, cell: CellRecord, variant: Variant) -> Explanation:
    row, assembly = read_row(asked, variant), assembly_of(variant)
    timeline = timeline_of(assembly, asked.replication, int(row["end_ns"]) + 1)
    if timeline is not None:
        timeline = as_made(assembly.process, timeline, asked.folder, str(row["cell"]), asked.replication)
    birth = np.array([row["arrival_ns"]], dtype=np.int64)
    number = np.array([asked.request], dtype=np.int64)
    columns = down_columns(assembly, timeline, asked.replication, (number, birth, birth), assembly.reach.relevant)
    found, states = down_at(columns, 0), assembly.reach.strikes.states
    down = [name + causes_text(found[name]) for name in found if name not in states]
    held = tuple(name for name in found if name in states)
    switches = tuple(_switches(assembly, timeline, row))
    return Explanation(cell, variant, row, tuple(down), switches, edge_fates(assembly, frozenset(found)), held)


def timeline_of(assembly: Assembly, replication: int, until_ns: int) -> Timeline | None:
    """Return the failures of a replication, None where nothing can fail."""
    workload = assembly.scenario.workload
    if not assembly.process.components or workload is None:
        return None
    return assembly.process.timeline(Streams(assembly.scenario.seed, replication), workload.requests, until_ns)


def read_row(asked: Asked, variant: Variant) -> Row:
    """Return the request's row of ``requests.parquet``; raise ScenarioError where there is none."""
    import pandas as pd  # noqa: PLC0415 - heavy

    label = ", ".join(variant.label.values()) or variant.scenario.title
    wanted = [("request", "==", asked.request), ("replication", "==", asked.replication)]
    found = pd.read_parquet(asked.folder / "requests.parquet", filters=wanted)
    found = found[found["cell"].astype(str) == label]
    if len(found):
        return {"why": "", **{str(key): value for key, value in found.iloc[0].items()}}
    workload, count = variant.scenario.workload, variant.scenario.replications
    last = (workload.requests if workload else 1) - 1
    if not 0 <= asked.replication < count:
        raise ScenarioError(Problem("option --replication", f"no replication {asked.replication}",
                                    f"they are 0 to {count - 1}"))
    raise ScenarioError(Problem("option --request", f"no request {asked.request} in replication {asked.replication}",
                                f"they are 0 to {last}"))


def _switches(assembly: Assembly, timeline: Timeline | None, row: Row) -> Iterator[tuple[int, str]]:
    """Yield the crashes and repairs after the birth and up to the end of a request, in their order."""
    if timeline is None:
        return
    found = []
    for place, name in enumerate(timeline.components):
        words = ("begins", "ends") if name in assembly.reach.strikes.states else ("crashes", "is repaired")
        for instants, word in zip((timeline.crash_ns[place], timeline.repair_ns[place]), words, strict=True):
            inside = instants[(instants > row["arrival_ns"]) & (instants <= row["end_ns"])]
            found += [(int(instant), f"{name} {word}") for instant in inside if name in assembly.reach.relevant]
    yield from sorted(found)
