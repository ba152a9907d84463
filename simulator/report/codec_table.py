"""Bytes against accuracy, where codecs are in play: one row a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulator.expect.student import student_mean
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import SMALL, cell_head, estimate_text, present
from simulator.scenario.labels import REPEAT
from simulator.study.record import CellRecord, Record

TITLE = "Bytes against accuracy"
BYTES = (("skip bytes", "skip_bytes"), ("simple bytes", "simple_bytes"))
COLUMNS = (("all up", "all_up_accuracy"), ("degraded", "degraded_accuracy"), ("expected", "expected_accuracy"))
LOSS = "codec_loss"
CAPTION = ("bytes: all messages of a kind of one request; degraded: answers from another delivery than with everything "
           "up; codec loss: expected accuracy without the codecs less with them, same weights, paired by sample; with "
           "repeats: means over them, whose intervals cover the training seed")


def cells_with_codecs(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells in which codecs are in play, the repeats of one point of the grid as one cell."""
    points: dict[tuple[str, ...], list[CellRecord]] = {}
    for cell in record.cells:
        if "skip_bytes" in cell.counts and {"degraded_accuracy", LOSS} & set(cell.estimates):
            points.setdefault(tuple(text for key, text in cell.label.items() if key != REPEAT), []).append(cell)
    return tuple(over_repeats(cells) for cells in points.values())


def over_repeats(cells: Sequence[CellRecord]) -> CellRecord:
    """Return one cell with the mean of each estimate over repeats, whose interval covers the training seed."""
    first = cells[0]
    label = {key: text for key, text in first.label.items() if key != REPEAT}
    if len(cells) == 1:
        return replace(first, label=label)
    values = {name: np.array([cell.estimates[name].value for cell in cells if name in cell.estimates])
              for name in first.estimates}
    estimates = {name: student_mean(of, "training seed") for name, of in values.items()}
    return replace(first, label=label, estimates=estimates)


def codec_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and a row for each cell: bytes, accuracies, and what codecs without weights take from them."""
    cells = cells_with_codecs(record)
    counted = [(head, name) for head, name in BYTES
               if name == "skip_bytes" or len({cell.counts[name] for cell in cells}) > 1]
    has_loss = bool(present(replace(record, cells=cells), (LOSS,)))
    rows = [[cell.name, *(f"{cell.counts[name]:,}" for _, name in counted),
             *(estimate_text(cell.estimates.get(name)) for _, name in COLUMNS),
             *([estimate_text(cell.estimates.get(LOSS), SMALL)] if has_loss else [])] for cell in cells]
    heads = [*(head for head, _ in (*counted, *COLUMNS)), *(["codec loss"] if has_loss else [])]
    return [cell_head(replace(record, cells=cells)), *heads], rows


def codec_table(record: Record) -> FittingTable | None:
    """Return the table for the terminal; None where no codec is in play."""
    return FittingTable(TITLE, *codec_rows(record), CAPTION) if cells_with_codecs(record) else None
