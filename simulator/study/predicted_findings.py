"""The measure ``predicted_failures`` of a cell: what slopes and secants foretell, beside what is exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.measures import values
from simulator.expect.importance.table import AccuracyTable
from simulator.expect.predicted_block import PredictedFailures
from simulator.expect.rankings import redraws
from simulator.failures.process import NoLaw
from simulator.seeds import Streams
from simulator.study.analysis import Analysis
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.predicted_orders import EXACT, ORDERS, Foretold
from simulator.study.predicted_rows import (
    Ranked,
    component_rows,
    delivery_rows,
    order_rows,
    rank_rows,
    skip_rows,
)
from simulator.study.predicted_skips import skips_of, worth_of_skips
from simulator.study.predicted_states import States, states_of
from simulator.study.predicted_tally import Tally

Floats = NDArray[np.float64]
Row = dict[str, Any]



def find_predicted(assembly: Assembly, ask: Callable[[], Answers | None], found: Findings) -> None:
    """Add what is foretold of a cell's failures, and how well, to its findings; nothing where it was not asked for.

    Args:
        assembly: The cell.
        ask: Returns the answers of its network; None: it has none.
        found: What is added to.
    """
    block = assembly.scenario.measure.predicted_failures
    if block is None:
        return
    try:
        answers, analysis = _taken_apart(ask())
        states = _states(assembly, block, answers)
    except NoLaw as none:
        found.notes.append(f"no predicted failures: {none}")
        return
    rows, outcomes = spread_over(answers.samples, block.samples), answers.outcomes
    foretold = Foretold(states, analysis(rows))
    tally = Tally(outcomes.labels[rows], outcomes.groups[rows], outcomes.no_answer[rows])
    rng = Streams(assembly.scenario.seed).of("predicted failures", "test sets redrawn")
    found.tables |= _tables(foretold, tally, redraws(tally.clusters, block.draws, rng))
    found.tables["predicted_failures"] = [{
        "samples": len(rows), "test_samples": answers.samples, "clusters": tally.clusters, "draws": block.draws,
        "components": states.count, "is_independent": states.crashes.covariance is None,
        "outputs": foretold.base.shape[1]}]


def _taken_apart(answers: Answers | None) -> tuple[Answers, Callable[[NDArray[np.intp]], Analysis]]:
    """Return the answers and their network.

    Raises:
        NoLaw: there is none that answers with classes.
    """
    if answers is None or answers.analysis is None or answers.ranking is None:
        raise NoLaw("they need a network with layers that answers with classes")
    return answers, answers.analysis


def _states(assembly: Assembly, block: PredictedFailures, answers: Answers) -> States:
    """Return the patterns of a cell.

    Raises:
        NoLaw: nothing can be foretold of them, and why.
    """
    feeding = [name for name in assembly.graph.exits if assembly.graph.outputs[name]]
    if feeding:
        raise NoLaw(f"the exit {feeding[0]!r} feeds other parts with its probabilities")
    if np.isnan(answers.outcomes.no_answer).any():
        raise NoLaw("with 'no_answer: exclude' patterns without an answer have no accuracy")
    states = states_of(assembly.process, assembly.reach, block.max_components)
    if not states.count:
        raise NoLaw("nothing that matters to the model can fail")
    if not states.answers:
        raise NoLaw("nothing is answered even when all is up")
    return states


def _tables(foretold: Foretold, tally: Tally, draws: Floats | None) -> dict[str, list[Row]]:
    right = tally.patterns(foretold)
    components = ranked_components(foretold, right, tally, draws)
    tables = {"predicted_orders": order_rows(foretold, right, tally),
              "predicted_deliveries": delivery_rows(foretold, right, tally),
              "predicted_components": component_rows(foretold, components)}
    ranks = rank_rows("components", components)
    if skips := skips_of(foretold):
        worth = ranked_skips(worth_of_skips(foretold, skips, tally), tally, draws)
        tables["predicted_skips"] = skip_rows([foretold.graph.edges[edge].name for edge in skips], worth)
        ranks += rank_rows("skips", worth)
    return tables | {"predicted_ranks": ranks}


def spread_over(samples: int, most: int) -> NDArray[np.intp]:
    """Return at most so many of the samples, evenly spread.

    >>> spread_over(10, 4).tolist(), spread_over(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    count = min(samples, most)
    return np.asarray(np.arange(count) * samples // count, dtype=np.intp)


def ranked_components(foretold: Foretold, right: dict[str, Floats], tally: Tally, draws: Floats | None) -> list[Ranked]:
    """Return what components are ranked by, each beside the exact ranking that it foretells.

    ``shift`` is p_v |D_v| and ``variance`` p_v q_v D_v^2, over samples and scores, beside the accuracy that their
    failures cost (improvement); the accuracy of patterns by each order gives Birnbaum's importance, beside the exact.
    """
    states = foretold.states
    p = states.crashes.probability
    squares = np.stack([tally.summed((foretold.first[..., place] ** 2).mean(axis=1)) for place in range(states.count)])

    def importance(name: str, order: str) -> tuple[Floats, Floats | None]:
        def of(accuracy: Floats) -> Floats:
            return values([name], AccuracyTable(states.components, accuracy, states.probability))[name]

        again = None if draws is None else of((draws @ right[order].T) / (draws @ tally.samples)[:, np.newaxis])
        return of(right[order].sum(axis=1) / tally.samples.sum()), again

    def size(read: Any) -> tuple[Floats, Floats | None]:
        again = None if draws is None else read((draws @ squares.T) / (draws @ tally.samples)[:, np.newaxis])
        return read(squares.sum(axis=1) / tally.samples.sum()), again

    cost = importance("improvement", EXACT)
    found = [Ranked("shift", *size(lambda square: p * np.sqrt(square)), "improvement", *cost),
             Ranked("variance", *size(lambda square: p * (1 - p) * square), "improvement", *cost)]
    exact = importance("birnbaum", EXACT)
    return found + [Ranked(order, *importance("birnbaum", order), "birnbaum", *exact) for order in ORDERS
                    if order != EXACT]


def ranked_skips(worth: dict[str, Floats], tally: Tally, draws: Floats | None) -> list[Ranked]:
    """Return what skips are ranked by, each beside what they are worth exactly."""
    def of(order: str) -> tuple[Floats, Floats | None]:
        again = None if draws is None else (draws @ worth[order].T) / (draws @ tally.samples)[:, np.newaxis]
        return worth[order].sum(axis=1) / tally.samples.sum(), again

    exact = of(EXACT)
    return [Ranked(order, *of(order), "reliance", *exact) for order in worth if order != EXACT]
