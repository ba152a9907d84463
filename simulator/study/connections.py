"""Which hyperconnections matter, from the cells of a study: reliance, replaceability, the gap between the two.

*Reliance* is what a network that was trained with all of them loses without some; *replaceability* what networks lose
that were trained without them, so that the others could learn to stand in. Both are found repeat by repeat, paired,
and then summed up over repeats. Nothing is run: what is told here can be told again from a finished record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.coalitions import interaction_weights, kendall_tau, measure_weights, pairs_of
from simulator.expect.intervals import within
from simulator.expect.repeats import Clusters, Repeated, over_repeats
from simulator.expect.student import student_mean
from simulator.model.graph import skip_names
from simulator.scenario.designs import orders_drawn
from simulator.scenario.load import Loaded
from simulator.study.record import CellRecord
from simulator.study.repeats import CLUSTERED, Point, clusters_of, points

Row = dict[str, Any]
Label = dict[str, str]
Floats = NDArray[np.float64]
AXIS = "skips"
RELIANCE, REPLACEABILITY, GAP, AGREEMENT = "reliance", "replaceability", "gap", "agreement"
MOST_MEMBERS = 12  # hyperconnections of which all subsets may be weighed


@dataclass(frozen=True)
class Worths:
    """A measure of one hyperconnection, or pair, repeat by repeat.

    Args:
        values: Shape ``(repeats,)``.
        clusters: Of each repeat, where they are known.
    """

    values: Floats
    clusters: tuple[Clusters, ...] = ()

    def minus(self, other: Worths) -> Worths:
        """Return the difference, repeat by repeat, and cluster by cluster where both are known."""
        known = len(self.clusters) == len(other.clusters)
        pairs = zip(self.clusters, other.clusters, strict=True) if known else ()
        return Worths(self.values - other.values, tuple(a.minus(b) for a, b in pairs))


@dataclass(frozen=True)
class Subsets:
    """One context of a study (such as one survival setting): its points by subset of skips."""

    label: Label
    members: tuple[str, ...]
    of: Mapping[frozenset[str], Point]

    @property
    def is_complete(self) -> bool:
        """Whether every subset is there."""
        return 0 < len(self.members) <= MOST_MEMBERS and len(self.of) == 1 << len(self.members)

    def worths(self, weights: Mapping[frozenset[str], float]) -> Worths:
        """Return a weighted sum of the subsets' expected accuracies, repeat by repeat."""
        used = [(weight, self.of[subset]) for subset, weight in weights.items() if weight]
        values = np.sum([[w * cell.estimates[CLUSTERED].value for cell in point.cells] for w, point in used], axis=0)
        return Worths(values, tuple(_weighted([(w, point.cells[at]) for w, point in used])
                                    for at in range(len(values)) if _has_clusters(at, [point for _, point in used])))

    def subset(self, row: int) -> frozenset[str]:
        """Return the subset of a row of a table of coalitions."""
        return frozenset(name for place, name in enumerate(self.members) if row >> place & 1)


def connections_of(loaded: Loaded, cells: Sequence[CellRecord]) -> list[Row]:
    """Return the rows of a study, given what it was made of and its finished cells."""
    is_one = not any(key.partition(".")[0] == "data" for key in loaded.scenario.repeats.values)
    return connection_rows(cells, skip_names(loaded.model), is_one_test_set=is_one,
                           drawn=orders_drawn(loaded.scenario, loaded.model))


def connection_rows(cells: Sequence[CellRecord], skips: Sequence[str], *, is_one_test_set: bool,
                    drawn: Sequence[Sequence[tuple[int, ...]]] = ()) -> list[Row]:
    """Return the rows of a record's ``hyperconnections``; none where no cell tells anything about them.

    A row has ``kind, measure, label, of, with, given, value, low, high, samples, method, uncertainty, deviation,
    training_half, test_half``; ``label`` is the point of the grid without its skips.

    Args:
        cells: All cells of the study.
        skips: Names of the model's skip hyperconnections.
        is_one_test_set: Whether all repeats are judged on the same samples.
        drawn: The orders of a sweep over random permutations, in pairs.
    """
    found: list[Row] = []
    for group in grouped(cells, skips):
        whole = group.of.get(frozenset(group.members)) or group.of.get(frozenset({"all"}))
        relied = relied_on(whole) if whole else {}
        found += [_row(RELIANCE, key, group.label, _summed(worths, whole, key, is_one_test_set))
                  for key, worths in relied.items()]
        replaced = retrained(group)
        found += [_row(REPLACEABILITY, key, group.label, over_repeats(one.values, one.clusters,
                  is_one_test_set=is_one_test_set)) for key, one in replaced.items()]
        if not replaced and drawn:
            found += sampled_rows(group, drawn)
        elif not replaced:
            found += contrasts(group, is_one_test_set=is_one_test_set)
        found += gaps(group.label, relied, replaced, is_one_test_set=is_one_test_set)
    return found


