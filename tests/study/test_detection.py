"""Detectors and skips on demand through a whole cell: blocks, records, checks, and what must agree."""

import numpy as np
import pytest
from small import assembly, cells, simulated

import simulator
from simulator.errors import ScenarioError
from simulator.expect.traffic import Sending
from simulator.scenario.advice import advice
from simulator.scenario.identity import content
from simulator.scenario.variants import variants
from simulator.seeds import Streams
from simulator.study.assemble import given_costs
from simulator.study.detection_findings import with_perfect_detection
from simulator.study.replay import suspicions
from tests.support.small_plans import timeline

HEARTBEAT = {"kind": "heartbeat", "period": "100 ms", "loss": 0.05, "after": "40 ms"}
PHI = {"kind": "phi_accrual", "period": "100 ms", "floor": "20 ms", "jitter": "9 ms", "after": "40 ms"}
FEW = {"sweep": {}, "strategy": "resilinet", "workload.requests": 400, "replications": 4}


def first(**changes):
    return assembly("first", "resilinet", **({"workload.requests": 400, "replications": 4} | changes))


@pytest.mark.parametrize("wait", [HEARTBEAT, PHI])
def test_a_detector_moves_no_other_draw(wait):
    perfect, watching = (simulated(first(**{"policy.wait": each})) for each in ({"kind": "perfect"}, wait))
    np.testing.assert_array_equal(perfect.arrival_ns, watching.arrival_ns)
    np.testing.assert_array_equal(perfect.snapshot, watching.snapshot)
    assert watching.vectorised == 0 and all(line is not None for line in watching.suspected)
    for truth, believed in zip(watching.timelines, watching.suspected, strict=True):
        assert set(truth.components) <= set(believed.components) == {"iot", "edge", "fog2", "fog1", "cloud"}


def test_machines_that_cannot_fail_are_suspected_too_when_heartbeats_are_lost():
    runs = simulated(first(**{"failures": [], "policy.wait": HEARTBEAT | {"loss": 0.3}}))
    assert all(len(crash) for crash in runs.suspected[0].crash_ns)
    assert len(runs.deliveries) > 1  # somebody fired without an input that came later
    assert sum(runs.too_late.values()) > 0


def test_the_loss_is_the_difference_to_a_run_with_perfect_detection(watch):
    (cell,) = cells(simulator.load("first", set=FEW | {"policy.wait": HEARTBEAT | {"period": "2 s"},
                                                      "policy.deadline": "100 ms", "measure": ["timed", "detection"]}))
    (best,) = cells(simulator.load("first", set=FEW | {"policy.wait": {"kind": "perfect"},
                                                      "policy.deadline": "100 ms", "measure": ["timed", "detection"]}))
    for each in (cell, best):
        each.answers = watch("resilinet")
    found, perfect = cell.run().record, best.run().record
    pairs = {"detection_loss": "served_accuracy", "detection_loss_on_time": "on_time_accuracy",
             "detection_loss_answers": "share_on_time"}
    for loss, name in pairs.items():
        difference = perfect.estimates[name].value - found.estimates[name].value
        assert found.estimates[loss].value == pytest.approx(difference, abs=1e-12)
        assert perfect.estimates[loss].value == 0
    assert found.estimates["detection_loss_answers"].value > 0.02
    assert 4 < found.estimates["detection_time_s"].value < 6
    rows = {row["component"]: row for row in found.tables["detection"]}
    assert set(rows) == {"iot", "edge", "fog2", "fog1", "cloud"}
    assert rows["edge"]["detected"] + rows["edge"]["missed"] <= rows["edge"]["outages"]
    assert found.estimates["time_to_answer_s"].value < found.estimates["time_to_restore_s"].value
    assert "detection_time_s" not in perfect.estimates


def test_perfect_detection_of_a_plan_has_no_closing_times():
    of = first(**{"policy.wait": HEARTBEAT})
    plan = with_perfect_detection(of.plan(given_costs(of.model, of.graph)))
    assert (plan.policy.wait.kind, dict(plan.closes_ns)) == ("perfect", {})


