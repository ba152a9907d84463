"""What each skip hyperconnection is worth to a trained network: foretold by slopes and secants, and exact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.build import spans
from simulator.study.predicted_orders import BY_DELIVERY, EXACT, Foretold
from simulator.study.predicted_tally import Tally

Floats = NDArray[np.float64]
IN_STATES, SECANTS = "slopes_in_states", "secants"
SKIP_ORDERS = (BY_DELIVERY, IN_STATES, SECANTS, EXACT)
ALONE = 1  # failures at most, in the states that slopes_in_states and secants look at


def skips_of(foretold: Foretold) -> list[int]:
    """Return the indices of the skip hyperconnections."""
    graph = foretold.graph
    span = spans([part.name for part in graph.parts], graph.edges)
    return [place for place, bypassed in enumerate(span) if bypassed]


def worth_of_skips(foretold: Foretold, skips: list[int], tally: Tally) -> dict[str, Floats]:
    """Return what accuracy loses without each skip, by order, summed cluster by cluster: ``(skips, clusters)``.

    B_e = sum_s P(s) [accuracy in state s - accuracy in s without e] of one network that is not trained again.
    ``exact`` goes through all states. ``by_delivery`` too, with the slopes of the state in which all is up.
    ``slopes_in_states`` and ``secants`` go through the states with one failure at most, given that there is no more:
    with the slopes in each of them, and exactly.
    """
    states = foretold.states
    cuts = [states.deliveries_by(states.reach.without(edge)) for edge in skips]
    foretold.known.update(foretold.analysis.scores([delivery for cut in cuts for delivery in cut]))
    every, few = list(range(len(states.probability))), states.rows_up_to(ALONE)

    def exact(row: int, delivery: int) -> Floats:
        return tally.right(delivery, EXACT, lambda: foretold.of_delivery(delivery))

    def from_all_up(row: int, delivery: int) -> Floats:
        return tally.right(delivery, BY_DELIVERY, lambda: foretold.along(delivery))

    def in_state(row: int, delivery: int) -> Floats:
        return tally.right(delivery, f"{IN_STATES} {row}", lambda: foretold.along(delivery, row))

    asked = {BY_DELIVERY: (from_all_up, every), IN_STATES: (in_state, few), SECANTS: (exact, few),
             EXACT: (exact, every)}
    return {order: np.stack([_lost(foretold, cut, told, rows) for cut in cuts])
            for order, (told, rows) in asked.items()}


def _lost(foretold: Foretold, cut: list[int], told: Callable[[int, int], Floats], rows: list[int]) -> Floats:
    states = foretold.states
    mass = states.probability[rows].sum()
    parts = [states.probability[row] / mass * (told(row, states.deliveries[row]) - told(row, cut[row]))
             for row in rows if cut[row] != states.deliveries[row] and states.probability[row] > 0]
    return np.sum(parts, axis=0) if parts else np.zeros_like(told(0, states.deliveries[0]))
