"""Importance measures, each against its definition written out, for f that are monotone in nothing."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest

from simulator.expect.importance.along import component_curves, signature
from simulator.expect.importance.measures import MEASURES, values, weights, worth_of
from simulator.expect.importance.pairs import joint_birnbaum, shapley_interaction
from simulator.expect.importance.table import AccuracyTable, from_failure
from simulator.expect.importance.variance import SHARES, shares
from simulator.expect.transforms import probabilities

N = 6
ROWS = np.arange(1 << N)
NAMES = tuple("abcdef")
RNG = np.random.default_rng(11)
F = RNG.uniform(size=1 << N)
Q = np.array([0.05, 0.3, 0.5, 0.81, 0.2, 0.6])
TABLE = from_failure(NAMES, F, Q)
P = RNG.dirichlet(np.full(1 << N, 0.4))  # components that fail together, in no particular way
JOINT = AccuracyTable(NAMES, F, P)
SAME = {"rel": 1e-10, "abs": 1e-12}


def is_down(bit, rows=ROWS):
    return (rows >> bit & 1).astype(bool)


def set_up(bit):
    return F[ROWS & ~(1 << bit)]


def set_down(bit):
    return F[ROWS | (1 << bit)]


def by_hand(table, below=None):
    """Return every measure of each player by its definition, sums over all patterns."""
    p, f = table.probability, table.accuracy
    loss = f[0] - f if below is None else (f < below).astype(float)
    risk = (p * loss).sum()
    rows = {name: [] for name in MEASURES}
    for bit in range(N):
        up, down, dead = ROWS & ~(1 << bit), ROWS | (1 << bit), is_down(bit)
        rows["birnbaum"].append((p * (f[up] - f[down])).sum())
        rows["improvement"].append((p * f[up]).sum() - (p * f).sum())
        rows["raw"].append((p * loss[down]).sum() / risk)
        rows["rrw"].append(risk / (p * loss[up]).sum())
        rows["criticality"].append(1 - (p * loss[up]).sum() / risk)
        rows["diagnosis"].append((p * loss)[dead].sum() / risk)
        rows["if_down"].append((p * f[down]).sum())
        rows["given_down"].append((p * f)[dead].sum() / p[dead].sum())
        rows["banzhaf"].append((f[up] - f[down]).mean())
        rows["shapley"].append(shapley_by_orders(f, bit))
    return rows


def shapley_by_orders(f, bit):
    """Return the mean over all orders of failing of what is lost when it is this one's turn."""
    lost = 0.0
    for order in permutations(range(N)):
        before = sum(1 << other for other in order[: order.index(bit)])
        lost += f[before] - f[before | 1 << bit]
    return lost / factorial(N)


@pytest.mark.parametrize("below", [None, 0.45])
@pytest.mark.parametrize("table", [TABLE, JOINT], ids=["independent", "together"])
def test_every_measure_is_its_definition(table, below):
    found, expected = values(MEASURES, table, below), by_hand(table, below)
    for name in MEASURES:
        assert found[name] == pytest.approx(expected[name], **SAME), name


def test_birnbaum_is_the_derivative_by_the_survival():
    step = 1e-6
    for bit in range(N):
        moved = Q.copy()
        moved[bit] -= step
        slope = (from_failure(NAMES, F, moved).expected - TABLE.expected) / step
        assert values(["birnbaum"], TABLE)["birnbaum"][bit] == pytest.approx(slope, abs=1e-8)


def test_shapley_values_sum_to_what_is_at_stake():
    assert values(["shapley"], TABLE)["shapley"].sum() == pytest.approx(F[0] - F[-1])


def test_shapley_is_birnbaum_averaged_over_one_survival_for_all():
    points, weight = np.polynomial.legendre.leggauss(8)
    each = [values(["birnbaum"], from_failure(NAMES, F, np.full(N, (1 - t) / 2)))["birnbaum"] for t in points]
    assert values(["shapley"], TABLE)["shapley"] == pytest.approx(weight @ np.array(each) / 2, **SAME)


def test_banzhaf_is_birnbaum_at_even_odds():
    even = from_failure(NAMES, F, np.full(N, 0.5))
    assert values(["banzhaf"], TABLE)["banzhaf"] == pytest.approx(values(["birnbaum"], even)["birnbaum"])


def test_identities_of_risk():
    found = values(MEASURES, TABLE)
    risk = F[0] - TABLE.expected
    assert found["criticality"] == pytest.approx(1 - 1 / found["rrw"], **SAME)
    assert found["criticality"] == pytest.approx(Q * found["birnbaum"] / risk, **SAME)
    assert found["diagnosis"] == pytest.approx(Q * found["raw"], **SAME)
    assert found["raw"] == pytest.approx(1 + (1 - Q) * found["birnbaum"] / risk, **SAME)
    assert found["improvement"] == pytest.approx(Q * found["birnbaum"], **SAME)


