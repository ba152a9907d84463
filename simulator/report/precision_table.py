"""The table of a study that was run to a precision: how wide intervals are, and why no more replications were added."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from simulator.report.claims_table import claims_table, style_of
from simulator.report.fitting import FittingTable, table_html
from simulator.report.numbers import number_text
from simulator.study.record import Record

TITLE = "Precision"
CAPTION = ("half-widths of 95 % intervals, and what was asked of them. Who looks at an interval until it is narrow "
           "stops at those that are too narrow by chance; so replications are added until it is a tenth narrower than "
           "asked")


def precision_table(record: Record) -> FittingTable | None:
    """Return the table of a record, None where no precision was asked."""
    if not record.precision:
        return None
    names = list(dict.fromkeys(width["estimate"] for row in record.precision for width in row["widths"]))
    has_points = any(row["label"] for row in record.precision)
    rows = [[*[", ".join(row["label"].values())] * has_points, f"{row['replications']:,}",
             *(_text(row, name) for name in names), row["stopped"]] for row in record.precision]
    return FittingTable(TITLE, [*["at"] * has_points, "replications", *names, "stopped"], rows, CAPTION)


def sure_tables(record: Record) -> list[FittingTable]:
    """Return how sure a run is, and what of its claims that decides, as far as either was asked."""
    return [table for table in (precision_table(record), claims_table(record)) if table]


def _text(row: Mapping[str, Any], name: str) -> str:
    """Return how wide an interval is and how wide it may be."""
    for width in row["widths"]:
        if width["estimate"] == name:
            half, asked = (math.nan if width[key] is None else width[key] for key in ("half", "asked"))
            sign = "≤" if half <= asked else ">"
            return f"{number_text(half, style_of(name))} {sign} {number_text(asked, style_of(name))}"
    return ""


def precision_html(record: Record) -> str:
    """Return the table as HTML, "" where there is none."""
    table = precision_table(record)
    return table_html(table) if table else ""
