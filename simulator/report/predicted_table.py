"""What was foretold of failures, for people: each order beside what is exact, and how well rankings agree."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.expect.rankings import FEW_CLUSTERS
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import NOT_SEEN, SMALL, Style, estimate_text, number_text
from simulator.study.record import CellRecord, Record

TITLE, RANKS = "Failures foretold", "Rankings foretold"
Row = Mapping[str, Any]
HOW = {"first_order": "slopes, summed", "by_delivery": "slopes, whole", "single_crash": "singles, summed",
       "pairs": "pairs", "exact": "exact", "shift": "p |D|", "variance": "p q D²",
       "slopes_in_states": "slopes in states", "secants": "states, exactly"}
WORDS = {
    "first_order": "one backward pass a score says what each component's messages are worth; these add up (group-b3)",
    "by_delivery": "the same slopes, of the messages that a pattern changes as a whole",
    "single_crash": "what each component does when it is down alone, exactly; these add up (group-b4)",
    "pairs": "with what each two do together",
    "exact": "a forward pass for every delivery",
    "shift": "D: root mean square of what a component does to scores, to first order; p: P(down)",
    "variance": "its part in the variance of scores, to first order",
    "slopes_in_states": "slopes in the state with all up and in each state with one failure",
    "secants": "exact answers in the same states",
}
AGAINST = {"improvement": "accuracy its failures cost", "birnbaum": "Birnbaum", "reliance": "accuracy lost without it"}
PERCENT = Style(decimals=1, scale=100.0)


def cells_with_predictions(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells in which failures were foretold."""
    return tuple(cell for cell in record.cells if cell.tables.get("predicted_orders"))


def predicted_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print: for each cell the orders, and the rankings."""
    tables = []
    for cell in cells_with_predictions(record):
        end = f": {cell.name}" if cell.label else ""
        tables.append(FittingTable(TITLE + end, *orders(cell), orders_caption(cell)))
        tables.append(FittingTable(RANKS + end, *rankings(cell, is_whole=False), rankings_caption(cell)))
    return tables


def orders(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and rows of the orders: expected accuracy and how far it is off, errors of moments, passes."""
    heads = ["foretold by", "expected", "off by", "mean off %", "sd off %", "passes"]
    return heads, [
        [HOW[row["order"]], number_text(row["expected_accuracy"]), off_text(row), share_text(row["mean_error"]),
         share_text(row["deviation_error"]), passes_text(row)]
        for row in cell.tables["predicted_orders"]]


def passes_text(row: Row) -> str:
    """Return the passes that an order takes.

    >>> passes_text({"deliveries": 1, "backward": 7}), passes_text({"deliveries": 4, "backward": 0})
    ('1 + 7 back', '4')
    """
    return str(row["deliveries"]) + (f" + {row['backward']} back" if row["backward"] else "")


def off_text(row: Row) -> str:
    """Return how far an expected accuracy is off, with its interval; a dash for the exact one."""
    if row["order"] == "exact":
        return NOT_SEEN
    half = row["error_half_width"] or 0.0
    error = row["error"] if abs(row["error"]) > ROUNDING else 0.0
    return estimate_text(Estimate(error, error - half, error + half, 0, "", "test set"))


ROUNDING = 1e-12


def share_text(share: float | None) -> str:
    """Return a relative error in percent."""
    return NOT_SEEN if share is None else number_text(0.0 if share < ROUNDING else share, PERCENT)


def orders_caption(cell: CellRecord) -> str:
    """Return what the numbers of the orders are."""
    (told,) = cell.tables["predicted_failures"]
    of = "" if told["samples"] == told["test_samples"] else f" of {told['test_samples']:,}"
    return (f"{told['samples']:,}{of} test samples, {told['components']} components that can fail and matter; ±: 95 %, "
            "finite test set; mean, sd: relative errors of mean and standard deviation, over failures, of the shifts "
            "of scores; passes: deliveries through the network, and backward passes")


