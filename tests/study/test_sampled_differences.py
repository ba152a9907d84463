"""Differences of cells whose expected accuracy is sampled: from file to record and table."""

import numpy as np
import pytest

import simulator
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.clusters import paired_difference
from simulator.expect.estimate import Estimate
from simulator.expect.exact import enumerate_patterns
from simulator.report.uncertainty_table import differences
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.study.record import CellRecord
from simulator.study.sampled_differences import sampled_differences
from tests.study.test_sampled import chain_files

SAMPLED = "[{expected_accuracy: {method: METHOD, target: {absolute: 0.02}}}]"
STRATEGIES = "sweep: {strategy: [vanilla, dfg]}\n"


def study(folder, method, sweep=STRATEGIES, count=6, measure=SAMPLED):
    folder.mkdir()
    path = chain_files(folder, count, 0.1, measure.replace("METHOD", method))
    path.write_text(path.read_text() + sweep)
    return simulator.run(load(path), folder / "run")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return study(tmp_path_factory.mktemp("drawn") / "chain", "monte_carlo")


def test_the_difference_of_two_strategies_is_that_of_their_sums_over_all_patterns(drawn, tmp_path):
    (row,) = drawn.record.differences
    exact = study(tmp_path / "exact", "exact").record.cells
    truth = exact[1].estimates["expected_accuracy"].value - exact[0].estimates["expected_accuracy"].value
    assert (row["label"], row["against"]) == ({"strategy": "dfg"}, "vanilla")
    assert row["sampling_low"] <= truth <= row["sampling_high"]
    assert (row["sampling_high"] - row["sampling_low"]) / 2 <= 0.02
    assert (row["uncertainty"], row["test_half"]) == ("failures", None)


def test_its_table_has_the_uncertainties_apart(drawn):
    (table,) = differences(drawn.record)
    assert table.headers == ["strategy", "difference", "± failures", "± test set"]
    assert table.rows[0][0] == "dfg"
    assert table.rows[0][-1] == "no test set"


def test_a_rerun_gives_the_same_bytes(drawn):
    again = simulator.run(load(drawn.folder.parent / "chain.yaml"), drawn.folder.parent / "again")
    assert again.record.to_json() == drawn.record.to_json()


@pytest.mark.parametrize("method", ["head", "stratified", "importance"])
def test_every_method_that_does_not_sum_all_patterns_compares(drawn, tmp_path, method):
    (row,) = study(tmp_path / method, method).record.differences
    (known,) = drawn.record.differences
    assert row["value"] == pytest.approx(known["value"], abs=0.05)
    assert row["sampling_low"] <= row["value"] <= row["sampling_high"]


@pytest.mark.parametrize("sweep", ["sweep: {seed: [1, 2]}\n", "sweep: {failures.0.survival.f1: [0.9, 0.8]}\n"])
def test_other_failures_or_other_dice_are_no_pair(tmp_path, sweep):
    assert study(tmp_path / "other", "monte_carlo", sweep).record.differences == []


class Judge:
    """Answers of a model that there is not: of each delivery a share of the samples is right, by its number."""

    groups = np.repeat(np.arange(40), 5)

    def __init__(self, no_answer=0.1):
        self.no_answer = np.full(200, no_answer)

    def right(self, delivery):
        return np.asarray(np.random.default_rng(7).random(200) < 0.95 - 0.05 * (delivery % 7), dtype=np.int64)

    def __call__(self, assembly):
        del assembly
        return Outcomes(np.ones(200, dtype=np.int64), self.groups, self.no_answer,
                        lambda deliveries: {one: self.right(one) for one in deliveries})


def cells_of(folder):
    """Return the cells of a study with two strategies and a test set, each with a record that says it was sampled."""
    path = chain_files(folder, 6, 0.1, SAMPLED.replace("METHOD", "monte_carlo"))
    text = "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("outcomes"))
    path.write_text(text + STRATEGIES)
    some = Estimate(0.5, 0.4, 0.6, 9, "t", "test set")
    return [(CellRecord(f"{place}" * 64, cell.label, {"expected_accuracy": some}, counts={"forwards": 1}),
             Assembly.of(cell)) for place, cell in enumerate(variants(load(path)))]


def test_with_a_test_set_both_uncertainties_are_told_and_neither_is_in_the_other(tmp_path):
    cells, judge = cells_of(tmp_path), Judge()
    (row,) = sampled_differences(cells, judge)
    by_sample = []
    for _, assembly in cells:
        patterns = enumerate_patterns(assembly.process, 20)
        deliveries, outcomes = assembly.delivered(patterns), judge(assembly)
        worth = np.stack([outcomes.correct(one) for one in deliveries.distinct])
        by_sample.append(patterns.probability @ worth[deliveries.places])
    known = paired_difference(by_sample[1], by_sample[0], judge.groups)
    assert row["sampling_low"] <= known.value <= row["sampling_high"]
    assert row["uncertainty"] == "test set"
    assert row["test_half"] == pytest.approx(known.high - known.value, rel=0.05)
    assert row["high"] - row["value"] == pytest.approx(row["test_half"])


def test_a_mean_over_answered_requests_is_a_ratio_and_has_no_paired_difference(tmp_path):
    assert sampled_differences(cells_of(tmp_path), Judge(no_answer=np.nan)) == []
