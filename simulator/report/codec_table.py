"""Bytes against accuracy, where codecs are in play: one row a cell."""

from __future__ import annotations

from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import SMALL, cell_head, estimate_text, present
from simulator.study.record import CellRecord, Record

TITLE = "Bytes against accuracy"
BYTES = (("skip bytes", "skip_bytes"), ("simple bytes", "simple_bytes"))
COLUMNS = (("all up", "all_up_accuracy"), ("degraded", "degraded_accuracy"), ("expected", "expected_accuracy"))
LOSS = "codec_loss"
CAPTION = ("bytes: all messages of a kind of one request; degraded: answers from another delivery than with everything "
           "up; codec loss: expected accuracy without the codecs less with them, same weights, paired by sample")


def cells_with_codecs(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells whose messages and degraded answers are known, where any cell of the record has a codec."""
    return tuple(cell for cell in record.cells
                 if "skip_bytes" in cell.counts and {"degraded_accuracy", LOSS} & set(cell.estimates))


def codec_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and a row for each cell: bytes, accuracies, and what codecs without weights take from them."""
    cells = cells_with_codecs(record)
    counted = [(head, name) for head, name in BYTES
               if name == "skip_bytes" or len({cell.counts[name] for cell in cells}) > 1]
    has_loss = bool(present(record, (LOSS,)))
    rows = [[cell.name, *(f"{cell.counts[name]:,}" for _, name in counted),
             *(estimate_text(cell.estimates.get(name)) for _, name in COLUMNS),
             *([estimate_text(cell.estimates.get(LOSS), SMALL)] if has_loss else [])] for cell in cells]
    heads = [cell_head(record), *(head for head, _ in (*counted, *COLUMNS)), *(["codec loss"] if has_loss else [])]
    return heads, rows


def codec_table(record: Record) -> FittingTable | None:
    """Return the table for the terminal; None where no codec is in play."""
    return FittingTable(TITLE, *codec_rows(record), CAPTION) if cells_with_codecs(record) else None
