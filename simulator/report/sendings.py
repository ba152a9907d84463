"""How often messages were sent, for people: repetitions, copies, and what was given up."""

from __future__ import annotations

import html
from collections.abc import Iterable

from simulator.report.fitting import FittingTable
from simulator.study.record import Record

TITLE = "Messages sent again"
SHARES = {  # column of the record: its head, and what it means
    "repeated": ("again %", "sent again after a loss"),
    "given_up": ("given up %", "lost for good"),
    "refused": ("no budget %", "not sent again for want of it"),
    "hedged": ("copies %", "sent to a second node"),
    "won": ("won %", "copies whose output came first"),
    "wasted": ("wasted %", "outputs that came second"),
}


def sending_tables(record: Record) -> list[FittingTable]:
    """Return the table to print, a row for each hyperconnection of each cell; none where nothing is sent again.

    Shares that are 0 everywhere are left out.
    """
    found = [(cell.name, row) for cell in record.cells for row in cell.tables.get("sendings", [])]
    if not found:
        return []
    shares = [key for key in SHARES if any(row[key] for _, row in found)]
    several = ["cell"] * (len(record.cells) > 1)
    headers = [*several, "hyperconnection", "messages", "sendings", *(SHARES[key][0] for key in shares)]
    rows = [
        [name for _ in several] + [str(row["hyperconnection"]), f"{row['messages']:,}", f"{row['amplification']:.3f}"]
        + [f"{100 * row[key] / row['messages']:.2f}" for key in shares]
        for name, row in found
    ]
    told = [f"{SHARES[key][0].removesuffix(' %')}: {SHARES[key][1]}" for key in shares]
    caption = "; ".join(["sendings: for each message, the first included", *told])
    return [FittingTable(TITLE, headers, rows, caption + "; shares of the messages" * bool(told))]


def sendings_html(record: Record) -> str:
    """Return the table of all cells for the page; "" where nothing is sent again."""
    pieces = []
    for table in sending_tables(record):
        body = "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in table.rows)
        pieces.append(f'<div class="wide"><table><thead><tr>{_cells(table.headers, "th")}</tr></thead>'
                      f'<tbody>{body}</tbody></table></div><p class="small">{html.escape(table.caption)}</p>')
    return "".join(pieces)


def _cells(texts: Iterable[str], tag: str) -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)
