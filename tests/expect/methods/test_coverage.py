"""Intervals cover with the stopping rule on: what claims 95 % holds the truth in 93 to 97 % of many runs."""

import numpy as np
import pytest
from scipy.stats import binom

from simulator.expect.methods.importance import Importance
from simulator.expect.methods.monte_carlo import MonteCarlo
from simulator.expect.methods.stratified import Stratified
from simulator.expect.methods.target import Target
from tests.support.scores import chain_law, exact_by_force, exact_chain, mixture_law, question, unequal_law
from tests.support.statistics import FALSE_ALARM, assert_covers, coverage

UNEQUAL, MIXTURE, LONG = unequal_law(8), mixture_law(9), chain_law(30, 0.08)
EXACT = {id(UNEQUAL): exact_by_force(UNEQUAL), id(MIXTURE): exact_by_force(MIXTURE), id(LONG): exact_chain(30, 0.08)}
TRUTH = {law: expected for law, (expected, _) in EXACT.items()}
PLAIN = MonteCarlo(method="monte_carlo", controls=False, target=Target(absolute=0.01))
CASES = {
    "Monte Carlo, unequal": (PLAIN, UNEQUAL, 0.97),
    "Monte Carlo, mixture": (PLAIN, MIXTURE, 0.97),
    "Monte Carlo, relative": (MonteCarlo(method="monte_carlo", controls=False, target=Target(
        absolute=None, relative_width=0.02)), UNEQUAL, 0.97),
    "first-order terms": (MonteCarlo(method="monte_carlo", target=Target(absolute=0.008)), MIXTURE, 0.97),
    "strata, few forwards": (Stratified(method="stratified", target=Target(absolute=1e-4, max_forwards=60)),
                             MIXTURE, 1),
    "large strata": (Stratified(method="stratified", target=Target(absolute=0.004)), LONG, 1),
    "importance, loose": (Importance(method="importance", target=Target(absolute=0.05)), UNEQUAL, 0.97),
    "importance": (Importance(method="importance", target=Target(absolute=0.02)), MIXTURE, 0.97),
}
KNOWN = {
    "Monte Carlo": (MonteCarlo(method="monte_carlo", target=Target(absolute=0.004)), MIXTURE),
    "strata, few forwards": (Stratified(method="stratified", target=Target(absolute=1e-4, max_forwards=60)), MIXTURE),
    "large strata": (Stratified(method="stratified", target=Target(absolute=0.004)), LONG),
}
SURE = {
    "Monte Carlo": (PLAIN.model_copy(update={"guarantee": "any_size", "target": Target(absolute=0.05)}), UNEQUAL),
    "strata": (Stratified(method="stratified", guarantee="any_size", target=Target(max_forwards=60)), MIXTURE),
}


def intervals(method, law, runs, no_flow=None):
    return [method.expect(question(law, seed, no_flow=no_flow)).mean.reach for seed in range(runs)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_interval_covers_in_a_few_runs(case):
    method, law, _ = case
    hits = round(25 * coverage(intervals(method, law, 25), TRUTH[id(law)]))
    assert binom.cdf(hits, 25, 0.93) >= FALSE_ALARM


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_interval_covers(case):
    method, law, at_most = case
    assert_covers(intervals(method, law, 1500), TRUTH[id(law)], at_most=at_most)


def intervals_with_no_answer_known(method, law, runs):
    return intervals(method, law, runs, lambda: EXACT[id(law)][1])


@pytest.mark.parametrize("case", KNOWN.values(), ids=KNOWN)
def test_an_interval_covers_in_a_few_runs_where_the_chance_of_no_answer_is_known(case):
    found = intervals_with_no_answer_known(*case, 25)
    assert binom.cdf(round(25 * coverage(found, TRUTH[id(case[1])])), 25, 0.93) >= FALSE_ALARM


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", KNOWN.values(), ids=KNOWN)
def test_an_interval_covers_where_the_chance_of_no_answer_is_known(case):
    assert_covers(intervals_with_no_answer_known(*case, 1000), TRUTH[id(case[1])], at_most=1)


@pytest.mark.parametrize("case", SURE.values(), ids=SURE)
def test_a_guarantee_holds_in_every_run(case):
    method, law = case
    found = np.array(intervals(method, law, 40))
    assert coverage(found, TRUTH[id(law)]) == 1
    assert (found[:, 1] - found[:, 0]).max() < 1
