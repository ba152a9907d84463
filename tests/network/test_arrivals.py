"""Bursts and days: their mean rates, their dispersion, their phase; a request's draw is its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.network.blocks import Arrivals
from simulator.seeds import Streams
from tests.support.statistics import assert_frequencies, assert_mean

ADAPTER = TypeAdapter(Arrivals)
SURE = 1e-3
BURSTS = {"kind": "mmpp", "states": [{"rate": "2 /s", "lasts": "8 s"}, {"rate": "30 /s", "lasts": "2 s"}]}
THREE = {"kind": "mmpp", "states": [{"rate": 0, "lasts": "3 s"}, {"rate": "10 /s", "lasts": "1 s"},
                                    {"rate": "4 /s", "lasts": "5 s"}]}
DAY = {"kind": "diurnal", "rate": "5 /s", "period": "100 s", "swing": 0.8, "peak": "30 s"}


def births_s(block, requests, seed):
    arrivals = ADAPTER.validate_python(block)
    return arrivals.births_ns(requests, Streams(seed), None) / 1e9


def counts(block, span_s, seeds, most):
    found = []
    for seed in range(seeds):
        births = births_s(block, most, seed)
        assert births[-1] > span_s, "draw more"
        found.append((births <= span_s).sum())
    return np.array(found, dtype=float)


@pytest.mark.parametrize(("block", "rate"), [(BURSTS, (16 + 60) / 10), (THREE, 30 / 9), (DAY, 5.0)])
def test_arrivals_have_the_stated_mean_rate_from_the_first_instant_on(block, rate):
    for span_s, seeds in ((100.0, 400), (0.3, 1200) if block is not DAY else (200.0, 400)):
        most = max(40, round(rate * span_s * 4))
        assert_mean(counts(block, span_s, seeds, most), rate * span_s, SURE, precision=0.12)


@pytest.mark.parametrize("span_s", [0.5, 4.0, 60.0])
def test_bursts_are_dispersed_as_the_closed_form_says(span_s):
    # Var N(t) / E N(t) of a two-state process in equilibrium: 1 + 2 s1 s2 (r1 - r2)^2 / ((s1 + s2)^2 (r1 s2 + r2 s1))
    # x (1 - (1 - exp(-(s1 + s2) t)) / ((s1 + s2) t)); s: rates of leaving (Fischer and Meier-Hellstern, 1993)
    r1, r2, s1, s2 = 2.0, 30.0, 1 / 8, 1 / 2
    turn = (s1 + s2) * span_s
    dispersion = 1 + 2 * s1 * s2 * (r1 - r2) ** 2 / ((s1 + s2) ** 2 * (r1 * s2 + r2 * s1)) * (
        1 - (1 - math.exp(-turn)) / turn)
    assert dispersion > 2
    mean = (r1 * 8 + r2 * 2) / 10 * span_s
    found = counts(BURSTS, span_s, 2000, max(100, round(mean * 5)))
    assert_mean((found - mean) ** 2 / mean, dispersion, SURE, precision=0.12)


def test_states_of_one_rate_are_poisson():
    even = {"kind": "mmpp", "states": [{"rate": "7 /s", "lasts": "1 s"}, {"rate": "7 /s", "lasts": "9 s"}]}
    plain = births_s({"kind": "poisson", "rate": "7 /s"}, 2000, 1)
    np.testing.assert_allclose(births_s(even, 2000, 1), plain, atol=1e-5)


def test_a_day_without_swing_is_poisson():
    flat = births_s(DAY | {"swing": 0.0}, 2000, 1)
    np.testing.assert_allclose(flat, births_s({"kind": "poisson", "rate": "5 /s"}, 2000, 1), atol=1e-5)


@pytest.mark.parametrize(("swing", "peak_s"), [(0.8, 30.0), (1.0, 0.0), (0.3, 80.0)])
def test_a_day_has_its_share_of_requests_in_each_hour(swing, peak_s):
    births = births_s(DAY | {"swing": swing, "peak": f"{peak_s} s"}, 60_000, 5)
    whole = births[births < 100 * (births[-1] // 100)]
    found = np.histogram(whole % 100, bins=20, range=(0, 100))[0]
    edges = np.linspace(0, 100, 21)
    integral = edges / 100 + swing / (2 * np.pi) * np.sin(2 * np.pi * (edges - peak_s) / 100)
    assert_frequencies(found, np.diff(integral), SURE)
    assert 5 * found.argmax() <= peak_s % 100 + 5 or peak_s == 0


@pytest.mark.parametrize("block", [BURSTS, THREE, DAY])
def test_births_are_sorted_and_a_shorter_run_has_the_same_first_ones(block):
    long, short = births_s(block, 30_000, 2), births_s(block, 100, 2)
    assert (np.diff(long) >= 0).all()
    np.testing.assert_array_equal(long[:100], short)


@pytest.mark.parametrize(("block", "said"), [
    ({"kind": "mmpp", "states": [{"rate": 0, "lasts": "1 s"}] * 2}, "no state has a rate above 0"),
    ({"kind": "mmpp", "states": [{"rate": "1 /s", "lasts": "1 s"}]}, "at least 2 items"),
    (DAY | {"swing": 1.5}, "less than or equal to 1"),
])
def test_arrivals_that_cannot_be_are_refused(block, said):
    with pytest.raises(ValidationError, match=said):
        ADAPTER.validate_python(block)
