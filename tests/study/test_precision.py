"""Replications are added until intervals are narrow enough: the same cells as if their number had been written."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.expect.estimate import Estimate
from simulator.expect.student import student_mean
from simulator.scenario.identity import base_hash
from simulator.scenario.variants import variants
from simulator.seeds import stream
from simulator.study import timed
from simulator.study.cell_files import CellAnswer
from simulator.study.frames import no_events, no_requests
from simulator.study.how import How
from simulator.study.kept_runs import KeptRuns
from simulator.study.record import CellRecord
from simulator.study.run import run
from simulator.study.timed import ARRAYS
from simulator.study.to_precision import ToPrecision
from simulator.study.widths import widths
from tests.study.small import THREE_CELLS, simulated, three_cells
from tests.study.small import assembly as assembly_of

SHARP = {"workload.requests": 40, "replications": 10, "precision": {"latency_mean": "20 %", "share_late": 0.1}}


def sharp(**more):
    """Return the three cells without Keras, with a precision."""
    return three_cells(**{**SHARP, **more})


def counts(record):
    """Return the replications of each cell."""
    return [row["replications"] for row in record.precision]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return the finished run."""
    return run(sharp(), tmp_path_factory.mktemp("precision") / "run")


def test_a_cell_is_the_ordinary_cell_with_as_many_replications(done, tmp_path):
    assert all(row["stopped"] == "narrow enough" for row in done.record.precision)
    assert max(counts(done.record)) > 10
    for cell, count in list(zip(done.record.cells, counts(done.record), strict=True))[:2]:
        deadline = cell.label["policy.deadline"]
        plain = three_cells(**{"workload.requests": 40, "replications": count,
                               "sweep": {"policy.deadline": [deadline]}})
        (same,) = run(plain, tmp_path / deadline.replace(" ", "")).record.cells
        assert same == cell


def test_what_was_asked_is_reached_on_a_schedule_that_is_fixed_ahead(done):
    for row in done.record.precision:
        assert all(width["half"] <= width["asked"] for width in row["widths"])
        assert row["looks"] == [10, 15, 23, 35, 53, 80][: len(row["looks"])]
        assert row["looks"][-1] == row["replications"]


@pytest.mark.slow
def test_more_precision_goes_on_where_less_ended(done, tmp_path, monkeypatch):
    simulated_now = []
    once = timed.run_once
    monkeypatch.setattr(timed, "run_once", lambda *rest: simulated_now.append(rest[3].replication) or once(*rest))
    shutil.copytree(done.folder, tmp_path / "run")
    first, tight = done.record, {"latency_mean": "10 %"}
    second = run(sharp(precision=tight), tmp_path / "run").record
    before, after = counts(first), counts(second)
    own = [number for number in simulated_now if number >= min(before)]
    assert len(own) == sum(max(0, b - a) for a, b in zip(before, after, strict=True)) > 0
    fresh = run(sharp(precision=tight), tmp_path / "fresh").record
    assert fresh.to_json() == second.to_json()
    assert {path.name for path in (tmp_path / "run" / "cells").iterdir()} == {
        path.name for path in (tmp_path / "fresh" / "cells").iterdir()}
    again = run(sharp(precision=tight), tmp_path / "run")
    assert again.was_found


@pytest.mark.slow
def test_cells_side_by_side_change_nothing(done, tmp_path):
    two = run(sharp(), tmp_path / "two", how=How(jobs=2)).record
    assert done.record.to_json() == two.to_json()


def test_a_budget_ends_it_and_the_record_says_so(tmp_path):
    asked = {"latency_mean": "1 %", "budget": {"replications": 45}}
    record = run(sharp(precision=asked), tmp_path / "run").record
    assert sum(counts(record)) == 45
    assert {row["stopped"] for row in record.precision} == {"budget: 45 replications"}
    asked = {"latency_mean": "0.1 %", "budget": {"seconds": 1e-6}}
    record = run(sharp(precision=asked), tmp_path / "time").record
    assert {row["stopped"] for row in record.precision} == {"budget: 1e-06 s"} and counts(record) == [10, 10, 10]


def test_an_unknown_estimate_is_told_with_its_place(tmp_path):
    with pytest.raises(ScenarioError) as refused:
        run(sharp(precision={"latency_men": "1 %"}), tmp_path / "run")
    assert "precision.latency_men: 'latency_men' is no estimate of this scenario; did you mean 'latency_mean_ms'?" in (
        str(refused.value))


@pytest.mark.parametrize(("changes", "told"), [
    ({"replications": 5}, "replications: 5 are too few to judge an interval by"),
    ({"workload": None}, "without requests there are no replications to add"),
    ({"precision": {"expected_accuracy": 0.01}}, "add 'expected_accuracy' to 'measure'"),
    ({"precision": {"latency_mean": "0 %"}}, "'0 %' must be > 0"),
    ({"precision": {"latency_mean": "5 ms", "budget": {"replication": 3}}}, "did you mean 'replications'?"),
])
def test_what_does_not_go_with_a_precision_is_refused(changes, told):
    changes = {key: value for key, value in changes.items() if value is not None}
    loaded = {**SHARP, **changes}
    if told.startswith("without"):
        loaded = {"precision": {"share_late": 0.1}, "measure": ["no_information_flow"]}
        with pytest.raises(ScenarioError) as refused:
            simulator.load("no-flow", set=loaded)
    else:
        with pytest.raises(ScenarioError) as refused:
            three_cells(**loaded)
    assert told in str(refused.value)


