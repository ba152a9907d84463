"""Silent errors: how often answers rest on damage, how often it changes them, and what that costs; one row a cell."""

from __future__ import annotations

from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import PERCENT, SMALL, Style, cell_head, estimate_text, number_text, present
from simulator.study.record import CellRecord, Record

TITLE = "Silent errors"
COLUMNS: tuple[tuple[str, str, Style], ...] = (
    ("damaged %", "damaged", PERCENT),
    ("sdc %", "sdc", PERCENT),
    ("accuracy lost", "error_loss", SMALL),
    ("served damaged %", "served_damaged", PERCENT),
    ("served sdc %", "served_sdc", PERCENT),
)
CAPTION = ("damaged: answers that rest on damaged values; sdc (silent data corruption): answers that are not what the "
           "same delivery without damage answers; accuracy lost: by that, paired by sample; shares of all requests, "
           "'served' of the simulated ones")
ENDING_HEADS = ("ending", "requests", "damaged", "changed", "accuracy", "accuracy, damaged")


def cells_with_errors(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells in which values may be damaged."""
    return tuple(cell for cell in record.cells if {"sdc", "served_damaged"} & set(cell.estimates))


def error_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and a row for each cell."""
    names = present(record, [name for _, name, _ in COLUMNS])
    shown = [column for column in COLUMNS if column[1] in names]
    rows = [[cell.name, *(estimate_text(cell.estimates.get(name), style) for _, name, style in shown)]
            for cell in cells_with_errors(record)]
    return [cell_head(record), *(head for head, _, _ in shown)], rows


def ending_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and a row for each cell and ending: requests, damaged and changed answers, accuracies."""
    rows = [[cell.name, row["ending"].replace("_", " "), *(f"{row[name]:,}" for name in ENDING_HEADS[1:3]),
             f"{row['changed']:,}" if "changed" in row else "",
             *(_fraction(row.get(name)) for name in ("accuracy", "accuracy_damaged"))]
            for cell in record.cells for row in cell.tables.get("errors", ()) if row["requests"]]
    return [cell_head(record), *ENDING_HEADS], rows


def _fraction(value: float | None) -> str:
    return "" if value is None else number_text(value)


def errors_table(record: Record) -> FittingTable | None:
    """Return the table for the terminal; None where nothing can be damaged."""
    return FittingTable(TITLE, *error_rows(record), CAPTION) if cells_with_errors(record) else None