def test_intervention_and_diagnosis_agree_where_components_are_independent_and_only_there():
    found, together = values(MEASURES, TABLE), values(MEASURES, JOINT)
    assert found["if_down"] == pytest.approx(found["given_down"], **SAME)
    assert np.abs(together["if_down"] - together["given_down"]).max() > 0.01
    assert TABLE.is_independent
    assert not JOINT.is_independent


def test_a_dummy_matters_to_nothing_and_twins_matter_alike():
    core = RNG.uniform(size=4)  # of bits 0 and 1 only through how many are down, of bit 2; bit 3 is a dummy
    rows = np.arange(16)
    f = core[(rows & 1) + (rows >> 1 & 1)] + 0.3 * (rows >> 2 & 1) * (rows & 1) * (rows >> 1 & 1)
    table = from_failure(tuple("abcd"), f, np.array([0.2, 0.2, 0.4, 0.3]))
    found = values(MEASURES, table) | shares(table)
    for name in ("birnbaum", "improvement", "shapley", "banzhaf", "criticality", *SHARES):
        assert found[name][3] == pytest.approx(0, abs=1e-12), name
        assert found[name][0] == pytest.approx(found[name][1]), name
    assert found["raw"][3] == pytest.approx(1)
    assert found["rrw"][3] == pytest.approx(1)


def test_shares_of_variance_are_their_definitions():
    p, mean = TABLE.probability, TABLE.expected
    variance = (p * (F - mean) ** 2).sum()
    found = shares(TABLE)
    for bit in range(N):
        q = Q[bit]
        alone = q * (1 - q) * values(["birnbaum"], TABLE)["birnbaum"][bit] ** 2
        left = (p * (set_up(bit) - set_down(bit)) ** 2).sum() * q * (1 - q)
        assert found["sobol_first"][bit] == pytest.approx(alone / variance, **SAME)
        assert found["sobol_total"][bit] == pytest.approx(left / variance, **SAME)
        assert found["shapley_effects"][bit] == pytest.approx(effect_by_orders(bit) / variance, **SAME)
    assert found["shapley_effects"].sum() == pytest.approx(1)
    assert (found["sobol_first"] <= found["shapley_effects"] + 1e-12).all()
    assert (found["shapley_effects"] <= found["sobol_total"] + 1e-12).all()


def explained(subset):
    """Return Var E[f | the components of a subset]."""
    code = ROWS & subset
    chance = np.bincount(code, TABLE.probability, 1 << N)
    mean = np.divide(np.bincount(code, TABLE.probability * F, 1 << N), chance, out=np.zeros(1 << N), where=chance > 0)
    return (chance * (mean - TABLE.expected) ** 2).sum()


def effect_by_orders(bit):
    total = 0.0
    for subset in range(1 << N):
        if not subset >> bit & 1:
            size = subset.bit_count()
            weight = factorial(size) * factorial(N - 1 - size) / factorial(N)
            total += weight * (explained(subset | 1 << bit) - explained(subset))
    return total


def second_difference(i, j):
    both, first, second = 1 << i | 1 << j, 1 << i, 1 << j
    base = ROWS & ~both
    return F[base] - F[base | first] - F[base | second] + F[base | both]


def test_interactions_are_mean_second_differences():
    joint, shapley = joint_birnbaum(TABLE), shapley_interaction(TABLE)
    for i in range(N):
        for j in range(N):
            if i == j:
                assert joint[i, j] == shapley[i, j] == 0
                continue
            found = second_difference(i, j)
            assert joint[i, j] == pytest.approx((TABLE.probability * found).sum(), **SAME)
            bases = [row for row in range(1 << N) if not row >> i & 1 and not row >> j & 1]
            weight = [factorial(r.bit_count()) * factorial(N - 2 - r.bit_count()) / factorial(N - 1) for r in bases]
            assert shapley[i, j] == pytest.approx((np.array(weight) * found[bases]).sum(), **SAME)


