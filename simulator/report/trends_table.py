"""What the cells say side by side: slopes along an axis, and which number foretells which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows, table_html
from simulator.report.numbers import FRACTION, Style, estimate_text
from simulator.study.record import Record

TITLE = "Across the cells"
SHORT = Style(decimals=2)
COEFFICIENTS = {"pearson": "Pearson", "kendall": "Kendall's tau-b", "rank_loss": "rank loss"}
SLOPES_CAPTION = "slope of log(number) in log({axis}); interval 95 %: {method}"
FORETOLD_CAPTION = ("over all cells; rank loss: share of pairs in the wrong order, ties counted as wrong, or 1 - that, "
                    "whichever is less, as the literature has it; interval 95 %: {method}")
Row = Mapping[str, Any]


def slopes_of(record: Record) -> list[Row]:
    """Return the rows of slopes."""
    return [row for row in record.trends if row["statistic"] == "slope"]


def words(name: str) -> str:
    """Return the name of a number in words: without its table, as the rows of a table have names enough.

    >>> words("neuron_errors.first_order.variance"), words("neuron_accuracy"), words("constants.p_train")
    ('first order, variance', 'neuron accuracy', 'p train')
    """
    table, _, rest = name.partition(".")
    named, _, column = rest.rpartition(".")
    told = f"{named}, {column}" if named else column or table
    return told.replace("_", " ").replace("monte carlo", "Monte Carlo")


def trend_tables(record: Record) -> list[FittingTable]:
    """Return the table of slopes and that of what foretells what; none where it was not asked."""
    tables = []
    if slopes := slopes_of(record):
        axis = words(slopes[0]["against"])
        rows = [[words(row["of"]), estimate_text(as_estimate(row), SHORT)] for row in slopes]
        told = SLOPES_CAPTION.format(axis=axis, method=slopes[0]["method"])
        tables.append(FittingTable(f"Slopes along {axis}", ["number", "slope"], rows, told))
    others = [row for row in record.trends if row["statistic"] in COEFFICIENTS]
    for truth in dict.fromkeys(row["against"] for row in others):
        found = [row for row in others if row["against"] == truth]
        tables.append(FittingTable(f"What foretells {words(truth)}", ["by", *COEFFICIENTS.values()],
                                   foretold_rows(found), FORETOLD_CAPTION.format(method=found[0]["method"])))
    return tables


def foretold_rows(rows: Iterable[Row]) -> Rows:
    """Return a row for each number that is asked for the order of another."""
    found: dict[str, list[str]] = {}
    for row in rows:
        one = as_estimate(row)
        shown = _folded(one) if row["statistic"] == "rank_loss" else one
        found.setdefault(row["of"], [words(row["of"])]).append(estimate_text(shown, FRACTION))
    return list(found.values())


def _folded(loss: Estimate) -> Estimate:
    """Return a rank loss, or 1 - that where it is less, which is the loss of the order turned round."""
    if not loss.value > 1 / 2:
        return loss
    return Estimate(1 - loss.value, 1 - loss.high, 1 - loss.low, loss.samples, loss.method, loss.uncertainty)


def as_estimate(row: Row) -> Estimate:
    """Return a row's number."""
    return Estimate(row["value"], row["low"], row["high"], row["samples"], row["method"], row["uncertainty"])


def trends_html(record: Record) -> str:
    """Return the tables as HTML; "" without any."""
    return "".join(map(table_html, trend_tables(record)))
