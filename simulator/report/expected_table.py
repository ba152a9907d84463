"""How expected accuracy was found where not all patterns were summed: its uncertainties apart, and likely patterns."""

from __future__ import annotations

import html
from collections.abc import Sequence

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import SMALL, cell_head, number_text
from simulator.study.record import CellRecord, Record

TITLE = "How expected accuracy was found"
CAPTION = ("three uncertainties, never added: 'sampling' of failures and 'test set' are 95 % half-widths, 'left out' "
           "is how far patterns that were not looked at can move it, for sure; forwards: deliveries scored for it")
PATTERNS = "The most probable patterns"
PATTERNS_CAPTION = ("contribution: probability x accuracy, what a pattern adds to expected accuracy; loss: probability "
                    "x (accuracy with all up - accuracy), what it takes")
MOST_PRINTED = 8  # patterns
ABSENT = "–"


def sampled_cells(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells whose expected accuracy is not the sum over all patterns."""
    return tuple(cell for cell in record.cells if "forwards" in cell.counts and "expected_accuracy" in cell.estimates)


def expected_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and a row for each cell: value, the three uncertainties apart, draws and forwards."""
    heads = [cell_head(record), "expected", "sampling", "left out", "test set", "draws", "forwards"]
    rows = []
    for cell in sampled_cells(record):
        found = cell.estimates
        own = found["expected_accuracy"]
        test_set = own if own.uncertainty == "test set" else None
        rows.append([cell.name, number_text(own.value, SMALL), _half(found.get("expected_accuracy_sampling")),
                     _moves(found.get("expected_accuracy_bounds")), _half(test_set),
                     f"{cell.counts['draws']:,}", f"{cell.counts['forwards']:,}"])
    return heads, rows


def pattern_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return the heads and a row for each of the most probable patterns of a cell."""
    rows = [[row["down"], f"{row['probability']:.2g}", _small(row["accuracy"]),
             *(_scientific(row[name]) for name in ("contribution", "loss"))]
            for row in cell.tables.get("likely_patterns", ())]
    return ["down", "probability", "accuracy", "contribution", "loss"], rows


def expected_tables(record: Record) -> list[FittingTable]:
    """Return the tables for the terminal; the likely patterns only where there is one cell."""
    cells = sampled_cells(record)
    if not cells:
        return []
    found = [FittingTable(TITLE, *expected_rows(record), CAPTION)]
    heads, rows = pattern_rows(cells[0])
    return [*found, FittingTable(PATTERNS, heads, rows[:MOST_PRINTED], PATTERNS_CAPTION)] if len(cells) == 1 else found


def expected_html(record: Record) -> str:
    """Return the tables for the page; "" where all patterns were summed."""
    cells = sampled_cells(record)
    if not cells:
        return ""
    parts = [_table(*expected_rows(record)), f'<p class="small">{html.escape(CAPTION)}.</p>']
    for cell in cells:
        heads, rows = pattern_rows(cell)
        if rows:
            name = f"{PATTERNS}, {cell.name}" if len(record.cells) > 1 else PATTERNS
            parts.append(f"<details><summary>{html.escape(name)}</summary>{_table(heads, rows)}"
                         f'<p class="small">{html.escape(PATTERNS_CAPTION)}.</p></details>')
    return "".join(parts)


def _half(estimate: Estimate | None) -> str:
    return ABSENT if estimate is None or estimate.low != estimate.low else f"± {(estimate.high - estimate.low) / 2:.2g}"


def _moves(estimate: Estimate | None) -> str:
    if estimate is None:
        return ABSENT
    return f"-{estimate.value - estimate.low:.2g} +{estimate.high - estimate.value:.2g}"


def _small(value: float | None) -> str:
    return ABSENT if value is None or value != value else number_text(value, SMALL)


def _scientific(value: float | None) -> str:
    return ABSENT if value is None or value != value else f"{value:.3g}"


def _table(heads: Sequence[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