def test_a_precision_is_for_all_cells(tmp_path):
    with pytest.raises(ScenarioError, match="leave out --shard, --only and --failed"):
        run(sharp(), tmp_path / "run", how=How(only=("policy.deadline=8 s",)))


def test_an_interval_that_replications_do_not_narrow_stops_with_its_reason():
    asked = sharp(precision={"expected_accuracy": 0.01, "served_accuracy": 0.1, "latency_mean": 5},
                  measure=["timed", "expected_accuracy"]).scenario.precision
    exact = Estimate(0.7, 0.65, 0.75, 28, "clusters", "test set")
    drawn = Estimate(0.7, 0.695, 0.705, 400, "draws", "failures")
    timed_ones = {"served_accuracy": Estimate(0.7, 0.5, 0.9, 10, "t", "failures"),
                  "latency_mean_ms": Estimate(0.0, 0.0, 0.0, 10, "t", "failures")}
    first, second, third = widths(asked, {"expected_accuracy": exact, **timed_ones}, "place")
    assert first.ratio == 0 and "the finite test set" in first.why_not and not first.is_met
    assert second.ratio == pytest.approx(2) and not second.why_not
    assert third.is_met and third.ratio == 0
    sampled, *_ = widths(asked, {"expected_accuracy": exact, "expected_accuracy_sampling": drawn, **timed_ones}, "")
    assert sampled.half == pytest.approx(0.005) and sampled.is_met


def test_a_method_that_samples_gets_the_precision_as_its_target(tmp_path):
    chain = {"precision": {"expected_accuracy": 0.004},
             "measure": [{"expected_accuracy": {"method": "monte_carlo"}}]}
    loaded = simulator.load("long-chain", set=chain)
    record = run(loaded, tmp_path / "run").record
    (width,) = record.precision[0]["widths"]
    assert width["half"] <= 0.004 and record.precision[0]["stopped"]
    sampling = record.cells[0].estimates["expected_accuracy_sampling"]
    assert width["half"] == pytest.approx(max(sampling.high - sampling.value, sampling.value - sampling.low))


@pytest.mark.parametrize("name", ["queue", "load-cascade", "theory-retry", "theory-kept"])
def test_a_replication_is_read_back_as_it_was_kept(name, tmp_path):
    runs = simulated(assembly_of(name, **{"workload.requests": 50, "replications": 1}))
    kept = KeptRuns(tmp_path / "kept")
    assert kept.find(0) is None
    kept.keep(0, runs)
    found = kept.find(0)
    for array in ARRAYS:
        assert np.array_equal(getattr(found, array), getattr(runs, array)), array
    for field in ("deliveries", "too_late", "machines", "skips_sent", "sendings", "lines", "vectorised"):
        assert getattr(found, field) == getattr(runs, field), field
    for ours, theirs in zip(found.timelines, runs.timelines, strict=True):
        assert (ours is None) == (theirs is None)
        for mine, other in zip(ours.crash_ns if ours else (), theirs.crash_ns if theirs else (), strict=True):
            assert np.array_equal(mine, other)
    path = tmp_path / "kept" / "0000.npz"
    path.write_bytes(path.read_bytes()[:-40])
    assert kept.find(0) is None


def macro_run(loaded, draw, folder, seed):
    """Return the estimate at which the loop stops when replications are numbers drawn one after the other."""
    values = draw(stream(seed, 0, "", "macro-run"), 2000)

    def through(cells, kept):
        found = []
        for cell, name in cells:
            estimate = student_mean(values[: cell.scenario.replications])
            found.append(CellAnswer(CellRecord(name, dict(cell.label), {"share_late": estimate}), no_requests(),
                                    no_events()))
        return found

    cells = [(cell, base_hash(cell, data="")) for cell in variants(loaded)]
    answers, (row,) = ToPrecision(loaded, loaded.scenario.precision, folder, through, lambda name: None).run(cells)
    assert row["stopped"] == "narrow enough"
    return answers[0].record.estimates["share_late"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "half"), [("normal", 0.6), ("normal", 0.4), ("late", 0.06), ("late", 0.03)])
def test_intervals_cover_with_the_stopping_rule_on(name, half, tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.study.to_precision.write_whole", lambda path, content: None)
    draws = {"normal": (lambda dice, count: dice.normal(0, 1, count), 0.0),
             "late": (lambda dice, count: dice.binomial(60, 0.2, count) / 60, 0.2)}
    draw, truth = draws[name]
    loaded = simulator.load("queue", set={"precision": {"share_late": half, "budget": {"replications": 2000}}})
    found = [macro_run(loaded, draw, tmp_path, seed) for seed in range(1500)]
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.93 <= covered <= 0.985, covered
    assert all(max(one.high - one.value, one.value - one.low) <= half for one in found)


def test_the_record_reads_back_with_its_rows(done):
    record, text = done.record, (done.folder / "record.json").read_text()
    assert type(record).from_json(text).precision == json.loads(record.to_json())["precision"]
    assert replace(record, precision=[]).to_json() != text
    assert THREE_CELLS["replications"] == 2  # those of the shared small scenario are too few here
