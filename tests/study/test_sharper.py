"""What a run makes of known probabilities of patterns, and of one long replication."""

from __future__ import annotations

import math

import pytest

import simulator
from simulator.report.all_tables import tables_of
from simulator.report.page import page_text
from simulator.study.run import run

FAILS = [{"kind": "renewal", "mtbf": {"third": "50 h"}, "mttr": "10 h"}]
HOURLY = {"kind": "periodic", "every": "1 h"}


def cell_of(tmp_path, **changes):
    given = {"failures": FAILS, "workload.arrivals": HOURLY, "workload.requests": 600, "replications": 10}
    done = run(simulator.load("queue", set=given | changes), tmp_path / "run")
    (cell,) = done.record.cells
    return cell, done.record


def half(estimate):
    return (estimate.high - estimate.low) / 2


def test_shares_are_weighted_by_exact_probabilities(tmp_path):
    cell, record = cell_of(tmp_path)
    plain, sharp = cell.estimates["share_lost"], cell.estimates["share_lost_stratified"]
    assert sharp.value == pytest.approx(1 / 6, abs=0.001)  # but for crashes during its 10 s
    assert half(sharp) < half(plain) / 10
    rows = {row["estimate"]: row for row in cell.tables["sharper"]}
    assert set(rows) == {"share_late_stratified", "share_lost_stratified", "latency_mean_stratified_ms"}
    gain = rows["share_lost_stratified"]["variance_reduction"]
    assert gain == pytest.approx((half(plain) / half(sharp)) ** 2, rel=1e-6)
    assert f"variance / {gain:.3g}" in sharp.method
    assert any("known probabilities" in str(table.title) for table in tables_of(record))
    assert "known probabilities" in page_text(record, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"failures": [FAILS[0] | {"start": "new"}]},  # states no law
        {"workload.arrivals": {"kind": "closed", "window": 2}},  # births know of failures
        {"failures": []},
        {"failures": [{"kind": "renewal", "mtbf": {"third": "50 years"}, "mttr": "10 s"}]},  # one stratum is met
    ],
    ids=["no law", "closed loop", "nothing fails", "nothing happens"],
)
def test_without_a_law_of_births_nothing_is_weighted(changes, tmp_path):
    cell, _ = cell_of(tmp_path, **changes)
    assert not [name for name in cell.estimates if "stratified" in name]


def test_one_long_run_has_intervals_over_batches(tmp_path):
    cell, _ = cell_of(tmp_path, replications=1, **{"workload.requests": 6000})
    lost, sharp = cell.estimates["share_lost"], cell.estimates["share_lost_stratified"]
    assert "batch means over 10 batches of one run" in lost.method
    assert lost.low <= 1 / 6 <= lost.high
    assert "batch means over 10 batches" in sharp.method
    assert half(sharp) < half(lost) / 5
    assert cell.estimates["latency_p95_ms"].low < cell.estimates["latency_p95_ms"].high


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"workload.requests": 500}, "one replication of few requests has no intervals"),
        ({"workload.requests": 1200}, "has no intervals (batch means ask for 30)"),
    ],
)
def test_one_short_run_has_no_intervals_and_says_why(changes, told, tmp_path):
    cell, _ = cell_of(tmp_path, replications=1, **changes)
    assert math.isnan(cell.estimates["share_lost"].low)
    assert any(told in note for note in cell.notes)
