"""Networks so small that every number is known (closed-form cases T1 to T17 of the theory)."""

import numpy as np
import pytest

from simulator.neurons.crashes import Crashes, of_neurons, together
from simulator.neurons.estimators.exact import exact
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.estimators.norm_bound import legacy_norm_bound, norm_bound
from simulator.neurons.estimators.path_bound import legacy_path_bound, path_bound
from simulator.neurons.estimators.recursion import recursion
from simulator.neurons.estimators.single_crash import pair_corrected, single_crash
from simulator.neurons.secants import singles
from simulator.neurons.tail import dense_tail
from simulator.neurons.tail_bounds import chernoff_kl, kl

P = 0.1
CLOSE = {"rel": 1e-9, "abs": 1e-12}
SEVEN = {"abs": 5e-8}  # the printed digits

T1 = (dense_tail([np.ones((3, 1))]), np.array([[1.0, 2.0, 3.0]]))
T2 = (dense_tail([np.array([[1.0, 2.0], [-1.0, 0.0]])]), np.array([[1.0, 1.0]]))
T3 = (dense_tail([np.ones((1, 2)), np.ones((2, 1))]), np.array([[1.0]]))


def flat(values):
    return pytest.approx(np.ravel(values).tolist(), **CLOSE)


def test_t1_one_output_of_three_neurons():
    tail, y = T1
    crashes = of_neurons(3, P)
    assert [norm[0] for norm in (legacy_norm_bound(tail, y, P, q).mean[0] for q in ("inf", "1", "2"))] == pytest.approx(
        [0.9, 0.6, 0.1 * np.sqrt(3) * np.sqrt(14)], **CLOSE)
    legacy = legacy_path_bound(tail, y, P)
    assert (legacy.mean.item(), legacy.deviation.item()) == pytest.approx((0.6, 1.1832160), **SEVEN)
    assert first_order(tail, y, crashes, legacy=True).deviation.item() == pytest.approx(1.1832160, **SEVEN)
    for found in (first_order(tail, y, crashes), single_crash(tail, y, crashes), pair_corrected(tail, y, crashes),
                  exact(tail, y, crashes)):
        assert found.mean.item() == pytest.approx(-0.6, **CLOSE)
        assert found.variance.item() == pytest.approx(1.26, **CLOSE)
    assert np.ravel(singles(tail, y, crashes)).tolist() == [-1, -2, -3]
    assert np.sqrt(1.26) == pytest.approx(1.1224972, **SEVEN)


def test_t2_two_outputs():
    tail, y = T2
    crashes = of_neurons(2, P)
    norms = [legacy_norm_bound(tail, y, P, q).mean.item() for q in ("inf", "1", "2")]
    assert norms == pytest.approx([0.2, 0.6, 0.3236068], **SEVEN)
    legacy = legacy_path_bound(tail, y, P)
    assert np.ravel(legacy.mean).tolist() == flat([0.2, 0.2])
    assert np.ravel(legacy.deviation).tolist() == pytest.approx([0.4472136, 0.6324555], **SEVEN)
    for made in (first_order, single_crash):
        found = made(tail, y, crashes, legacy=True)
        assert np.ravel(found.mean).tolist() == flat([0, -0.2])
        assert np.ravel(found.deviation).tolist() == pytest.approx([0.4472136, 0.6324555], **SEVEN)
    assert np.ravel(exact(tail, y, crashes).variance).tolist() == flat([0.18, 0.36])


