"""Which components matter, of a cell: the table of its patterns, or draws from its process, and what is read off it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.evaluate.outcomes import Outcomes
from simulator.expect.exact import MASS_TOLERANCE
from simulator.expect.importance.measures import MEASURES, values
from simulator.expect.importance.pieces import MOST_NUMBERS, ByCluster, Pieces
from simulator.expect.importance.table import AccuracyTable
from simulator.expect.importance.variance import SHARES, shares
from simulator.expect.intervals import student_mean, within
from simulator.expect.scored import Scored
from simulator.expect.sensitivity_block import Sensitivity
from simulator.failures.process import FailureProcess, NoLaw, Up
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.given_outcomes import PartsOfPatterns, given_outcomes
from simulator.study.scored import Judged, ScoredDeliveries
from simulator.study.sensitivity_draws import MOST_PAIRED, Asked, Draws
from simulator.study.sensitivity_rows import (
    curve_rows,
    drawn_curve_rows,
    drawn_interaction_rows,
    importance_rows,
    interaction_rows,
    signature_rows,
)

Floats = NDArray[np.float64]
Worth = Outcomes | Callable[[Up], Floats]
TOGETHER = (
    "components fail together: if_down is what happens when one is set down by hand (intervention), given_down when it "
    "is found down, with whatever else is down then (diagnosis); shares of variance and joint importance are left out, "
    "which need independent failures"
)
HYPERCONNECTIONS = "hyperconnections"
NOT_DRAWN = "accuracy by the number of failures needs the table of all patterns and is left out of a sampled one"
EXCLUDED = "no sensitivity: with 'no_answer: exclude' patterns without an answer have no accuracy"


@dataclass(frozen=True)
class Ranked:
    """What is ranked, and what else can fail.

    Args:
        of: ``components``, ``nodes`` or ``links``.
        players: Names of what is ranked.
        others: Names of what can fail beside them.
    """

    of: str
    players: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, players first."""
        return self.players + self.others

    @staticmethod
    def in_cell(of: str, assembly: Assembly, *, all_may_fail: bool) -> Ranked:
        """Return what is ranked in a cell.

        Args:
            of: What.
            assembly: The cell.
            all_may_fail: Whether accuracies are known with any node or link down, also one that never fails.
        """
        failing = assembly.process.components
        topology, relevant = assembly.topology, assembly.reach.relevant
        kinds = {"components": failing, "nodes": tuple(node.name for node in topology.nodes),
                 "links": tuple(link.name for link in topology.links)}
        known = relevant if all_may_fail else frozenset(failing)
        players = tuple(name for name in kinds[of] if of == "components" or name in known)
        return Ranked(of, players, tuple(name for name in failing if name not in players))


def find_sensitivity(
    assembly: Assembly, block: Sensitivity, answers: Answers | None, found: Findings,
) -> None:
    """Add what is ranked, with its importance, curves, signature and interactions, to the findings of a cell.

    Args:
        assembly: The cell.
        block: What was asked.
        answers: Those of its model; None where outcomes are given, or there are none.
        found: What is added to.
    """
    given = given_outcomes(assembly)
    of_model = None if answers is None else answers.outcomes
    outcomes: Worth | None = of_model if given is None else given.accuracy
    if outcomes is None:
        found.notes.append("no model and no table: sensitivity is not measured")
        return
    judged: Judged | None = given.judged if isinstance(given, PartsOfPatterns) else of_model
    for of in (of for of in block.of if of != HYPERCONNECTIONS):  # which are switched off instead
        ranked = Ranked.in_cell(of, assembly, all_may_fail=isinstance(outcomes, Outcomes))
        if not ranked.players:
            found.notes.append(f"no sensitivity of {of}: none of them can fail or matters to the model")
            continue
        try:
            _find(ranked, assembly, block, (outcomes, judged), found)
        except NoLaw as no_law:
            found.notes.append(f"no sensitivity: {no_law}")


