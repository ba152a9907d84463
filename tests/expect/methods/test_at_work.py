"""Sets of causes given how many: their law by brute force, their draws by a G-test."""

import numpy as np
import pytest

from simulator.expect.methods.at_work import AtWork, probability_of
from simulator.expect.methods.most_probable import most_probable
from simulator.expect.methods.partition import most_at_work
from simulator.failures.cause_law import CauseLaw
from simulator.seeds import stream
from tests.support.scores import mixture_law, unequal_law
from tests.support.statistics import assert_g_test

LAWS = {"unequal": unequal_law(7), "mixture": mixture_law(6)}
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


def all_sets(causes):
    return (np.arange(2**causes)[:, np.newaxis] >> np.arange(causes)) & 1 == 1


def uniforms(draws, number):
    return 1 - stream(1, 0, "", "test").random((draws, number))


@each_law
@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_list_of_sets_has_their_probabilities(law, number):
    sets, found = AtWork(law).listed(number)
    everything = all_sets(len(law.causes))
    chosen = everything.sum(axis=1) == number
    assert len(sets) == chosen.sum() == len(np.unique(sets, axis=0))
    assert found.sum() == pytest.approx(probability_of(law, everything)[chosen].sum(), rel=1e-12)
    assert found.sum() == pytest.approx(AtWork(law).number[:, number].sum(), rel=1e-12)


@each_law
def test_draws_given_the_number_have_their_conditional_law(law):
    at_work = AtWork(law)
    for state in range(len(law.weight)):
        sets, _ = at_work.listed(3)
        chance = law.chance[state]
        exact = np.where(sets, chance, 1 - chance).prod(axis=1)
        code = 1 << np.arange(len(law.causes))
        drawn = at_work.drawn(state, 3, uniforms(40_000, 3)) @ code
        counts = np.bincount(drawn, minlength=2 ** len(law.causes))[sets @ code]
        assert_g_test(counts, exact / exact.sum())
        assert at_work.share_at_work(state, 3) == pytest.approx(exact @ sets / exact.sum(), rel=1e-9)


def test_a_draw_is_decided_by_its_own_row():
    at_work, rows = AtWork(unequal_law(7)), uniforms(100, 3)
    assert (at_work.drawn(0, 3, rows)[40:60] == at_work.drawn(0, 3, rows[40:60])).all()


def test_certain_and_impossible_causes_stay_so():
    law = CauseLaw(("a", "b", "c"), ("a", "b", "c"), np.eye(3, dtype=bool), np.ones(1), np.array([[1.0, 0.0, 0.5]]))
    drawn = AtWork(law).drawn(0, 1, uniforms(500, 1))
    assert drawn.sum(axis=0).tolist() == [500, 0, 0]
    _, probability = AtWork(law).listed(2)
    assert probability.tolist() == [0.0, 0.5, 0.0]


@each_law
def test_the_most_probable_sets_come_first_and_each_once(law):
    at_work, probability = most_probable(law, 10_000)
    states = len(law.weight)
    assert len(at_work) == states * 2 ** len(law.causes)
    assert (np.diff(probability) <= 1e-15).all()
    assert probability.sum() == pytest.approx(1, abs=1e-12)
    assert len(np.unique(at_work, axis=0)) == 2 ** len(law.causes)


def test_a_likely_cause_is_at_work_in_the_first_set():
    law = CauseLaw(("a", "b"), ("a", "b"), np.eye(2, dtype=bool), np.ones(1), np.array([[0.9, 0.2]]))
    at_work, probability = most_probable(law, 3)
    assert at_work.tolist() == [[True, False], [True, True], [False, False]]
    assert probability == pytest.approx([0.72, 0.18, 0.08])


@pytest.mark.parametrize("tail", [0.5, 1e-3, 1e-9])
def test_more_causes_than_the_most_are_at_work_with_little_probability(tail):
    law = mixture_law(6)
    number = AtWork(law).number.sum(axis=0)
    most = most_at_work(law, tail)
    assert number[most + 1:].sum() <= tail < number[most:].sum()