def grouped(cells: Sequence[CellRecord], skips: Sequence[str]) -> Iterator[Subsets]:
    """Yield the contexts of a study; without an axis of skips each point is one, as the subset ``all``."""
    known, found = set(skips), dict[tuple[tuple[str, str], ...], dict[frozenset[str], Point]]()
    for point in points(cells):
        text = point.label.get(AXIS, "all")
        subset = frozenset({"all": skips, "none": ()}.get(text, text.split()))
        label = tuple((key, value) for key, value in point.label.items() if key != AXIS)
        if subset <= known and all(CLUSTERED in cell.estimates for cell in point.cells):
            found.setdefault(label, {})[subset] = point
    for label, of in found.items():
        yield Subsets(dict(label), tuple(skips), of)


Key = tuple[str, str, str]  # the measure, the hyperconnection, and the other one of a pair


def relied_on(point: Point) -> dict[Key, Worths]:
    """Return what the table ``reliance`` of each repeat says, by measure and hyperconnection."""
    tables = [{(row["measure"], row["of"], row["with"]): row for row in cell.tables.get(RELIANCE, ())}
              for cell in point.cells]
    sums = [{row["of"]: Clusters(np.array(row["samples"]), np.array(row["worth"]))
             for row in cell.tables.get("reliance_clusters", ())} for cell in point.cells]
    keys = [key for key in tables[0] if all(key in table for table in tables)]
    return {key: Worths(np.array([table[key]["value"] for table in tables]),
                        tuple(one[key[1]] for one in sums if key[0] == "shapley" and key[1] in one)) for key in keys}


def _summed(worths: Worths, point: Point | None, key: Key, is_one_test_set: bool) -> Repeated:
    """Return reliance over repeats; of a single one the interval that its cell found."""
    if point is None or len(point.cells) > 1:
        return over_repeats(worths.values, worths.clusters, is_one_test_set=is_one_test_set)
    row = next(row for row in point.cells[0].tables[RELIANCE] if (row["measure"], row["of"], row["with"]) == key)
    low, high = (float("nan") if row[end] is None else row[end] for end in ("low", "high"))
    found = over_repeats(worths.values)
    estimate = found.estimate.__class__(row["value"], low, high, row["samples"], row["method"], row["uncertainty"])
    return Repeated(estimate, found.deviation, found.training, estimate)


def retrained(group: Subsets) -> dict[Key, Worths]:
    """Return every measure over networks trained with each subset; none where a subset is missing."""
    if not group.is_complete:
        return {}
    members, rows = group.members, [group.subset(row) for row in range(1 << len(group.members))]
    found = {(measure, members[place], ""): group.worths(dict(zip(rows, weights, strict=True)))
             for measure, of_all in measure_weights(len(members)).items() for place, weights in enumerate(of_all)}
    pairs = zip(pairs_of(len(members)), interaction_weights(len(members)), strict=True)
    found |= {("interaction", members[one], members[other]): group.worths(dict(zip(rows, weights, strict=True)))
              for (one, other), weights in pairs}
    return found | {("none", "", ""): group.worths({rows[0]: 1.0}), ("all", "", ""): group.worths({rows[-1]: 1.0})}


def contrasts(group: Subsets, *, is_one_test_set: bool) -> Iterator[Row]:
    """Yield the difference that one skip makes, for each two subsets that differ in just that one, with its context."""
    for subset in group.of:
        for name in (name for name in group.members if name not in subset and subset | {name} in group.of):
            worths = group.worths({subset | {name}: 1.0, subset: -1.0})
            found = over_repeats(worths.values, worths.clusters, is_one_test_set=is_one_test_set)
            given = [one for one in group.members if one in subset]
            yield _row(REPLACEABILITY, ("contrast", name, ""), group.label, found) | {"given": given}


