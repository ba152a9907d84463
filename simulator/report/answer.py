"""The answer in one sentence, built from the numbers, and the captions of the figures."""

from __future__ import annotations

import math

from simulator.expect.estimate import Estimate
from simulator.report.certificate_table import certificate_answer
from simulator.report.design_table import design_answer
from simulator.report.neuron_table import neuron_answer
from simulator.report.numbers import (
    ERROR,
    FRACTION,
    PERCENT,
    Style,
    band_text,
    cells_with,
    covered,
    estimate_of,
    estimate_text,
    has_band,
    in_words,
    is_regression,
    number_text,
    unit_of,
)
from simulator.report.repeats_table import as_estimate, axes_of, rows_of
from simulator.report.search_table import search_answer
from simulator.study.record import CellRecord, Record

# What a question is most likely about, first choice first: (estimate, its name in a sentence, style, unit).
HEADLINES: tuple[tuple[str, str, Style, str], ...] = (
    ("expected_accuracy", "Expected accuracy", FRACTION, ""),
    ("served_accuracy", "Served accuracy", FRACTION, ""),
    ("on_time_accuracy", "On-time accuracy", FRACTION, ""),
    ("share_on_time", "The share of requests on time", PERCENT, " %"),
    ("latency_mean_ms", "Mean latency", Style(decimals=1), " ms"),
    ("traffic_on_demand_bytes", "Expected traffic of a request with skips on demand", Style(decimals=0), " B"),
    ("no_information_flow", "The probability that no information flows", PERCENT, " %"),
)
SMALLER_IS_BETTER = {f"expected_{ERROR}", f"served_{ERROR}", "latency_mean_ms", "traffic_on_demand_bytes",
                     "no_information_flow"}


def answer(record: Record) -> str:
    """Return one sentence: the best cell against the worst and whether their intervals overlap, or the one number."""
    answers = (search_answer, design_answer, certificate_answer, neuron_answer)
    if told := next(filter(None, (one(record) for one in answers)), ""):
        return told
    for name, words, style, unit in headlines(record):
        found = [cell for cell in compared(record, name) if name in cell.estimates]
        cells = [cell for cell in found if not math.isnan(cell.estimates[name].value)]
        if not cells:
            continue
        sign = -1 if name in SMALLER_IS_BETTER else 1
        ranked = sorted(cells, key=lambda cell: sign * cell.estimates[name].value)
        if len(ranked) == 1:
            return f"{words} is {_shown(ranked[0].estimates[name], style, unit)}{_against_all_up(ranked[0], name)}."
        return _comparison(ranked, name, words, (style, unit))
    return "This run measured nothing that answers in one number; see the tables."


def headlines(record: Record) -> tuple[tuple[str, str, Style, str], ...]:
    """Return what a question is most likely about; of a regression, errors in the unit of its target."""
    if not is_regression(record):
        return HEADLINES
    unit = f" {unit_of(record)}".rstrip()
    return tuple((name.replace("accuracy", ERROR), in_words(record, words), style,
                  unit if "accuracy" in name else given) for name, words, style, given in HEADLINES)


def compared(record: Record, name: str) -> tuple[CellRecord, ...]:
    """Return the cells that a sentence compares: with repeats, the means of the last value of the grid's last axis."""
    rows = rows_of(record, name)
    if not rows:
        return record.cells
    _, across = axes_of(rows)
    last = [row for row in rows if across is None or row["label"][across] == rows[-1]["label"][across]]
    return tuple(CellRecord("", row["label"], {name: as_estimate(row)}) for row in last)


def _shown(estimate: Estimate, style: Style, unit: str) -> str:
    return f"{estimate_text(estimate, style)}{unit}"


def _against_all_up(cell: CellRecord, name: str) -> str:
    all_up = estimate_of(cell, "all_up_accuracy")
    if all_up is None or not {"accuracy", ERROR} & set(name.split("_")) or math.isnan(all_up.value):
        return ""
    return f", against {number_text(all_up.value)} with every component up"


def _comparison(ranked: list[CellRecord], name: str, words: str, how: tuple[Style, str]) -> str:
    style, unit = how
    worst, best = ranked[0], ranked[-1]
    low, high = worst.estimates[name], best.estimates[name]
    if low.value == high.value:
        return f"{words} is {_shown(high, style, unit)} in every cell."
    gap = number_text(abs(high.value - low.value), style)
    extremes = ("highest", "lowest") if name not in SMALLER_IS_BETTER else ("lowest", "highest")
    return (f"{words} is {extremes[0]} with {best.name}, {_shown(high, style, unit)}, and {extremes[1]} with "
            f"{worst.name}, {_shown(low, style, unit)}: a difference of {gap}{unit}; {_interval_note(low, high)}.")


