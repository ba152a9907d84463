"""Two runs side by side: which cells belong together, and how narrow what they share makes a difference."""

import math
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.expect.estimate import Estimate
from simulator.expect.student import student_mean
from simulator.study.compare import Comparison, changed_settings, compared, independent
from simulator.study.record import CellRecord, Record
from simulator.study.run import run
from tests.study.small import three_cells


def record(cells, seed=1, data="same", repeats=()):
    """Return a record of some cells."""
    return Record("Title", "", f"hash {len(cells)}", seed, {"scenario": {}, "model": {"data": data}}, {}, tuple(cells),
                  repeats=list(repeats))


def timed_cell(name, values, label=None):
    """Return a cell with one estimate, a value for each replication."""
    row = {"estimate": "share_late", "values": list(values)}
    return CellRecord(name, label or {}, {"share_late": student_mean(np.array(values))}, tables={"replications": [row]})


def judged_cell(name, worth, label=None, sampling=None):
    """Return a cell with expected accuracy over clusters of ten samples."""
    value = sum(worth) / (10 * len(worth))
    estimates = {"expected_accuracy": Estimate(value, value - 0.1, value + 0.1, len(worth), "", "test set")}
    if sampling:
        ends = value - sampling, value + sampling
        estimates["expected_accuracy_sampling"] = Estimate(value, *ends, 99, "", "failures")
    return CellRecord(name, label or {}, estimates, tables={
        "clusters": [{"samples": [10.0] * len(worth), "worth": list(worth)}]})


def only(first, second):
    """Return the only difference of two records."""
    (one,) = compared(first, second).differences
    return one


NOISE = np.random.Generator(np.random.PCG64(5)).normal(0.3, 0.05, 12)


def test_common_replications_cancel():
    small = np.linspace(0.009, 0.011, 12)
    one = only(record([timed_cell("a", NOISE)]), record([timed_cell("b", NOISE + small)]))
    by_hand = student_mean(small)
    assert one.change.value == pytest.approx(0.01) and one.change.low == pytest.approx(by_hand.low)
    assert one.differs and one.change.method == "paired over 12 replications"
    apart = only(record([timed_cell("a", NOISE)]), record([timed_cell("b", NOISE + small)], seed=2))
    assert apart.change.method == "not paired" and not apart.differs
    assert apart.change.high - apart.change.low > 20 * (one.change.high - one.change.low)


def test_as_many_replications_as_both_have_are_paired():
    one = only(record([timed_cell("a", NOISE)]), record([timed_cell("b", NOISE[:8] + 0.02)]))
    assert one.change.method == "paired over the first 8 replications"
    assert one.change.value == pytest.approx(0.02) and one.differs


def test_answers_are_paired_by_test_sample():
    worth = np.array([2.0, 9.0, 5.0, 7.0, 4.0, 8.0])
    better = record([judged_cell("b", worth + np.array([0.9, 1.1, 1.0, 1.0, 1.05, 0.95]))])
    one = only(record([judged_cell("a", worth)]), better)
    assert one.differs and one.change.value == pytest.approx(0.1)
    assert one.change.high - one.change.low < 0.02
    drawn = only(record([judged_cell("a", worth, sampling=0.03)]), record([judged_cell("b", worth + 1, sampling=0.04)]))
    assert drawn.change.high - drawn.change.value == pytest.approx(0.05)
    other = only(record([judged_cell("a", worth)]), record([judged_cell("b", worth + 1)], data="other"))
    assert other.change.method == "not paired" and not other.differs


def test_sides_that_share_nothing_add_as_squares_do():
    one = independent(Estimate(1.0, 0.7, 1.4, 10, ""), Estimate(2.0, 1.6, 2.3, 10, ""))
    assert one.value == 1.0
    assert one.low == pytest.approx(1 - math.hypot(0.4, 0.4)) and one.high == pytest.approx(1 + math.hypot(0.3, 0.3))


def test_cells_are_paired_by_what_both_say():
    ours = record([timed_cell("a", NOISE, {"strategy": "dfg"}), timed_cell("b", NOISE, {"strategy": "vanilla"})])
    theirs = record([timed_cell("c", NOISE + 1, {"strategy": "dfg", "mttr": "1 s"}),
                     timed_cell("d", NOISE + 2, {"strategy": "dfg", "mttr": "9 s"}),
                     timed_cell("e", NOISE + 3, {"strategy": "select", "mttr": "1 s"})])
    found = compared(ours, theirs)
    assert [(one.label, round(one.change.value)) for one in found.differences] == [
        ({"strategy": "dfg", "mttr": "1 s"}, 1), ({"strategy": "dfg", "mttr": "9 s"}, 2)]
    assert found.alone == ((1, {"strategy": "vanilla"}), (2, {"strategy": "select", "mttr": "1 s"}))


