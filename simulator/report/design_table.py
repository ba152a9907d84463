"""The tables of designs: the best ones, how they were found, and the front of accuracy against bytes."""

from __future__ import annotations

import textwrap
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows, table_html
from simulator.report.numbers import FRACTION, SMALL, estimate_text, number_text
from simulator.study.record import CellRecord, Record

TITLE = "Designs"
SHOWN = 8  # designs in the table of the best ones
MOST_ON_FRONT = 12
OBJECTIVES = {"expected_accuracy": "accuracy", "information_flow": "P(flow)"}
CAPTION = ("behind: the best design less this one, paired by test sample; bytes: expected of one request; ms: one "
           "request alone, nothing down, no jitter; intervals: finite test set. The best is chosen on these test "
           "samples, so its own number is a little high")
CAPTION_OF_FLOW = "exact; behind: the best design less this one; {}ms: one request alone, nothing down, no jitter"
BYTES = "bytes: expected of one request; "
LACKS = 1e-3  # of less than this it is told what P(flow) is short of 1
LESS = {"bytes": "fewer bytes", "cost": "less cost"}
LINE = 34  # letters of a line of a design


def cells_with_designs(record: Record) -> tuple[CellRecord, ...]:
    """Return the cells that have judged designs."""
    return tuple(cell for cell in record.cells if cell.tables.get("designs"))


def design_tables(record: Record) -> list[FittingTable]:
    """Return, for each cell with designs, the best of them, the search, and the front."""
    tables = []
    for cell in cells_with_designs(record):
        named = f": {cell.name}" if len(record.cells) > 1 else ""
        heads, rows = best_rows(cell)
        told = CAPTION_OF_FLOW.format(BYTES * (against(cell) == "bytes")) if objective(cell) == "P(flow)" else CAPTION
        tables.append(FittingTable(f"The best designs{named}", heads, rows, told))
        tables.append(FittingTable(f"The search{named}", ["", "found"], search_rows(cell)))
        heads, rows = front_rows(cell)
        tables.append(FittingTable(f"Front of {objective(cell)} against {against(cell)}{named}", heads, rows,
                                   f"no design has {LESS[against(cell)]} and is no worse, within the other limits"))
    return tables


def objective(cell: CellRecord) -> str:
    """Return what designs have as much as possible of, as the head of a column."""
    return OBJECTIVES[cell.tables["design"][0]["objective"]]


def against(cell: CellRecord) -> str:
    """Return what designs are set against: their bytes, or where none are known to be sent, their cost."""
    return "bytes" if cell.tables["design"][0]["has_bytes"] else "cost"