def rankings(cell: CellRecord, *, is_whole: bool = True) -> tuple[list[str], Rows]:
    """Return heads and rows of the rankings: what of, by what, against what, both coefficients, the same first.

    Not whole it fits 80 columns.
    """
    heads = ["of", "foretold by", *(["exact"] if is_whole else []), "Spearman", "Kendall", "first"]
    return heads, [[row["of"], HOW[row["by"]], *([AGAINST[row["against"]]] if is_whole else []),
                    coefficient(row, "spearman"), coefficient(row, "kendall", has_interval=is_whole),
                    "same" if row["is_first_same"] else "other"] for row in cell.tables["predicted_ranks"]]


def coefficient(row: Row, name: str, *, has_interval: bool = True) -> str:
    """Return a coefficient with its interval, such as ``0.93 [0.71, 1]``; a dash where there is nothing to rank.

    >>> coefficient({"spearman": 0.925, "spearman_low": 0.7, "spearman_high": 1.0}, "spearman")
    '0.93 [0.70, 1.00]'
    """
    if row[name] is None:
        return NOT_SEEN
    text, low = f"{row[name]:.2f}", row[f"{name}_low"]
    text += "" if low is None or not has_interval else f" [{low:.2f}, {row[f'{name}_high']:.2f}]"
    return text.replace("-", "−")


def rankings_caption(cell: CellRecord) -> str:
    """Return what the numbers of the rankings are."""
    (told,) = cell.tables["predicted_failures"]
    if told["clusters"] < 2:
        return "no intervals: the test set is one cluster"
    few = ": rough, for they are few" if told["clusters"] < FEW_CLUSTERS else ""
    return (f"[]: 95 % of {told['draws']} test sets drawn anew by clusters ({told['clusters']} clusters{few}); skips: "
            "of this network, not trained again; exact: Birnbaum's importance, of p |D| and p q D² the accuracy that "
            "failures cost, of skips the accuracy that is lost without each; first: whether both put the same first")


def predicted_html(record: Record) -> str:
    """Return the tables for the page, with what each way of foretelling is; "" where nothing was foretold."""
    pieces = []
    for cell in cells_with_predictions(record):
        head = f"<h3>{html.escape(cell.name)}</h3>" if cell.label else ""
        kinds = [row["order"] for row in cell.tables["predicted_orders"]]
        kinds += [row["by"] for row in cell.tables["predicted_ranks"]]
        words = "; ".join(f"<b>{HOW[kind]}</b>: {html.escape(WORDS[kind])}" for kind in dict.fromkeys(kinds))
        tables = [(orders(cell), orders_caption(cell)), (rankings(cell), rankings_caption(cell)),
                  (components(cell), "D: to first order, d: exactly, root mean square over samples and scores")]
        if cell.tables.get("predicted_skips"):
            tables.append((skips(cell), "accuracy that is lost without each, of this network"))
        body = "".join(f'{_html(*table)}<p class="small">{html.escape(caption)}.</p>' for table, caption in tables)
        pieces.append(f'{head}{body}<p class="small">{words}.</p>')
    return "".join(pieces)


def components(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and rows of the components, the most important first."""
    names = ("birnbaum", "first_order", "by_delivery", "single_crash", "pairs", "D", "d")
    heads = ["component", "fails %", "Birnbaum", *(HOW[name] for name in names[1:5]), "D", "d"]
    return heads, [[row["name"], number_text(row["failure"], PERCENT), *(number_text(row[name]) for name in names)]
                   for row in cell.tables["predicted_components"]]


def skips(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and rows of the skip hyperconnections, the most valuable first."""
    names = ("by_delivery", "slopes_in_states", "secants")
    heads = ["skip", "exact", *(HOW[name] for name in names)]
    return heads, [[row["name"], estimate_text(Estimate(row["exact"], row["low"], row["high"], 0, "", "test set")),
                    *(number_text(row[name], SMALL) for name in names)] for row in cell.tables["predicted_skips"]]


def _html(headers: Sequence[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide tight"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
