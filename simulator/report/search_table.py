"""The tables of a search: its best trials, and what the best one is worth on seeds on which nothing was chosen."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import FRACTION, MILLISECONDS, SMALL, Style, estimate_text
from simulator.study.record import Record

TITLE = "Search"
SHOWN = 10  # trials in the table
CAPTION = ("all trials have the same root seed, so that they meet the same failures and arrivals. The best of many is "
           "partly lucky: its number and interval here are too good; the next table tells what it is worth on fresh "
           "seeds")
FRESH = ("other root seeds, on which nothing was chosen; the gain is paired, seed by seed; intervals: Student t over "
         "the seeds")

Row = Mapping[str, Any]


def has_search(record: Record) -> bool:
    """Return whether the record is that of a search."""
    return bool(record.search)


def search_tables(record: Record) -> list[FittingTable]:
    """Return the best trials with the scenario as written, and the best one on fresh seeds."""
    if not record.search:
        return []
    heads, rows = trial_rows(record)
    tables = [FittingTable(f"The best of {len(record.search['trials']) - 1} trials", heads, rows, CAPTION)]
    if record.search["fresh"]:
        tables.append(FittingTable("The best on fresh seeds", ["", words(record)], fresh_rows(record), FRESH))
    return tables


def ranked(record: Record) -> list[Row]:
    """Return the rows of the trials that have a value, the scenario as written with them, the best first."""
    found = [row for row in record.search["trials"] if row["value"] is not None]
    sign = -1 if record.search["is_maximised"] else 1
    return sorted(found, key=lambda row: (sign * row["value"], row["trial"]))


def trial_rows(record: Record) -> tuple[list[str], Rows]:
    """Return heads and rows of the best trials, of the scenario as written, and how many could not be."""
    order = ranked(record)
    shown = order[:SHOWN] + [row for row in order[SHOWN:] if row["trial"] == 0]
    keys, style = record.search["keys"], style_of(record)
    rows = [[_name(row, record), *(row["label"][key] for key in keys), estimate_text(as_estimate(row), style)]
            for row in shown]
    failed = len(record.search["trials"]) - len(order)
    rows += [[f"{failed} without a value", *("" for _ in keys), ""]] * bool(failed)
    return ["trial", *short_keys(keys).values(), words(record)], rows


def _name(row: Row, record: Record) -> str:
    told = "as written" if row["trial"] == 0 else str(row["trial"])
    return f"{told} (best)" if row["trial"] == record.search["best"] else told


def fresh_rows(record: Record) -> Rows:
    """Return (what, value) rows: the means over fresh seeds as written and at the best, the gain, and the luck."""
    fresh, style = record.search["fresh"], style_of(record)
    rows = [[f"{told}, mean over {len(fresh['seeds'])} seeds", estimate_text(as_estimate(fresh[name]), style)]
            for name, told in (("start_mean", "as written"), ("best_mean", "the best"))]
    gain = as_estimate(fresh["difference"])
    return [*rows, ["difference, paired", f"{estimate_text(gain, fine(style))}{undecided(gain)}"]]


def undecided(gain: Estimate) -> str:
    """Return what a difference does not tell: nothing where its interval leaves out 0, or is not known."""
    return ": not distinguishable" if gain.low <= 0 <= gain.high and gain.low < gain.high else ""


def short_keys(keys: list[str]) -> dict[str, str]:
    """Return the last words of each key that tell it from the others.

    >>> short_keys(["policy.wait.after.fog1", "policy.wait.after.cloud"])
    {'policy.wait.after.fog1': 'fog1', 'policy.wait.after.cloud': 'cloud'}
    >>> short_keys(["policy.wait.after"])
    {'policy.wait.after': 'policy.wait.after'}
    """
    steps = [key.split(".") for key in keys]
    same = 0
    while len(keys) > 1 and all(len(one) > same + 1 and one[same] == steps[0][same] for one in steps):
        same += 1
    return {key: ".".join(one[same:]) for key, one in zip(keys, steps, strict=True)}


def words(record: Record) -> str:
    """Return what is searched for, in words."""
    name = str(record.search["estimate"])
    told = name.removesuffix("_ms").replace("_", " ").replace("on time", "on-time")
    return f"{told} (ms)" if name.endswith("_ms") else told


def style_of(record: Record) -> Style:
    """Return how the values of a search are shown."""
    return MILLISECONDS if record.search["estimate"].endswith("_ms") else FRACTION


def fine(style: Style) -> Style:
    """Return how differences are shown."""
    return SMALL if style is FRACTION else style


def as_estimate(row: Row) -> Estimate:
    """Return the estimate in a row."""
    low, high = (float("nan") if row[name] is None else row[name] for name in ("low", "high"))
    value = float("nan") if row["value"] is None else row["value"]
    return Estimate(value, low, high, row.get("samples", 1), row.get("method", ""), row.get("uncertainty", "none"))


def search_answer(record: Record) -> str:
    """Return the answer of a search as a sentence; "" where there is none."""
    if not record.search:
        return ""
    best, fresh = record.search["trials"][record.search["best"]], record.search["fresh"]
    if not fresh:
        return f"No trial was better than the scenario as written: {words(record)} " \
               f"{estimate_text(as_estimate(best), style_of(record))}."
    at = ", ".join(f"{short} {best['label'][key]}" for key, short in short_keys(record.search["keys"]).items())
    gain, mean = as_estimate(fresh["difference"]), as_estimate(fresh["best_mean"])
    told = f"{estimate_text(gain, fine(style_of(record)))} more" if gain.value >= 0 else \
        f"{estimate_text(Estimate(-gain.value, -gain.high, -gain.low, gain.samples, ''), fine(style_of(record)))} less"
    return (f"The best trial is {at}: on fresh seeds its {words(record)} is "
            f"{estimate_text(mean, style_of(record))}, {told} than as written{undecided(gain)}.")


def search_html(record: Record) -> str:
    """Return the tables as HTML; "" without a search."""
    return "".join(_html(table) for table in search_tables(record))


def _html(table: FittingTable) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in table.headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in table.rows)
    return (f"<h3>{html.escape(table.title)}</h3><div class=\"wide\"><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div><p class=\"small\">{html.escape(table.caption)}.</p>")
