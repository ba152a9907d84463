"""Where the uncertainty of expected accuracy comes from, what uncertain survivals leave, and how cells differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import SMALL, cell_head, number_text
from simulator.report.repeats_table import MAIN, rows_of, side_by_side
from simulator.study.record import CellRecord, Record

TITLE = "Where the uncertainty comes from"
CAPTION = ("half of each 95 % interval of expected accuracy, one source at a time: sampled failures, the finite test "
           "set, the seed of the training (repeats tell), survivals that are not known exactly")
HEADS = ["failures", "test set", "training seed", "inputs"]
EXACT, UNKNOWN, CERTAIN, NO_TEST = "exact", "not known", "none", "no test set"
SAMPLED = "sampling_high"  # in rows of differences under drawn patterns
MOST_INPUTS = 6  # of a cell
MOST_PRINTED = 24  # differences on the terminal


def tables(record: Record) -> list[FittingTable]:
    """Return the tables for the terminal: where the uncertainty comes from only if it comes from several sources."""
    found = [table for table in differences(record) if len(table.rows) <= MOST_PRINTED]
    unsure = [table for table in [inputs(record)] if table.rows]
    return [*found, *unsure, *([sources(record)] if unsure or rows_of(record) else [])]


def sources(record: Record) -> FittingTable:
    """Return the half-widths, a row for each cell, or for each point where there are repeats."""
    if record.repeats:
        cells = {tuple(text for key, text in cell.label.items() if key in _keys(record)): cell for cell in record.cells}
        rows = [_row(", ".join(row["label"].values()) or "all", cells.get(tuple(row["label"].values())), row)
                for row in rows_of(record)]
        return FittingTable(TITLE, [", ".join(_keys(record)) or "point", *HEADS], rows, CAPTION)
    rows = [_row(cell.name, cell, {}) for cell in record.cells if MAIN in cell.estimates]
    return FittingTable(TITLE, [cell_head(record), *HEADS], rows, CAPTION)


def _keys(record: Record) -> list[str]:
    """Return the keys of the points over which repeats are."""
    rows = rows_of(record)
    return list(rows[0]["label"]) if rows else []


def _row(name: str, cell: CellRecord | None, repeated: Mapping[str, Any]) -> list[str]:
    estimates = cell.estimates if cell is not None else {}
    main = estimates.get(MAIN)
    sampled = estimates.get(f"{MAIN}_sampling")
    if sampled is None and main is not None and main.uncertainty == "failures":
        sampled = main
    test = _half(main) if main is not None and main.uncertainty == "test set" else None
    test = repeated.get("test_half") if repeated else test
    seed = repeated.get("training_half")
    return [name, _half_text(_half(sampled)) if sampled else EXACT, _half_text(test), _half_text(seed),
            _interval_text(estimates.get(f"{MAIN}_inputs"))]


def _half(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / 2


def _half_text(half: float | None) -> str:
    return UNKNOWN if half is None or half != half else number_text(half, SMALL)


def _interval_text(estimate: Estimate | None) -> str:
    return number_text(_half(estimate), SMALL) if estimate else CERTAIN


def inputs(record: Record) -> FittingTable:
    """Return for each cell the interval that uncertain survivals leave, and what each survival does alone."""
    rows: Rows = []
    for cell in record.cells:
        whole = cell.estimates.get(f"{MAIN}_inputs")
        if whole is None:
            continue
        rows.append([cell.name, "all", "", number_text(whole.low, SMALL), number_text(whole.high, SMALL)])
        rows += [["", row["component"], f"{number_text(row['low'])} to {number_text(row['high'])}",
                  number_text(row["at_low"], SMALL), number_text(row["at_high"], SMALL)]
                 for row in cell.tables.get("inputs", [])[:MOST_INPUTS]]
    heads = [cell_head(record), "component", "survival", "from", "to"]
    return FittingTable("Expected accuracy under uncertain survivals", heads, rows,
                        "from, to: expected accuracy over all that the survivals may be, and at the two ends of one "
                        "with the others at their means")


def differences(record: Record) -> list[FittingTable]:
    """Return the paired differences of a sweep without repeats, a table for each value that is subtracted."""
    if record.repeats:
        return []
    made = []
    for base in dict.fromkeys(row["against"] for row in record.differences):
        rows = [row for row in record.differences if row["against"] == base]
        if any(SAMPLED in row for row in rows):
            made.append(_sampled(base, rows))
            continue
        if all(row["value"] == row["low"] == row["high"] for row in rows):
            continue
        heads, texts = side_by_side(rows)
        heads = ["difference" if head == "expected accuracy" else head for head in heads]
        made.append(FittingTable(f"Expected accuracy, difference from {base}", heads, texts,
                                 "same failures and test samples, paired; ±: 95 % interval, finite test set"))
        if any("inputs_low" in row for row in rows):
            made.append(_under_inputs(base, rows))
    return made


def _sampled(base: str, rows: list[dict[str, Any]]) -> FittingTable:
    """Return differences that were sampled: one number, and a column for each of its uncertainties."""
    has_rest = any("bounds_low" in row for row in rows)
    texts = [[", ".join(row["label"].values()), number_text(row["value"], SMALL),
              _half_text((row[SAMPLED] - row["sampling_low"]) / 2),
              _half_text(row["test_half"]) if row["test_half"] is not None else NO_TEST,
              *([_half_text((row["bounds_high"] - row["bounds_low"]) / 2) if "bounds_low" in row else CERTAIN]
                if has_rest else [])] for row in rows]
    heads = [", ".join(rows[0]["label"]), "difference", "± failures", "± test set", *["± left out"] * has_rest]
    return FittingTable(f"Expected accuracy, difference from {base}", heads, texts,
                        "the same drawn patterns on both sides; ±: 95 % interval of one source at a time")


def _under_inputs(base: str, rows: list[dict[str, Any]]) -> FittingTable:
    """Return the least and the largest that each difference is over all that the uncertain survivals may be."""
    texts = [[", ".join(row["label"].values()), number_text(row["inputs_low"], SMALL),
              number_text(row["inputs_high"], SMALL)] for row in rows if "inputs_low" in row]
    heads = [", ".join(rows[0]["label"]), "from", "to"]
    return FittingTable(f"The difference from {base} over all that the survivals may be", heads, texts,
                        "both sides have the same survivals, whatever they are; test set and weights at hand")
