"""Tables of what is uncertain: sources side by side, paired differences without repeats, ranges over survivals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.expect.clusters import paired_difference
from simulator.expect.estimate import Estimate
from simulator.report import uncertainty_table
from simulator.report.page import page_text
from simulator.report.uncertainty_table import differences, inputs, sources
from simulator.study.input_differences import under_inputs
from simulator.study.repeats import differences as paired
from simulator.study.repeats import is_comparable, summed_up
from tests.report import factory

GROUPS = np.repeat(np.arange(20), 5)
BY_SAMPLE = {name: np.clip(np.random.default_rng(3).random(100) + shift, 0, 1)
             for name, shift in (("vanilla", 0.0), ("dfg", 0.1), ("resilinet", 0.12))}
KNOWN = [[[0.9, 0.97]], [{"up": 968, "of": 1000}]]


def cell(name, at, *, tables=None, **more):
    worth = np.bincount(GROUPS, BY_SAMPLE[name])
    own = {"clusters": [{"samples": [5.0] * 20, "worth": worth.tolist()}],
           "given_down": [{"components": ["edge", "fog"], "known": KNOWN, "accuracy": at}],
           "inputs": [{"component": "edge", "survival": 0.935, "low": 0.9, "high": 0.97, "at_low": 0.6,
                       "at_high": 0.7}]}
    value = float(BY_SAMPLE[name].mean())
    estimates = {"expected_accuracy": Estimate(value, value - 0.05, value + 0.05, 20, "exact", "test set"),
                 "expected_accuracy_inputs": Estimate(value, value - 0.02, value + 0.01, 2, "draws", "inputs"), **more}
    return replace(factory.cell(name, value), label={"strategy": name}, estimates=estimates, tables=tables or own)


CELLS = [cell("vanilla", [0.7, 0.2, 0.3, 0.1]), cell("dfg", [0.8, 0.7, 0.6, 0.1]), cell("resilinet", [0.8] * 4)]


def record(cells=CELLS):
    rows = under_inputs(paired(cells, is_one_test_set=True), cells, 1) if is_comparable(cells) else []
    return factory.record(cells, differences=rows)


def test_a_sweep_without_repeats_is_compared_sample_by_sample():
    rows = record().differences
    assert [row["label"]["strategy"] for row in rows] == ["dfg", "resilinet"]
    for row in rows:
        known = paired_difference(BY_SAMPLE[row["label"]["strategy"]], BY_SAMPLE["vanilla"], GROUPS)
        assert (row["value"], row["low"], row["high"]) == pytest.approx((known.value, known.low, known.high))
        assert (row["uncertainty"], row["method"]) == ("test set", "t-interval over 20 clusters")


def test_differences_under_uncertain_survivals_have_the_same_survivals_on_both_sides():
    low, high = (record().differences[0][f"inputs_{end}"] for end in ("low", "high"))
    law = np.random.default_rng(1).beta(968.5, 32.5, 50_000)
    ends = []
    for edge in (0.9, 0.97):
        sides = [(a[0] * edge + a[1] * (1 - edge)) * law + (a[2] * edge + a[3] * (1 - edge)) * (1 - law)
                 for a in ([0.8, 0.7, 0.6, 0.1], [0.7, 0.2, 0.3, 0.1])]
        ends.append(sides[0] - sides[1])
    least, largest = np.minimum(*ends), np.maximum(*ends)
    assert (low, high) == pytest.approx((np.quantile(least, 0.025), np.quantile(largest, 0.975)), abs=2e-4)


@pytest.mark.parametrize("other", [
    cell("dfg", [0.8] * 4, tables={"clusters": [{"samples": [10.0] * 10, "worth": [5.0] * 10}]}),
    cell("dfg", [0.8] * 4, tables={"other": []}),
    cell("dfg", [0.8] * 4, expected_accuracy_sampling=Estimate(0.5, 0.4, 0.6, 10, "draws", "failures")),
    cell("dfg", [0.8] * 4, expected_accuracy=Estimate(0.5, 0.4, 0.6, 10, "draws", "failures")),
])
def test_other_samples_and_sampled_failures_are_not_compared(other):
    assert is_comparable(CELLS)
    assert not is_comparable([CELLS[0], other])
    assert not is_comparable([replace(each, label={"data.fold": "1"}) for each in CELLS])


def test_each_source_has_a_column_and_what_is_not_known_says_so():
    table = sources(record())
    assert table.headers == ["strategy", "failures", "test set", "training seed", "inputs"]
    assert table.rows[0] == ["vanilla", "exact", "0.0500", "not known", "0.0150"]
    sampled = cell("dfg", [0.8] * 4, expected_accuracy_sampling=Estimate(0.5, 0.4, 0.6, 10, "draws", "failures"))
    assert sources(record([sampled])).rows[0][1] == "0.1000"
    certain = replace(CELLS[0], estimates={"expected_accuracy": CELLS[0].estimates["expected_accuracy"]})
    assert sources(record([certain])).rows[0][-1] == "none"


def test_with_repeats_the_seeds_have_their_half_width():
    cells = [replace(each, label={**each.label, "repeat": f"repeat {repeat}"}) for repeat in (1, 2) for each in CELLS]
    table = sources(factory.record(cells, repeats=summed_up(cells, is_one_test_set=True)))
    assert table.headers[0] == "strategy"
    assert [row[0] for row in table.rows] == list(BY_SAMPLE)
    assert [row[3] for row in table.rows] == ["0"] * 3  # both repeats are alike
    assert all(row[4] == "0.0150" for row in table.rows)


def test_the_terminal_and_the_page_show_what_is_uncertain():
    titles = [table.title for table in uncertainty_table.tables(record())]
    assert titles == ["Expected accuracy, difference from vanilla",
                      "The difference from vanilla over all that the survivals may be",
                      "Expected accuracy under uncertain survivals", "Where the uncertainty comes from"]
    page = page_text(record(), {})
    assert all(title in page for title in titles)
    assert inputs(record()).rows[1] == ["", "edge", "0.900 to 0.970", "0.6000", "0.7000"]


def test_differences_that_are_all_nothing_are_not_shown():
    same = [replace(CELLS[0], label={"policy.deadline": at}) for at in ("1 s", "2 s")]
    assert is_comparable(same)
    assert differences(record(same)) == []
