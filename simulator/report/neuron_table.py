"""Crashes inside a network for people: what they do to answers, each estimator beside what was drawn, and tails."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows, table_html
from simulator.report.neuron_repeats import repeated_tables
from simulator.report.numbers import (
    FRACTION,
    NOT_SEEN,
    SMALL,
    cell_head,
    estimate_of,
    estimate_text,
    number_text,
    unit_of,
)
from simulator.scenario.labels import REPEAT
from simulator.study.record import CellRecord, Record

TITLE = "Crashes inside the network"
ERRORS, ORDER, LOSSES, TAILS, ADDITIVITY = (
    "Error of an output", "Order of inputs", "Growth of the loss", "P(error >= level)", "Do crashes add?")
ANSWERS_CAPTION = ("with: under crashes, the mean over sets of crashes, then over inputs; change: paired, input by "
                   "input; deviation: of an output's error; intervals 95 %, finite test set")
ERRORS_CAPTION = ("error: with crashes - without. Size of its mean, and deviation, over crashes, then averaged over "
                  "inputs and outputs (±: 95 % of the draws); off: of mean / deviation from Monte Carlo, the median "
                  "over inputs and outputs; (ref): as the reference computes it")
BEYOND_CAPTION = "; beyond: share of inputs and outputs whose drawn error exceeds the bound"
ORDER_CAPTION = ("against Monte Carlo over inputs, for mean / deviation; rank loss: share of pairs in the wrong order, "
                 "ties counted as wrong")
LOSSES_CAPTION = ("of each sample, then averaged; 'through outputs': to second order in the errors of the outputs; r "
                  "and tau against Monte Carlo over inputs")
ADDITIVITY_CAPTION = ("mean: length of the vector of the outputs' mean errors, variance: their sum, both averaged over "
                      "inputs; sum: of what each crash point does alone; off: how far the sum is from together")
COVERS = "finite test set"
FIRST = "repeat 1"  # the one that has tables and figures of its own
Row = Mapping[str, Any]


def cells_with_neurons(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells in which neurons crashed."""
    return tuple(cell for cell in record.cells if cell.tables.get("neuron_errors"))


def crash_text(cell: CellRecord) -> str:
    """Return what crashed, such as ``first p 0.02 (15 units)``."""
    return "; ".join(f"{row['at']} p {row['p']:g} ({row['units']:,} {_plural(row)})"
                     for row in cell.tables["neuron_crashes"])


def _plural(row: Row) -> str:
    word = "neuron" if row["unit"] == "element" else str(row["unit"])
    return word if row["units"] == 1 else f"{word}s"


def answer_rows(record: Record) -> tuple[list[str], Rows]:
    """Return heads and a row for each cell: the score without and with crashes, and the typical error."""
    names = ["neuron_accuracy_without", "neuron_accuracy", "neuron_accuracy_change", "neuron_loss_change",
             "neuron_error_deviation"]
    score = f"mae{f' {unit_of(record)}' if unit_of(record) else ''}" if is_error(record) else "accuracy"
    heads = [cell_head(record), f"{score} without", "with", "change", "loss change", "deviation"]
    rows = [[cell.name, *(estimate_text(estimate_of(cell, name), FRACTION) for name in names)]
            for cell in cells_with_neurons(record)]
    return heads, rows


def is_error(record: Record) -> bool:
    """Return whether answers are numbers, whose errors are measured."""
    return any("neuron_mae" in cell.estimates for cell in record.cells)