def _interval_note(first: Estimate, second: Estimate) -> str:
    covers = covered((first, second))
    if not covers:
        return "both numbers are exact for the model and the test set at hand"
    overlap = first.low <= second.high and second.low <= first.high
    return f"their 95 % intervals ({covers}) {'overlap, so the order may be chance' if overlap else 'do not overlap'}"


SHOWS = {
    "accuracy_vs_failure": "Expected accuracy when every component that can fail is down with probability p.",
    "latency": "Share of all arrivals that were answered within t; what is missing to 100 % at the right was lost.",
    "accuracy_over_time": "Served accuracy in slices of simulated time, the mean over all replications, up to where "
                          "the first of them ends; the bars below show when each component was down in replication 0. "
                          "Where all replications share their outages, these are shaded behind the curve too.",
    "accuracy_against_bytes": "Accuracy of degraded answers (from another delivery than with everything up) and "
                              "expected accuracy, against the bytes of all skip messages of a request. Each interval "
                              "is of one cell; cells share the test samples, so their differences are known better.",
    "design_front": "Each point is a design. Of those on the front no other has fewer bytes and is no worse. Intervals "
                    "are of one design; designs share the test samples, so that their differences are known better.",
    "search": "Each point is a trial, all on the same root seed. The best of them is partly lucky, so that its number "
              "and interval are too good; the dashed line is its worth on fresh seeds, on which nothing was chosen.",
    "slopes_along": "Geometric means over repeats with 95 % intervals (Student t over the logarithms), and the lines "
                    "that least squares fit to the logarithms; each number relative to its first.",
    "accuracy_around_outages": "Served accuracy of requests by their birth relative to a crash, averaged over all "
                               "outages of the component and over replications; other components may be down too.",
    "accuracy_vs_deadline": "Share of all arrivals that were answered correctly within d: the on-time accuracy of "
                            "every deadline, as far as nothing but the judgement depends on it.",
    "silent_errors": "Expected accuracy, and the share of requests whose answer is not that of the same delivery "
                     "without damage (silent data corruption), along a swept number.",
    "importance": "Importance by the measure that ranks, the most important first, with its 95 % interval.",
    "component_curves": "Expected accuracy when one component is down with the given probability, for itself, and all "
                        "others are as they are. The expectation is linear in each component's own probability, so "
                        "these are straight lines; they meet where each has its own.",
    "failure_counts": "Accuracy when so many are down: the mean over all such patterns, each alike, the worst "
                            "and the best of them, and the mean weighted by how they fail in this scenario.",
    "predicted_failures": "What slopes and secants of the trained network foretell, against what is exact: a point for "
                          "each delivery, component or skip; on the line both agree. In the legends Spearman's ρ and "
                          "Kendall's τ.",
    "interactions": "How the importance of one component changes while another is up instead of down: negative where "
                    "they can stand in for each other, positive where they need each other.",
    "neuron_scatter": "A point for each input and output: what an estimator says against what was drawn. On the grey "
                      "line they agree; below it on the right an estimator takes errors for smaller than they are.",
    "neuron_histogram": "All drawn errors of all inputs and outputs together; the axis is logarithmic.",
    "repeats": "Each bar is the mean over the repeats, each dot one repeat; the whiskers cover "
               "training seeds and test set.",
    "repeats_lines": "Lines are means over the repeats; the bands cover training seeds and test set. Differences are "
                     "paired, repeat by repeat and sample by sample, so that their bands are narrower.",
    "endings": "How requests ended. The whiskers stand at the end of 'on time' and, where some are late, at the "
               "start of 'lost'.",
    "topology": "The machines (coloured by kind, with the parts placed on them in italics), the links (grey, with "
                "their latency) and the hyperconnections; a skip (dashed) bypasses at least one part.",
}


def caption(record: Record, curve: str) -> str:
    """Return what a figure shows, what its bands cover and how its numbers were found."""
    sentences = [in_words(record, SHOWS.get(curve, ""))]
    cells = cells_with(record, curve)
    if any(has_band(cell.curves[curve]) for cell in cells):
        sentences.append(f"Band: {band_text(record, curve)}.")
    elif cells:
        sentences.append("No band: the numbers are exact for the model and the test set at hand.")
    if methods := list(dict.fromkeys(cell.curves[curve].method for cell in cells)):
        sentences.append(f"Method: {'; '.join(methods)}.")
    if curve == "endings":
        sentences += _endings_method(record)
    return " ".join(sentence for sentence in sentences if sentence)


def _endings_method(record: Record) -> list[str]:
    shares = [cell.estimates["share_on_time"] for cell in record.cells if "share_on_time" in cell.estimates]
    methods = list(dict.fromkeys(share.method for share in shares))
    covers = covered(shares)
    return [f"Whiskers: 95 % interval: {covers}."] * bool(covers) + [f"Method: {'; '.join(methods)}."] * bool(methods)
