"""How much a cell's network relies on each of its hyperconnections: the rows of its table ``reliance``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from simulator.dataflow.build import spans
from simulator.dataflow.graph import PartGraph
from simulator.dataflow.switches import switched
from simulator.expect.coalitions import Members, chains, pairs_of
from simulator.expect.estimate import Estimate
from simulator.expect.exact import Patterns
from simulator.expect.individual import worth_by_cluster
from simulator.expect.reliance import Game, Reliance, exact_reliance, sampled_coalitions, sampled_reliance
from simulator.expect.sensitivity_block import Sensitivity
from simulator.failures.process import NoLaw
from simulator.seeds import Streams
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings

MOST_NUMBERS = 20_000  # worths by cluster in a record


def find_reliance(
    assembly: Assembly, patterns: Callable[[], Patterns], answers: Answers | None, found: Findings
) -> None:
    """Fill in the tables ``reliance`` and ``reliance_clusters``; where there is nothing to switch, a note says so.

    Args:
        assembly: The cell, whose scenario asks for it.
        patterns: Returns all patterns with their probabilities; may raise NoLaw.
        answers: Those of its model; None where there is none.
        found: What is filled in.
    """
    asked = assembly.scenario.measure.sensitivity
    if asked is None or answers is None or "hyperconnections" not in asked.of:
        return
    switches = switches_of(assembly.graph, asked)
    if not switches:
        found.notes.append("no hyperconnection to switch off: no reliance")
        return
    try:
        possible = patterns().possible()
    except NoLaw as no_law:
        found.notes.append(f"no reliance on hyperconnections: {no_law}")
        return
    drawn = orders_of(assembly, len(switches), asked)
    coalitions = sampled_coalitions(len(switches), drawn) if drawn else range(1 << len(switches))
    table = switched(assembly.reach, possible.down(), switches, coalitions)
    game = Game.of(len(switches), coalitions, table.deliveries, table.place, possible.probability)
    asker = answers.outcomes.again()  # the cell's own count of deliveries stays that of its patterns
    asker.ensure(table.deliveries)
    reliance = (sampled_reliance(game, drawn, asker.correct, asker.groups) if drawn
                else exact_reliance(game, asker.correct, asker.groups))
    names = [assembly.graph.edges[edge].name for edge in switches]
    found.tables["reliance"] = [*reliance_rows(names, reliance)]
    found.counts["switched_deliveries"] = len(table.deliveries)
    clusters = [worth_by_cluster(row, asker.groups) for row in reliance.by_sample]
    if sum(len(one["worth"]) for one in clusters) <= MOST_NUMBERS:
        found.tables["reliance_clusters"] = [{"of": name, **one} for name, one in zip(names, clusters, strict=True)]


def orders_of(assembly: Assembly, members: int, asked: Sensitivity) -> list[list[Members]]:
    """Return the orders to draw, in pairs; none where all subsets are taken."""
    if members <= asked.max_switches:
        return []
    return chains(members, asked.orders, Streams(assembly.scenario.seed).of("", "orders of hyperconnections"))


def switches_of(graph: PartGraph, asked: Sensitivity) -> tuple[int, ...]:
    """Return the indices of the hyperconnections that can be off."""
    if asked.switches == "all":
        return tuple(range(len(graph.edges)))
    span = spans([part.name for part in graph.parts], graph.edges)
    return tuple(edge for edge, bypassed in enumerate(span) if bypassed > 0)


def reliance_rows(names: Sequence[str], reliance: Reliance) -> Iterator[dict[str, Any]]:
    """Yield a row for each number: ``measure, of, with, value, low, high, samples, method, uncertainty``."""
    for measure, estimates in reliance.measures.items():
        yield from (_row(measure, name, "", one) for name, one in zip(names, estimates, strict=True))
    for (one, other), estimate in zip(pairs_of(len(names)), reliance.pairs, strict=False):
        yield _row("interaction", names[one], names[other], estimate)
    for measure, estimate in zip(("none", "all"), reliance.ends, strict=True):
        yield _row(measure, "", "", estimate)


def _row(measure: str, of: str, other: str, estimate: Estimate) -> dict[str, Any]:
    return {"measure": measure, "of": of, "with": other, **estimate.as_dict()}
