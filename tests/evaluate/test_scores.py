"""Scores against hand counts, against an oracle, and as functions of the samples that they are made of."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.evaluate.guesses import guessed_classes, guessed_numbers
from simulator.evaluate.judged import Counts, JudgedClasses, judged_classes, judged_numbers
from simulator.evaluate.no_answer import no_answer_worth
from simulator.evaluate.ranks import parted_ranks, rank_of
from simulator.evaluate.score_blocks import F1, Precision, Recall, TopK, needs_ranks, task_of
from simulator.evaluate.score_list import scores_of
from simulator.seeds import stream

LABELS = np.array([0, 0, 0, 1, 1, 2])
ANSWERS = np.array([0, 1, 0, 1, 2, 0])
CLASSES = 3
RULES = ["expected_guess", "sampled_guess", "majority", "wrong", {"uniform": (0, 2)}]
COUNTED = [F1(f1="macro"), Precision(precision="macro"), Recall(recall="macro"), F1(f1=1), Precision(precision=2)]
each_counted = pytest.mark.parametrize("block", COUNTED, ids=repr)


def only(block, labels=LABELS, classes=CLASSES):
    (score,) = scores_of([block], labels, classes)
    return score


def value(block, answers=ANSWERS, labels=LABELS, ranks=None):
    score = only(block, labels, max(CLASSES, int(labels.max()) + 1))
    return score.worth(judged_classes(answers, labels, ranks))[score.counted(labels)].mean()


def drawn(seed, samples=200, classes=5):
    dice = np.random.default_rng(seed)
    labels = dice.choice(classes, samples, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    answers = np.where(dice.random(samples) < 0.6, labels, dice.integers(0, classes, samples))
    return answers, labels


def test_scores_of_six_samples_are_those_counted_by_hand():
    # class 0: right 2 of 3, said 3; class 1: right 1 of 2, said 2; class 2: right 0 of 1, said 1
    assert value("accuracy") == pytest.approx(3 / 6)
    assert value(Precision(precision=0)) == pytest.approx(2 / 3)
    assert value(Recall(recall=1)) == pytest.approx(1 / 2)
    assert value(F1(f1=0)) == pytest.approx(2 * 2 / (3 + 3))
    assert value(F1(f1=2)) == 0
    assert value(F1(f1="macro")) == pytest.approx((4 / 6 + 2 / 4 + 0) / 3)
    assert value(Precision(precision="macro")) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert value(Recall(recall="macro")) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_per_class_is_one_score_for_each_class_of_the_test_set():
    found = scores_of(["per_class", Recall(recall=1)], LABELS, 4)
    assert [score.name for score in found] == [f"accuracy_class_{label}" for label in range(3)] + ["recall_class_1"]
    judged = judged_classes(ANSWERS, LABELS)
    means = [score.worth(judged)[score.counted(LABELS)].mean() for score in found]
    assert means == pytest.approx([2 / 3, 1 / 2, 0, 1 / 2])


@pytest.mark.parametrize("seed", range(5))
def test_counted_scores_agree_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    answers, labels = drawn(seed)
    of = {"labels": np.unique(labels), "average": "macro", "zero_division": 0}
    assert value(F1(f1="macro"), answers, labels) == pytest.approx(metrics.f1_score(labels, answers, **of))
    assert value(Precision(precision="macro"), answers, labels) == pytest.approx(
        metrics.precision_score(labels, answers, **of))
    assert value(Recall(recall="macro"), answers, labels) == pytest.approx(metrics.recall_score(labels, answers, **of))
    each = metrics.f1_score(labels, answers, labels=range(5), average=None, zero_division=0)
    assert [value(F1(f1=label), answers, labels) for label in range(5)] == pytest.approx(each.tolist())


@each_counted
@pytest.mark.parametrize("seed", range(3))
def test_a_sample_s_worth_is_how_the_score_moves_when_it_counts_more(block, seed):
    answers, labels = drawn(seed, samples=40)
    score = only(block, labels, 5)
    worth, step = score.worth(judged_classes(answers, labels)), 1e-6
    base = weighted_value(score, answers, labels, np.ones(40))
    assert worth.mean() == pytest.approx(base)
    for place in range(40):
        weights = np.ones(40)
        weights[place] += step
        moved = (weighted_value(score, answers, labels, weights) - base) / step
        assert worth[place] - base == pytest.approx(40 * moved, abs=1e-4)


def weighted_value(score, answers, labels, weights):
    """Return a score of counts in which each sample counts so much, from its definition."""
    right, said, true = (np.bincount(of, with_weights, 5) for of, with_weights in (
        (labels, weights * (answers == labels)), (answers, weights), (labels, weights)))
    a, b, c = score.weights
    below = b * said + c * true
    return float(np.sum(score.classes * np.divide(a * right, below, out=np.zeros(5), where=below > 0)))


@each_counted
def test_pooled_answers_are_those_of_one_long_test_set(block):
    (first, labels), (second, _) = drawn(1), drawn(2)
    score = only(block, labels, 5)
    pooled = score.pooled([(0.25, judged_classes(first, labels)), (0.75, judged_classes(second, labels))])
    long = np.concatenate([first, second, second, second])
    repeated = np.tile(labels, 4)
    assert pooled.mean() == pytest.approx(score.worth(judged_classes(long, repeated)).mean())


@each_counted
def test_pooled_answers_of_one_delivery_are_its_own(block):
    answers, labels = drawn(3)
    score, judged = only(block, labels, 5), judged_classes(answers, labels)
    halves = score.pooled([(0.5, judged), (0.5, judged)])
    np.testing.assert_allclose(halves, score.worth(judged), atol=1e-12)


def test_shares_have_no_pooled_number_of_their_own():
    assert only("accuracy").pooled([(1.0, judged_classes(ANSWERS, LABELS))]) is None


# -- ranks -------------------------------------------------------------------------------------------------------------


def test_a_rank_is_the_place_in_a_stable_order():
    dice = np.random.default_rng(5)
    output, labels = dice.integers(0, 4, (300, 6)).astype(np.float32), dice.integers(0, 6, 300)
    order = np.argsort(-output, axis=1, kind="stable")
    brute = [row.tolist().index(label) for row, label in zip(order, labels, strict=True)]
    assert rank_of(output, labels).tolist() == brute
    assert ((rank_of(output, labels) == 0) == (output.argmax(axis=1) == labels)).all()


def test_rank_zero_is_a_right_answer_also_where_values_are_damaged():
    dice = np.random.default_rng(6)
    output = dice.choice(np.array([np.nan, np.inf, -np.inf, 1, 2], np.float32), (400, 4))
    labels = dice.integers(0, 4, 400)
    assert ((rank_of(output, labels) == 0) == (output.argmax(axis=1) == labels)).all()


def test_a_rank_fits_a_byte():
    output = np.arange(1000, dtype=np.float32)[np.newaxis]
    assert rank_of(output, np.array([3])).tolist() == [255]
    classes, ranks = parted_ranks(np.array([7 * 256 + 255, 256]))
    assert (classes.tolist(), ranks.tolist(), ranks.dtype) == ([7, 1], [255, 0], np.dtype(np.uint8))


def test_top_k_counts_ranks_below_k():
    ranks = np.array([0, 1, 2, 0, 4, 3], np.uint8)
    assert [value(TopK(top_k=k), ranks=ranks) for k in (1, 2, 3, 5)] == pytest.approx([2 / 6, 3 / 6, 4 / 6, 1])
    assert needs_ranks(TopK(top_k=2)) and not needs_ranks("accuracy")


def test_top_k_of_answers_without_ranks_is_refused():
    with pytest.raises(ValueError, match="2 highest classes"):
        value(TopK(top_k=2))


# -- no answer ---------------------------------------------------------------------------------------------------------


def guess(rule, labels=LABELS, train=None, classes=CLASSES):
    train = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2]) if train is None else train
    return guessed_classes(rule, train, labels, stream(1, 0, "", "guess"), classes), train


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_guess_is_worth_what_no_answer_is_worth(rule):
    judged, train = guess(rule)
    worth = no_answer_worth(rule, train, LABELS, stream(1, 0, "", "guess"))
    assert judged.right.tolist() == worth.tolist()
    if rule != "wrong":
        assert judged.among(1).tolist() == pytest.approx(worth.tolist())
    assert (judged.among(2) >= judged.among(1)).all()


@pytest.mark.parametrize("rule", ["expected_guess", {"uniform": (0, 2)}], ids=repr)
def test_a_guess_by_probabilities_counts_like_the_mean_of_many_guesses(rule):
    judged, train = guess(rule)
    pool, dice, none = (train if isinstance(rule, str) else np.array([0, 2])), np.random.default_rng(2), np.zeros(3)
    total, draws = Counts(none, none, none), 4000
    for _ in range(draws):
        answers = dice.choice(pool, len(LABELS))
        total = total.plus(judged_classes(answers, LABELS).counts(3), 1 / draws)
    found = judged.counts(3)
    for mean, exact in ((total.right, found.right), (total.said, found.said), (total.true, found.true)):
        # 6 samples a draw: a count's standard deviation is below 1.5; 5 of its standard errors, 6 counts: 4e-6
        np.testing.assert_allclose(mean, exact, atol=5 * 1.5 / np.sqrt(draws))


def test_no_answer_that_is_wrong_is_none_of_the_classes():
    judged, _ = guess("wrong")
    assert judged.counts(3).said.tolist() == [0, 0, 0]
    assert only(F1(f1="macro")).worth(judged).tolist() == [0] * 6


def test_f1_of_a_majority_answer_by_hand():
    judged, _ = guess("majority")  # class 2 always: right 1 of 6
    assert only(F1(f1="macro")).worth(judged).mean() == pytest.approx((2 * 1 / (6 + 1)) / 3)
    assert judged.among(2).tolist() == [1, 1, 1, 0, 0, 1]


@pytest.mark.parametrize("block", ["accuracy", F1(f1="macro"), TopK(top_k=2)], ids=repr)
def test_a_constant_is_every_score_and_what_is_excluded_none(block):
    assert only(block).worth(guess({"constant": 0.3})[0]).tolist() == [0.3] * 6
    assert np.isnan(only(block).worth(guess("exclude")[0])).all()


def test_pooled_answers_are_not_defined_beside_a_given_score():
    known = judged_classes(ANSWERS, LABELS)
    assert only(F1(f1="macro")).pooled([(0.5, known), (0.5, guess({"constant": 0.3})[0])]) is None


def test_a_class_without_a_test_sample_is_refused_with_those_that_there_are():
    with pytest.raises(ScenarioError, match=r"no test sample is of class 7.*0, 1, 2"):
        scores_of(["accuracy", F1(f1=7)], LABELS, 9)


# -- numbers -----------------------------------------------------------------------------------------------------------

TARGETS, TRAIN = np.array([1.0, 2.0, 4.0]), np.array([0.0, 2.0, 7.0, 3.0])


def test_errors_by_hand():
    judged = judged_numbers(np.array([2.0, 2.0, 1.0]), TARGETS)
    mae, mse, rmse = scores_of(["mae", "mse", "rmse"], TARGETS, 1)
    assert mae.worth(judged).tolist() == [1, 0, 3]
    assert mse.worth(judged).mean() == pytest.approx(10 / 3)
    assert rmse.worth(judged).mean() == pytest.approx((10 / 3) ** 0.5)
    assert not any(score.is_larger_better for score in (mae, mse, rmse))
    assert task_of("rmse") == "regression"
    assert task_of(F1(f1=0)) == "classification"


def test_the_pooled_root_is_of_the_expected_squared_error():
    (rmse,) = scores_of(["rmse"], TARGETS, 1)
    one, other = judged_numbers(TARGETS + 1, TARGETS), judged_numbers(TARGETS + 3, TARGETS)
    assert rmse.pooled([(0.5, one), (0.5, other)]).mean() == pytest.approx(5**0.5)
    assert rmse.worth(judged_numbers(TARGETS, TARGETS)).tolist() == [0, 0, 0]


def test_guessed_numbers_by_hand():
    def of(rule):
        return guessed_numbers(rule, TRAIN, TARGETS, stream(1, 0, "", "guess"))

    assert of("training_mean").absolute.tolist() == [2, 1, 1]
    assert of({"value": 4.0}).squared.tolist() == [9, 4, 0]
    brute = [[abs(t - y) for t in TRAIN] for y in TARGETS]
    assert of("expected_guess").absolute.tolist() == pytest.approx(np.mean(brute, axis=1).tolist())
    assert of("expected_guess").squared.tolist() == pytest.approx((np.array(brute) ** 2).mean(axis=1).tolist())
    assert all(error in row for error, row in zip(of("sampled_guess").absolute, brute, strict=True))
    assert np.isnan(of("exclude").absolute).all()
    with pytest.raises(ScenarioError, match="training_mean"):
        of("majority")


def test_a_guess_of_no_classes_says_nothing():
    assert JudgedClasses(LABELS, np.zeros(6)).said(np.ones(3)).tolist() == [0] * 6


def test_the_best_two_of_a_guess_are_two_guesses():
    shares = np.array([3, 2, 4]) / 9
    assert guess("expected_guess")[0].among(2).tolist() == pytest.approx((1 - (1 - shares[LABELS]) ** 2).tolist())
    assert guess({"uniform": (0, 2)})[0].among(1).tolist() == [0.5, 0.5, 0.5, 0, 0, 0.5]
