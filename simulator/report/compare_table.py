"""The tables of two runs side by side: what was asked differently, and what came out differently."""

from __future__ import annotations

from typing import Any

from simulator.documents.yaml_text import brief
from simulator.report.claims_table import style_of
from simulator.report.fitting import FittingTable
from simulator.report.numbers import estimate_text
from simulator.study.compare import Comparison, Difference, changed_settings
from simulator.study.record import Record

MOST_SETTINGS = 20
MAIN = ("expected_accuracy", "served_accuracy", "on_time_accuracy", "no_information_flow", "share_on_time",
        "share_late", "share_lost", "latency_mean_ms", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms",
        "availability", "goodput_per_s", "expected_mae", "served_mae")
UNSAID = {"title", "question"}
LEGEND = ("with 95 % intervals; differs: 0 lies outside. Where root seeds agree, replications are "
           "paired one by one and answers by test sample, so that what they share cancels; else the intervals of both "
           "count. Of twenty comparisons about one differs by chance")


def settings_table(first: Record, second: Record) -> FittingTable | None:
    """Return what was asked differently, None where nothing was."""
    before, after = map(_asked, (first, second))
    rows = [[path.removeprefix("scenario."), *("–" if value is None else brief(value, 20) for value in pair)]
            for path, *pair in changed_settings(before, after)]
    if not rows:
        return None
    more = [[f"... and {len(rows) - MOST_SETTINGS} more", "", ""]] if len(rows) > MOST_SETTINGS else []
    return FittingTable("Asked differently", ["setting", "first", "second"], rows[:MOST_SETTINGS] + more)


def _asked(record: Record) -> dict[str, Any]:
    """Return the scenario with its topology and model, without words that change nothing."""
    scenario = {key: value for key, value in record.scenario["scenario"].items() if key not in UNSAID}
    return {**record.scenario, "scenario": scenario}


def shown(comparison: Comparison, *, everything: bool) -> list[Difference]:
    """Return the differences to show: of the main estimates, or of all; of others those that differ."""
    return [one for one in comparison.differences if everything or one.estimate in MAIN or one.differs]


def differences_tables(comparison: Comparison, *, everything: bool = False) -> list[FittingTable]:
    """Return what came out differently: for each estimate a table with a row a point; one table of one point."""
    found = shown(comparison, everything=everything)
    if not any(one.label for one in found):
        return [_table("Second less first", "estimate", [(one.estimate, one) for one in found])]
    names = dict.fromkeys(one.estimate for one in found)
    return [_table(f"{name}, second less first", "at",
                   [(", ".join(one.label.values()), one) for one in found if one.estimate == name])
            for name in names]


def _table(title: str, head: str, found: list[tuple[str, Difference]]) -> FittingTable:
    """Return a table of differences; how they were paired is said once where it is the same for all."""
    ways = [one.change.method.removeprefix("paired over ") for _, one in found]
    apart = len(set(ways)) > 1
    rows = []
    for (name, one), way in zip(found, ways, strict=True):
        style = style_of(one.estimate)
        texts = [estimate_text(each, style) for each in (one.before, one.after, one.change)]
        rows.append([name, *texts, "differs" if one.differs else "", *[way] * apart])
    heads = [head, "first", "second", "difference", "outcome", *["paired over"] * apart]
    is_paired = found[0][1].change.method.startswith("paired over ")
    said = "" if apart else f"paired over {ways[0]}" if is_paired else ways[0]
    return FittingTable(title, heads, rows, said)


def summary(comparison: Comparison) -> list[str]:
    """Return what a reader wants to know first, as sentences."""
    found = comparison.differences
    differ = [one for one in found if one.differs]
    lines = [f"{len(differ)} of {len(found)} estimates differ beyond their intervals"
             + ("" if comparison.is_common else "; root seeds are not the same, so that nothing is paired")]
    for number, label in comparison.alone:
        lines.append(f"only in the {'first' if number == 1 else 'second'}: {', '.join(label.values())}")
    return lines
