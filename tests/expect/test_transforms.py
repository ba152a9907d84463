"""Transforms of tables over all patterns, each against its sum written out."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from simulator.expect.transforms import (
    averaged,
    components_of,
    expected_differences,
    moebius,
    probabilities,
    sizes,
    sums_of_members,
    walsh,
    zeta,
)

N = 7
RNG = np.random.default_rng(5)
F = RNG.normal(size=1 << N)  # monotone in nothing
Q = RNG.uniform(0.02, 0.9, N)
UP = (np.arange(1 << N)[:, None] >> np.arange(N)) & 1 == 0  # who is up in each row


def members(subset: int) -> list[int]:
    return [bit for bit in range(N) if subset >> bit & 1]


def chance() -> np.ndarray:
    return np.where(UP, 1 - Q, Q).prod(axis=1)


def test_probabilities_are_products():
    assert probabilities(Q) == pytest.approx(chance(), rel=1e-12)


def test_moebius_coefficients_are_signed_sums_over_subsets_of_what_is_up():
    everything = (1 << N) - 1
    for subset in (0, 1, 5, 70, everything):
        inside = [t for t in range(1 << N) if t & ~subset == 0]
        expected = sum((-1) ** (len(members(subset)) - len(members(t))) * F[everything ^ t] for t in inside)
        assert moebius(F)[subset] == pytest.approx(expected, abs=1e-10)


def test_the_table_is_the_polynomial_of_its_moebius_coefficients():
    m = moebius(F)
    value = [sum(m[s] for s in range(1 << N) if all(row[i] for i in members(s))) for row in UP]
    assert value == pytest.approx(F, abs=1e-10)


def test_zeta_undoes_moebius():
    assert zeta(moebius(F)) == pytest.approx(F, abs=1e-12)


def test_walsh_coefficients_are_expectations_of_products():
    basis = (UP - (1 - Q)) / np.sqrt(Q * (1 - Q))
    c = walsh(F, Q)
    for subset in (0, 1, 6, 93, (1 << N) - 1):
        expected = (chance() * F * basis[:, members(subset)].prod(axis=1)).sum()
        assert c[subset] == pytest.approx(expected, abs=1e-12)


def test_squares_of_walsh_coefficients_sum_to_the_variance():
    mean = (chance() * F).sum()
    assert (walsh(F, Q)[1:] ** 2).sum() == pytest.approx((chance() * (F - mean) ** 2).sum(), rel=1e-12)


def test_expected_differences_are_walsh_coefficients_without_their_scale():
    scale = np.array([np.sqrt(Q * (1 - Q))[members(s)].prod() for s in range(1 << N)])
    assert expected_differences(F, Q) * scale == pytest.approx(walsh(F, Q), abs=1e-12)


@pytest.mark.parametrize("over", [combo for size in (0, 1, 3, N) for combo in list(combinations(range(N), size))[:4]])
def test_averaging_out_components_leaves_the_expectation_given_the_others(over):
    kept = [bit for bit in range(N) if bit not in over]
    found = averaged(F, Q, over)
    weight = np.where(UP[:, list(over)], 1 - Q[list(over)], Q[list(over)]).prod(axis=1)
    code = ((~UP[:, kept]) * (1 << np.arange(len(kept)))).sum(axis=1)
    assert found == pytest.approx(np.bincount(code, weight * F, 1 << len(kept)), abs=1e-12)


def test_transforms_work_on_the_last_axis_of_several_tables():
    tables = RNG.normal(size=(2, 3, 1 << N))
    for found in (moebius, zeta, lambda t: walsh(t, Q), lambda t: expected_differences(t, Q)):
        assert found(tables)[1, 2] == pytest.approx(found(tables[1, 2]), abs=1e-12)
    assert averaged(tables, Q, (1, 4))[1, 2] == pytest.approx(averaged(tables[1, 2], Q, (1, 4)))
    assert sums_of_members(tables)[1, 2] == pytest.approx(sums_of_members(tables[1, 2]))


def test_the_given_table_stays_as_it_was():
    before = F.copy()
    moebius(F), zeta(F), walsh(F, Q), expected_differences(F, Q), averaged(F, Q, (0,))
    assert (before == F).all()


def test_sizes_and_sums_of_members():
    assert sizes(N).tolist() == [len(members(s)) for s in range(1 << N)]
    expected = [sum(F[s] for s in range(1 << N) if s >> bit & 1) for bit in range(N)]
    assert sums_of_members(F) == pytest.approx(expected)


def test_a_loss_keeps_its_digits_where_failures_are_rarer_than_one_in_a_billion():
    n, q = 4, np.array([1e-12, 3e-11, 2e-10, 5e-13])
    loss = RNG.integers(1, 100, 1 << n).astype(np.float64)
    loss[0] = 0.0
    exact = [[Fraction(value) for value in side] for side in (loss.tolist(), q.tolist())]
    for bit in range(n):
        half = len(exact[0]) // 2
        top, bottom = exact[0][:half], exact[0][half:]
        p = exact[1][n - 1 - bit]
        exact[0] = [u * (1 - p) + d * p for u, d in zip(top, bottom, strict=True)]
    risk = float(exact[0][0])
    assert walsh(loss, q)[0] == pytest.approx(risk, rel=1e-13)
    assert averaged(loss, q, range(n))[0] == pytest.approx(risk, rel=1e-13)
    assert (probabilities(q) * loss).sum() == pytest.approx(risk, rel=1e-13)


def test_certain_components_are_no_special_case():
    q = np.array([0.0, 1.0, 0.3])
    f = RNG.normal(size=8)
    found = expected_differences(f, q)
    assert found[1] == pytest.approx(0.7 * (f[2] - f[3]) + 0.3 * (f[6] - f[7]))
    assert found[2] == pytest.approx(0.7 * (f[0] - f[2]) + 0.3 * (f[4] - f[6]))


def test_a_table_that_is_not_of_all_patterns_is_refused():
    with pytest.raises(ValueError, match=r"2\^components rows, got 6"):
        components_of(np.zeros(6))
