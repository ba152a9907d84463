"""Certificates for people: what is certified, every training on the way, and what was drawn beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from simulator.report.fitting import FittingTable, Rows, table_html
from simulator.study.record import CellRecord, Record

TITLE = "Certificate"
STEPS = {"balance": "q", "neurons": "delta_0", "roughness": "D", "mean": "mean", "variance": "P bound",
         None: "certified"}
CAPTION = ("N neurons trained with balance mu, variance lambda and continuity psi_d; q: least over largest weight of a "
           "neuron; D: roughness; mean and sd: of the rise of the loss to first order, +: upper limits of what it "
           "leaves out; P bound and P drawn: that the rise exceeds epsilon (of the worst input; [] 95 %); failed at: "
           "the first step that was not met")
CHANGES = ("neurons", "balanced", "variance", "derivative")
LINE = 44  # letters of a line
LIMIT, LEGACY_LIMIT = 1 / 6, 1 / 3  # of the chance of a large rise of one copy's loss
Row = Mapping[str, Any]


def cells_with_certificates(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells that asked for a certificate."""
    return tuple(cell for cell in record.cells if cell.tables.get("certificate"))


def certificate_tables(record: Record) -> list[FittingTable]:
    """Return, for each cell that asked, what is certified and every training on the way."""
    tables = []
    for cell in cells_with_certificates(record):
        named = f": {cell.name}" if len(record.cells) > 1 else ""
        tables.append(FittingTable(f"{TITLE}{named}", ["", "found"], facts(cell.tables["certificate"][0])))
        heads, rows = training_rows(cell)
        tables.append(FittingTable(f"Trainings{named}", heads, rows, CAPTION))
    return tables


def facts(row: Row) -> Rows:
    """Return (what, found) rows."""
    drawn = f"{row['counted']:.3g} [{row['counted_low']:.3g}, {row['counted_high']:.3g}]"
    asked = f"P(rise of the loss > {row['epsilon']:g}) <= {row['delta']:g} at p = {row['probability']:g}"
    of = f"{row['inputs']} input" + ("s" if row["inputs"] > 1 else "")
    found = [["asked", _lines(asked)], ["for", of if row["share"] == 1 else f"{row['share']:.0%} of {of}"],
             ["as", "the reference decides" if row["legacy"] else "bounds allow"]]
    if row["refusal"]:
        return [*found, ["certified", "nothing"], ["why", _lines(row["refusal"])], ["P(one copy fails), drawn", drawn]]
    reached = "" if row["majority"] <= row["delta"] else f": MORE than {row['delta']:g}"
    return [*found, ["certified", f"the median of {row['copies']} copies"],
            ["P(one copy fails), certified", f"{row['failure']:.3g}"], ["  drawn", drawn],
            ["  they agree", "yes" if row["holds"] else "NO: the certificate is wrong"],
            ["P(most copies fail), exact", f"{row['majority']:.3g}{reached}"],
            ["  with the drawn upper limit", f"{row['majority_counted']:.3g}"]]


def _lines(text: str) -> str:
    return "\n".join(textwrap.wrap(text, LINE))


def training_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and a row for each training."""
    heads = ["", "N", "mu", "lambda", "psi_d", "acc.", "q", "delta_0", "D", "mean", "sd", "P bound", "P drawn",
             "failed at"]
    return heads, [[
        str(row["training"]), str(row["neurons"]), *(f"{row[key]:.0e}" for key in CHANGES[1:]),
        "" if row["accuracy"] is None or row["accuracy"] != row["accuracy"] else f"{row['accuracy']:.3f}",
        f"{row['balance']:.2f}", f"{row['crowded']:.2g}", f"{row['roughness']:.0f}",
        f"{row['mean']:.4f} {row['remainder_mean']:+.4f}", f"{row['deviation']:.4f} {row['remainder_deviation']:+.4f}",
        f"{row['large']:.2f}", f"{row['counted']:.3f} [{row['counted_low']:.3f}, {row['counted_high']:.3f}]",
        STEPS[row["missed"]]] for row in cell.tables["certificate_trainings"]]


def certificate_answer(record: Record) -> str:
    """Return the answer of a record of one cell with a certificate as a sentence; "" where there is none."""
    cells = cells_with_certificates(record)
    if len(cells) != 1 or len(record.cells) > 1:
        return ""
    row = cells[0].tables["certificate"][0]
    if row["refusal"]:
        return f"Nothing is certified: {row['refusal']}."
    drawn = f"{row['counted']:.3g} of the drawn crashes made one copy fail, and {row['failure']:.3g} is certified"
    wrong = "" if row["majority"] <= row["delta"] else (
        f"; but so many fail with probability {row['majority']:.2g}, not {row['delta']:g}: the reference's number of "
        "copies lacks the binomial coefficient")
    return f"The median of {row['copies']} copies is certified; {drawn}{wrong}."


def certificate_html(record: Record) -> str:
    """Return the tables as HTML; "" where no cell asked for a certificate."""
    return "".join(table_html(table) for table in certificate_tables(record))
