"""Rows of a record about what was foretold: orders, deliveries, components, skips, and how well rankings agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.expect.clusters import ratio
from simulator.expect.rankings import agreement
from simulator.neurons.moments import Moments
from simulator.study.predicted_orders import EXACT, ORDERS, Foretold
from simulator.study.predicted_tally import Tally

Floats = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Ranked:
    """What something is ranked by, beside the exact ranking that it foretells.

    Args:
        by: Its name.
        predicted: Of each ranked, shape ``(ranked,)``.
        predicted_again: For each redrawn test set, ``(draws, ranked)``; None: there are none.
        against: Name of the exact ranking.
        exact: Of each ranked.
        exact_again: For each redrawn test set.
    """

    by: str
    predicted: Floats
    predicted_again: Floats | None
    against: str
    exact: Floats
    exact_again: Floats | None


def order_rows(foretold: Foretold, right: dict[str, Floats], tally: Tally) -> list[Row]:
    """Return a row for each order: its expected accuracy, how far that is off, the moments of scores, and the cost.

    ``error`` is expected accuracy less the exact one, with the 95 % interval over clusters of the test set in
    ``error_half_width``. ``mean_error`` and ``deviation_error`` are those of the mean and the standard deviation over
    failures of the scores' shifts, over all samples and scores, as shares of the exact ones.
    """
    probability, samples = foretold.states.probability, tally.samples
    exact, rows = foretold.moments(EXACT), list[Row]()
    for order in ORDERS:
        off = ratio(probability @ (right[order] - right[EXACT]), samples)
        found = foretold.moments(order)
        rows.append({"order": order, **foretold.cost(order),
                     "expected_accuracy": float((probability @ right[order]).sum() / samples.sum()),
                     "error": off.value, "error_half_width": finite(off.half_width),
                     "mean_error": _share(found.mean, exact.mean),
                     "deviation_error": _share(_deviation(found), _deviation(exact))})
    return rows


def delivery_rows(foretold: Foretold, right: dict[str, Floats], tally: Tally) -> list[Row]:
    """Return a row for each delivery that answers: its probability, accuracy by each order, and its shift of scores.

    Where several patterns have one delivery, what differs between them is averaged by their probabilities, or evenly
    where these are 0. ``ORDER`` is an accuracy, ``ORDER_shift`` the root mean square shift of scores from all up.
    """
    states, total = foretold.states, tally.samples.sum()
    by_delivery: dict[int, list[int]] = {}
    for row, delivery in enumerate(states.deliveries):
        if delivery != EMPTY:
            by_delivery.setdefault(delivery, []).append(row)
    rows = []
    for delivery, patterns in by_delivery.items():
        weight = states.probability[patterns]
        share = weight / weight.sum() if weight.sum() > 0 else np.full(len(patterns), 1 / len(patterns))
        found: Row = {"delivery": foretold.graph.text(delivery), "probability": float(weight.sum()),
                      "down": ", ".join(sorted(states.down(patterns[0])))}
        for order in ORDERS:
            shifts = [_size(foretold.scores(order, row) - foretold.base) for row in patterns]
            found[order] = float(share @ right[order][patterns].sum(axis=1) / total)
            found[f"{order}_shift"] = float(share @ np.array(shifts))
        rows.append(found)
    return sorted(rows, key=lambda row: -row["probability"])


def component_rows(foretold: Foretold, ranked: Sequence[Ranked]) -> list[Row]:
    """Return a row for each component, the most important first: P(down), shifts of scores, and what it is ranked by.

    ``D`` is the root mean square of its effect on scores when it is down alone, to first order; ``d`` exactly.
    """
    states = foretold.states
    exact = {each.against: each.exact for each in ranked}
    order = np.argsort(-exact["birnbaum"], kind="stable").tolist()
    return [{"name": states.components[place], "failure": float(states.crashes.probability[place]),
             "D": _size(foretold.first[..., place]), "d": _size(foretold.alone[..., place]),
             **{name: float(numbers[place]) for name, numbers in exact.items()},
             **{each.by: float(each.predicted[place]) for each in ranked}} for place in order]


def skip_rows(names: Sequence[str], ranked: Sequence[Ranked]) -> list[Row]:
    """Return a row for each skip hyperconnection, the most valuable first: what it is worth exactly and by each order.

    ``low`` and ``high`` are the 95 % interval of the exact value over redrawn test sets.
    """
    exact, again = ranked[0].exact, ranked[0].exact_again
    ends = np.stack([exact, exact]) if again is None else np.percentile(again, (2.5, 97.5), axis=0)
    order = np.argsort(-exact, kind="stable").tolist()
    return [{"name": names[place], "exact": float(exact[place]), "low": float(ends[0, place]),
             "high": float(ends[1, place]), **{each.by: float(each.predicted[place]) for each in ranked}}
            for place in order]


def rank_rows(of: str, ranked: Sequence[Ranked]) -> list[Row]:
    """Return a row for each ranking: Spearman's and Kendall's coefficients with intervals, and whether the first is."""
    rows = []
    for each in ranked:
        again = None
        if each.predicted_again is not None and each.exact_again is not None:
            again = each.predicted_again, each.exact_again
        found = agreement(each.predicted, each.exact, again)
        rows.append({"of": of, "by": each.by, "against": each.against, "ranked": len(each.exact),
                     **{f"{name}{end}": finite(value) for name, value, interval in (
                         ("spearman", found.spearman, found.spearman_interval),
                         ("kendall", found.kendall, found.kendall_interval))
                        for end, value in (("", value), ("_low", interval[0]), ("_high", interval[1]))},
                     "is_first_same": found.is_first_same})
    return rows


def finite(number: float) -> float | None:
    """Return a number, None for NaN and infinity."""
    return float(number) if np.isfinite(number) else None


def _share(found: Floats, exact: Floats) -> float | None:
    whole = float(np.abs(exact).sum())
    return float(np.abs(found - exact).sum()) / whole if whole > 0 else None


def _deviation(moments: Moments) -> Floats:
    return np.sqrt(np.maximum(0.0 if moments.variance is None else moments.variance, 0.0))


def _size(values: Floats) -> float:
    return float(np.sqrt((values**2).mean()))
