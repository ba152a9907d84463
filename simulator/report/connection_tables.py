"""Tables of which hyperconnections matter: reliance, replaceability, and the gap between the two."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import covered, estimate_text
from simulator.report.repeats_table import as_estimate
from simulator.study.record import CellRecord, Record

Row = dict[str, Any]
TITLE = "Which hyperconnections matter"
RELIANCE, REPLACEABILITY, GAP, AGREEMENT = "reliance", "replaceability", "gap", "agreement"
KINDS = {RELIANCE: "Reliance: switched off in the trained network", REPLACEABILITY: "Replaceability: trained without",
         GAP: "Gap: reliance less replaceability"}
MEASURES = {"shapley": "Shapley worth", "banzhaf": "Banzhaf worth", "removal": "all less all but it",
            "addition": "it alone less none", "interaction": "interaction of two", "contrast": "with it less without"}
TWO_ERRORS = 2 / 1.96  # half-widths of a normal 95 % interval that make two standard errors
MARK = "n.d."
CAPTION = f"in expected accuracy; {MARK}: not distinguishable from 0 (below 2 standard errors, or 0 in the interval)"


def rows_of(record: Record, kind: str, measure: str = "shapley") -> list[Row]:
    """Return a record's rows of one kind and measure."""
    return [row for row in record.hyperconnections if row["kind"] == kind and row["measure"] == measure]


def is_distinct(row: Row) -> bool:
    """Return whether a number is told from 0: it is at least two standard errors away, and 0 is not in its interval.

    A number without an interval, or that is exact, is told from 0 unless it is 0.
    """
    value, half = row["value"], max(row["high"] - row["value"], row["value"] - row["low"])
    return bool(value) and not abs(value) <= TWO_ERRORS * half


def name_of(row: Row) -> str:
    """Return what a row is about: a hyperconnection, in the presence of which others where that was the question."""
    given = row["given"]
    return row["of"] if given is None else f"{row['of']} beside {', '.join(given) or 'none'}"


def context_of(row: Row) -> str:
    """Return the point of the grid, as one word."""
    return CellRecord("", row["label"]).legend.replace("\n", " ")


def contexts(rows: Sequence[Row]) -> list[str]:
    """Return the contexts of some rows, each once."""
    return list(dict.fromkeys(map(context_of, rows)))


def main_rows(record: Record, kind: str) -> list[Row]:
    """Return the rows of a kind that are ranked: Shapley worths, or single differences where no more is known."""
    return rows_of(record, kind) or rows_of(record, kind, "contrast")


def ranked(rows: Sequence[Row]) -> list[str]:
    """Return the names of rows, the one with the largest worth in any context first."""
    best: dict[str, float] = {}
    for row in rows:
        best[name_of(row)] = max(best.get(name_of(row), 0.0), abs(row["value"]))
    return sorted(best, key=lambda name: -best[name])


def text_of(row: Row) -> str:
    """Return a row's number with its interval, and whether it is told from 0."""
    text = estimate_text(as_estimate(row))
    return text if is_distinct(row) or text == "0" else f"{text} {MARK}"


def connection_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print: of each kind the ranked worths, a column for each context; none where none are."""
    made = []
    for kind, title in KINDS.items():
        rows = main_rows(record, kind)
        if rows:
            told = covered([as_estimate(row) for row in rows])
            caption = f"{CAPTION}; ±: {told}" if told else CAPTION
            measure = MEASURES[rows[0]["measure"]]
            heads, texts = across(rows, ranked(rows))
            if kind == GAP:
                texts += _agreement(record, heads[1:])
            if len(texts) < len(heads) - 1:
                heads, *texts = (list(line) for line in zip(heads, *texts, strict=True))
                heads[0] = "under"
            made.append(FittingTable(f"{title} ({measure})", heads, texts, caption))
    return made


def across(rows: Sequence[Row], names: Sequence[str]) -> tuple[list[str], Rows]:
    """Return heads and texts: a row for each name, a column for each context."""
    found = {(name_of(row), context_of(row)): text_of(row) for row in rows}
    columns = contexts(rows)
    texts = [[name, *(found.get((name, column), "") for column in columns)] for name in names]
    return ["hyperconnection", *columns], texts


def _agreement(record: Record, columns: Sequence[str]) -> Rows:
    found = {context_of(row): estimate_text(as_estimate(row)) for row in rows_of(record, AGREEMENT, "kendall_tau")}
    return [["Kendall tau of both", *(found.get(column, "") for column in columns)]] if found else []


def connections_html(record: Record) -> str:
    """Return every measure for the page, a table for each kind and context; "" where there is none."""
    parts = []
    for table in connection_tables(record):
        parts.append(f"<h3>{html.escape(table.title)}</h3>{_table(table.headers, table.rows)}")
    for kind in (RELIANCE, REPLACEABILITY):
        rows = [row for row in record.hyperconnections if row["kind"] == kind and row["of"]]
        for context in contexts(rows) if any(row["measure"] == "banzhaf" for row in rows) else ():
            mine = [row for row in rows if context_of(row) == context]
            title = f"{KINDS[kind]}, every measure: {context}"
            parts.append(f"<details><summary>{html.escape(title)}</summary>{_every_measure(mine)}</details>")
    return "".join(parts) + (f'<p class="small">{html.escape(CAPTION)}.</p>' if parts else "")


def _every_measure(rows: Sequence[Row]) -> str:
    measures = [measure for measure in MEASURES if any(row["measure"] == measure for row in rows)]
    names = dict.fromkeys((row["of"], row["with"]) for row in rows)
    found = {(row["of"], row["with"], row["measure"]): text_of(row) for row in rows}
    texts = [[" and ".join(filter(None, name)), *(found.get((*name, measure), "") for measure in measures)]
             for name in names]
    return _table(["hyperconnection", *(MEASURES[measure] for measure in measures)], texts)


def _table(headers: Sequence[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