def error_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and a row for each estimator, Monte Carlo first: how large it says that errors are."""
    rows = cell.tables["neuron_errors"]
    has_bounds = any("beyond" in row for row in rows)
    heads = ["", "|mean|", "deviation", "off %", *(["beyond %"] * has_bounds)]
    return heads, [[_words(row["estimator"]), *_sizes(row, "size"), _both(row, "relative_error", _percent),
                    *([_percent(row.get("beyond"))] * has_bounds)] for row in rows]


def order_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and a row for each estimator: how well it orders inputs by their error, mean / deviation."""
    rows = [row for row in cell.tables["neuron_errors"] if row["kind"] != "Monte Carlo"]
    return ["", "correlation", "Kendall's tau-b", "rank loss"], [
        [_words(row["estimator"]), *(_both(row, key) for key in ("pearson", "kendall", "rank_loss"))] for row in rows]


def _sizes(row: Row, of: str = "mean") -> list[str]:
    mean, error = row[of], row.get("mean_error")
    text = estimate_text(Estimate(mean, mean - 1.96 * error, mean + 1.96 * error, 0, "")) if error else _small(mean)
    return [text, _small(row["deviation"])]


def loss_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and a row for each way to the growth of the loss."""
    found = [[_words(row["estimator"]), *_sizes(row), _small(row.get("pearson"), 2), _small(row.get("kendall"), 2)]
             for row in cell.tables.get("neuron_losses", ())]
    return ["", "mean", "deviation", "r", "tau"], found


def tail_table_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and a row for each level: the frequency, and every bound."""
    rows = cell.tables.get("neuron_tails", ())
    if not rows:
        return [], []
    bounds = [name for name in rows[0] if name.startswith(("chebyshev", "cantelli"))] + ["hoeffding", "chernoff"]
    found = []
    for row in rows:
        drawn, error = row["measured"], row["measured_error"]
        seen = Estimate(drawn, max(0.0, drawn - 1.96 * error), drawn + 1.96 * error, 0, "")
        found.append([f"{row['level']:g}", estimate_text(seen, SMALL), *(_small(row.get(name), 4) for name in bounds)])
    heads = [_words(name.replace(" by ", ", ").replace("measured", "drawn")) for name in bounds]
    return ["level", "drawn", *heads], found


def tails_caption(cell: CellRecord) -> str:
    """Return what the bounds rest on."""
    reach = cell.tables["neuron_tails"][0]["reach"]
    sound = "bounds" if reach == "absolute weights" else "estimates unless what follows is linear"
    return ("means over inputs and outputs. Chebyshev and Cantelli: by the moments named. Hoeffding and Chernoff (KL): "
            f"by {reach} of each unit, {sound}")


def additivity_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and a row for each set of crash points."""
    found = [[row["crash"], _small(row["mean"]), *([_small(row["sum_of_means"]), _percent(row["mean_off"])]
                                                   if row["points"] > 1 else ["", ""]),
              f"{row['variance']:.3g}", *([f"{row['sum_of_variances']:.3g}", _percent(row["variance_off"])]
                                          if row["points"] > 1 else ["", ""])]
             for row in cell.tables.get("neuron_additivity", ())]
    return ["crash", "mean", "sum", "off %", "variance", "sum", "off %"], found


def neuron_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print."""
    cells = cells_with_neurons(record)
    if not cells:
        return []
    if repeated := repeated_tables(record):
        return repeated
    tables = [FittingTable(TITLE, *answer_rows(record), ANSWERS_CAPTION)]
    for cell in cells:
        shown = _of_cell(cell) if len(cells) == 1 else _of_cell(cell)[:1]  # the page has the others
        tables += [FittingTable(title, heads, rows, caption) for title, heads, rows, caption in shown]
    return tables


