"""All estimators by name: an estimator is one file, and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from simulator.neurons.estimators.estimator import Estimator
from simulator.neurons.estimators.exact import EXACT
from simulator.neurons.estimators.first_order import FIRST_ORDER
from simulator.neurons.estimators.norm_bound import NORM_BOUNDS, NORM_SUMS
from simulator.neurons.estimators.path_bound import PATH_BOUND
from simulator.neurons.estimators.recursion import RECURSION
from simulator.neurons.estimators.second_order import SECOND_ORDER
from simulator.neurons.estimators.single_crash import PAIRS, SINGLE_CRASH

EstimatorName = Literal["first_order", "second_order", "single_crash", "pairs", "exact", "path_bound", "norm_bound_1",
                        "norm_bound_2", "norm_bound_inf", "recursion", "norm_sum_1", "norm_sum_2", "norm_sum_inf",
                        "norm_sum_fro"]
ESTIMATORS: Mapping[str, Estimator] = {each.name: each for each in (
    FIRST_ORDER, SECOND_ORDER, SINGLE_CRASH, PAIRS, EXACT, PATH_BOUND, *NORM_BOUNDS, RECURSION, *NORM_SUMS)}
MONTE_CARLO = ("monte_carlo", "Monte Carlo", "drawn crashes", "all", "always", "R fwd")


def estimator_rows() -> list[tuple[str, ...]]:
    """Return name, kind, what it says, order in p, when it is valid and its cost, for each; Monte Carlo last."""
    rows = [(each.name, each.kind, each.says, each.order, each.valid, each.cost) for each in ESTIMATORS.values()]
    return [*rows, MONTE_CARLO]