def test_skips_sent_on_demand_are_as_many_as_expected_by_what_is_down_when_they_are_sent():
    slow = {"failures.0.mttr": "60 s"}  # so that few requests meet a switch
    runs = simulated(first(**slow, **{"policy.skips": "on_demand", "policy.wait": {"kind": "perfect"}}))
    of = first(**slow)
    sending, edges = Sending(of.reach, on_demand=True), of.graph.edges
    expected = dict.fromkeys(runs.skips_sent[0], 0)
    for number, line in enumerate(runs.timelines):
        births = runs.arrival_ns[runs.replication == number]
        for up in line.up_at(births):
            down = frozenset(name for name, is_up in zip(line.components, up, strict=True) if not is_up)
            for edge in sending.edges(down):
                if edges[edge].name in expected:
                    expected[edges[edge].name] += 1
    switched = int(runs.has_switched.sum())
    for name, count in expected.items():
        assert abs(sum(sent[name][0] for sent in runs.skips_sent) - count) <= switched
        assert count > 100
    assert switched < 30


def test_bytes_of_an_answer_follow_what_was_really_sent(watch):
    found = {}
    for skips in ("always_on", "on_demand"):
        (cell,) = cells(simulator.load("first", set=FEW | {
            "policy.skips": skips, "policy.wait": {"kind": "perfect"}, "measure": ["timed", "traffic", "per_answer"]}))
        cell.answers = watch("resilinet")
        found[skips] = cell.run().record.estimates
    saved = found["always_on"]["bytes_per_correct_answer"].value - found["on_demand"]["bytes_per_correct_answer"].value
    expected = found["always_on"]["traffic_always_on_bytes"].value - found["always_on"]["traffic_on_demand_bytes"].value
    correct = found["always_on"]["on_time_accuracy"].value
    assert saved == pytest.approx(expected / correct, rel=0.1)


@pytest.mark.parametrize(("changes", "told"), [
    ({"policy.skips": "on_demand", "policy.wait": {"kind": "timeout", "after": "40 ms"}}, "nobody learns"),
    ({"policy.wait": HEARTBEAT | {"after": {"fog": "40 ms"}}}, "no part named 'fog'"),
    ({"policy.wait": {"kind": "heartbeat", "after": "40 ms"}}, "period"),
    ({"policy.wait": {"kind": "phi_accrual", "period": "1 s", "after": "40 ms"}}, "floor"),
    ({"policy.wait": HEARTBEAT | {"misses": 0}}, "misses"),
    ({"policy.wait": HEARTBEAT | {"loss": 1}}, "loss"),
    ({"policy.skips": "sometimes"}, "sometimes"),
])
def test_what_does_not_fit_is_refused(changes, told):
    with pytest.raises(ScenarioError, match=told):
        simulator.load("first", set={"sweep": {}} | changes)


def test_coins_are_never_suspected_and_sim_check_says_so():
    of = first(**{"failures": [{"kind": "bernoulli", "survival": "hazardous"}], "policy.wait": HEARTBEAT})
    births = of.arrivals_ns(of.scenario.workload, Streams(1))
    told = advice(of.scenario, of.plan(given_costs(of.model, of.graph)), births)
    assert any("coins" in line and "never suspected" in line for line in told)
    assert not any("coins" in line for line in advice(first().scenario, first().plan(given_costs(of.model, of.graph)),
                                                      births))


def test_defaults_change_no_name_of_a_cell():
    for variant in variants(simulator.load("first")):
        policy = content(variant)["scenario"]["policy"]
        assert policy.keys() == {"deadline", "wait"}


def test_a_life_tells_who_is_suspected_and_trusted_again():
    told = [(moment.age_ns, moment.what) for moment in suspicions(timeline({"m": [(0, 7), (20, 25)]}), 5, 22)]
    assert told == [(0, "m is suspected, as before"), (2, "m is trusted again"), (15, "m is suspected")]
    assert not list(suspicions(None, 5, 22))
