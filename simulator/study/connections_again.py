"""Which hyperconnections matter, told again from finished records: nothing is trained, nothing is run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulator.study.again import loaded_again
from simulator.study.connections import connections_of
from simulator.study.record import CellRecord, Record

TABLES = ("reliance", "reliance_clusters")


def told_again(record: Record, folder: Path, relied: Record | None = None) -> Record:
    """Return a record with its rows of hyperconnections made anew.

    Args:
        record: The record of a finished study.
        folder: Its run folder.
        relied: A record whose cells with the same labels know the reliance that this study did not measure.
    """
    cells = tuple(_with_reliance(cell, relied) for cell in record.cells)
    return replace(record, cells=cells, hyperconnections=connections_of(loaded_again(record, folder), cells))


def _with_reliance(cell: CellRecord, relied: Record | None) -> CellRecord:
    found = [one for one in relied.cells if one.label == cell.label] if relied else []
    known = {name: found[0].tables[name] for name in TABLES if found and name in found[0].tables}
    return replace(cell, tables={**cell.tables, **known})
