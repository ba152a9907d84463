"""Intervals of scores that are no means: how often they hold the truth, over many test sets."""

import numpy as np
import pytest

from simulator.evaluate.judged import judged_classes, judged_numbers
from simulator.evaluate.score_blocks import F1, Precision
from simulator.evaluate.score_list import scores_of
from simulator.expect.clusters import cluster_mean
from tests.support.statistics import assert_covers

RUNS, CLUSTERS, CLASSES = 2000, 20, 3
SIZES = np.tile([10, 20, 30, 40], 5)
GROUPS = np.repeat(np.arange(CLUSTERS), SIZES)


def drawn_set(dice):
    """Return labels and answers; some clusters are harder than others, and each has classes in its own shares."""
    skill = dice.beta(6, 3, CLUSTERS)[GROUPS]
    shares = dice.dirichlet([6, 4, 3], CLUSTERS)
    labels = (dice.random(len(GROUPS))[:, np.newaxis] > shares.cumsum(axis=1)[GROUPS]).sum(axis=1).clip(0, CLASSES - 1)
    wrong = (labels + dice.integers(1, CLASSES, len(GROUPS))) % CLASSES
    return labels, np.where(dice.random(len(GROUPS)) < skill, labels, wrong)


def intervals(block):
    found = []
    for run in range(RUNS):
        labels, answers = drawn_set(np.random.default_rng(run))
        (score,) = scores_of([block], labels, CLASSES)
        found.append(cluster_mean(score.worth(judged_classes(answers, labels)), GROUPS))
    return [(one.low, one.high) for one in found]


def truth(block):
    """Return the score of a test set of 40,000 clusters' samples: its own error is a hundredth of an interval."""
    sets = [drawn_set(np.random.default_rng(10**6 + run)) for run in range(2000)]
    labels, answers = (np.concatenate(side) for side in zip(*sets, strict=True))
    (score,) = scores_of([block], labels, CLASSES)
    return score.worth(judged_classes(answers, labels)).mean()


@pytest.mark.parametrize("block", [F1(f1="macro"), F1(f1=2), Precision(precision=1)], ids=repr)
def test_intervals_of_counted_scores_cover(block):
    assert_covers(intervals(block), truth(block))


def test_intervals_of_the_root_cover():
    found = []
    for run in range(RUNS):
        dice = np.random.default_rng(run)
        errors = dice.normal(0, 1 + 0.3 * dice.random(CLUSTERS)[GROUPS], len(GROUPS))
        (score,) = scores_of(["rmse"], errors, 1)
        one = cluster_mean(score.worth(judged_numbers(errors, np.zeros(len(errors)))), GROUPS)
        found.append((one.low, one.high))
    mean_square = 1 + 0.3 + 0.09 / 3  # E (1 + 0.3 U)^2
    assert_covers(found, mean_square**0.5)
