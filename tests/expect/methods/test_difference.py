"""The difference of two cells on the same drawn patterns: it is right, it covers, and it is narrower than two apart."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from simulator.expect.methods.difference import ScoredDifference
from simulator.expect.methods.head import Head
from simulator.expect.methods.importance import Importance
from simulator.expect.methods.monte_carlo import MonteCarlo
from simulator.expect.methods.stratified import Stratified
from simulator.expect.methods.target import Target
from tests.support.scores import (
    GAIN,
    WORST,
    ScoredPatterns,
    chain_law,
    chain_scores,
    exact_by_force,
    mixture_law,
    question,
    unequal_law,
)
from tests.support.statistics import FALSE_ALARM, assert_covers, assert_mean, coverage

UNEQUAL, MIXTURE = unequal_law(8), mixture_law(9)
LEFT_OUT = Target().left_out  # of the strata, where all that is left has been listed
PLAIN = MonteCarlo(method="monte_carlo", controls=False, target=Target(absolute=0.01))
CASES = {
    "Monte Carlo, unequal": (PLAIN, UNEQUAL),
    "Monte Carlo, mixture": (PLAIN, MIXTURE),
    "first-order terms": (MonteCarlo(method="monte_carlo", target=Target(absolute=0.008)), MIXTURE),
    "strata, few forwards": (Stratified(method="stratified", target=Target(absolute=1e-4, max_forwards=60)), MIXTURE),
    "importance": (Importance(method="importance", target=Target(absolute=0.01)), UNEQUAL),
}


def wire_scores(up):
    """Return the accuracy of each pattern of a chain without skips: one down, and there is no answer."""
    return np.where(up.all(axis=1), WORST + GAIN, WORST)


def both(law, seed, *, no_flow=False):
    """Return the question of the difference between a chain with skips and one without."""
    scored = ScoredDifference(ScoredPatterns(law.components), ScoredPatterns(law.components, wire_scores))
    asked = replace(question(law, seed), scored=scored, no_answer=scored.no_answer)
    lost = exact_by_force(law)[1] - exact_by_force(law, wire_scores)[1] if no_flow else None
    return replace(asked, no_flow=None if lost is None else lambda: lost)


def truth(law):
    return exact_by_force(law)[0] - exact_by_force(law, wire_scores)[0]


def intervals(method, law, runs):
    return [method.expect(both(law, seed)).mean.reach for seed in range(runs)]


@pytest.mark.parametrize("method", [
    PLAIN, MonteCarlo(method="monte_carlo", target=Target(absolute=0.02)),
    Stratified(method="stratified", target=Target(max_forwards=60)),
    Importance(method="importance", target=Target(absolute=0.02))], ids=[
        "Monte Carlo", "with controls", "strata", "importance"])
@pytest.mark.parametrize("no_flow", [False, True])
def test_its_mean_over_seeds_is_the_difference_over_all_patterns(method, no_flow):
    found = [method.expect(both(MIXTURE, seed, no_flow=no_flow)).mean.value for seed in range(20)]
    if np.ptp(found) < LEFT_OUT:
        assert found[0] == pytest.approx(truth(MIXTURE), abs=LEFT_OUT)
    else:
        assert_mean(found, truth(MIXTURE))


def test_the_head_bounds_it():
    mean = Head(method="head").expect(both(UNEQUAL, 1)).mean
    assert mean.bounds[0] - 1e-12 <= truth(UNEQUAL) <= mean.bounds[1] + 1e-12


def test_the_patterns_are_those_that_either_cell_draws_alone():
    asked = both(MIXTURE, 5)
    sample = PLAIN.expect(asked).sample.strata[0]
    alone = question(MIXTURE, 5)
    drawn = PLAIN.expect(alone).sample.strata[0].places
    common = min(len(drawn), len(sample.places))
    first, _ = asked.scored.sides(sample.places)
    assert common >= 200
    assert asked.scored.first.scores(first[:common]).tolist() == alone.scored.scores(drawn[:common]).tolist()


def test_it_is_narrower_than_two_intervals_apart():
    law = chain_law(30, 0.02)
    method = PLAIN.model_copy(update={"target": Target(absolute=0.02)})
    apart = []
    for scores in (chain_scores, lambda up: np.where(up[:, :-1].all(axis=1), chain_scores(up), WORST)):
        alone = replace(question(law), scored=ScoredPatterns(law.components, scores))
        apart.append(method.expect(alone))
    least = min(one.draws for one in apart)
    scored = ScoredDifference(*(ScoredPatterns(law.components, one) for one in (
        chain_scores, lambda up: np.where(up[:, -1], chain_scores(up), WORST))))
    together = method.expect(replace(question(law), scored=scored))
    assert together.draws <= least
    assert together.mean.half_width < math.hypot(*(one.mean.half_width for one in apart)) / 1.5


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_its_interval_covers_in_a_few_runs(case):
    method, law = case
    found = intervals(method, law, 25)
    assert binom.cdf(round(25 * coverage(found, truth(law))), 25, 0.93) >= FALSE_ALARM


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_its_interval_covers(case):
    method, law = case
    assert_covers(intervals(method, law, 1500), truth(law), at_most=1)