def sampled_rows(group: Subsets, drawn: Sequence[Sequence[tuple[int, ...]]]) -> Iterator[Row]:
    """Yield Shapley worths over random orders in which skips join; the interval covers orders and training seeds.

    The variance over pairs of orders of the mean over repeats, and that over repeats of the mean over pairs, add; what
    a seed does to single orders is in both, so that the interval covers rather more.
    """
    for member, name in enumerate(group.members):
        by_pair = [[_joining(group, order, member) for order in orders] for orders in drawn]
        if not all(subset in group.of for orders in by_pair for pair in orders for subset in pair):
            return
        values = np.array([np.mean([group.worths({after: 1.0, before: -1.0}).values for after, before in orders],
                                   axis=0) for orders in by_pair])  # (pairs, repeats)
        yield _row(REPLACEABILITY, ("shapley", name, ""), group.label, two_way(values))


def _joining(group: Subsets, order: Sequence[int], member: int) -> tuple[frozenset[str], frozenset[str]]:
    before = frozenset(group.members[one] for one in order[: list(order).index(member)])
    return before | {group.members[member]}, before


def two_way(values: Floats) -> Repeated:
    """Return the mean of a table of pairs of orders and repeats, with an interval over both.

    Args:
        values: Shape ``(pairs, repeats)``.
    """
    by_pair, by_repeat = student_mean(values.mean(axis=1), "orders drawn"), student_mean(values.mean(axis=0))
    several = values.shape[1] > 1
    half = np.hypot(by_pair.high - by_pair.value, (by_repeat.high - by_repeat.value) if several else 0.0)
    what = "orders drawn and training seed" if several else "orders drawn"
    method = f"{len(values)} pairs of orders, {values.shape[1]} repeats"
    estimate = by_pair.__class__(by_pair.value, by_pair.value - half, by_pair.value + half, len(values), method, what)
    deviation = float(values.mean(axis=0).std(ddof=1)) if several else float("nan")
    return Repeated(estimate, deviation, by_repeat, None)


def gaps(label: Label, relied: Mapping[Key, Worths], replaced: Mapping[Key, Worths], *, is_one_test_set: bool,
         ) -> Iterator[Row]:
    """Yield reliance less replaceability, and how far the two rank alike, repeat by repeat."""
    names = [key[1] for key in relied if key[0] == "shapley" and key in replaced]
    if not names or len(names) < sum(key[0] == "shapley" for key in relied):
        return
    pairs = [(relied["shapley", name, ""], replaced["shapley", name, ""]) for name in names]
    if len({len(one.values) for pair in pairs for one in pair}) > 1:
        return
    for name, (one, other) in zip(names, pairs, strict=True):
        gap = one.minus(other)
        found = over_repeats(gap.values, gap.clusters, is_one_test_set=is_one_test_set)
        yield _row(GAP, ("shapley", name, ""), label, found)
    ranks = np.array([[one.values, other.values] for one, other in pairs])  # (names, 2, repeats)
    taus = np.array([kendall_tau(ranks[:, 0, at], ranks[:, 1, at]) for at in range(ranks.shape[2])])
    if not np.isnan(taus).any():
        found = over_repeats(taus)
        yield _row(AGREEMENT, ("kendall_tau", "", ""), label, replace(found, estimate=within(found.estimate, -1.0)))


def _weighted(parts: Sequence[tuple[float, CellRecord]]) -> Clusters:
    """Return the weighted sum of cells on the same test set, cluster by cluster."""
    known = [(weight, found) for weight, cell in parts if (found := clusters_of(cell))]
    return Clusters(known[0][1].samples, np.sum([weight * one.worth for weight, one in known], axis=0))


def _has_clusters(at: int, among: Sequence[Point]) -> bool:
    found = [clusters_of(point.cells[at]) for point in among]
    return all(one is not None and found[0] is not None and np.array_equal(one.samples, found[0].samples)
               for one in found)


def _row(kind: str, key: Key, label: Label, found: Repeated) -> Row:
    measure, of, other = key
    test = found.test.high - found.test.value if found.test else None
    return {"kind": kind, "measure": measure, "label": label, "of": of, "with": other, "given": None,
            **found.estimate.as_dict(), "deviation": found.deviation,
            "training_half": found.training.high - found.training.value, "test_half": test}
