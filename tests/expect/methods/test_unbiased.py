"""Every method agrees with the sum over all patterns, for laws of one cause a component and for mixtures."""

import numpy as np
import pytest

from simulator.expect.methods.auto import Auto
from simulator.expect.methods.exact import Exact
from simulator.expect.methods.monte_carlo import MonteCarlo
from simulator.expect.methods.stratified import Stratified
from simulator.expect.methods.target import Target
from tests.support.scores import chain_law, exact_by_force, mixture_law, question, unequal_law

LAWS = {"equal": chain_law(8, 0.1), "unequal": unequal_law(8), "mixture": mixture_law(7)}
TARGET = Target(absolute=0.01, max_forwards=60)
METHODS = {
    "monte_carlo": MonteCarlo(method="monte_carlo", target=TARGET),
    "monte_carlo, plain": MonteCarlo(method="monte_carlo", controls=False, target=TARGET),
    "stratified": Stratified(method="stratified", target=Target(absolute=1e-5, max_forwards=60)),
    "exact": Exact(method="exact", target=TARGET),
    "auto": Auto(target=TARGET),
}
SEEDS = 200


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_mean_over_seeds_is_the_exact_expectation(method, law):
    truth, lost = exact_by_force(law)
    found = [method.expect(question(law, seed, no_flow=lambda: lost)).mean.value for seed in range(SEEDS)]
    error = np.std(found, ddof=1) / np.sqrt(SEEDS)
    assert abs(np.mean(found) - truth) <= 4 * max(error, 1e-12)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_value_is_linear_in_the_scores(method):
    asked = question(mixture_law(7))
    found = method.expect(asked)
    places, weights = found.sample.by_delivery
    assert weights @ asked.scored.scores(places) / weights.sum() == pytest.approx(found.mean.value, abs=1e-12)
