"""Splitting finds rare chances that a recursion knows, is unbiased whatever its sweeps do, and knows when not to."""

import numpy as np
import pytest

from simulator.expect.tail.creation import Creation
from simulator.expect.tail.events import Event
from simulator.expect.tail.monotone import check
from simulator.expect.tail.splitting import Splitting, pilot, runs_of, split
from simulator.failures.cause_law import CauseLaw, independent_law
from simulator.seeds import stream
from tests.support.scores import (
    ScoredPatterns,
    chain_law,
    chain_scores,
    exact_by_force,
    exact_chain,
    mixture_law,
    names,
    unequal_law,
)
from tests.support.statistics import assert_covers, assert_mean


def creation(law, level=None, scores=chain_scores):
    return Creation(law, Event(ScoredPatterns(law.components, scores), level))


def dice(seed):
    return lambda name: stream(seed, 0, "", name)


def shared_fate_law(count, q):
    """Return a law in which a latent state makes all chances ten times as large, and a rack fells the first two."""
    fells = np.concatenate([np.eye(count, dtype=bool), np.zeros((1, count), dtype=bool)])
    fells[-1, :2] = True
    return CauseLaw(names(count), (*names(count), "rack"), fells, np.array([0.9, 0.1]),
                    np.array([[q] * count + [q * q], [10 * q] * count + [10 * q * q]]))


@pytest.mark.parametrize("q", [1e-3, 1e-5])
def test_a_chain_of_30_loses_its_flow_as_often_as_the_recursion_says(q):
    _, truth = exact_chain(30, q)
    found = split(creation(chain_law(30, q)), Splitting(particles=300, runs=8), dice(3))
    error = (found.high - found.low) / 2
    assert error < 0.6 * truth, "an interval this wide says nothing"
    assert abs(found.value - truth) <= 2.5 * error


LAWS = {"equal": chain_law(6, 0.05), "unequal": unequal_law(6), "states and a rack": shared_fate_law(6, 0.02),
        "mixture": mixture_law(6)}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("levels", [(1.0,), (0.4, 1.0), (0.2, 0.5, 0.8, 1.0)], ids=len)
def test_a_run_is_unbiased_at_any_levels(law, levels):
    _, truth = exact_by_force(law)
    made = creation(law)
    found = runs_of(made, levels, Splitting(particles=50, runs=400), stream(1, 0, "", "runs"))
    assert_mean(found, truth, precision=0.1)


def test_accuracy_below_a_level_is_an_event_like_no_answer():
    law = unequal_law(7)
    truth = exact_by_force(law, lambda up: (chain_scores(up) < 0.85).astype(float))[0]
    made = creation(law, 0.85)
    found = runs_of(made, (0.3, 0.7, 1.0), Splitting(particles=50, runs=400), stream(1, 0, "", "runs"))
    assert_mean(found, truth, precision=0.1)


def test_when_the_event_ends_is_found_by_bisection():
    made = creation(unequal_law(7))
    cloud = made.drawn(200, stream(1, 0, "", "cloud"))
    lasts = made.lasts(cloud)
    assert 0 < np.count_nonzero(lasts > 0.5) < 200
    for level in (0.0, 0.3, 0.7, 1.0, 1.5):
        assert (made.happens(cloud.ceases > level) == (lasts > level)).all()


def test_an_event_that_always_or_never_happens_ends_never_or_is_never():
    law = chain_law(4, 0.1)
    always = creation(law, 0.5, lambda up: np.full(len(up), 0.2))
    never = creation(law, 0.1, lambda up: np.full(len(up), 0.9))
    assert np.isinf(always.lasts(always.drawn(20, stream(1, 0, "", "")))).all()
    assert (never.lasts(never.drawn(20, stream(1, 0, "", ""))) == 0).all()
    assert split(always, Splitting(particles=50, runs=3), dice(1)).value == 1
    assert split(never, Splitting(particles=50, runs=3), dice(1)).value == 0


def test_a_sweep_keeps_the_law_given_the_event():
    """The law of the patterns after sweeps from an exact start is what it was: the oracle is rejection."""
    law, level = shared_fate_law(4, 0.2), 0.6
    made = creation(law)
    cloud = made.drawn(60_000, stream(2, 0, "", "start"))
    inside = cloud.at(np.flatnonzero(made.lasts(cloud) > level))
    moved = made.swept(made.swept(inside, level, stream(2, 0, "", "a")), level, stream(2, 0, "", "b"))
    assert (made.lasts(moved) > level).all()
    for before, after in ((inside.ceases > 1, moved.ceases > 1), (inside.state == 1, moved.state == 1)):
        before, after = np.atleast_2d(before.T).T, np.atleast_2d(after.T).T
        deviation = np.sqrt(2 * 0.25 / len(before))
        assert np.abs(before.mean(axis=0) - after.mean(axis=0)).max() < 5 * deviation
    assert not np.allclose(inside.ceases, moved.ceases)


def test_levels_rise_and_each_is_passed_by_about_a_tenth():
    made = creation(chain_law(30, 1e-4))
    found = pilot(made, 1000, stream(1, 0, "", "pilot"))
    assert list(found.levels) == sorted(set(found.levels))
    assert (found.levels[-1], found.stuck) == (1.0, False)
    _, truth = exact_chain(30, 1e-4)
    assert abs(len(found.levels) + np.log10(truth)) <= 1.5


def test_the_same_seed_gives_the_same_estimate():
    made = [split(creation(chain_law(8, 0.01)), Splitting(particles=50, runs=3), dice(5)) for _ in range(2)]
    assert made[0] == made[1]


def better_without_the_first(up):
    return np.where(up.all(axis=1), 0.4, np.where(up.sum(axis=1) == up.shape[1] - 1, 0.9, 0.1))


@pytest.mark.parametrize(("count", "what"), [(6, "all 64 sets of causes"), (20, "200 random chains of 21 sets")])
def test_accuracy_that_falls_with_one_more_machine_is_found_out(count, what):
    law = independent_law(names(count), np.full(count, 0.9))
    checked = check(creation(law, 0.5, better_without_the_first), stream(1, 0, "", "check"))
    assert not checked.is_monotone
    assert checked.what.startswith(what)
    assert "accuracy below 0.5" in checked.against


@pytest.mark.parametrize("law", [*LAWS.values(), chain_law(20, 0.01)])
@pytest.mark.parametrize("level", [None, 0.85])
def test_what_is_monotone_passes(law, level):
    assert check(creation(law, level), stream(1, 0, "", "check")).is_monotone


@pytest.mark.slow
def test_intervals_of_runs_cover():
    _, truth = exact_chain(6, 0.02)
    made = creation(chain_law(6, 0.02))
    found = [split(made, Splitting(particles=100, runs=10), dice(seed)) for seed in range(1000)]
    assert_covers([(one.low, one.high) for one in found], truth)


@pytest.mark.slow
def test_a_chain_of_100_at_one_in_a_hundred_thousand():
    _, truth = exact_chain(100, 1e-5)
    found = split(creation(chain_law(100, 1e-5)), Splitting(particles=1000, runs=10), dice(1))
    assert abs(found.value - truth) <= found.high - found.low < truth
