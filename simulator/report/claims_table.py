"""The table of what a scenario claims: at each point, whether it holds beyond doubt."""

from __future__ import annotations

from simulator.report.fitting import FittingTable, table_html
from simulator.report.numbers import FRACTION, MILLISECONDS, Style, estimate_text
from simulator.study.claims import claims_of
from simulator.study.record import Record

TITLE = "Claims"
CAPTION = ("held: the whole 95 % interval keeps to the limit; violated: none of it does (exit code 1); undecided: it "
           "lies on both sides (exit code 3), and a narrower one would tell. Intervals of several uncertainties are "
           "added")
WORDS = {"held": "held", "violated": "VIOLATED", "undecided": "undecided"}


def style_of(estimate: str) -> Style:
    """Return how an estimate of that name is shown.

    >>> style_of("latency_p99_ms").decimals
    1
    """
    return MILLISECONDS if estimate.endswith("_ms") else FRACTION


def claims_table(record: Record) -> FittingTable | None:
    """Return the table of a record's claims, None where there are none."""
    claims = claims_of(record)
    if not claims:
        return None
    has_points = any(claim.point for claim in claims)
    rows = [[*[", ".join(claim.point.values())] * has_points, claim.estimate, claim.limit,
             estimate_text(claim.found, style_of(claim.estimate)), WORDS[claim.outcome]] for claim in claims]
    heads = [*["at"] * has_points, "estimate", "claimed", "found", "outcome"]
    return FittingTable(TITLE, heads, rows, CAPTION)


def claims_html(record: Record) -> str:
    """Return the table as HTML, "" where there is none."""
    table = claims_table(record)
    return table_html(table) if table else ""
