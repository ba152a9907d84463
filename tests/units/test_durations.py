"""Laws of service: their means and variations, draws that belong to requests, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from simulator.durations import Service
from simulator.seeds import stream
from tests.support.statistics import assert_mean

MS = 1_000_000
LAWS = {  # by block: mean, coefficient of variation, and the law that scipy knows, in ms
    "constant": ({"mean": "3 ms"}, 3, 0, None),
    "exponential": ({"law": "exponential", "mean": "3 ms"}, 3, 1, stats.expon(scale=3)),
    "gamma": ({"law": "gamma", "mean": "3 ms", "cv": 0.5}, 3, 0.5, stats.gamma(4, scale=3 / 4)),
    "lognormal": ({"law": "lognormal", "mean": "3 ms", "cv": 0.8}, 3, 0.8,
                  stats.lognorm(math.sqrt(math.log(1.64)), scale=3 / math.sqrt(1.64))),
    "uniform": ({"law": "uniform", "low": "1 ms", "high": "5 ms"}, 3, 2 / math.sqrt(3) / 3, stats.uniform(1, 4)),
    "empirical": ({"law": "empirical", "times": ["1 ms", "2 ms", "6 ms"]}, 3, math.sqrt(14 / 3) / 3, None),
}


def law_of(block):
    return TypeAdapter(Service).validate_python(block)


def drawn(block, requests=20_000, seed=1):
    return law_of(block).draw(requests, stream(seed, 0, "part", "service"))


@pytest.mark.parametrize("name", LAWS)
def test_a_law_has_its_mean_and_its_variation(name):
    block, mean, cv, law = LAWS[name]
    times = drawn(block) / MS
    assert times.min() >= 0
    assert law_of(block).mean_ns == mean * MS
    assert_mean(times, mean)
    assert_mean(times**2, mean**2 * (1 + cv**2))
    if law is not None:
        assert stats.kstest(times, law.cdf).pvalue > 1e-5


@pytest.mark.parametrize("name", LAWS)
def test_a_shorter_run_has_the_same_first_draws(name):
    block = LAWS[name][0]
    np.testing.assert_array_equal(drawn(block, 50), drawn(block, 1000)[:50])


def test_measured_times_may_come_from_a_file_in_any_unit():
    law = law_of({"law": "empirical", "path": "x.csv", "unit": "us"}).read(np.array([1.0, 2.0]))
    assert set(law.draw(100, stream(1, 0, "", "")).tolist()) == {1000, 2000}
    assert law.mean_ns == 1500


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"law": "gamma", "mean": "3 ms"}, "cv"),
        ({"law": "gamma", "mean": "3 ms", "cv": 0}, "greater than 0"),
        ({"law": "uniform", "low": "3 ms", "high": "1 ms"}, "swap them"),
        ({"law": "empirical"}, "a list or a file"),
        ({"law": "empirical", "times": ["1 ms"], "path": "x.csv"}, "a list or a file"),
        ({"law": "pareto", "mean": "1 ms"}, "pareto"),
    ],
)
def test_what_is_no_law_is_refused(block, told):
    with pytest.raises(ValidationError, match=told):
        law_of(block)
