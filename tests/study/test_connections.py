"""Which hyperconnections matter: fair division seed by seed, contrasts where subsets are missing, the gap."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from simulator.expect.coalitions import chains, coalitions_along
from simulator.expect.estimate import Estimate
from simulator.model.graph import skip_names
from simulator.report.connection_tables import is_distinct
from simulator.scenario.labels import REPEAT
from simulator.study.again import loaded_again
from simulator.study.connections import connection_rows, two_way
from simulator.study.record import CellRecord, Record

SKIPS = ("a->c", "b->d", "c->e")
RESULTS = Path(__file__).parents[2] / "docs" / "results"


def cell(subset, repeat, value, worth=None, reliance=None, **label):
    text = "none" if not subset else "all" if len(subset) == len(SKIPS) else " ".join(subset)
    tables = {"clusters": [{"samples": [10.0] * len(worth), "worth": list(worth)}]} if worth is not None else {}
    if reliance:
        tables["reliance"] = [{"measure": "shapley", "of": name, "with": "", "value": found, "low": found - 0.01,
                               "high": found + 0.01, "samples": 9, "method": "exact", "uncertainty": "test set"}
                              for name, found in reliance.items()]
    estimates = {"expected_accuracy": Estimate(value, value, value, 1, "exact")}
    return CellRecord("", {"skips": text, **label, REPEAT: f"repeat {repeat + 1}"}, estimates, tables=tables)


def study(value_of, repeats=5, reliance=None, keep=None):
    subsets = [s for size in range(4) for s in itertools.combinations(SKIPS, size)]
    return [cell(s, repeat, value_of(s, repeat), reliance=(reliance or {}).get(repeat) if len(s) == 3 else None,
                 survival="poor")
            for repeat in range(repeats) for s in subsets if keep is None or s in keep]


def shapley(rows, kind="replaceability"):
    return {row["of"]: row for row in rows if row["kind"] == kind and row["measure"] == "shapley"}


def random_values(seed=1):
    dice = np.random.default_rng(seed)
    return {(s, r): dice.random() for size in range(4) for s in itertools.combinations(SKIPS, size) for r in range(5)}


def test_worths_share_out_the_gain_of_each_seed():
    values = random_values()
    for seed in range(5):
        rows = connection_rows(study(lambda s, _, seed=seed: values[s, seed], 1), SKIPS, is_one_test_set=True)
        found = shapley(rows)
        assert sum(row["value"] for row in found.values()) == pytest.approx(values[SKIPS, seed] - values[(), seed])


def test_the_interval_is_students_over_the_worths_of_single_seeds():
    values = random_values(2)
    rows = shapley(connection_rows(study(lambda s, r: values[s, r]), SKIPS, is_one_test_set=True))
    single = [shapley(connection_rows(study(lambda s, _, seed=seed: values[s, seed], 1), SKIPS, is_one_test_set=True))
              for seed in range(5)]
    for name in SKIPS:
        worths = np.array([one[name]["value"] for one in single])
        assert rows[name]["value"] == pytest.approx(worths.mean())
        half = 2.7764451 * worths.std(ddof=1) / math.sqrt(5)
        assert rows[name]["high"] - rows[name]["value"] == pytest.approx(half)
        assert rows[name]["label"] == {"survival": "poor"}


def test_a_skip_that_changes_nothing_and_two_that_are_alike():
    def value(subset, repeat):
        return 0.5 + 0.1 * (SKIPS[0] in subset) + 0.1 * (SKIPS[1] in subset) + 0.01 * repeat

    found = shapley(connection_rows(study(value), SKIPS, is_one_test_set=True))
    assert found[SKIPS[2]]["value"] == pytest.approx(0, abs=1e-12)
    assert found[SKIPS[0]]["value"] == pytest.approx(found[SKIPS[1]]["value"]) == pytest.approx(0.1)


def test_without_all_subsets_only_single_differences_are_told_and_each_with_its_context():
    values = random_values(3)
    keep = [(), SKIPS[:1], SKIPS[:2], SKIPS]
    rows = connection_rows(study(lambda s, r: values[s, r], keep=keep), SKIPS, is_one_test_set=True)
    assert {row["measure"] for row in rows} == {"contrast"}
    told = {(row["of"], tuple(row["given"])): row["value"] for row in rows}
    assert set(told) == {(SKIPS[0], ()), (SKIPS[1], SKIPS[:1]), (SKIPS[2], SKIPS[:2])}
    expected = np.mean([values[SKIPS[:2], r] - values[SKIPS[:1], r] for r in range(5)])
    assert told[SKIPS[1], SKIPS[:1]] == pytest.approx(expected)


def test_the_test_set_widens_the_interval_where_it_is_the_same_in_all_repeats():
    values, dice = random_values(4), np.random.default_rng(1)
    cells = [cell(s, r, values[s, r], worth=dice.random(12) * 10, survival="poor")
             for r in range(5) for size in range(4) for s in itertools.combinations(SKIPS, size)]
    both = shapley(connection_rows(cells, SKIPS, is_one_test_set=True))
    training = shapley(connection_rows(cells, SKIPS, is_one_test_set=False))
    for name in SKIPS:
        assert both[name]["test_half"] is not None and training[name]["test_half"] is None
        assert both[name]["uncertainty"] == "training seed and test set"


def test_the_gap_is_paired_by_seed_and_ranks_are_compared():
    values = random_values(5)
    alone = [shapley(connection_rows(study(lambda s, _, seed=seed: values[s, seed], 1), SKIPS, is_one_test_set=True))
             for seed in range(5)]
    relied = {r: {name: alone[r][name]["value"] + 0.03 for name in SKIPS} for r in range(5)}
    rows = connection_rows(study(lambda s, r: values[s, r], reliance=relied), SKIPS, is_one_test_set=True)
    for row in shapley(rows, "gap").values():
        assert row["value"] == pytest.approx(0.03) and row["high"] == pytest.approx(0.03)  # what seeds do cancels
    tau = next(row for row in rows if row["kind"] == "agreement")
    assert (tau["value"], tau["low"], tau["high"]) == pytest.approx((1, 1, 1))


def test_drawn_orders_give_worths_that_sum_to_the_gain():
    values = random_values(6)
    drawn = chains(3, 2, np.random.default_rng(1))
    met = {tuple(name for place, name in enumerate(SKIPS) if row >> place & 1)
           for orders in drawn for order in orders for row in coalitions_along(order)}
    keep = sorted(met - {SKIPS[1:]}) if len(met) == 8 else sorted(met)
    cells = study(lambda s, r: values[s, r], keep=keep)
    rows = connection_rows(cells, SKIPS, is_one_test_set=True, drawn=drawn)
    if len(keep) == len(met):
        gain = np.mean([values[SKIPS, r] - values[(), r] for r in range(5)])
        assert sum(row["value"] for row in rows if row["measure"] == "shapley") == pytest.approx(gain)
    else:
        assert not shapley(rows)  # a subset is missing: no worth is made up


@pytest.mark.slow
def test_the_interval_over_orders_and_seeds_covers():
    dice, hits, trials = np.random.default_rng(9), 0, 4000
    for _ in range(trials):
        values = (dice.normal(size=(6, 1)) + dice.normal(size=(1, 5)) + 0.5 * dice.normal(size=(6, 5)))
        found = two_way(values).estimate
        hits += found.low <= 0 <= found.high
    assert hits / trials >= 0.94


def test_a_number_below_two_standard_errors_is_not_told_from_0():
    def row(value, half):
        return {"value": value, "low": value - half, "high": value + half}

    assert is_distinct(row(0.021, 0.01)) and not is_distinct(row(0.0101, 0.01)) and not is_distinct(row(0.005, 0.01))
    assert not is_distinct(row(0.0, 0.0)) and is_distinct(row(0.01, 0.0)) and is_distinct(row(0.01, math.nan))


def test_a_finished_record_tells_without_training():
    folder = RESULTS / "health-skip-sensitivity"
    record = Record.from_json((folder / "record.json").read_text(encoding="utf-8"))
    names = skip_names(loaded_again(record, folder).model)
    rows = connection_rows(record.cells, names, is_one_test_set=False)
    means = {(row["label"]["skips"], row["label"]["failures.0.survival"]): row["value"] for row in record.repeats
             if row["estimate"] == "expected_accuracy"}
    for survival in ("no_failure", "normal", "poor", "hazardous"):
        worths = [row["value"] for row in rows if row["measure"] == "shapley"
                  and row["label"]["failures.0.survival"] == survival]
        assert len(worths) == 3
        assert sum(worths) == pytest.approx(means["all", survival] - means["none", survival])