def test_t3_paths_from_one_neuron_add_up_before_they_are_squared():
    tail, y = T3
    crashes = of_neurons(1, P)
    truth = exact(tail, y, crashes)
    assert (truth.mean.item(), truth.deviation.item()) == pytest.approx((-0.2, 0.6), **CLOSE)
    assert legacy_path_bound(tail, y, P).deviation.item() == pytest.approx(0.4472136, **SEVEN)
    assert legacy_path_bound(tail, y, P).deviation.item() < truth.deviation.item(), "what the reference calls a bound"
    safe = path_bound(tail, y, crashes)
    assert (safe.mean.item(), safe.variance.item()) == pytest.approx((0.2, 0.4), **CLOSE)
    assert single_crash(tail, y, crashes, legacy=True).deviation.item() == pytest.approx(0.6324555, **SEVEN)
    v0 = recursion(tail.kernels, [P, 0.0])
    assert (v0.mean, v0.deviation) == pytest.approx((0.2, 0.6324555), **SEVEN)


def test_t7_the_norm_bound_of_the_reference_is_none():
    tail, y = dense_tail([np.eye(2)]), np.array([[1.0, 1.0]])
    expected_norm = 2 * P * 0.9 + P**2 * np.sqrt(2)
    assert expected_norm == pytest.approx(0.1941421356, abs=1e-10)
    assert legacy_norm_bound(tail, y, P, "2").mean.item() == pytest.approx(0.1414213562, abs=1e-10)
    assert legacy_norm_bound(tail, y, P, "2").mean.item() < expected_norm
    assert norm_bound(tail, y, of_neurons(2, P), "2").mean.item() == pytest.approx(0.2, **CLOSE)


@pytest.mark.parametrize(("correlation", "variance"), [(0.0, 1.62), (0.5, 2.43)])
def test_t9_machines_whose_neurons_crash_together(correlation, variance):
    tail, y = T1
    nodes = together(np.array([0, 0, 1]), P, correlation)
    found = first_order(tail, y, nodes)
    assert (found.mean.item(), found.variance.item()) == pytest.approx((-0.6, variance), **CLOSE)
    both = P * P + (0.0 if nodes.covariance is None else nodes.covariance[0, 1])
    weight = np.array([1 - 2 * P + both, P - both, P - both, both])
    truth = exact(tail, y, nodes, weight)
    assert (truth.mean.item(), truth.variance.item()) == pytest.approx((-0.6, variance), **CLOSE)


def test_t9_a_machine_whose_neurons_cancel_matters_less():
    tail = dense_tail([np.array([[1.0], [-1.0], [1.0]])])
    y = np.array([[1.0, 1.0, 3.0]])
    assert first_order(tail, y, together(np.array([0, 0, 1]), P)).variance.item() == pytest.approx(0.81, **CLOSE)
    assert first_order(tail, y, of_neurons(3, P)).variance.item() == pytest.approx(0.99, **CLOSE)


def test_t15_constants_of_the_certified_algorithm():
    alpha = np.exp(2.5) * 0.01
    assert alpha == pytest.approx(0.12182493960703472, abs=1e-16)
    assert kl(alpha, 0.01) == pytest.approx(0.1993051785, abs=5e-11)
    assert chernoff_kl(1, alpha, 0.01) == pytest.approx(0.8192998224, abs=5e-11)
    assert chernoff_kl(101, alpha, 0.01, 0.25) == pytest.approx(0.0065227726, abs=1e-10)


def test_t17_no_crash_no_error_and_a_certain_crash_no_variance():
    tail, y = T1
    never = exact(tail, y, of_neurons(3, 0.0))
    assert (never.mean.item(), never.variance.item()) == (0, 0)
    always = of_neurons(3, 1.0)
    assert (exact(tail, y, always).mean.item(), exact(tail, y, always).variance.item()) == (-6, 0)
    assert first_order(tail, y, always).variance.item() == 0
    assert first_order(tail, y, always, legacy=True).deviation.item() == pytest.approx(3.7416574, **SEVEN)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"in \[0, 1\], got 1.5"):
        of_neurons(2, 1.5)
    with pytest.raises(ValueError, match="cannot crash together with probability"):
        Crashes(np.array([0.1, 0.2]), np.arange(2), np.array([[0.09, 0.17], [0.17, 0.16]]))