def test_an_axis_of_seeds_of_one_run_alone_pairs_nothing():
    theirs = record([timed_cell("b", NOISE, {"seed": "1"}), timed_cell("c", NOISE + 1, {"seed": "2"})])
    found = compared(record([timed_cell("a", NOISE)]), theirs)
    assert [one.change.method for one in found.differences] == ["not paired"] * 2


def test_repeats_are_paired_one_by_one():
    def rows(values):
        over = student_mean(np.array(values))
        return [{"label": {}, "estimate": "share_late", **over.as_dict()}]

    def cells(name, values):
        estimates = [{"share_late": Estimate(v, v, v, 1, "", "t")} for v in values]
        return [CellRecord(f"{name}{place}", {"repeat": f"repeat {place}"}, one) for place, one in enumerate(estimates)]
    mine, yours = NOISE[:5], NOISE[:5] + np.array([0.09, 0.1, 0.11, 0.1, 0.1])
    one = only(record(cells("a", mine), repeats=rows(mine)), record(cells("b", yours), repeats=rows(yours)))
    assert one.change.method == "paired over 5 repeats" and one.differs
    assert one.change.low == pytest.approx(student_mean(yours - mine).low)


def test_exact_numbers_differ_by_an_exact_number_and_the_same_cell_not_at_all():
    def exact(name, value):
        return record([CellRecord(name, {}, {"no_information_flow": Estimate(value, value, value, 8, "exact")})])
    one = only(exact("a", 0.1), exact("b", 0.1 + 1e-6))
    assert one.differs and one.change.method == "both exact"
    same = only(exact("a", 0.1), exact("a", 0.1))
    assert not same.differs and same.change.method == "the same cell"
    assert not only(exact("a", 0.1), exact("b", 0.1 + 1e-16)).differs


def test_paired_intervals_cover_the_difference():
    """Over pairs of runs that share noise, 95 % intervals of the difference hold it in 93 to 97 % of the cases."""
    dice = np.random.Generator(np.random.PCG64(1))
    hits = 0
    for _ in range(1000):
        common = dice.normal(0, 1, 10)
        a, b = common + dice.normal(0, 0.2, 10), common + 0.1 + dice.normal(0, 0.2, 10)
        change = only(record([timed_cell("a", a)]), record([timed_cell("b", b)])).change
        hits += change.low <= 0.1 <= change.high
    assert 930 <= hits <= 970


def test_the_settings_that_differ_are_named():
    first = {"policy": {"deadline": "1 s"}, "sweep": {}, "failures": [{"mttr": "1 s"}]}
    second = {"policy": {"deadline": "2 s"}, "sweep": {"seed": [1]}, "failures": [{"mttr": "1 s"}]}
    assert list(changed_settings(first, second)) == [("policy.deadline", "1 s", "2 s"), ("sweep.seed", None, [1])]
    assert list(changed_settings([1], [1, 2], "x")) == [("x", [1], [1, 2])]


def test_the_command_says_what_differs_and_ends_with_a_code(tmp_path):
    few = {"workload.requests": 60, "sweep": {"policy.deadline": ["8 s", "10 s"]}, "replications": 4}
    run(three_cells(**few), tmp_path / "a")
    run(three_cells(**few, **{"workload.arrivals.rate": "0.9 /s"}), tmp_path / "b")
    (tmp_path / "empty").mkdir()
    told = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b")])
    assert told.exit_code == 1, told.output
    assert "workload.arrivals.rate" in told.output and "differ beyond their intervals" in told.output
    same = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "a" / "record.json")])
    assert same.exit_code == 0 and re.search(r"\b0 of \d+ estimates differ", same.output), same.output
    wrong = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "empty")])
    assert wrong.exit_code == 2 and "no finished run is in this folder" in wrong.output


def test_nothing_in_common_is_no_comparison():
    assert compared(record([timed_cell("a", NOISE, {"x": "1"})]), record([timed_cell("b", NOISE, {"x": "2"})])) == (
        Comparison((), ((1, {"x": "1"}), (2, {"x": "2"})), True))
