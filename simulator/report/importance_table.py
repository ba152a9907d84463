"""Importance of components for people: a table that is printed, and all measures for the page."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.expect.importance.measures import MEASURES
from simulator.expect.importance.variance import SHARES
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import FRACTION, NOT_SEEN, Style, estimate_text, number_text
from simulator.study.record import CellRecord, Record

TITLE = "Which matter"
HEADS = {"birnbaum": "Birnbaum", "improvement": "improvement", "shapley": "Shapley", "banzhaf": "Banzhaf",
         "raw": "RAW", "rrw": "RRW", "criticality": "criticality", "diagnosis": "diagnosis",
         "sobol_first": "Sobol first", "sobol_total": "Sobol total", "shapley_effects": "Shapley effect",
         "if_down": "if set down", "given_down": "if found down"}
BESIDE = ("improvement", "shapley", "criticality", "birnbaum")  # printed beside the ranking, as far as they are there
MOST_BESIDE = 2
MOST_PRINTED = 20  # rows of a printed table
FAILS = "fails %"
APART = "apart from"
WORDS = {name: measure.words for name, measure in MEASURES.items()} | {name: words for name, (_, words) in
                                                                      SHARES.items()}
COVERS = {"test set": "finite test set", "failures": "the drawn patterns, not the test set"}
Row = Mapping[str, Any]


def cells_with_importance(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells in which components were ranked."""
    return tuple(cell for cell in record.cells if cell.tables.get("importance"))


def ranked_in(cell: CellRecord) -> tuple[Row, ...]:
    """Return what was ranked in a cell: a row for the components, the nodes or the links."""
    return tuple(cell.tables.get("sensitivity", ()))


def rows_of(cell: CellRecord, of: str, table: str = "importance") -> list[Row]:
    """Return the rows of a table of a cell that are of the components, the nodes or the links."""
    return [row for row in cell.tables.get(table, ()) if row["of"] == of]


def estimate_of(row: Row, name: str, covers: str = "") -> Estimate:
    """Return a measure of a row, NaN where it could not be had."""
    value = _number(row.get(name))
    low, high = (value if row.get(f"{name}_{side}") is None else float(row[f"{name}_{side}"]) for side in
                 ("low", "high"))
    return Estimate(value, low, high, 0, "", covers or "none")


def head_of(name: str) -> str:
    """Return the name of a measure as a head.

    >>> head_of("raw"), head_of("reliance")
    ('RAW', 'reliance')
    """
    return HEADS.get(name, name.replace("_", " "))


def importance_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print: one for each cell and for what was ranked in it, the most important first."""
    tables = []
    for cell in cells_with_importance(record):
        for told in ranked_in(cell):
            rows = rows_of(cell, told["of"])
            title = f"{TITLE}, {told['of']}" + (f": {cell.name}" if cell.label else "")
            tables.append(FittingTable(title, *printed(told, rows[:MOST_PRINTED]), caption_of(told, len(rows))))
            if not told["is_independent"] and {"if_down", "given_down"} <= set(rows[0]):
                tables.append(FittingTable(f"{title}, expected accuracy", *downs(rows[:MOST_PRINTED]), DOWN_CAPTION))
    return tables


DOWN_CAPTION = ("components fail together. If set down: by hand, all others as they are (intervention); if found "
                "down: with whatever else is down then (diagnosis)")


def printed(told: Row, rows: Sequence[Row]) -> tuple[list[str], Rows]:
    """Return heads and rows of a table that fits 80 columns: the ranking with its interval, and two others."""
    ranking = told["rank_by"]
    beside = [name for name in BESIDE if name != ranking and name in rows[0]][:MOST_BESIDE]
    has_apart = any(row["matters"] is not None for row in rows)
    heads = [told["of"], FAILS, head_of(ranking), *([APART] if has_apart else []), *map(head_of, beside)]
    found = []
    for row in rows:
        texts = [str(row["name"]), failure_text(row), estimate_text(estimate_of(row, ranking))]
        texts += [apart(row)] if has_apart else []
        found.append([*texts, *(number_text(estimate_of(row, name).value) for name in beside)])
    return heads, found


def downs(rows: Sequence[Row]) -> tuple[list[str], Rows]:
    """Return heads and rows of what is expected when a component is set down, and when it is found down."""
    names = ("if_down", "given_down")
    return ["name", FAILS, *map(head_of, names)], [
        [str(row["name"]), failure_text(row),
         *(estimate_text(estimate_of(row, name)) for name in names)] for row in rows]


def failure_text(row: Row) -> str:
    """Return P(down) in percent, with one decimal at least."""
    return number_text(row["failure"], Style(1, 100.0))


def apart(row: Row) -> str:
    """Return from what a row can be told apart: from what does not matter, and from the next row.

    >>> apart({"matters": True, "before_next": False}), apart({"matters": False, "before_next": None})
    ('0', '–')
    """
    found = ["0"] * (row["matters"] is True) + ["next"] * (row["before_next"] is True)
    return ", ".join(found) or NOT_SEEN


def caption_of(told: Row, rows: int) -> str:
    """Return what the numbers of a printed table are."""
    ranking = told["rank_by"]
    texts = [f"{head_of(ranking)}: {WORDS.get(ranking, ranking)}", told["method"]]
    if told["covers"]:
        neutral = "1" if ranking in ("raw", "rrw") else "0"
        texts.append(f"intervals 95 %: {COVERS.get(told['covers'], told['covers'])}; apart from "
                     f"0: not from {neutral}, from next: the paired difference is not 0".replace("0: not from 0", "0"))
    if told["below"] is not None:
        texts.append(f"risk: P(accuracy < {told['below']:g})")
    if rows > MOST_PRINTED:
        texts.append(f"the first {MOST_PRINTED} of {rows}; the page has all")
    return "; ".join(texts)


def importance_html(record: Record) -> str:
    """Return every measure of everything ranked, for the page; "" where nothing was."""
    pieces = []
    for cell in cells_with_importance(record):
        for told in ranked_in(cell):
            rows = rows_of(cell, told["of"])
            names = [name for name in HEADS if name in rows[0]]
            names += [name for name in rows[0] if f"{name}_low" in rows[0] and name not in HEADS]
            heads = [told["of"], FAILS, *map(head_of, names)]
            body = [[str(row["name"]), failure_text(row),
                     *(estimate_text(estimate_of(row, name), FRACTION) for name in names)] for row in rows]
            title = f"{told['of'].capitalize()}" + (f", {cell.name}" if cell.label else "")
            words = "; ".join(f"<b>{html.escape(head_of(name))}</b>: {html.escape(WORDS.get(name, name))}"
                              for name in names)
            left = f" Left out: {html.escape(told['left_out'])}." if told["left_out"] else ""
            pieces.append(f"<h3>{html.escape(title)}</h3>{_html_table(heads, body)}"
                          f'<p class="small">{html.escape(caption_of(told, 0))}.{left} {words}.</p>')
    return "".join(pieces)


def _html_table(headers: list[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    body = body.replace(" ± ", "<br>± ").replace(" [", "<br>[")
    return f'<div class="wide tight"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
