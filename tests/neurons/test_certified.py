"""The certified algorithm: the trace of the reference, the exact number of copies, what a certificate holds against."""

import numpy as np
import pytest

from simulator.neurons.certified import Goal, Measured, Settings, certify, judged
from simulator.neurons.crashes import of_neurons
from simulator.neurons.remainder import drawn_rises, first_order_rises, measured_remainder
from simulator.neurons.tail import DenseTail
from simulator.neurons.tail_bounds import majority_fails
from simulator.seeds import stream

GOAL = Goal(epsilon=0.009, delta=1e-5, probability=0.01)
NONE = np.zeros(1)

# The printed trace of the reference: q, D, mean and deviation of b3 of the loss.
TRACE = [
    (1.00, 0.0, 0.000, 0.003), (0.25, 4446.52, -0.000, 0.003), (0.29, 3295.24, -0.001, 0.004),
    (0.29, 1756.05, 0.000, 0.003), (0.31, 414.26, 0.000, 0.004), (0.33, 66.92, 0.001, 0.013),
    (0.21, 69.60, 0.000, 0.006), (0.19, 81.25, 0.001, 0.0054), (0.08, 87.55, -0.002, 0.0074),
    (0.16, 84.81, 0.000, 0.004),
]


def network(balance=1.0, roughness=0.0, mean=0.0, deviation=0.0, more=(0.0, 0.0)):
    return Measured(balance, roughness, np.array([mean]), np.array([deviation**2]), np.array([more[0]]),
                    np.array([more[1]]))


def played(trace):
    return lambda settings, number: network(*trace[number])


def test_legacy_reproduces_the_decisions_of_the_printed_trace():
    found = certify(Goal(0.009, 1e-5, 0.01, legacy=True), Settings(), played(TRACE))
    assert [stage.missed for stage in found.stages] == [
        "neurons", "roughness", "roughness", "roughness", "roughness", "variance", "variance", "variance", "variance",
        None]
    assert [stage.settings.neurons for stage in found.stages] == [1, 101, 101, 101, 101, 101, 201, 301, 401, 501]
    last = found.stages[-1].settings
    assert (last.derivative, last.smoothness, last.variance) == pytest.approx((1e-4, 1e-2, 1e-6))
    assert found.copies == 20
    assert found.stages[0].crowded == pytest.approx(0.8192998224)


def test_the_certificate_of_the_reference_does_not_hold_and_ours_does():
    claimed = certify(Goal(0.009, 1e-5, 0.01, legacy=True), Settings(), played(TRACE))
    assert majority_fails(claimed.copies + 1, claimed.failure) > 0.05, "its copies fail 5,000 times as often as it says"
    found = certify(GOAL, Settings(neurons=101), lambda settings, number: network(0.25, 84.81, 0.0, 0.004))
    assert found.failure == pytest.approx(0.0065227726 + 0.004**2 / (0.004**2 + 0.009**2))
    assert found.copies % 2 == 1
    assert majority_fails(found.copies, found.failure) <= 1e-5 < majority_fails(found.copies - 2, found.failure)


@pytest.mark.parametrize(("step", "what", "limit"), [
    ("balance", {"balance": 0.01}, 0.01), ("neurons", {"balance": 0.011}, 1 / 6),
    ("roughness", {"roughness": 100.0}, 100.0), ("mean", {"mean": 0.009}, 0.009),
    ("variance", {"deviation": 0.0041}, 1 / 6)])
def test_each_step_can_fail_alone_and_says_by_how_much(step, what, limit):
    stage = judged(GOAL, Settings(neurons=501), network(**what))
    assert (stage.missed, stage.limit) == (step, limit)


def test_the_remainder_counts():
    alone = judged(GOAL, Settings(neurons=501), network(mean=0.0, deviation=0.003))
    assert alone.missed is None
    assert judged(GOAL, Settings(neurons=501), network(0.9, 0.0, 0.0, 0.003, (0.009, 0.0))).missed == "mean"
    wider = judged(GOAL, Settings(neurons=501), network(0.9, 0.0, 0.0, 0.003, (0.001, 0.002)))
    assert wider.large == pytest.approx(0.005**2 / (0.005**2 + 0.008**2))