def _find(ranked: Ranked, assembly: Assembly, block: Sensitivity, worth: tuple[Worth, Judged | None],
          found: Findings) -> None:
    outcomes, judged = worth
    probability = pattern_probability(ranked, assembly.process, block.max_components, must=judged is None)
    if judged is not None and not len(probability):
        _from_draws(ranked, assembly, ScoredDeliveries(ranked.names, assembly.reach, judged), block, found)
        return
    if not isinstance(outcomes, Outcomes):
        order = [ranked.names.index(name) for name in assembly.process.components]
        table = AccuracyTable(ranked.names, outcomes(all_patterns(len(ranked.names))[:, order]), probability,
                              len(ranked.players))
        _from_table(ranked, table, None, block, found)
        return
    scored = ScoredDeliveries(ranked.names, assembly.reach, outcomes)
    places = places_of(scored, assembly.reach.relevant)
    by_cluster = clustered(outcomes, scored.deliveries, places)
    accuracy = by_cluster.worth.sum(axis=1) / by_cluster.samples.sum()
    if np.isnan(accuracy).any():
        found.notes.append(EXCLUDED)
        return
    table = AccuracyTable(ranked.names, accuracy[by_cluster.place], probability, len(ranked.players))
    _from_table(ranked, table, by_cluster, block, found)


def pattern_probability(ranked: Ranked, process: FailureProcess, most: int, *, must: bool) -> Floats:
    """Return P of all patterns of what is ranked and what else can fail; empty where they are too many to list.

    Raises:
        NoLaw: they are too many, or the process does not state it, and there ``must`` be a table.
    """
    count = len(ranked.names)
    if count > most:
        if must:
            raise NoLaw(f"{count} components make {2**count:,} patterns; raise max_components (at most 24)")
        return np.empty(0)
    up = all_patterns(count)
    place = [ranked.names.index(name) for name in process.components]
    certain = [place for place, name in enumerate(ranked.names) if name not in process.components]
    possible = up[:, certain].all(axis=1)
    found = np.zeros(len(up))
    try:
        found[possible] = np.exp(process.log_probability(up[possible][:, place]))
    except NoLaw:
        if must:
            raise
        return np.empty(0)
    if abs(mass := found.sum() - 1) > MASS_TOLERANCE:
        raise ArithmeticError(f"the probabilities of all {len(up)} patterns sum to 1 {mass:+.3g}")
    return found


