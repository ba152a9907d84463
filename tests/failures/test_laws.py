"""Laws of durations: mean 1, draws of the stated distribution, and the equilibrium residual of density R(t) / mean."""

import itertools
from math import gamma

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import integrate, stats

from simulator.failures.laws import EXPONENTIAL, AnyLaw, Exponential
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_mean

ADAPTER = TypeAdapter(AnyLaw)
WRITTEN = {
    "exponential": {"law": "exponential"},
    "wear-out": {"law": "weibull", "shape": 1.7},
    "early failures": {"law": "weibull", "shape": 0.6},
    "lognormal by cv": {"law": "lognormal", "cv": 1.5},
    "lognormal by sigma": {"law": "lognormal", "sigma": 0.4},
    "gamma": {"law": "gamma", "shape": 3},
    "gamma below 1": {"law": "gamma", "shape": 0.5},
    "uniform": {"law": "uniform", "spread": 0.6},
    "deterministic": {"law": "deterministic"},
    "empirical": {"law": "empirical", "values": ["1 min", "5 min", "2 h", "5 min"]},
}
LAWS = {name: ADAPTER.validate_python(block) for name, block in WRITTEN.items()}
SMOOTH = [name for name, law in LAWS.items() if not law.has_steps]
each_law = pytest.mark.parametrize("name", LAWS)
each_smooth_law = pytest.mark.parametrize("name", SMOOTH)
DRAWS = 40_000


def mean_beyond(law, x):
    """Return the integral of R from x on, numerically: the mean excess times P(exceeded)."""
    edges = [x, *(edge for edge in (0.5, 0.99, 1.0, 1.01, 2, 10, 100) if edge > x), 3000]
    return sum(integrate.quad(lambda t: 1 - float(law.distribution(np.array(t))), a, b, limit=500)[0]
               for a, b in itertools.pairwise(edges))


@each_law
def test_the_mean_is_one_by_the_distribution(name):
    """The integral of R(t) is the mean."""
    assert mean_beyond(LAWS[name], 0) == pytest.approx(1, abs=2e-4)


@each_law
def test_draws_have_mean_one(name):
    assert_mean(LAWS[name].draw(np.random.default_rng(1), DRAWS), 1, precision=0.02)


@each_smooth_law
def test_draws_have_the_stated_distribution(name):
    drawn = LAWS[name].draw(np.random.default_rng(2), DRAWS)
    assert stats.kstest(drawn, LAWS[name].distribution).pvalue > FALSE_ALARM


@each_smooth_law
@pytest.mark.parametrize("chance", [1e-6, 0.02, 0.5, 0.98])
def test_the_quantile_is_the_inverse_of_the_distribution(name, chance):
    law = LAWS[name]
    assert float(law.distribution(np.array(law.quantile(chance)))) == pytest.approx(chance, rel=1e-9)


@each_law
def test_residuals_have_the_distribution_of_equilibrium(name):
    """P(residual <= x) = integral of R up to x by the mean, here 1: in ten cells."""
    law = LAWS[name]
    edges = np.array([0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.8, 3.0])
    beyond = np.array([mean_beyond(law, edge) for edge in edges] + [0.0])
    cells = -np.diff(beyond) / beyond[0]
    counts, _ = np.histogram(law.draw_residual(np.random.default_rng(3), DRAWS), [*edges, np.inf])
    assert_frequencies(counts, np.clip(cells, 0, 1))


@each_law
def test_the_mean_residual_is_half_the_second_moment(name):
    """The inspection paradox: E[residual] = E[X^2] / (2 E[X])."""
    law = LAWS[name]
    minutes = np.array([1, 5, 120, 5])
    second = {"exponential": 2, "wear-out": gamma(1 + 2 / 1.7) / gamma(1 + 1 / 1.7) ** 2,
              "early failures": gamma(1 + 2 / 0.6) / gamma(1 + 1 / 0.6) ** 2, "lognormal by cv": 1 + 1.5**2,
              "lognormal by sigma": np.exp(0.4**2), "gamma": 4 / 3, "gamma below 1": 3, "uniform": 1 + 0.6**2 / 3,
              "deterministic": 1, "empirical": np.mean(minutes**2) / np.mean(minutes) ** 2}
    assert_mean(law.draw_residual(np.random.default_rng(4), DRAWS), second[name] / 2, precision=0.05)


def test_an_empirical_law_draws_its_values_and_long_ones_are_met_more_often():
    law = LAWS["empirical"]
    assert law.mean_ns == (1 + 5 + 5 + 120) * 15e9
    minutes = np.array([1, 5, 120])
    for drawn, chances in ((law.draw(np.random.default_rng(5), DRAWS), np.array([0.25, 0.5, 0.25])),
                           (law.draw_biased(np.random.default_rng(6), DRAWS), np.array([1, 10, 120]) / 131)):
        found = np.rint(drawn * law.mean_ns / 60e9)
        assert set(found) <= set(minutes)
        assert_frequencies([(found == value).sum() for value in minutes], chances)
    assert law.quantile(0.25) * law.mean_ns == pytest.approx(60e9)
    assert law.quantile(0.9) * law.mean_ns == pytest.approx(120 * 60e9)


def test_a_weibull_of_shape_one_and_a_gamma_of_shape_one_are_exponential():
    x = np.linspace(0, 5, 50)
    for block in ({"law": "weibull", "shape": 1}, {"law": "gamma", "shape": 1}):
        np.testing.assert_allclose(ADAPTER.validate_python(block).distribution(x), EXPONENTIAL.distribution(x))


def test_a_law_is_written_as_it_was_read_and_a_bare_name_will_do():
    for block in WRITTEN.values():
        assert ADAPTER.validate_python(block).model_dump(mode="json", by_alias=True, exclude_none=True) == block
    assert isinstance(ADAPTER.validate_python("exponential"), Exponential)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("weibul", "weibul"),
        ("weibull", "shape"),
        ({"law": "weibull", "shape": 0}, "greater than or equal to 0.1"),
        ({"law": "gamma", "shape": float("inf")}, "1000|finite"),
        ({"law": "lognormal"}, "exactly one of 'sigma' and 'cv'"),
        ({"law": "lognormal", "sigma": 1, "cv": 1}, "exactly one of 'sigma' and 'cv'"),
        ({"law": "uniform", "spread": 1.5}, "less than or equal to 1"),
        ({"law": "empirical", "values": []}, "says no duration"),
        ({"law": "empirical", "values": ["0 s"]}, "must be > 0"),
        ({"law": "empirical", "values": ["3 mb"]}, "'3 mb'"),
        ({"law": "exponential", "mean": "1 s"}, "mean"),
    ],
)
def test_a_law_that_cannot_be_is_refused(block, message):
    with pytest.raises(ValidationError, match=message) as refused:
        ADAPTER.validate_python(block)
    assert refused.value.error_count() == 1