@pytest.mark.parametrize("table", [TABLE, JOINT], ids=["independent", "together"])
def test_components_that_are_not_ranked_are_averaged_out(table):
    whole = values(MEASURES, table)
    some = AccuracyTable(NAMES, F, table.probability, players=4)
    found = values(MEASURES, some)
    for name in ("birnbaum", "improvement", "raw", "rrw", "criticality", "diagnosis", "if_down", "given_down"):
        assert found[name] == pytest.approx(whole[name][:4], **SAME), name
    others = table.probability.reshape(4, 16).sum(axis=1)
    game = others @ F.reshape(4, 16)
    assert some.game == pytest.approx(game)
    alone = values(MEASURES, from_failure(NAMES[:4], game, Q[:4]))
    for name in ("shapley", "banzhaf"):
        assert found[name] == pytest.approx(alone[name], **SAME), name
    assert shapley_interaction(some) == pytest.approx(shapley_interaction(from_failure(NAMES[:4], game, Q[:4])), **SAME)


def test_the_parts_of_the_variance_that_others_explain_are_left_out_of_the_players():
    some = AccuracyTable(NAMES, F, TABLE.probability, players=4)
    for name, share in shares(some).items():
        assert share == pytest.approx(shares(TABLE)[name][:4], **SAME), name


@pytest.mark.parametrize("name", MEASURES)
def test_weights_of_patterns_give_the_same_means(name):
    measure = MEASURES[name]
    table = AccuracyTable(NAMES, F, JOINT.probability, players=4)
    found = np.array([weight @ F for weight in weights(measure.top, table, measure.law)])
    if measure.of == "accuracy":
        divisor = table.failure[:4] if measure.is_conditional else 1.0
        assert found / divisor == pytest.approx(values([name], table)[name], **SAME)
    else:
        loss = np.array([weight @ table.loss(None) for weight in weights(measure.top, table, measure.law)])
        bottom = np.array([weight @ table.loss(None) for weight in weights(measure.bottom, table, measure.law)])
        assert loss / bottom == pytest.approx(values([name], table)[name], **SAME)


def test_several_tables_at_once():
    tables = RNG.uniform(size=(3, 1 << N))
    found = values(MEASURES, AccuracyTable(NAMES, tables, P))
    for place, table in enumerate(tables):
        for name, value in values(MEASURES, AccuracyTable(NAMES, table, P)).items():
            assert found[name][place] == pytest.approx(value, **SAME), name


def test_worth_is_averaged_out_where_the_law_is_of_the_players():
    some = AccuracyTable(NAMES, F, P, players=2)
    assert worth_of(MEASURES["shapley"], some, None).shape == (4,)
    assert worth_of(MEASURES["raw"], some, None) == pytest.approx(F[0] - F)


def test_a_component_that_never_fails_has_an_importance_and_no_risk():
    q = Q.copy()
    q[2] = 0.0
    table = from_failure(NAMES, F, q)
    found = values(MEASURES, table) | shares(table)
    assert found["birnbaum"][2] == pytest.approx((table.probability * (set_up(2) - set_down(2))).sum())
    assert found["improvement"][2] == found["diagnosis"][2] == found["sobol_total"][2] == 0
    assert np.isnan(found["given_down"][2])


def test_rare_failures_keep_their_digits():
    q = np.array([1e-12, 4e-11, 3e-10, 1e-13, 2e-12, 5e-11])
    loss = F[0] - F
    singles = np.array([loss[1 << bit] for bit in range(N)])  # to first order, one fails at a time
    found = values(MEASURES, from_failure(NAMES, F, q))
    assert found["diagnosis"] == pytest.approx(q * singles / (q @ singles), rel=1e-8)
    assert found["improvement"] == pytest.approx(q * singles, rel=1e-4)


def test_curves_are_what_other_probabilities_would_give():
    points = np.array([0.0, 0.37, 1.0])
    found = values(("if_down", "birnbaum"), TABLE)
    curves = component_curves(found["if_down"], found["birnbaum"], points)
    for bit in range(N):
        for place, t in enumerate(points):
            moved = Q.copy()
            moved[bit] = t
            assert curves[bit, place] == pytest.approx(from_failure(NAMES, F, moved).expected, **SAME)


@pytest.mark.parametrize("table", [TABLE, JOINT], ids=["independent", "together"])
def test_the_signature_is_taken_over_all_patterns_with_so_many_down(table):
    found = signature(table)
    for down in range(N + 1):
        rows = [row for row in range(1 << N) if row.bit_count() == down]
        chance = table.probability[rows]
        assert found.mean[down] == pytest.approx(F[rows].mean())
        assert (found.low[down], found.high[down]) == pytest.approx((F[rows].min(), F[rows].max()))
        assert found.probability[down] == pytest.approx(chance.sum())
        assert found.given[down] == pytest.approx((chance * F[rows]).sum() / chance.sum())


def test_probabilities_of_the_table_are_those_of_the_components():
    assert TABLE.failure == pytest.approx(Q)
    assert probabilities(Q) == pytest.approx(TABLE.probability)