def _of_cell(cell: CellRecord) -> list[tuple[str, list[str], Rows, str]]:
    """Return title, heads, rows and caption of each table of a cell that has rows."""
    name = f"{cell.name}: " if cell.label else ""
    drawn = f"{cell.counts['neuron_inputs']:,} inputs x {cell.counts['neuron_repetitions']:,} sets of crashes"
    found = [(f"{ERRORS}, {name}{crash_text(cell)}", *error_rows(cell),
              f"{drawn}. {ERRORS_CAPTION}{BEYOND_CAPTION if 'beyond %' in error_rows(cell)[0] else ''}"),
             (f"{ORDER}{f', {cell.name}' if cell.label else ''}", *order_rows(cell), ORDER_CAPTION),
             (f"{LOSSES}{f', {cell.name}' if cell.label else ''}", *loss_rows(cell), _loss_caption(cell))]
    if cell.tables.get("neuron_tails"):
        found.append((f"{TAILS}{f', {cell.name}' if cell.label else ''}", *tail_table_rows(cell), tails_caption(cell)))
    if cell.tables.get("neuron_additivity"):
        found.append((f"{ADDITIVITY}{f' {cell.name}' if cell.label else ''}", *additivity_rows(cell),
                      ADDITIVITY_CAPTION))
    return [each for each in found if each[2]]


def _loss_caption(cell: CellRecord) -> str:
    losses = {"squared": "mean squared error", "cross_entropy": "cross-entropy"}
    rows = cell.tables.get("neuron_losses", ())
    return f"loss: {losses.get(rows[0]['loss'], rows[0]['loss'])}, {LOSSES_CAPTION}" if rows else LOSSES_CAPTION


def neuron_html(record: Record) -> str:
    """Return the tables for the page; "" where no neuron crashed."""
    cells = cells_with_neurons(record)
    if not cells:
        return ""
    pieces = [table_html(table) for table in repeated_tables(record)]
    pieces += [_html_table(*answer_rows(record)), f'<p class="small">{html.escape(ANSWERS_CAPTION)}.</p>']
    for cell in (cell for cell in cells if cell.label.get(REPEAT, FIRST) == FIRST):
        pieces += [f"<h3>{html.escape(title)}</h3>{_html_table(heads, rows)}"
                   f'<p class="small">{html.escape(caption)}.</p>' for title, heads, rows, caption in _of_cell(cell)]
    return "".join(pieces)


def neuron_answer(record: Record) -> str:
    """Return in one sentence which estimates are nearest to what was drawn; "" where that is not the question."""
    cells = cells_with_neurons(record)
    asked = any(estimate_of(cell, name) for cell in record.cells for name in ("expected_accuracy", "served_accuracy"))
    if len(cells) != 1 or asked:
        return ""
    off = {row["estimator"]: row["relative_error_of_deviation"] for row in cells[0].tables["neuron_errors"]
           if _is_known(row.get("relative_error_of_deviation")) and row["kind"] != "upper bound"}
    change = estimate_of(cells[0], "neuron_accuracy_change")
    word = "the mean absolute error" if is_error(record) else "accuracy"
    text = f"With crashes {word} changes by {estimate_text(change)}" if change else "Neurons crashed"
    if not off:
        return f"{text}."
    ranked = sorted(off, key=lambda name: off[name])
    told = f"nearest to what was drawn is {_words(ranked[0])}, whose deviation is off by {_percent(off[ranked[0]])} %"
    if len(ranked) > 1:
        told += f", furthest {_words(ranked[-1])}, by {_percent(off[ranked[-1]])} %"
    return f"{text}; {told} (median over inputs and outputs)."


def _is_known(value: Any) -> bool:
    return value is not None and not math.isnan(value)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("monte carlo", "Monte Carlo")


def _both(row: Row, key: str, text: Callable[[Any], str] = lambda value: _small(value, 2)) -> str:
    values = [row.get(f"{key}_of_{of}") for of in ("mean", "deviation")]
    return " / ".join(map(text, values)) if any(map(_is_known, values)) else NOT_SEEN


def _percent(value: Any) -> str:
    if not _is_known(value):
        return NOT_SEEN
    return f"{100 * value:,.0f}" if value >= 10 else f"{100 * value:.3g}"


def _small(value: Any, decimals: int = 3) -> str:
    return number_text(float(value), FRACTION, decimals) if _is_known(value) else NOT_SEEN


def _html_table(heads: list[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
