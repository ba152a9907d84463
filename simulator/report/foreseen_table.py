"""What a run would do, as a table and in words."""

from __future__ import annotations

from simulator.report.fitting import FittingTable
from simulator.study.foresee import DONE, Foreseen

MOST = 40  # rows of a table
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
SCALES = ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min"))
FEW_S = 10


def foreseen_table(foreseen: Foreseen) -> FittingTable | None:
    """Return a row for each cell, of many the first and those that are not finished first; None for a single cell."""
    keys = list(dict.fromkeys(key for label, _ in foreseen.cells for key in label))
    if not keys:
        return None
    rows = [[*(label.get(key, "") for key in keys), standing] for label, standing in foreseen.cells]
    if len(rows) > MOST:
        rows.sort(key=lambda row: row[-1] == DONE)
    more = f"and {len(rows) - MOST:,} more" if len(rows) > MOST else ""
    return FittingTable("", [*(key.rpartition(".")[2].replace("_", " ") for key in keys), "cell"], rows[:MOST], more)


def foreseen_words(foreseen: Foreseen) -> list[str]:
    """Return what a run would do, in lines.

    >>> from pathlib import Path
    >>> from simulator.study.foresee import LEFT
    >>> print(*foreseen_words(Foreseen(Path("runs/a"), (({}, DONE), ({}, LEFT)), 0, 90.0, 2, 1)), sep="; ")
    2 cells, 1 finished, 1 to do, in runs/a; about 1.5 min for those on 2 processes, going by 1 finished cell
    """
    total = len(foreseen.cells)
    counts = [f"{foreseen.count(each):,} {each}" for each in dict.fromkeys(one for _, one in foreseen.cells)]
    said = [f"{_of(total, 'cell')}, {', '.join(counts)}, in {foreseen.folder}"]
    if foreseen.trainings:
        said.append(f"{_of(foreseen.trainings, 'model')} to train, or to find in the cache")
    if foreseen.pilot:
        said.append(f"made for its time, and kept: {foreseen.pilot}")
    if foreseen.count(DONE) < total and foreseen.seconds is not None:
        where = f" on {foreseen.workers} processes" if foreseen.workers > 1 else ""
        by = _of(foreseen.timed, "finished cell")
        said.append(f"about {duration(foreseen.seconds)} for those{where}, going by {by}")
    return said


def _of(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a duration for people.

    >>> duration(0.123), duration(42.0), duration(5400.0)
    ('0.12 s', '42 s', '1.5 h')
    """
    for scale, unit in SCALES:
        if seconds >= scale:
            return f"{seconds / scale:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= FEW_S else f"{seconds:.2g} s"
