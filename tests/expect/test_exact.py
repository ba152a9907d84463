"""Exact expectations equal the sum written out, and the closed form of a chain without skips."""

import itertools

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.expect.exact import enumerate_patterns, expected_accuracy, expected_from_table
from simulator.expect.intervals import paired_difference, student_mean
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.overlay import Overlay
from simulator.failures.process import NoLaw
from simulator.failures.renewal import Renewal
from simulator.failures.scripted import Scripted
from simulator.seeds import stream

NAMES = ("edge", "fog2", "fog1", "cloud")
SURVIVAL = (0.78, 0.82, 0.9, 0.98)
SAMPLES = 50
GUESS = 1 / 7


def chain(down):
    """Return the delivery of a chain without skips: 1 when all is up, else none."""
    return 0 if down else 1


def skipping(down):
    """Return one delivery for each set of inner nodes that is down, as long as both ends are up."""
    return 0 if down & {"edge", "cloud"} else 1 + ("fog2" in down) + 2 * ("fog1" in down)


def worths(seed=1, guess=GUESS):
    right = stream(seed, 0, "", "right").random((5, SAMPLES)) < np.array([[0], [0.9], [0.8], [0.7], [0.4]])
    table = right.astype(float)
    table[0] = guess
    return lambda delivery: table[delivery]


def by_hand(reach, correct):
    total, no_flow = 0.0, 0.0
    for ups in itertools.product((True, False), repeat=4):
        chance = np.prod([p if up else 1 - p for p, up in zip(SURVIVAL, ups, strict=True)])
        delivery = reach({name for name, up in zip(NAMES, ups, strict=True) if not up})
        total += chance * correct(delivery).mean()
        no_flow += chance * (delivery == 0)
    return total, no_flow


def expectation(reach, correct, groups=None):
    patterns = enumerate_patterns(Bernoulli(NAMES, SURVIVAL), 20)
    return expected_accuracy(patterns.probability, [reach(down) for down in patterns.down()], correct, groups)


@pytest.mark.parametrize("reach", [chain, skipping])
def test_the_expectation_is_the_sum_over_all_patterns(reach):
    found = expectation(reach, worths())
    value, no_flow = by_hand(reach, worths())
    assert found.expected_accuracy.value == pytest.approx(value, rel=1e-12)
    assert found.no_information_flow.value == pytest.approx(no_flow, rel=1e-12)
    assert found.no_information_flow.low == found.no_information_flow.high == found.no_information_flow.value
    assert found.all_up_accuracy.value == pytest.approx(worths()(1).mean())
    assert found.expected_accuracy.method.startswith("exact over 16 patterns, t-interval over 50 samples")
    assert found.expected_accuracy.uncertainty == "test set"


def test_a_chain_without_skips_has_a_closed_form():
    found = expectation(chain, worths())
    alive = np.prod(SURVIVAL)
    assert found.expected_accuracy.value == pytest.approx(alive * worths()(1).mean() + (1 - alive) * GUESS, rel=1e-12)
    assert found.no_information_flow.value == pytest.approx(1 - alive, rel=1e-12)


def test_what_failures_do_not_touch_has_no_failures_in_its_interval():
    """The interval is that of e_j, the expected worth of sample j, not that of a(1 - a)/m."""
    found = expectation(skipping, worths())
    assert found.by_sample.shape == (SAMPLES,)
    plain = student_mean(found.by_sample)
    assert (found.expected_accuracy.low, found.expected_accuracy.high) == pytest.approx((plain.low, plain.high))


def test_groups_make_the_interval_that_of_clusters():
    groups = np.repeat(np.arange(10), 5)
    correct = np.repeat(stream(3, 0, "", "clusters").random(10) < 0.7, 5).astype(float)
    alone, grouped = expectation(chain, lambda delivery: correct), expectation(chain, lambda delivery: correct, groups)
    assert grouped.expected_accuracy.value == pytest.approx(alone.expected_accuracy.value)
    assert grouped.expected_accuracy.samples == 10
    wider = (grouped.expected_accuracy.high - grouped.expected_accuracy.low) / (
        alone.expected_accuracy.high - alone.expected_accuracy.low
    )
    assert wider > 1.5


