"""How the error under crashes falls with width: not with weights of 1/sqrt(n), as 1/n where neurons are alike."""

import numpy as np
import pytest

from simulator.neurons.crashes import of_neurons
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.tail import dense_tail
from simulator.seeds import stream

P = 0.5
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


def sigma(z):
    return 1 / (1 + np.exp(-4 * z))


def expected_square(x):
    """Return E sigma(4 w x)^2 over w ~ N(0, 1), by quadrature."""
    return (WEIGHTS * sigma(NODES * x) ** 2).sum() / WEIGHTS.sum()


def variance(neurons, x, dice, scale):
    """Return the exact variance of the error of a network 1-n-1, the mean over 200 networks."""
    found = []
    for _ in range(200):
        at = sigma(dice.normal(size=(1, neurons)) * x)
        found.append(first_order(dense_tail([dice.normal(size=(neurons, 1)) * scale]), at,
                                 of_neurons(neurons, P)).variance[0, 0])
    return np.mean(found), np.std(found) / np.sqrt(len(found))


@pytest.mark.parametrize("neurons", [5, 50, 1000])
@pytest.mark.parametrize("x", [0.3, 1.0])
def test_with_weights_of_one_over_root_n_the_variance_is_p_q_times_the_mean_square_whatever_the_width(neurons, x):
    found, error = variance(neurons, x, stream(7, neurons, str(x), "test"), 1 / np.sqrt(neurons))
    # six cases at 4.6 standard errors: a false alarm in 40,000
    assert found == pytest.approx(P * (1 - P) * expected_square(x), abs=4.6 * error)


def test_with_weights_of_one_over_n_it_falls_as_one_over_n():
    dice = stream(7, 0, "", "test")
    widths = np.array([10, 40, 160, 640])
    found = [variance(n, 1.0, dice, 1 / n)[0] for n in widths]
    assert np.polyfit(np.log(widths), np.log(found), 1)[0] == pytest.approx(-1, abs=0.05)