def test_a_share_of_the_inputs_may_be_left_out():
    many = Measured(1.0, 0.0, np.zeros(10), np.array([1e-8] * 9 + [1.0]), np.zeros(10), np.zeros(10))
    assert judged(GOAL, Settings(neurons=501), many).missed == "variance"
    assert judged(Goal(0.009, 1e-5, 0.01, share=0.9), Settings(neurons=501), many).missed is None


def test_what_cannot_be_certified_is_refused_with_the_step_and_its_distance():
    found = certify(Goal(0.009, 1e-5, 0.01, trainings=3), Settings(neurons=501),
                    lambda settings, number: network(deviation=0.02))
    assert found.copies is None
    assert len(found.stages) == 3
    assert "step 'variance'" in found.refusal
    assert "0.8316, and at most 0.1667" in found.refusal


def test_legacy_stops_where_the_mean_is_too_large_and_we_train_on():
    seen = []

    def train(settings, number):
        seen.append(settings)
        return network(mean=0.02 if number == 0 else 0.0)

    assert certify(GOAL, Settings(neurons=501), train).copies == 1
    assert seen[1] == Settings(neurons=601, variance=1e-9)
    assert certify(Goal(0.009, 1e-5, 0.01, legacy=True), Settings(neurons=501),
                   lambda settings, number: network(mean=0.02)).stages[-1].missed == "mean"


def test_a_crash_probability_beyond_the_argument_is_refused():
    with pytest.raises(ValueError, match=r"p is 0.09; .* p < 0.0821"):
        certify(Goal(0.009, 1e-5, 0.09), Settings(), played(TRACE))


def test_a_certified_network_fails_no_more_often_than_its_certificate_says():
    """A tail of 200 neurons that rise together: exact moments of the whole rise, and 20,000 drawn crashes."""
    dice = stream(5, 0, "", "test")
    tail = DenseTail((dice.normal(1, 0.2, (200, 3)) / 200, dice.normal(size=(3, 1))), (np.zeros(3), np.zeros(1)),
                     "sigmoid")
    at, crashes = dice.uniform(0.2, 1, (4, 200)), of_neurons(200, 0.05)
    crashed, targets = dice.random((20_000, 200)) < 0.05, dice.normal(size=(4, 1))
    first, rises = first_order_rises(tail, at, crashes, targets), drawn_rises(tail, at, crashes, targets, crashed)
    more = measured_remainder(first, rises, crashed)
    found = Measured(1.0, 0.0, first @ crashes.probability, crashes.variance_of(first), *more)
    goal = Goal(float(np.quantile(rises, 0.999, axis=1).max()), 1e-5, 0.05)
    stage = judged(goal, Settings(neurons=200), found)
    assert stage.missed is None
    assert (rises > goal.epsilon).mean(axis=1).max() <= stage.failure


def test_the_remainder_of_a_squared_loss_behind_a_linear_tail_is_its_square():
    tail = DenseTail((np.array([[1.0], [2.0]]),), (np.zeros(1),), "linear")
    crashed = np.array([[True, False], [False, True], [True, True], [False, False]])
    at, crashes, targets = np.ones((1, 2)), of_neurons(2, 0.1), np.array([[2.0]])
    first, rises = first_order_rises(tail, at, crashes, targets), drawn_rises(tail, at, crashes, targets, crashed)
    assert first.tolist() == [[-2.0, -4.0]]
    assert rises.tolist() == [[-1.0, 0.0, 3.0, 0.0]]
    left = np.array([1.0, 4.0, 9.0, 0.0])
    mean, deviation = measured_remainder(first, rises, crashed)
    assert mean[0] == pytest.approx(left.mean() + 3.09 * left.std() / 2)
    assert deviation[0] > left.std()
