"""What a scenario claims: held, violated beyond doubt, or undecided; and the exit code that says so."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.errors import ScenarioError
from simulator.expect.amounts import amount
from simulator.expect.estimate import Estimate
from simulator.expect.limits import judged
from simulator.report.claims_table import claims_table
from simulator.study.claims import claims_of, exit_code
from simulator.study.record import CellRecord, Record
from tests.scenario.small import write


def estimate(low, high):
    """Return an estimate in the middle of an interval."""
    return Estimate((low + high) / 2, low, high, 20, "Student t", "failures")


def record(claims, cells, repeats=()):
    """Return a record of a scenario with claims."""
    made = tuple(CellRecord(str(place), label, estimates) for place, (label, estimates) in enumerate(cells))
    return Record("Title", "", "hash", 1, {"scenario": {"assert": claims}}, {}, made, repeats=list(repeats))


@pytest.mark.parametrize(("limit", "low", "high", "outcome"), [
    (">= 0.7", 0.70, 0.8, "held"), (">= 0.7", 0.69, 0.8, "undecided"), (">= 0.7", 0.6, 0.699, "violated"),
    (">= 0.7", 0.6, 0.7, "undecided"), ("> 0.7", 0.7, 0.8, "undecided"), ("> 0.7", 0.6, 0.7, "violated"),
    ("<= 0.7", 0.6, 0.70, "held"), ("<= 0.7", 0.6, 0.71, "undecided"), ("<= 0.7", 0.701, 0.8, "violated"),
    ("< 0.7", 0.6, 0.7, "undecided"), ("< 70 %", 0.6, 0.69, "held"), ("≤ 70 %", 0.7, 0.7, "held"),
    (">= 0.7", 0.7, 0.7, "held"), ("> 0.7", 0.7, 0.7, "violated"), (">= 0.7", float("nan"), 0.9, "undecided"),
])
def test_an_interval_on_one_side_decides(limit, low, high, outcome):
    assert judged(limit, "expected_accuracy", estimate(low, high)) == outcome


def test_amounts_are_in_the_unit_of_the_estimate():
    assert amount("0.2 s", "latency_p99_ms") == amount("200 ms", "latency_p99_ms") == amount(200, "latency_p99_ms")
    assert amount("5 ms", "detection_time_s") == 0.005 and amount("1 kB", "traffic_always_on_bytes") == 1000
    with pytest.raises(ValueError, match="'5 ms' is not a number"):
        amount("5 ms", "expected_accuracy")


def test_the_worst_outcome_is_the_exit_code():
    cells = [({"strategy": "dfg"}, {"latency_p99_ms": estimate(90, 110), "share_late": estimate(0, 0.01)}),
             ({"strategy": "vanilla"}, {"latency_p99_ms": estimate(60, 80), "share_late": estimate(0, 0.01)})]
    codes = {"<= 120 ms": 0, "<= 100 ms": 3, "<= 85 ms": 1, "<= 50 ms": 1}
    for limit, code in codes.items():
        claims = claims_of(record({"latency_p99": limit, "share_late": "< 5 %"}, cells))
        assert exit_code(claims) == code, limit
        assert [claim.estimate for claim in claims] == ["latency_p99_ms", "share_late"] * 2
    assert exit_code(claims_of(record({}, cells))) == 0


def test_several_uncertainties_are_added():
    known = {"expected_accuracy": Estimate(0.75, 0.72, 0.78, 28, "", "test set"),
             "expected_accuracy_sampling": Estimate(0.75, 0.74, 0.76, 400, "", "failures")}
    (claim,) = claims_of(record({"expected_accuracy": ">= 0.715"}, [({}, known)]))
    assert claim.outcome == "undecided" and claim.found.low == pytest.approx(0.71)
    (claim,) = claims_of(record({"expected_accuracy": ">= 0.705"}, [({}, known)]))
    assert claim.outcome == "held"


def test_repeats_are_judged_together():
    cells = [({"repeat": f"repeat {place}"}, {"expected_accuracy": estimate(0.1, 0.2)}) for place in (1, 2)]
    rows = [{"label": {}, "estimate": "expected_accuracy", "value": 0.75, "low": 0.71, "high": 0.79, "samples": 2,
             "method": "", "uncertainty": "training seed"}]
    (claim,) = claims_of(record({"expected_accuracy": ">= 0.7"}, cells, rows))
    assert claim.outcome == "held" and claim.point == {}


def test_a_claim_of_nothing_known_is_refused():
    with pytest.raises(ScenarioError, match=r"assert\.latency_p9: 'latency_p9' is no estimate"):
        claims_of(record({"latency_p9": "<= 1 ms"}, [({}, {"latency_p99_ms": estimate(1, 2)})]))


def test_the_table_says_which_claim_holds():
    one = record({"share_late": "<= 1 %"}, [({}, {"share_late": estimate(0.02, 0.04)})])
    table = claims_table(one)
    assert table.headers == ["estimate", "claimed", "found", "outcome"]
    assert table.rows == [["share_late", "<= 1 %", "0.030 ± 0.010", "VIOLATED"]]
    assert claims_table(replace(one, scenario={"scenario": {}})) is None


@pytest.mark.parametrize(("claims", "code", "told"), [
    ("{share_lost: '<= 40 %'}", 0, "held"), ("{share_lost: '>= 90 %'}", 1, "VIOLATED"),
    ("{share_lst: '>= 90 %'}", 2, "did you mean 'share_lost'?"),
    ("{share_lost: '90 %'}", 2, "'90 %' is not a limit; write '>= 0.7'"),
    ("{expected_accuracy: '>= 0.7'}", 2, "ask.yaml:11 assert.expected_accuracy: 'expected_accuracy' is not measured"),
])
def test_the_command_ends_with_the_code_of_what_is_claimed(claims, code, told, tmp_path, monkeypatch):
    changes = [("ask.yaml", "requests: 2000", "requests: 40"), ("ask.yaml", "seed: 1", f"assert: {claims}"),
               ("ask.yaml", "accuracy_vs_failure: {points: 5}", "no_information_flow")]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.report.write.report_on", lambda run, loaded: [])
    ran = CliRunner().invoke(app, ["run", str(write(tmp_path, changes)), "--out", str(tmp_path / "run")])
    assert ran.exit_code == code, ran.output
    assert told in ran.output
