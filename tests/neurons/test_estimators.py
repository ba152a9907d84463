"""What holds of every estimator, on random networks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.neurons.crashes import Crashes, of_neurons, together
from simulator.neurons.estimators.exact import all_patterns, exact, pattern_probability
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.estimators.norm_bound import norm_bound
from simulator.neurons.estimators.path_bound import path_bound
from simulator.neurons.estimators.second_order import second_order
from simulator.neurons.estimators.single_crash import pair_corrected, single_crash
from simulator.neurons.monte_carlo import independent, monte_carlo
from simulator.neurons.secants import errors
from simulator.neurons.tail import DenseTail, dense_tail


def random_tail(seed, sizes=(6, 5, 3), activation="sigmoid", scale=1.0):
    dice = np.random.Generator(np.random.PCG64(seed))
    kernels = [dice.normal(size=pair) * scale / np.sqrt(pair[0]) for pair in pairwise(sizes)]
    biases = [dice.normal(size=size) * 0.3 for size in sizes[1:]]
    return DenseTail(tuple(kernels), tuple(biases), activation), dice.random((4, sizes[0]))


@given(st.integers(0, 10**6))
def test_gradient_and_curvature_are_differences(seed):
    tail, y = random_tail(seed)
    dice = np.random.Generator(np.random.PCG64(seed + 1))
    weights, way, h = dice.normal(size=(4, 3)), dice.normal(size=y.shape), 1e-5
    slope = ((tail.outputs(y + h * way) - tail.outputs(y - h * way)) * weights).sum(axis=1) / (2 * h)
    assert (tail.gradient(y, weights) * way).sum(axis=1) == pytest.approx(slope, rel=1e-5, abs=1e-7)
    bend = (tail.gradient(y + h * way, weights) - tail.gradient(y - h * way, weights)) / (2 * h)
    assert tail.curvature(y, weights, way) == pytest.approx(bend, rel=1e-4, abs=1e-6)


@given(st.integers(0, 10**6), st.floats(0.01, 0.5))
def test_all_agree_with_the_exact_sum_where_the_tail_is_linear(seed, p):
    tail, y = random_tail(seed, activation="linear")
    crashes = of_neurons(6, p)
    truth = exact(tail, y, crashes)
    for made in (first_order, second_order, single_crash, pair_corrected):
        found = made(tail, y, crashes)
        assert found.mean == pytest.approx(truth.mean, rel=1e-9, abs=1e-11)
        assert found.variance == pytest.approx(truth.variance, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("made", "order"), [(first_order, 1), (single_crash, 1), (pair_corrected, 2)])
def test_the_error_of_an_estimate_falls_with_the_power_of_p_that_it_states(made, order):
    tail, y = random_tail(3, activation="sigmoid")
    small = DenseTail(tail.kernels, tail.biases, "sigmoid", 0.02 if made is first_order else 1.0)
    gaps = []
    for p in (0.02, 0.01):
        crashes = of_neurons(6, p)
        found, truth = made(small, y, crashes), exact(small, y, crashes)
        gaps.append(np.abs(found.mean - truth.mean).max())
        assert found.order == order
    if made is not first_order:  # its error is that of the expansion in the activations, at any p
        assert gaps[1] == pytest.approx(gaps[0] / 2 ** (order + 1), rel=0.1)


def test_second_order_is_nearer_to_the_truth_than_first_order():
    tail, y = random_tail(5)
    soft = DenseTail(tail.kernels, tail.biases, "sigmoid", 0.1)
    crashes = of_neurons(6, 0.2)
    truth = exact(soft, y, crashes).mean
    first, second = (np.abs(made(soft, y, crashes).mean - truth).max() for made in (first_order, second_order))
    assert second < first / 5


@given(st.integers(0, 10**6), st.floats(0.01, 0.9), st.sampled_from(["relu", "sigmoid"]), st.floats(0.3, 2.0))
def test_what_is_called_a_bound_is_never_violated(seed, p, activation, lipschitz):
    tail, y = random_tail(seed, activation=activation, scale=2.0)
    tail = DenseTail(tail.kernels, tail.biases, activation, lipschitz)
    crashes = of_neurons(6, p)
    weight = pattern_probability(crashes)
    found = errors(tail, y, crashes, all_patterns(6))
    paths = path_bound(tail, y, crashes)
    assert (np.einsum("ipk,p->ik", np.abs(found), weight) <= paths.mean + 1e-9).all()
    assert (np.einsum("ipk,p->ik", found**2, weight) <= paths.variance + 1e-9).all()
    for norm, order in (("1", 1), ("2", 2), ("inf", np.inf)):
        size = np.linalg.norm(found, order, axis=2) @ weight
        assert (size <= norm_bound(tail, y, crashes, norm).mean[:, 0] + 1e-9).all()


def test_groups_of_one_neuron_are_neurons():
    tail, y = random_tail(7)
    alone, groups = of_neurons(6, 0.2), together(np.array([2, 0, 1, 4, 3, 5]), 0.2)
    for made in (first_order, single_crash, pair_corrected, exact):
        assert made(tail, y, groups).mean == pytest.approx(made(tail, y, alone).mean, rel=1e-12)
        assert made(tail, y, groups).variance == pytest.approx(made(tail, y, alone).variance, rel=1e-12)


def test_the_exact_mean_is_the_sum_over_sets_of_interactions():
    tail, y = random_tail(9, sizes=(4, 3, 2))
    crashes = of_neurons(4, 0.3)
    found = errors(tail, y, crashes, all_patterns(4))
    mean = np.zeros_like(found[:, 0])
    for whole in range(16):
        mu = sum((-1) ** (whole.bit_count() - part.bit_count()) * found[:, part]
                 for part in range(16) if part & whole == part)
        mean += 0.3 ** whole.bit_count() * mu
    assert mean == pytest.approx(exact(tail, y, crashes).mean, rel=1e-10)


def test_monte_carlo_is_within_four_standard_errors_and_does_not_depend_on_the_size_of_its_calls(monkeypatch):
    from simulator.neurons import monte_carlo as module

    tail, y = random_tail(11)
    crashes = of_neurons(6, 0.2)
    truth = exact(tail, y, crashes)
    found = []
    for rows in (50, 16_384):
        monkeypatch.setattr(module, "ROWS_PER_CALL", rows)
        dice = np.random.Generator(np.random.PCG64(1))
        found.append(monte_carlo(tail, y, crashes, 4000, independent(crashes, dice)))
    assert found[0].mean == pytest.approx(found[1].mean, rel=1e-9)
    assert found[0].variance == pytest.approx(found[1].variance, rel=1e-9)
    assert (np.abs(found[0].mean - truth.mean) < 4 * found[0].mean_error).all()
    assert (np.abs(found[0].variance - truth.variance) < 4 * found[0].variance_error).all()


def test_standard_errors_are_the_spread_over_runs():
    tail, y = random_tail(13, sizes=(4, 3, 1))
    crashes = of_neurons(4, 0.3)
    dice = np.random.Generator(np.random.PCG64(2))
    runs = [monte_carlo(tail, y, crashes, 100, independent(crashes, dice)) for _ in range(400)]
    for name in ("mean", "variance"):
        spread = np.std([getattr(run, name) for run in runs], axis=0)
        claimed = np.mean([getattr(run, f"{name}_error") for run in runs], axis=0)
        assert claimed == pytest.approx(spread, rel=0.15)  # 400 runs tell a spread to 3.5 %, four of these


def test_a_neuron_that_never_crashes_belongs_to_no_unit():
    tail, y = dense_tail([np.ones((3, 1))]), np.array([[1.0, 2.0, 3.0]])
    crashes = Crashes(np.array([0.1]), np.array([0, -1, 0]))
    assert exact(tail, y, crashes).mean.item() == pytest.approx(-0.4)
    assert first_order(tail, y, crashes).variance.item() == pytest.approx(0.09 * 16)
