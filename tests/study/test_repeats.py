"""A study with repeats: sums over them, paired differences, and both in the record."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from small import Told

import simulator
from simulator.expect.clusters import cluster_mean
from simulator.expect.estimate import Estimate
from simulator.expect.student import student_mean
from simulator.study.record import CellRecord, Record
from simulator.study.repeats import differences, points, summed_up
from simulator.study.run import run

NAN = math.nan
SAMPLES = [3.0, 5.0, 4.0]
QUEUE = {"workload.requests": 100, "replications": 2, "sweep": {"policy.deadline": ["8 s", "12 s"]}, "repeats": 3}


def estimate(value):
    return Estimate(value, value - 0.1, value + 0.1, 3, "made up", "test set")


def cell(label, repeat, worth, **more):
    """Return a cell whose expected accuracy is that of its clusters."""
    value = float(np.sum(worth) / np.sum(SAMPLES))
    return CellRecord(f"{label} {repeat}", {**label, "repeat": f"repeat {repeat}"},
                      {"expected_accuracy": estimate(value), "all_up_accuracy": estimate(value + 0.1), **more},
                      tables={"clusters": [{"samples": SAMPLES, "worth": list(worth)}]})


DICE = np.random.Generator(np.random.PCG64(4))
WORTH = {name: DICE.uniform(0.2, 0.9, (3, 3)) * SAMPLES for name in ("vanilla", "dfg")}
CELLS = [cell({"strategy": name, "setting": "poor"}, repeat + 1, WORTH[name][repeat])
         for repeat in range(3) for name in WORTH]


def record_of(cells, **more):
    return Record("t", "", "hash", 1, {}, {}, tuple(cells), **more)


def test_the_points_of_a_grid_hold_their_cells_repeat_by_repeat():
    found = points(CELLS)
    assert [point.label for point in found] == [{"strategy": name, "setting": "poor"} for name in WORTH]
    assert [[one.label["repeat"] for one in point.cells] for point in found] == [
        ["repeat 1", "repeat 2", "repeat 3"]] * 2


def test_there_is_a_row_for_each_point_and_estimate():
    rows = summed_up(CELLS, is_one_test_set=True)
    assert [(row["label"]["strategy"], row["estimate"]) for row in rows] == [
        (name, estimate) for name in WORTH for estimate in ("all_up_accuracy", "expected_accuracy")]
    values = WORTH["vanilla"].sum(axis=1) / sum(SAMPLES)
    all_up, main = rows[:2]
    assert main["value"] == pytest.approx(values.mean())
    assert main["deviation"] == pytest.approx(values.std(ddof=1))
    student = student_mean(values)
    assert main["training_half"] == pytest.approx(student.high - student.value)
    per_sample = np.repeat(WORTH["vanilla"].mean(axis=0) / SAMPLES, np.array(SAMPLES, int))
    tested = cluster_mean(per_sample, np.repeat([0, 1, 2], np.array(SAMPLES, int)))
    assert main["test_half"] == pytest.approx(tested.high - tested.value)
    assert main["high"] - main["value"] > max(main["training_half"], main["test_half"]) * 0.5
    assert main["uncertainty"] == "training seed and test set"
    assert (all_up["test_half"], all_up["uncertainty"]) == (None, "training seed")  # its clusters are not in the record


def test_other_test_sets_in_each_repeat_are_not_told_apart():
    main = summed_up(CELLS, is_one_test_set=False)[1]
    assert (main["test_half"], main["uncertainty"]) == (None, "training seed and test set")
    assert main["high"] - main["value"] == pytest.approx(main["training_half"])


def test_an_estimate_that_is_not_known_in_every_repeat_has_no_row():
    cells = [cell({"s": "a"}, repeat, WORTH["dfg"][0], latency=estimate(latency))
             for repeat, latency in ((1, 0.5), (2, NAN))]
    found = [row["estimate"] for row in summed_up(cells, is_one_test_set=True)]
    assert found == ["all_up_accuracy", "expected_accuracy"]


def test_differences_are_paired_repeat_by_repeat_and_cluster_by_cluster():
    (row,) = differences(CELLS, is_one_test_set=True)
    gaps = (WORTH["dfg"] - WORTH["vanilla"]).sum(axis=1) / sum(SAMPLES)
    assert (row["label"], row["against"]) == ({"strategy": "dfg", "setting": "poor"}, "vanilla")
    assert row["value"] == pytest.approx(gaps.mean())
    assert row["deviation"] == pytest.approx(gaps.std(ddof=1))
    # What all repeats and samples have in common cancels.
    better = [cell({"strategy": "better"}, repeat + 1, WORTH["vanilla"][repeat] + 0.25 * np.array(SAMPLES))
              for repeat in range(3)]
    plain = [cell({"strategy": "plain"}, repeat + 1, WORTH["vanilla"][repeat]) for repeat in range(3)]
    (row,) = differences([*plain, *better], is_one_test_set=True)
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.25,) * 3, abs=1e-9)


def test_differences_are_within_the_other_axes():
    cells = [cell({"strategy": name, "setting": setting}, repeat, WORTH["dfg"][0] * scale)
             for repeat in (1, 2) for name, scale in (("a", 0.5), ("b", 0.8)) for setting in ("poor", "normal")]
    rows = differences(cells, is_one_test_set=True)
    assert [tuple(row["label"].values()) for row in rows] == [("b", "poor"), ("b", "normal")]
    assert {row["against"] for row in rows} == {"a"}


def test_differences_are_from_the_values_that_are_named_and_no_pair_comes_twice():
    cells = [cell({"strategy": name}, repeat, WORTH["dfg"][0] * scale)
             for repeat in (1, 2) for name, scale in (("a", 0.5), ("b", 0.8), ("c", 0.9))]
    rows = differences(cells, is_one_test_set=True, against=["c", "a"])
    assert [(row["label"]["strategy"], row["against"]) for row in rows] == [("a", "c"), ("b", "c"), ("b", "a")]
    values = [row["value"] for row in rows]
    assert values == pytest.approx(np.array([-0.4, -0.1, 0.3]) * WORTH["dfg"][0].sum() / sum(SAMPLES))


def test_without_a_grid_or_without_accuracy_there_is_nothing_to_subtract():
    assert differences([], is_one_test_set=True) == []
    assert differences([cell({}, 1, WORTH["dfg"][0]), cell({}, 2, WORTH["dfg"][1])], is_one_test_set=True) == []
    bare = [CellRecord("x", {"s": name, "repeat": f"repeat {r}"}) for r in (1, 2) for name in "ab"]
    assert differences(bare, is_one_test_set=True) == summed_up(bare, is_one_test_set=True) == []


def same(one, other):
    """Return whether two plain values are equal, NaN to NaN."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