def all_patterns(count: int) -> Up:
    """Return who is up in each of all patterns: component c is down in row r iff bit c of r is set."""
    return np.asarray((np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 0)


def places_of(scored: ScoredDeliveries, relevant: frozenset[str]) -> NDArray[np.intp]:
    """Return the place of each pattern's delivery; what does not matter to the model is not gone through."""
    bits = [bit for bit, name in enumerate(scored.components) if name in relevant]
    few = all_patterns(len(bits))
    up = np.ones((len(few), len(scored.components)), dtype=bool)
    up[:, bits] = few
    rows = np.arange(1 << len(scored.components))
    code = sum((((rows >> bit) & 1) << place for place, bit in enumerate(bits)), np.zeros_like(rows))
    return np.asarray(scored.places(up)[code])


def clustered(outcomes: Outcomes, seen: Sequence[int], places: NDArray[np.intp]) -> ByCluster:
    """Return what each delivery is worth in each cluster of the test set; all are evaluated in one go."""
    distinct, row = np.unique(places, return_inverse=True)
    deliveries = [seen[place] for place in distinct.tolist()]
    outcomes.ensure(deliveries)
    _, group = np.unique(outcomes.groups, return_inverse=True)
    group = group.reshape(-1)
    if len(distinct) * (int(group.max()) + 1) > MOST_NUMBERS:
        group = np.zeros_like(group)  # one cluster: values, and no intervals
    worth: Floats = np.stack([np.bincount(group, outcomes.correct(delivery)) for delivery in deliveries]).astype(float)
    return ByCluster(row.reshape(-1), worth, np.bincount(group).astype(np.float64))


def _from_table(ranked: Ranked, table: AccuracyTable, by_cluster: ByCluster | None, block: Sensitivity,
                found: Findings) -> None:
    measured = values([name for name in block.measures if name in MEASURES], table, block.below)
    if table.is_independent:
        measured |= shares(table, tuple(name for name in block.measures if name in SHARES))
    elif TOGETHER not in found.notes:
        found.notes.append(TOGETHER)
    pieces: dict[str, Pieces] = {}
    if by_cluster is not None:
        names = [name for name in block.measures if name in MEASURES
                 and (block.below is None or MEASURES[name].of == "accuracy")]
        pieces = dict(by_cluster.pieces(names, table))
    has_intervals = by_cluster is not None and len(by_cluster.samples) > 1
    how = f"exact over {2**len(ranked.names):,} patterns", "test set", table.is_independent
    _keep(ranked, block, (table.failure[: table.count], measured, pieces if has_intervals else {}), found, how)
    tables = found.tables
    tables.setdefault("component_curves", []).extend(curve_rows(ranked.of, table, by_cluster))
    tables.setdefault("failure_counts", []).extend(signature_rows(ranked.of, table))
    tables.setdefault("interactions", []).extend(interaction_rows(ranked.of, table))


def _from_draws(ranked: Ranked, assembly: Assembly, scored: Scored, block: Sensitivity, found: Findings) -> None:
    process, is_apart = assembly.process, are_independent(assembly.process)
    failure = dict(zip(process.components, (1 - process.survival()).tolist(), strict=True))
    down = np.array([failure.get(name, 0.0) for name in ranked.players])
    asked = Asked(ranked.of, ranked.names, len(ranked.players), block, down if is_apart else None)
    draws = Draws(asked, scored, process, assembly.scenario.seed)
    pieces = draws.pieces()
    measured = {name: each.value() for name, each in pieces.items()}
    how = f"sampled: {block.draws:,} patterns, {block.orders:,} pairs of orders", "failures", is_apart
    _keep(ranked, block, (down, measured, pieces), found, how)
    found.notes += [note for note in (NOT_DRAWN, *([] if is_apart else [TOGETHER])) if note not in found.notes]
    found.estimates.setdefault("expected_accuracy", within(student_mean(draws.both.seen)))
    tables = found.tables
    tables.setdefault("component_curves", []).extend(drawn_curve_rows(ranked.of, ranked.players, down, draws.along()))
    if len(ranked.players) > MOST_PAIRED:
        found.notes.append(f"interactions of {len(ranked.players)} {ranked.of} are left out: more than {MOST_PAIRED}")
        return
    pairs = draws.interactions()
    tables.setdefault("interactions", []).extend(drawn_interaction_rows(ranked.of, ranked.players, pairs))


def are_independent(process: FailureProcess) -> bool:
    """Return whether components fail pair by pair as if independent; False where that is not stated."""
    try:
        survival, pairs = process.survival(), process.pairwise_survival()
    except NoLaw:
        return False
    product = np.outer(survival, survival)
    np.fill_diagonal(product, survival)
    return bool(np.allclose(product, pairs, rtol=0, atol=1e-12))


def _keep(ranked: Ranked, block: Sensitivity, measured: tuple[Floats, dict[str, Floats], dict[str, Pieces]],
          found: Findings, how: tuple[str, str, bool]) -> None:
    (failure, numbers, pieces), (method, covers, is_independent) = measured, how
    rank_by = block.rank_by if block.rank_by in numbers else next(iter(numbers))
    row: dict[str, Any] = {"of": ranked.of, "rank_by": rank_by, "below": block.below, "method": method,
                           "ranked": len(ranked.players), "others": len(ranked.others),
                           "covers": covers if pieces else "",
           "is_independent": is_independent, "left_out": left_out(block.measures, numbers)}
    found.tables.setdefault("sensitivity", []).append(row)
    rows = importance_rows(ranked.of, ranked.players, failure, numbers, pieces, rank_by)
    found.tables.setdefault("importance", []).extend(rows)


def left_out(asked: Sequence[str], found: dict[str, Floats]) -> str:
    """Return the measures that were asked for and could not be had, in words."""
    return ", ".join(name for name in asked if name not in found)