def test_deliveries_are_listed_with_their_probability_and_accuracy():
    found = expectation(skipping, worths())
    rows = {row["delivery"]: row for row in found.deliveries}
    assert set(rows) == {0, 1, 2, 3, 4}
    assert sum(row["probability"] for row in found.deliveries) == pytest.approx(1)
    assert rows[2]["probability"] == pytest.approx(0.78 * 0.98 * (1 - 0.82) * 0.9)
    assert rows[2]["accuracy"] == pytest.approx(worths()(2).mean())
    assert [row["probability"] for row in found.deliveries] == sorted(
        (row["probability"] for row in found.deliveries), reverse=True
    )


def test_no_answer_may_be_left_out():
    """Then the expectation is that of a request that is answered."""
    found = expectation(skipping, worths(guess=np.nan))
    value, no_flow = by_hand(skipping, worths(guess=0.0))
    assert found.expected_accuracy.value == pytest.approx(value / (1 - no_flow), rel=1e-12)
    assert found.no_information_flow.value == pytest.approx(no_flow)


def test_accuracies_from_a_table_give_the_same_value():
    patterns = enumerate_patterns(Bernoulli(NAMES, SURVIVAL), 20)
    deliveries = [skipping(down) for down in patterns.down()]
    accuracy = np.array([worths()(delivery).mean() for delivery in deliveries])
    for found in (
        expected_from_table(patterns.probability, accuracy),
        expected_from_table(patterns.probability, accuracy, deliveries),
    ):
        value = expectation(skipping, worths()).expected_accuracy.value
        assert found.expected_accuracy.value == pytest.approx(value, rel=1e-12)
        assert found.expected_accuracy.low == found.expected_accuracy.high
        assert found.all_up_accuracy.value == accuracy[0]
    assert found.no_information_flow.value == pytest.approx(by_hand(skipping, worths())[1])
    assert {row["delivery"]: row["accuracy"] for row in found.deliveries} == pytest.approx(
        {d: worths()(d).mean() for d in range(5)}
    )


def test_two_strategies_are_compared_sample_by_sample():
    with_skips, without = expectation(skipping, worths()), expectation(chain, worths())
    found = paired_difference(with_skips.by_sample, without.by_sample)
    assert found.value == pytest.approx(with_skips.expected_accuracy.value - without.expected_accuracy.value)


def test_row_r_is_down_where_r_has_bits():
    patterns = enumerate_patterns(Bernoulli(NAMES, SURVIVAL), 20)
    assert patterns.down()[0] == frozenset()
    assert patterns.down()[0b0101] == {"edge", "fog1"}
    assert patterns.probability[0] == pytest.approx(np.prod(SURVIVAL))
    assert patterns.probability.sum() == pytest.approx(1)


def test_crash_and_repair_has_the_patterns_of_its_availability():
    renewal = Renewal(("edge", "fog"), (3e9, 9e9), (1e9, 1e9))
    overlay = Overlay((renewal, Bernoulli(("fog",), (0.5,))), ("edge", "fog"))
    assert enumerate_patterns(renewal, 2).probability == pytest.approx([0.675, 0.225, 0.075, 0.025])
    assert enumerate_patterns(overlay, 2).probability == pytest.approx([0.3375, 0.1125, 0.4125, 0.1375])


def test_what_never_works_and_what_nothing_can_break_are_enumerated_too():
    assert enumerate_patterns(Bernoulli(("edge",), (0.0,)), 1).probability.tolist() == [0.0, 1.0]
    nothing = enumerate_patterns(Bernoulli((), ()), 1)
    assert nothing.probability.tolist() == [1.0]
    assert nothing.down() == [frozenset()]


def test_too_many_components_are_refused_with_a_way_out():
    process = Bernoulli(tuple("abcd"), (0.5,) * 4)
    with pytest.raises(
        ScenarioError, match=r"4 components can fail, which makes 16 patterns; let at most 3 fail .* 'timed' only"
    ):
        enumerate_patterns(process, 3)


def test_what_moves_in_time_has_no_expectation():
    with pytest.raises(NoLaw, match="moves in time"):
        enumerate_patterns(Scripted(("edge",), ((1,),), ((2,),)), 20)


def test_a_law_that_does_not_sum_to_one_is_a_fault():
    class Wrong:
        components = ("edge",)

        def log_probability(self, up):
            return np.log(np.full(len(up), 0.4))

    with pytest.raises(ArithmeticError, match=r"sum to 1 -0\.2"):
        enumerate_patterns(Wrong(), 20)
