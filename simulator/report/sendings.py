"""How often messages were sent, for people: repetitions, copies, and what was given up."""

from __future__ import annotations

import html

from simulator.report.fitting import FittingTable, Rows
from simulator.study.record import CellRecord, Record

TITLE = "Messages sent again"
CAPTION = (
    "sendings: for each message, the first included; again: sent again after a loss; given up: lost for good; no "
    "budget: not sent again for want of it; copies: sent to a second node; won, wasted: copies whose output came "
    "first, outputs that came second; all of them shares of the messages, in %"
)
HEADERS = ["hyperconnection", "messages", "sendings", "again %", "given up %", "no budget %", "copies %", "won %",
           "wasted %"]
SHARES = ("repeated", "given_up", "refused", "hedged", "won", "wasted")


def sending_rows(cell: CellRecord) -> Rows:
    """Return a row of texts for each hyperconnection of a cell; none where nothing is sent again."""
    return [
        [str(row["hyperconnection"]), f"{row['messages']:,}", f"{row['amplification']:.3f}",
         *(f"{100 * row[key] / row['messages']:.2f}" for key in SHARES)]
        for row in cell.tables.get("sendings", [])
    ]


def sending_tables(record: Record) -> list[FittingTable]:
    """Return the table to print: of one cell by hyperconnection, of several a row for each and cell."""
    rows = [[cell.name, *row] if len(record.cells) > 1 else row for cell in record.cells for row in sending_rows(cell)]
    headers = ["cell", *HEADERS] if len(record.cells) > 1 else HEADERS
    return [FittingTable(TITLE, headers, rows, CAPTION)] if rows else []


def sendings_html(record: Record) -> str:
    """Return the table of all cells for the page; "" where nothing is sent again."""
    pieces = []
    for table in sending_tables(record):
        head = _cells(table.headers, "th")
        body = "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in table.rows)
        pieces.append(f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
                      f'<p class="small">{html.escape(table.caption)}</p>')
    return "".join(pieces)


def _cells(texts: list[str], tag: str) -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)
