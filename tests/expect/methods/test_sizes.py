"""Large systems: the truth is within the bounds; forwards are counted, and limits kept."""

import numpy as np
import pytest

from simulator.expect.methods.auto import Auto
from simulator.expect.methods.exact import Exact
from simulator.expect.methods.expectation import Question
from simulator.expect.methods.head import Head
from simulator.expect.methods.method import CannotEstimate
from simulator.expect.methods.monte_carlo import MonteCarlo
from simulator.expect.methods.stratified import Stratified
from simulator.expect.methods.target import Target
from simulator.failures.cause_law import independent_law
from tests.support.scores import (
    GAIN,
    WORST,
    ScoredPatterns,
    chain_law,
    chain_scores,
    exact_by_force,
    exact_chain,
    mixture_law,
    question,
)


@pytest.mark.parametrize(("count", "q", "method"), [
    (2, 0.1, "exact"), (20, 1e-4, "head"), (40, 0.05, "stratified"), (100, 0.08, "monte_carlo"), (1000, 1e-6, "head"),
    (1000, 1e-3, "stratified"), (1000, 0.01, "monte_carlo"),
])
def test_the_choice_goes_by_the_regime_and_the_truth_is_within(count, q, method):
    truth, _ = exact_chain(count, q)
    found = Auto(target=Target(absolute=0.005)).expect(question(chain_law(count, q), seed=3))
    low, high = found.mean.reach
    assert found.method == method
    assert found.chosen and found.stopped
    assert low - 1e-12 <= truth <= high + 1e-12
    assert high - low <= 0.05


@pytest.mark.parametrize(("count", "q", "method"), [(40, 0.05, "monte_carlo"), (60, 0.01, "stratified")])
def test_control_variates_are_preferred_from_one_failure_on(count, q, method):
    truth, lost = exact_chain(count, q)
    asked = question(chain_law(count, q), seed=3, no_flow=lambda: lost)
    found = Auto(target=Target(absolute=0.001)).expect(asked)
    assert found.method == method
    assert ("control variates" in found.chosen) == (method == "monte_carlo")
    assert found.mean.low <= truth <= found.mean.high


def test_with_a_guarantee_there_are_no_control_variates_to_prefer():
    sure = Auto(target=Target(absolute=0.002, max_forwards=500), guarantee="any_size")
    assert sure.expect(question(chain_law(40, 0.05), no_flow=lambda: exact_chain(40, 0.05)[1])).method == "stratified"


def test_the_bounds_of_a_head_are_sure_at_any_length():
    law = mixture_law(8)
    truth, _ = exact_by_force(law)
    for most in (1, 2, 7, 50, 400, 10_000):
        found = Head(method="head", max_patterns=most, target=Target(absolute=1e-9)).expect(question(law))
        low, high = found.mean.bounds
        assert low - 1e-12 <= truth <= high + 1e-12
        assert found.mean.low == found.mean.high == found.mean.value


@pytest.mark.parametrize("method", [Head, MonteCarlo, Stratified], ids=lambda method: method.__name__)
@pytest.mark.parametrize("most", [50, 137])
def test_no_more_than_the_forwards_allowed_are_scored(method, most):
    name = {Head: "head", MonteCarlo: "monte_carlo", Stratified: "stratified"}[method]
    asked = question(chain_law(14, 0.1))
    found = method(method=name, target=Target(absolute=1e-7, max_forwards=most)).expect(asked)
    assert most - 15 <= found.forwards <= most
    assert found.forwards == asked.scored.forwards


def test_a_delivery_known_before_costs_nothing():
    asked = question(chain_law(8, 0.1))
    Exact(method="exact").expect(asked)
    again = Stratified(method="stratified").expect(asked)
    assert (again.forwards, again.draws) == (0, 0)
    assert again.stopped == "every pattern of every stratum is listed"


def test_batches_do_not_decide_when_to_stop():
    found = [MonteCarlo(method="monte_carlo", target=Target(absolute=0.02)).expect(question(mixture_law(7), 5))
             for _ in range(2)]
    assert found[0].mean == found[1].mean
    assert found[0].mean.half_width <= 0.02
    assert found[0].draws in {216, 324, 486, 729, 1093, 1640, 2460, 3690}


def test_control_variates_say_by_how_much_they_help():
    truth, lost = exact_chain(20, 0.1)
    asked = question(chain_law(20, 0.1), no_flow=lambda: lost)
    found = MonteCarlo(method="monte_carlo", target=Target(absolute=0.003)).expect(asked)
    factor = float(found.how.partition("variance ")[2].partition(" times")[0])
    assert factor > 100
    assert abs(found.mean.value - truth) < 0.003


@pytest.mark.parametrize("method", [
    MonteCarlo(method="monte_carlo", target=Target(absolute=0.005)), Exact(method="exact"),
    Stratified(method="stratified", target=Target(absolute=0.001, max_forwards=70)), Head(method="head"),
], ids=lambda method: method.method)
def test_what_is_not_counted_makes_a_ratio(method):
    law = mixture_law(9)
    everything, lost = exact_by_force(law)
    truth = (everything - WORST * lost) / (1 - lost)
    found = [method.expect(question(law, seed, counts_no_answer=False)).mean for seed in range(20)]
    inside = sum(one.reach[0] - 1e-12 <= truth <= one.reach[1] + 1e-12 for one in found)
    assert inside >= 16  # fewer with probability 3e-4 when each covers 95 %


def test_where_nothing_answers_there_is_no_value():
    law = independent_law(("a", "b"), np.zeros(2))
    asked = Question(ScoredPatterns(law.components, counts_no_answer=False), law, lambda name: None)
    assert np.isnan(Exact(method="exact").expect(asked).mean.value)


@pytest.mark.parametrize("method", [Head(method="head"), Exact(method="exact"), Stratified(method="stratified")],
                         ids=lambda method: method.method)
def test_without_a_law_only_draws_are_left(method):
    asked = question(chain_law(5, 0.1))
    drawn = asked.dice("own").random((20_000, 5)) > 0.1
    lawless = Question(asked.scored, None, asked.dice, lambda count: drawn[:count])
    with pytest.raises(CannotEstimate, match="'monte_carlo' does not"):
        method.expect(lawless)
    found = Auto(target=Target(absolute=0.02)).expect(lawless)
    assert (found.method, found.chosen) == ("monte_carlo", "the failures state no law of independent causes")
    assert found.mean.low <= exact_by_force(chain_law(5, 0.1))[0] <= found.mean.high


def test_too_few_forwards_for_strata_are_refused_and_auto_draws_instead():
    law, target = chain_law(40, 0.05), Target(max_forwards=10)
    with pytest.raises(CannotEstimate, match="max_forwards"):
        Stratified(method="stratified", target=target).expect(question(law))
    assert Auto(target=target).expect(question(law)).method == "monte_carlo"


def test_the_scores_of_the_chain_are_what_they_say():
    up = np.array([[True] * 3, [False, True, True], [False, True, False], [False, False, True]])
    expected = [WORST + GAIN, WORST + GAIN * 0.97, WORST + GAIN * 0.97**2, WORST]
    assert chain_scores(up) == pytest.approx(expected)
