"""Rows of a record about sensitivity: importance, curves, accuracy by number of failures, interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.clusters import ratio
from simulator.expect.importance.along import component_curves, signature
from simulator.expect.importance.measures import values
from simulator.expect.importance.pairs import joint_birnbaum, shapley_interaction
from simulator.expect.importance.pieces import ByCluster, Pieces
from simulator.expect.importance.table import AccuracyTable

Floats = NDArray[np.float64]
Row = dict[str, Any]
POINTS = 21
NEUTRAL = {"raw": 1.0, "rrw": 1.0}  # what a component that does not matter has; all others have 0


def importance_rows(
    of: str, names: Sequence[str], failure: Floats, measured: Mapping[str, Floats], pieces: Mapping[str, Pieces],
    rank_by: str,
) -> list[Row]:
    """Return a row for each player, the most important first: ``of, name, failure``, then every measure.

    A measure with an interval has ``NAME_low`` and ``NAME_high`` too. ``matters`` is whether the interval of the
    ranking leaves out what a component has that does not matter, ``before_next`` whether the paired difference to the
    next leaves out 0; both are None without intervals. What is divided by nothing is None, such as an RRW where no risk
    is left.
    """
    ranking = measured[rank_by]
    order = np.argsort(-np.nan_to_num(ranking, nan=-np.inf), kind="stable").tolist()
    ruling = pieces.get(rank_by)
    rows = []
    for turn, place in enumerate(order):
        row: Row = {"of": of, "name": names[place], "failure": float(failure[place])}
        for name, numbers in measured.items():
            row[name] = _finite(numbers[place])
            if name in pieces:
                row[f"{name}_low"], row[f"{name}_high"] = map(_finite, pieces[name].interval(place))
        row["matters"], row["before_next"] = None, None
        if ruling is not None and len(ruling.counts) > 1 and np.isfinite(ranking[place]):
            row["matters"] = ruling.leaves_out(place, NEUTRAL.get(rank_by, 0.0))
            following = order[turn + 1] if turn + 1 < len(order) else None
            row["before_next"] = None if following is None else ruling.are_apart(place, following)
        rows.append(row)
    return rows


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def curve_rows(of: str, table: AccuracyTable, by_cluster: ByCluster | None) -> list[Row]:
    """Return a row for each player: its failure probability, and accuracy along it with the interval of the test set.

    ``x`` are 21 failure probabilities, ``value``, ``low`` and ``high`` lists of the same length.
    """
    points = np.linspace(0, 1, POINTS)
    found = values(("if_down", "birnbaum"), table)
    curves = component_curves(found["if_down"], found["birnbaum"], points)
    bands = np.stack([curves, curves])
    if by_cluster is not None and len(by_cluster.samples) > 1:
        parts = dict(by_cluster.pieces(("if_down", "birnbaum"), table))
        sums = component_curves(parts["if_down"].sums, parts["birnbaum"].sums, points)
        halves = [[ratio(sums[:, player, point], by_cluster.samples).half_width for point in range(POINTS)]
                  for player in range(table.count)]
        bands = np.clip(np.stack([curves - np.array(halves), curves + np.array(halves)]), 0, 1)
    return [{"of": of, "name": table.components[place], "failure": float(table.failure[place]), "x": points.tolist(),
             "value": curves[place].tolist(), "low": bands[0, place].tolist(), "high": bands[1, place].tolist()}
            for place in range(table.count)]


def drawn_curve_rows(of: str, names: Sequence[str], failure: Floats, pieces: Mapping[str, Pieces]) -> list[Row]:
    """Return the rows of ``curve_rows`` from pieces of ``if_down`` and ``birnbaum``; intervals are of the draws."""
    points = np.linspace(0, 1, POINTS)
    if_down, birnbaum = pieces["if_down"], pieces["birnbaum"]
    sums = component_curves(if_down.sums, birnbaum.sums, points)
    rows: list[Row] = []
    for place, name in enumerate(names):
        along = Pieces(sums[:, place], if_down.counts, if_down.least)
        bands = np.clip([along.interval(point) for point in range(POINTS)], 0, 1)
        rows.append({"of": of, "name": name, "failure": float(failure[place]), "x": points.tolist(),
                     "value": along.value().tolist(), "low": bands[:, 0].tolist(), "high": bands[:, 1].tolist()})
    return rows


def drawn_interaction_rows(of: str, names: Sequence[str], pieces: Mapping[str, Pieces]) -> list[Row]:
    """Return the rows of ``interaction_rows`` from pieces of each two players, with ``NAME_low`` and ``NAME_high``."""
    rows: list[Row] = []
    for place, (first, second) in enumerate(combinations(names, 2)):
        row: Row = {"of": of, "first": first, "second": second}
        for name, each in pieces.items():
            low, high = each.interval(place)
            row |= {name: float(each.value()[place]), f"{name}_low": _finite(low), f"{name}_high": _finite(high)}
        rows.append(row)
    return rows


def signature_rows(of: str, table: AccuracyTable) -> list[Row]:
    """Return a row for each number of players that are down: ``mean, low, high`` over patterns, ``probability``.

    ``given`` is what is expected given that so many are down.
    """
    found = signature(table)
    return [{"of": of, "down": down, "mean": float(found.mean[down]), "low": float(found.low[down]),
             "high": float(found.high[down]), "probability": float(found.probability[down]),
             "given": None if np.isnan(found.given[down]) else float(found.given[down])}
            for down in range(len(found.mean))]


def interaction_rows(of: str, table: AccuracyTable) -> list[Row]:
    """Return a row for each two players: ``first, second, shapley_interaction`` and, of independent ones, ``joint``."""
    shapley = shapley_interaction(table)
    joint = joint_birnbaum(table) if table.is_independent else None
    return [{"of": of, "first": table.components[i], "second": table.components[j],
             "shapley_interaction": float(shapley[i, j])}
            | ({} if joint is None else {"joint_birnbaum": float(joint[i, j])})
            for i, j in combinations(range(table.count), 2)]
