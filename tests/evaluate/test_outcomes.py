"""What answers, and no answers, are worth."""

import numpy as np
import pytest

from simulator.dataflow.graph import EMPTY
from simulator.errors import ScenarioError
from simulator.evaluate.no_answer import no_answer_worth
from simulator.evaluate.outcomes import Outcomes
from simulator.seeds import stream

TRAIN, TEST = np.array([0] * 6 + [1] * 3 + [2]), np.array([0, 0, 1, 3])


def worth(rule, train=TRAIN, test=TEST):
    return no_answer_worth(rule, train, test, stream(1, 0, "", "guess"))


def outcomes(no_answer=0.25):
    asked = []
    predicted = {3: np.array([0, 1, 1, 3]), 5: np.array([2, 2, 2, 2]), 9: np.array([0, 0, 1, 3])}

    def predict(deliveries):
        asked.append(tuple(deliveries))
        return {delivery: predicted[delivery] for delivery in deliveries}

    return Outcomes(TEST, np.arange(4), np.full(4, no_answer), predict), asked


def test_an_answer_is_worth_one_where_it_is_right():
    made, _ = outcomes()
    assert made.correct(3).tolist() == [1, 0, 1, 1]
    assert made.correct(EMPTY).tolist() == [0.25] * 4
    assert made.accuracy([3, 5, 9, EMPTY]).tolist() == [0.75, 0, 1, 0.25]


def test_deliveries_are_evaluated_together_and_once():
    made, asked = outcomes()
    made.accuracy([3, EMPTY, 5, 3])
    made.correct(5)
    made.ensure([9, 3])
    assert asked == [(3, 5), (9,)]


def test_the_worth_of_requests_is_that_of_their_delivery_and_sample():
    made, asked = outcomes()
    table = (EMPTY, 9, 3, 5)
    found = made.worth(np.array([2, 2, 0, 3, 2]), table, np.array([0, 1, 2, 3, 3]))
    assert found.tolist() == [1, 0, 0.25, 0, 1]
    assert asked == [(3, 5)]  # nobody asked for delivery 9
    assert made.worth(np.empty(0, np.intp), table, np.empty(0, np.intp)).tolist() == []


def test_what_is_excluded_is_not_counted():
    made, _ = outcomes(no_answer=np.nan)
    assert np.isnan(made.accuracy([EMPTY])).all()
    assert np.isnan(made.worth(np.array([0]), (EMPTY,), np.array([1]))).all()


def test_an_expected_guess_has_the_mean_of_the_shares_of_training_and_test():
    assert worth("expected_guess").tolist() == pytest.approx([0.6, 0.6, 0.3, 0])
    assert worth("expected_guess").mean() == pytest.approx(0.6 * 0.5 + 0.3 * 0.25)


def test_a_sampled_guess_has_the_expected_guess_as_its_mean():
    test = np.tile(TEST, 5_000)
    sampled, expected = worth("sampled_guess", test=test), worth("expected_guess", test=test)
    assert set(sampled.tolist()) == {0, 1}
    spread = np.sqrt((expected * (1 - expected)).sum()) / len(test)
    assert abs(sampled.mean() - expected.mean()) < 4.5 * spread  # false alarm 7e-6
    assert (sampled == worth("sampled_guess", test=test)).all()


def test_other_rules():
    assert worth("majority").tolist() == [1, 1, 0, 0]
    assert worth("majority", train=np.array([2, 2, 1, 1]), test=np.array([1, 2])).tolist() == [1, 0]
    assert worth("wrong").tolist() == [0] * 4
    assert np.isnan(worth("exclude")).all()
    assert worth({"uniform": (0, 1)}).tolist() == [0.5, 0.5, 0.5, 0]
    assert worth({"constant": 0.496}).tolist() == [0.496] * 4


@pytest.mark.parametrize(("rule", "message"), [
    ("guess", "'guess' says nothing about the worth of no answer"), ({"uniform": ()}, r"\[\] is not a list of classes"),
    ({"uniform": (0, 0)}, "is not a list of classes, each once"),
    ({"uniform": (7,)}, r"the data set has \[0, 1, 2, 3\]"), ({"constant": 1.5}, "1.5 is no accuracy"),
    ({"constant": float("nan")}, "nan is no accuracy")])
def test_a_rule_that_makes_no_sense_is_told(rule, message):
    with pytest.raises(ScenarioError, match=message):
        worth(rule)
