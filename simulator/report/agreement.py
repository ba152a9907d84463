"""The two routes to one number beside each other: served against expected accuracy, the zero-delay identity, counts."""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import (
    FRACTION,
    SMALL,
    Style,
    cell_head,
    estimate_of,
    estimate_text,
    in_words,
    number_text,
)
from simulator.study.record import CellRecord, Record

TITLE = "Served against expected accuracy"
BOUND_NOTE = "the bound holds when |served − expected| ≤ bound + both half-widths"
LABELS: tuple[tuple[str, str, Style], ...] = (
    ("expected", "expected_accuracy", FRACTION),
    ("served", "served_accuracy", FRACTION),
    ("served, controlled", "served_accuracy_controlled", FRACTION),
)
CAUSES: tuple[tuple[str, str, Style], ...] = (
    ("  sampling", "gap_sampling", SMALL),
    ("  in flight", "gap_in_flight", SMALL),
    ("  congestion", "gap_congestion", SMALL),
    ("  detection", "gap_detection", SMALL),
    ("bound", "gap_bound", SMALL),
)
COUNTS = (("patterns", "patterns"), ("deliveries evaluated", "deliveries"), ("part runs", "part_runs"),
          ("test samples", "test_samples"))


def agreement_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and a row of texts for each cell; a column that no cell has a text for is left out.

    Served against expected accuracy: their difference, its parts by cause (indented), its bound and whether it holds;
    then how many requests keep the zero-delay identity, and how much was evaluated.
    """
    columns: list[tuple[str, Callable[[CellRecord], str]]] = [
        *((label, _estimate(name, style)) for label, name, style in LABELS if any(map(difference_text, record.cells))),
        ("served − expected", difference_text),
        *((label, _estimate(name, style)) for label, name, style in CAUSES),
        ("bound holds", bound_holds),
        ("zero-delay identity", identity_text),
        *((label, _count(name)) for label, name in COUNTS),
    ]
    found = [(label, [text(cell) for cell in record.cells]) for label, text in columns]
    kept = [(label, texts) for label, texts in found if any(texts)]
    rows = [[cell.name, *(texts[place] for _, texts in kept)] for place, cell in enumerate(record.cells)]
    return [cell_head(record), *(label for label, _ in kept)], rows if kept else []


def agreement_table(record: Record) -> FittingTable | None:
    """Return the agreement as a table for the terminal, a column a cell; None where there is nothing to compare."""
    headers, rows = agreement_rows(record)
    caption = "\n".join(note for note in (BOUND_NOTE * ("bound" in headers), identity_note(record)) if note)
    return FittingTable(agreement_title(record), headers, rows, caption, is_turned=True) if rows else None


def agreement_title(record: Record) -> str:
    """Return the title: what is compared, or only counted."""
    return in_words(record, TITLE) if any(map(difference_text, record.cells)) else "Checks and counts"


def difference(cell: CellRecord) -> float | None:
    """Return served minus expected accuracy; None where the cell lacks one of them."""
    served, expected = estimate_of(cell, "served_accuracy"), estimate_of(cell, "expected_accuracy")
    return served.value - expected.value if served and expected else None


def difference_text(cell: CellRecord) -> str:
    """Return served minus expected accuracy with its sign, "" where there is none."""
    gap = difference(cell)
    return "" if gap is None else signed_text(gap)


def half_width(estimate: Estimate) -> float:
    """Return the larger half of the interval; 0 where the number is exact or has none."""
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    return 0.0 if math.isnan(half) else half


def bound_holds(cell: CellRecord) -> str:
    """Return ``yes`` when |served − expected| <= bound + both half-widths, else ``no``; "" where there is no bound."""
    gap, bound = difference(cell), cell.estimates.get("gap_bound")
    if gap is None or bound is None or math.isnan(gap) or math.isnan(bound.value):
        return ""
    spread = half_width(cell.estimates["served_accuracy"]) + half_width(cell.estimates["expected_accuracy"])
    return "yes" if abs(gap) <= bound.value + spread else "no"


def identity_text(cell: CellRecord) -> str:
    """Return how many requests keep the zero-delay identity, of how many; "" where none was compared.

    >>> identity_text(CellRecord("hash", {}, counts={"zero_delay_equal": 1999, "zero_delay_compared": 2000}))
    '1,999 of 2,000'
    """
    compared = cell.counts.get("zero_delay_compared", 0)
    return f"{cell.counts.get('zero_delay_equal', 0):,} of {compared:,}" if compared else ""


def identity_note(record: Record) -> str:
    """Return what the zero-delay identity says, with the requests of all cells; "" where none was compared."""
    same, compared = (sum(cell.counts.get(f"zero_delay_{name}", 0) for cell in record.cells)
                      for name in ("equal", "compared"))
    return (f"zero-delay identity: {same:,} of {compared:,} requests, run again without delays, "
            "get the delivery of the pattern at their arrival" if compared else "")


def signed_text(value: float) -> str:
    """Return a difference with its sign.

    >>> signed_text(-0.004), signed_text(0.0021)
    ('−0.0040', '+0.0021')
    """
    return f"{'+' if value > 0 else ''}{number_text(value, SMALL)}"


def _estimate(name: str, style: Style) -> Callable[[CellRecord], str]:
    return lambda cell: estimate_text(cell.estimates.get(name), style)


def _count(name: str) -> Callable[[CellRecord], str]:
    return lambda cell: f"{cell.counts[name]:,}" if name in cell.counts else ""
