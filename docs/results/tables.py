"""Write the tables of two pages of docs/ from the records beside this file: ``python docs/results/tables.py``.

A table stands between ``<!-- NAME -->`` and ``<!-- end -->``, where NAME is a folder here. Only what its record holds
is written; an experiment that is not finished says how many of its cells are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "reproduction.md"
WORTHS = HERE.parent / "skip-hyperconnections.md"
RELIANCE = {"health-skip-sensitivity": "health-reliance"}  # a study, and what its networks rely on
sys.path.insert(0, str(HERE.parents[1]))

from simulator.report.connection_tables import connection_tables  # noqa: E402
from simulator.report.repeats_table import tables  # noqa: E402
from simulator.report.tables import rich_table  # noqa: E402
from simulator.study.connections_again import told_again  # noqa: E402
from simulator.study.record import Record  # noqa: E402


def markdown(name: str) -> str:
    """Return the tables of one experiment."""
    path = HERE / name / "record.json"
    if not path.exists():
        done = len(list((HERE / name / "cells").glob("[0-9a-f]*")))
        return f"Not finished yet; cells done so far: {done}."
    record = Record.from_json(path.read_text(encoding="utf-8"))
    shown = tables(record) or [rich_table(record)]
    return "\n\n".join(_table(table.title, table.headers, table.rows, table.caption) for table in shown)


def read(name: str) -> Record:
    """Return a finished record."""
    return Record.from_json((HERE / name / "record.json").read_text(encoding="utf-8"))


def worths(name: str) -> str:
    """Return the tables of which hyperconnections matter of one experiment."""
    relied = read(RELIANCE[name]) if name in RELIANCE else None
    shown = connection_tables(told_again(read(name), HERE / name, relied))
    return "\n\n".join(_table(table.title, table.headers, table.rows, table.caption) for table in shown)


def worths_page(text: str) -> str:
    """Return the page of hyperconnections with its tables written anew."""
    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- end -->",
                  lambda found: f"<!-- {found[1]} -->\n{worths(found[1])}\n<!-- end -->", text, flags=re.DOTALL)


def _table(title: str, headers: list[str], rows: list[list[str]], caption: str) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"**{title}**\n\n{text}\n\n{caption}"


def page(text: str) -> str:
    """Return the page with its tables written anew."""
    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- end -->",
                  lambda found: f"<!-- {found[1]} -->\n{markdown(found[1])}\n<!-- end -->", text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    WORTHS.write_text(worths_page(WORTHS.read_text(encoding="utf-8")), encoding="utf-8")