def best_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and rows of the best designs within the budget, and of the design as it is."""
    facts, within = cell.tables["design"][0], [row for row in cell.tables["designs"] if row["is_within"]]
    listed = within[:SHOWN] + [row for row in cell.tables["designs"]
                               if row["changes"] == 0 and row not in within[:SHOWN]]
    has_cost = (any(row["cost"] != row["changes"] for row in listed) or facts["limit_cost"] is not None
                or not facts["has_bytes"])
    columns = {"design": [_lines(row["design"]) for row in listed], objective(cell): [value_of(row) for row in listed],
               "behind": ["beyond limits" if not row["is_within"] else estimate_text(_estimate(row, "behind"), SMALL)
                          for row in listed],
               "bytes": [f"{row['bytes']:,.0f}" for row in listed] if facts["has_bytes"] else [],
               "ms": ["" if row["latency_ms"] is None else f"{row['latency_ms']:.1f}" for row in listed],
               "cost": [f"{row['cost']:g}" for row in listed] if has_cost else []}
    shown = {head: texts for head, texts in columns.items() if texts}
    return list(shown), [list(texts) for texts in zip(*shown.values(), strict=True)]


def value_of(row: dict[str, Any]) -> str:
    """Return what a design is worth; next to 1, what it is short of it."""
    if 0 < row["lack"] < LACKS:
        return f"1 − {number_text(row['lack'], SMALL)}"
    return estimate_text(_estimate(row, ""), SMALL if row["value"] is not None and row["value"] < LACKS else FRACTION)


def _lines(design: str) -> str:
    return "\n".join(textwrap.wrap(design, LINE, break_long_words=False, break_on_hyphens=False))


def _estimate(row: dict[str, Any], name: str) -> Estimate | None:
    keys = [name or "value", f"{name}_low" if name else "low", f"{name}_high" if name else "high"]
    value, low, high = (row.get(key) for key in keys)
    if value is None:
        return None
    nan = float("nan")
    return Estimate(value, nan if low is None else low, nan if high is None else high, 1, "")


def front_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return heads and rows of the front, by bytes; of a long one every so many, with both ends and the best."""
    on = sorted((row for row in cell.tables["designs"] if row["is_on_front"]), key=lambda row: row[against(cell)])
    step = -(-len(on) // MOST_ON_FRONT)
    kept = [row for place, row in enumerate(on) if place % step == 0 or place == len(on) - 1] if step > 1 else on
    return ["design", objective(cell), against(cell), "within budget"], [
        [_lines(row["design"]), value_of(row), f"{row[against(cell)]:,.6g}" if against(cell) == "cost" else
         f"{row['bytes']:,.0f}", "yes" if row["is_within"] else "no"] for row in kept]


def search_rows(cell: CellRecord) -> Rows:
    """Return (what, found) rows about the search: best, runner-up, how they differ, bound, gap, greedy beside it."""
    facts, found = cell.tables["design"][0], cell.estimates
    if facts["best"] is None:
        return [["best", "none is within the budget"]]
    best = next(row for row in cell.tables["designs"] if row["is_within"])
    rows = [["best", _lines(facts["best"])], [objective(cell), value_of(best)]]
    if "design_lead" in found:
        told = "" if facts["is_told_apart"] else ": not distinguishable"
        lead = f"{estimate_text(found['design_lead'], SMALL)}{told}"
        rows += [["runner-up", _lines(facts["runner_up"])], ["lead over it", lead],
                 ["not distinguishable from the best", f"{facts['alike']:,}"]]
        if facts["alike"] and facts["has_bytes"]:
            rows.append(["  of these and it, fewest bytes", _lines(facts["alike_fewest_bytes"])])
    rows += [["designs", f"{facts['designs']:,}"], ["  judged", f"{facts['judged']:,}"],
             ["  of these within the budget", f"{facts['within']:,}"], ["method", facts["method"]],
             [bound_name(cell), _bound_text(found["design_bound"].value)], ["optimality gap", _gap_text(cell)]]
    if "greedy" in facts:
        rows += [["greedy search", _lines(facts["greedy"])],
                 ["  behind the best", number_text(facts["greedy_behind"], SMALL)],
                 ["  designs judged", f"{facts['greedy_judged']:,}"]]
    return rows


def bound_name(cell: CellRecord) -> str:
    """Return what the bound is: where all designs are known the best is, and it says what flow alone would allow."""
    is_known = cell.estimates["design_gap"].method.startswith("all designs")
    return "bound from flow alone" if is_known and objective(cell) == "accuracy" else "upper bound"


def _bound_text(bound: float) -> str:
    return f"1 − {number_text(1 - bound, SMALL)}" if 0 < 1 - bound < LACKS else number_text(bound, SMALL)


def _gap_text(cell: CellRecord) -> str:
    gap = cell.estimates["design_gap"]
    if gap.value == 0 and not gap.method.startswith("all designs"):
        return "0: no design within the budget is better"
    return f"{number_text(gap.value, SMALL)}: {gap.method}"


def design_answer(record: Record) -> str:
    """Return the answer of the first cell with designs as a sentence; "" where no cell has any."""
    for cell in cells_with_designs(record):
        facts, found = cell.tables["design"][0], cell.estimates
        if facts["best"] is None or len(record.cells) > 1:
            continue
        text = f"The best design within the budget is {facts['best']}: {objective(cell)} " \
               f"{value_of(next(row for row in cell.tables['designs'] if row['is_within']))}"
        if "design_lead" not in found:
            return f"{text}."
        told = "more than" if facts["is_told_apart"] else "not distinguishable from"
        lead = f" by {estimate_text(found['design_lead'], SMALL)}" if facts["is_told_apart"] else ""
        return f"{text}, {told} the runner-up, {facts['runner_up']}{lead}."
    return ""


def design_html(record: Record) -> str:
    """Return the tables as HTML; "" where no cell has designs."""
    return "".join(table_html(table) for table in design_tables(record))
