"""Derivatives of the loss and norms of kernels: by finite differences and by hand; v0 and sums in the catalogue."""

import numpy as np
import pytest

from simulator.neurons.catalogue import ESTIMATORS
from simulator.neurons.crashes import of_neurons
from simulator.neurons.estimators.estimator import Setting
from simulator.neurons.estimators.exact import exact
from simulator.neurons.losses import losses
from simulator.neurons.scaling import scaling
from simulator.neurons.tail import dense_tail

DICE = np.random.Generator(np.random.PCG64(11))
KERNELS = [DICE.normal(size=size) for size in ((6, 5), (5, 4), (4, 2))]
WHOLE, TAIL = dense_tail(KERNELS, "sigmoid"), dense_tail(KERNELS[1:], "sigmoid")
AT = 1 / (1 + np.exp(-4 * DICE.random((3, 6)) @ KERNELS[0]))
TARGETS = DICE.random((3, 2))


def loss(y, sample):
    return losses(TAIL.outputs(y[np.newaxis]), TARGETS[[sample]], "squared")[0]


def test_derivatives_are_those_of_finite_differences():
    found, step = scaling(TAIL, WHOLE, (AT, TARGETS), "squared"), 1e-4
    along = step * np.eye(5)
    slopes = [[(loss(y + d, k) - loss(y - d, k)) / (2 * step) for d in along] for k, y in enumerate(AT)]
    bends = [[[(loss(y + a + b, k) - loss(y + a - b, k) - loss(y - a + b, k) + loss(y - a - b, k)) / (4 * step**2)
               for a in along] for b in along] for k, y in enumerate(AT)]
    assert found["derivative"] == pytest.approx(np.abs(slopes).mean(), rel=1e-5)
    assert found["second_derivatives"] == pytest.approx(np.abs(bends).mean(), rel=1e-4)
    diagonal = np.abs([np.diag(each) for each in bends]).mean()
    assert found["second_derivative"] == pytest.approx(diagonal, rel=1e-4)


def test_norms_are_the_largest_sums_of_weights_into_a_neuron():
    found = scaling(TAIL, WHOLE, (AT, TARGETS), "squared")
    norms = [np.abs(kernel).sum(axis=0).max() for kernel in KERNELS]
    assert [found[f"norm_{place}"] for place in (1, 2, 3)] == pytest.approx(norms)
    assert found["norm_product"] == pytest.approx(np.prod(norms))
    assert "norm_3" not in scaling(TAIL, None, (AT, TARGETS), "squared")


def setting(p, tail=TAIL, at=AT):
    return Setting(tail, at, of_neurons(tail.neurons, p), tail, WHOLE)


@pytest.mark.parametrize("p", [0.01, 0.3])
def test_v0_bounds_what_is_exact_for_sigmoids_and_relus(p):
    for of in (setting(p), setting(p, dense_tail(KERNELS[1:], "relu"), 3 * AT)):
        told, known = ESTIMATORS["recursion"].find(of), exact(of.tail, of.activations, of.crashes)
        assert told.kind == "upper bound"
        assert np.all(np.abs(known.mean) <= told.mean)
        assert np.all(known.variance + known.mean**2 <= told.variance)
        assert np.ptp(told.mean) == 0  # it knows no input


def test_a_sum_of_norms_is_one_number_of_the_network_whatever_crashes():
    for name, norm in (("1", 1), ("2", 2), ("inf", np.inf), ("fro", "fro")):
        told = ESTIMATORS[f"norm_sum_{name}"].find(setting(0.1))
        assert told.kind == "baseline"
        assert told.variance is None
        assert told.mean == pytest.approx(np.full((3, 1), sum(np.linalg.norm(kernel.T, norm) for kernel in KERNELS)))


@pytest.mark.parametrize("name", ["norm_sum_1", "recursion"])
def test_what_takes_weights_says_so_where_there_are_none(name):
    with pytest.raises(ValueError, match=f"{name} takes the weights"):
        ESTIMATORS[name].find(Setting(TAIL, AT, of_neurons(5, 0.1)))
