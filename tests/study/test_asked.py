"""Which samples requests ask about: any, or one of the class of the request before."""

import numpy as np

from simulator.seeds import Streams
from simulator.study.asked import samples_asked
from tests.support.statistics import assert_frequencies, assert_mean

LABELS = np.array([0] * 6 + [2] * 3 + [1])[np.array([9, 0, 6, 1, 2, 7, 3, 4, 8, 5])]
SURE = 1e-3


def test_without_persistence_nothing_is_drawn_anew():
    expected = Streams(1, 2).of("", "sample").integers(0, len(LABELS), 500)
    np.testing.assert_array_equal(samples_asked(500, LABELS, 0.0, Streams(1, 2)), expected)
    np.testing.assert_array_equal(samples_asked(5, LABELS[:0], 0.9, Streams(1)), np.zeros(5))


def test_classes_persist_as_often_as_stated_and_every_sample_is_asked_as_often():
    shares = np.array([0.6, 0.1, 0.3])
    for p in (0.5, 0.9):
        asked = np.stack([samples_asked(40, LABELS, p, Streams(seed)) for seed in range(4000)])
        same = (LABELS[asked[:, 1:]] == LABELS[asked[:, :-1]]).mean(axis=1)
        assert_mean(same, p + (1 - p) * (shares**2).sum(), SURE, precision=0.01)
        for place in (0, 1, 39):  # of independent replications
            assert_frequencies(np.bincount(asked[:, place], minlength=10), np.full(10, 0.1), SURE)


def test_a_stay_asks_about_any_sample_of_the_class():
    asked = samples_asked(200_000, LABELS, 0.9, Streams(4))
    after = asked[1:][asked[:-1] == 0]  # sample 0 is the only one of its class
    assert (after == 0).mean() > 0.85
    fives = asked[1:][(LABELS[asked[1:]] == 2) & (LABELS[asked[:-1]] == 2)]
    counts = np.array([(fives == place).sum() for place in np.flatnonzero(LABELS == 2)])
    assert counts.min() > 0.9 * counts.max()


def test_a_shorter_run_asks_the_same_first():
    long, short = (samples_asked(count, LABELS, 0.8, Streams(3)) for count in (300, 50))
    np.testing.assert_array_equal(long[:50], short)
