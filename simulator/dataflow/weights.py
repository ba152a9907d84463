"""Constant weights of hyperconnections: the literature's schemes, computed from the survival of who sends.

Scheme 1 is ``ones``, 2 ``normalised_survival``, 3 ``survival``, 4 ``uniform``, 5 ``uniform_10``, 6 ``half``
(deepFogGuard, ResiliNet). A weight belongs to its hyperconnection: the weights of other inputs of a join do not change
when one is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from simulator.dataflow.graph import Edge

Scheme = Literal["given", "ones", "normalised_survival", "survival", "uniform", "uniform_10", "half", 1, 2, 3, 4, 5, 6]
NUMBERS: Mapping[object, str] = {
    1: "ones", 2: "normalised_survival", 3: "survival", 4: "uniform", 5: "uniform_10", 6: "half",
}
USES_SURVIVAL = frozenset({"normalised_survival", "survival"})
Rule = Callable[[float, float, np.random.Generator], float]

RULES: Mapping[str, Rule] = {
    "ones": lambda survival, together, rng: 1.0,
    "normalised_survival": lambda survival, together, rng: survival / together if together else 0.0,
    "survival": lambda survival, together, rng: survival,
    "uniform": lambda survival, together, rng: float(rng.uniform(0, 1)),
    "uniform_10": lambda survival, together, rng: float(rng.uniform(0, 10)),
    "half": lambda survival, together, rng: 0.5,
}


def named(scheme: Scheme) -> str:
    """Return the name of a scheme that may be given by its number.

    >>> named(3), named("half")
    ('survival', 'half')
    """
    return NUMBERS.get(scheme, str(scheme))


def scheme_weights(
    scheme: Scheme, sources: Sequence[str], edges: Sequence[Edge], survival: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[float, ...]:
    """Return the weight of each hyperconnection under a scheme, in the order of the edges.

    A part that only sensors feed takes their data as they are: those weights are 1 under every scheme.

    Args:
        scheme: Name or number; ``given`` leaves the weights of the edges.
        sources: Names of the parts that hold a sensor's data.
        edges: All hyperconnections of the model, also those that a strategy or a subset of skips leaves out.
        survival: P(up) of each part's node; a part that is not named never fails.
        rng: One draw an edge for the random schemes, in the order of the edges.

    >>> edges = [Edge("iot", "e"), Edge("e", "f"), Edge("iot", "f")]
    >>> [round(w, 4) for w in scheme_weights(2, ["iot"], edges, {"e": 0.92}, np.random.default_rng(0))]
    [1.0, 0.4792, 0.5208]
    """
    if scheme == "given":
        return tuple(edge.weight for edge in edges)
    rule = RULES[named(scheme)]
    weights = []
    for edge in edges:
        senders = [other.source for other in edges if other.target == edge.target]
        together = sum(survival.get(sender, 1.0) for sender in senders)
        weight = rule(survival.get(edge.source, 1.0), together, rng)
        weights.append(1.0 if set(senders) <= set(sources) else weight)
    return tuple(weights)
