"""Tables that fit the terminal they are printed on, whatever its width, without breaking a word."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDTH = 100
Rows = list[list[str]]
ENDLESS = 10_000
NARROWEST_HEAD = 18  # letters of a line of a column's head, at least


@dataclass(frozen=True)
class FittingTable:
    """A table of texts that chooses its layout as it is printed.

    Intervals stand beside their numbers where that fits, else under them. Where that is too wide as well, or where
    ``is_turned``, each column is a row of the input, and as many as fit stand beside each other.

    Args:
        title: Above it.
        headers: One for each column; the first names the rows.
        rows: Their texts, as many in each as there are headers.
        caption: Below it.
        is_turned: Whether to turn it at any width.
    """

    title: str
    headers: list[str]
    rows: Rows
    caption: str = ""
    is_turned: bool = False

    def tables(self, width: int = WIDTH) -> list[Table]:
        """Return the tables, one below the other, none wider than so many columns as far as its words allow."""
        if not self.is_turned:
            for table in (self._plain(), self._plain(under=True)):
                if width_of(table) <= width:
                    return [table]
        return self._turned(width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table | Text]:
        """Yield the tables that fit the width at hand."""
        for table in self.tables(options.max_width):
            yield from _with_words(table)
            yield Text("")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width that the table takes of the width at hand."""
        widest = max(width_of(table) for table in self.tables(options.max_width))
        return Measurement(widest, widest)

    def _plain(self, *, under: bool = False) -> Table:
        heads = [_under(head) if under else head for head in self.headers]
        return _table(self.title, heads, [[_under(text) for text in row] for row in self.rows] if under else self.rows,
                      self.caption)

    def _turned(self, width: int) -> list[Table]:
        """Return turned tables of as many columns as fit, at least one."""
        tables, first = [], 0
        while first < len(self.rows):
            count = len(self.rows) - first
            while count > 1 and width_of(self._turned_rows(first, count)) > width:
                count -= 1
            tables.append(self._turned_rows(first, count))
            first += count
        return tables

    def _turned_rows(self, first: int, count: int) -> Table:
        shown = self.rows[first : first + count]
        rows = [[head, *(row[place] for row in shown)] for place, head in enumerate(self.headers)]
        rows[0] = [_wrapped(head, column) for head, *column in zip(*rows, strict=True)]
        title = self.title if first == 0 else f"{self.title} (continued)"
        caption = self.caption if first + count == len(self.rows) else ""
        return _table(title, rows[0], [row for row in rows[1:] if any(row[1:])], caption)


def table_html(table: FittingTable) -> str:
    """Return a table as HTML, with its title as a heading and its caption below."""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in table.headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in table.rows)
    note = f'<p class="small">{html.escape(table.caption)}.</p>' if table.caption else ""
    return (f"<h3>{html.escape(table.title)}</h3><div class=\"wide\"><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>{note}")


def width_of(table: Table) -> int:
    """Return how many columns a table takes without breaking a line of its cells."""
    bare = Table(box=SIMPLE_HEAD, pad_edge=False)
    bare.columns = table.columns
    bare.rows = table.rows
    console = Console(width=ENDLESS)
    return Measurement.get(console, console.options, bare).maximum


def _with_words(table: Table) -> Iterator[Table | Text]:
    """Yield title, table and caption apart, so that a narrow table does not break its words into short lines."""
    title, caption, table.title, table.caption = table.title, table.caption, None, None
    if title:
        yield Text(str(title), style=table.title_style or "")
    yield table
    if caption:
        yield Text(str(caption), style="table.caption")


def aligned(texts: list[str]) -> list[str]:
    """Return the texts of a column with the signs of their intervals, and so the ends of their numbers, in line.

    >>> aligned(["0.482 ± 0.049", "0.4814 ± 0.0003", "8"])
    [' 0.482 ± 0.049 ', '0.4814 ± 0.0003', '     8         ']
    """
    pieces = [text.partition(" ") if " ± " in text or " [" in text else (text, "", "") for text in texts]
    if not any(space for _, space, _ in pieces) or any("\n" in text for text in texts):
        return texts
    before = max(len(number) for number, space, _ in pieces if space)
    after = max(len(interval) for _, space, interval in pieces if space)
    return [f"{number:>{before}} {interval:<{after}}" if len(number) <= before else text
            for (number, _, interval), text in zip(pieces, texts, strict=True)]


def _wrapped(head: str, column: list[str]) -> str:
    """Return a head in lines that are not wider than what stands below it, as far as its words allow."""
    widest = max((len(line) for text in column for line in text.split("\n")), default=0)
    return "\n".join(textwrap.wrap(head, max(widest, NARROWEST_HEAD), break_long_words=False,
                                   break_on_hyphens=False)) or head


def _under(text: str) -> str:
    for before in (" ± ", " [", " %", " ms"):
        text = text.replace(before, "\n" + before[1:])
    return text


def _table(title: str, headers: list[str], rows: Rows, caption: str = "") -> Table:
    """Return a rich table of texts: first column to the left, numbers to the right, nothing broken."""
    table = Table(title=Text(title), box=SIMPLE_HEAD, title_style="bold", title_justify="left", pad_edge=False,
                  caption=Text(caption) if caption else None, caption_justify="left")
    columns = [aligned(list(column)) if place else list(column) for place, column in enumerate(zip(*rows, strict=True))]
    for place, head in enumerate(headers):
        table.add_column(Text(head), justify="right" if place else "left", no_wrap=True, overflow="fold")
    for row in zip(*columns, strict=True):
        table.add_row(*(Text(text) for text in row))
    return table