def test_a_record_with_repeats_is_read_back_as_it_was_nan_included():
    one = [cell({"strategy": name}, 1, WORTH[name][0]) for name in WORTH]  # a single repeat: no deviation
    rows, gaps = summed_up(one, is_one_test_set=False), differences(one, is_one_test_set=False)
    assert math.isnan(rows[0]["deviation"]) and math.isnan(rows[0]["low"]) and rows[0]["test_half"] is None
    record = record_of(one, repeats=rows, differences=gaps)
    again = Record.from_json(record.to_json())
    assert same(asdict(again)["repeats"], rows)
    assert same(asdict(again)["differences"], gaps)
    assert again.to_json() == record.to_json()
    assert "NaN" not in record.to_json()


def test_a_run_with_repeats_has_its_sums_in_the_record_and_is_found_again(tmp_path):
    told = Told()
    done = run(simulator.load("queue", set=QUEUE), tmp_path / "run", progress=told)
    record = Record.from_json((tmp_path / "run" / "record.json").read_text())
    assert len(record.cells) == 6
    served = [row for row in record.repeats if row["estimate"] == "share_on_time"]
    assert [row["label"] for row in served] == [{"policy.deadline": "8 s"}, {"policy.deadline": "12 s"}]
    for row in served:
        mine = [cell.estimates["share_on_time"].value for cell in record.cells
                if cell.label["policy.deadline"] == row["label"]["policy.deadline"]]
        assert len(set(mine)) > 1
        assert row["value"] == pytest.approx(np.mean(mine))
        assert row["samples"] == 3
    assert record.differences == []  # no accuracy in a queue
    again = run(simulator.load("queue", set=QUEUE), tmp_path / "run", progress=told)
    assert again.was_found
    assert again.record.to_json() == done.record.to_json()


def test_a_run_without_repeats_has_none(tmp_path):
    record = run(simulator.load("queue", set={**QUEUE, "repeats": 1}), tmp_path / "run").record
    assert (record.repeats, record.differences) == ([], [])
