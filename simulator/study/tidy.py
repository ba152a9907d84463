"""Results as a tidy table: one row for each cell and estimate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from simulator.study.cell_files import parquet_bytes
from simulator.study.record import CellRecord

if TYPE_CHECKING:
    import pandas as pd

HASH_SHOWN = 16
FRACTION = "fraction"
TARGET = re.compile(r"(^|_)(mae|rmse)(_|$)")
UNITS = (  # the first that is in a name counts; a name with none of them is a fraction
    (re.compile(r"_per_message"), "sendings/message"),
    (re.compile(r"^(traffic|bytes)_"), "B"),
    (re.compile(r"^joules_"), "J"),
    (re.compile(r"_per_h(_|$)"), "1/h"),
    (re.compile(r"_per_s(_|$)"), "1/s"),
    (re.compile(r"_ms$"), "ms"),
    (re.compile(r"_s(_exact)?$"), "s"),
    (re.compile(r"^neuron_loss_change|^neuron_error_"), ""),
)


def unit_of(name: str, target: str = "") -> str:
    """Return the unit of an estimate.

    Args:
        name: Its name.
        target: The unit of what a regression answers, where the cell is one.

    >>> unit_of("latency_p95_ms"), unit_of("expected_accuracy"), unit_of("expected_mae", "k$")
    ('ms', 'fraction', 'k$')
    """
    if TARGET.search(name):
        return target
    if re.search(r"(^|_)mse(_|$)", name):
        return f"{target}^2" if target else ""
    return next((unit for pattern, unit in UNITS if pattern.search(name)), FRACTION)


def rows(cells: Iterable[CellRecord]) -> Iterator[dict[str, Any]]:
    """Yield a row for each cell and estimate: the label's keys, cell, estimate, unit, value, low, high, method, ..."""
    for cell in cells:
        target = next((str(row.get("unit", "")) for row in cell.tables.get("target", ())), "")
        for name in sorted(cell.estimates):
            estimate = cell.estimates[name]
            yield {**cell.label, "cell": cell.hash[:HASH_SHOWN], "estimate": name, "unit": unit_of(name, target),
                   "value": estimate.value, "low": estimate.low, "high": estimate.high, "method": estimate.method,
                   "samples": estimate.samples, "uncertainty": estimate.uncertainty}


def frame(cells: Iterable[CellRecord]) -> pd.DataFrame:
    """Return these rows as a frame."""
    import pandas as pd  # noqa: PLC0415 - heavy

    found = list(rows(cells))
    fixed = ["cell", "estimate", "unit", "value", "low", "high", "method", "samples", "uncertainty"]
    keys = dict.fromkeys(key for row in found for key in row if key not in fixed)
    return pd.DataFrame(found, columns=[*keys, *fixed])


def csv_text(cells: Iterable[CellRecord]) -> str:
    """Return these rows as CSV, a head above them."""
    return frame(cells).to_csv(index=False, lineterminator="\n")


def parquet(cells: Iterable[CellRecord]) -> bytes:
    """Return these rows as a Parquet file."""
    return parquet_bytes(frame(cells))
