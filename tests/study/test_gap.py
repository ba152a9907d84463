"""Served and expected accuracy: equal but for what failures in flight explain, request by request."""

import pytest
from small import assemblies, assembly, cells, simulated

import simulator
from simulator.study.agreement import zero_delay_identity
from tests.support.shelf import readable_scenarios

PARTS = ("gap_sampling", "gap_in_flight", "gap_congestion", "gap_detection")
FEW = {"workload.requests": 400, "replications": 10, "measure": ["expected_accuracy", "timed"]}


@pytest.fixture(scope="module")
def estimates(watch):
    """Return the estimates of the first scenario for one strategy, changed; the model is trained once."""

    def of(strategy, **changes):
        (cell,) = cells(simulator.load("first", set={"sweep": {}, "strategy": strategy} | FEW | changes))
        cell.answers = watch(strategy)
        return cell.run().record.estimates

    return of


@pytest.mark.parametrize("strategy", ["vanilla", "resilinet"])
@pytest.mark.parametrize("wait", [{"kind": "perfect"}, {"kind": "timeout", "after": "5 ms"}])
def test_the_parts_of_the_gap_add_up(estimates, strategy, wait):
    changes = {
        "failures.0.mttr": "1 s",
        "policy.wait": wait,
        "policy.deadline": "60 ms",
        "policy.at_deadline": "withdraw",
    }
    found = estimates(strategy, **changes)
    gap = found["served_accuracy"].value - found["expected_accuracy"].value
    assert sum(found[part].value for part in PARTS) == pytest.approx(gap, abs=1e-12)
    assert found["gap_in_flight"].value != 0
    assert found["gap_congestion"].value < 0


def test_waits_that_are_too_short_show_as_loss_by_detection(estimates):
    short = {"kind": "timeout", "after": {"fog2": "1 ms", "fog1": "1 ms", "cloud": "1 ms"}}
    found = estimates("resilinet", **{"policy.wait": short})
    assert found["gap_detection"].value < -0.01
    assert estimates("resilinet", **{"policy.wait": {"kind": "perfect"}})["gap_detection"].value == 0


@pytest.mark.parametrize("strategy", ["vanilla", "resilinet"])
def test_served_and_snapshot_part_less_often_as_repairs_take_longer(estimates, watch, strategy):
    """A failure in flight may cost an answer, a repair in flight may save one: what shrinks is how many are touched."""
    shares = []
    for mttr in ("200 ms", "1 s", "5 s", "25 s"):
        changes = {"failures.0.mttr": mttr, "policy.wait": {"kind": "perfect"}}
        found = estimates(strategy, **changes)
        runs = simulated(assembly("first", strategy, **(FEW | changes)), watch(strategy).samples, watch(strategy).costs)
        differ = runs.delivery != runs.snapshot
        assert not (differ & ~runs.has_switched).any()
        shares.append(differ.mean())
        assert abs(sum(found[part].value for part in PARTS[1:])) <= shares[-1] <= found["gap_bound"].value
    assert shares[0] > 2 * shares[1] > 4 * shares[2] > 8 * shares[3]


@pytest.mark.parametrize("strategy", ["vanilla", "resilinet"])
def test_the_controlled_estimate_agrees_with_the_expectation_and_is_sharper(estimates, strategy):
    found = estimates(strategy)
    plain, controlled, expected = (
        found[name] for name in ("served_accuracy", "served_accuracy_controlled", "expected_accuracy")
    )
    assert abs(controlled.value - expected.value) <= found["gap_bound"].value + (controlled.high - controlled.low) / 2
    assert controlled.high - controlled.low < (plain.high - plain.low) / 3


@pytest.mark.parametrize("name", readable_scenarios())
def test_without_delays_every_request_of_a_shipped_scenario_gets_its_snapshot(name):
    loaded = simulator.load(name)
    if loaded.scenario.workload is None:
        pytest.skip("nothing is timed")
    for of in assemblies(loaded):
        same, compared = zero_delay_identity(of, loaded.scenario.workload)
        assert same == compared == loaded.scenario.workload.requests


@pytest.mark.slow
def test_the_bound_holds_on_the_whole_first_scenario(watch):
    for cell in cells(simulator.load("first")):
        cell.answers = watch(cell.assembly.scenario.strategy)
        record = cell.run().record
        found, counts = record.estimates, record.counts
        served, expected = found["served_accuracy"], found["expected_accuracy"]
        half_widths = sum((e.high - e.low) / 2 for e in (served, expected))
        assert abs(served.value - expected.value) <= found["gap_bound"].value + half_widths
        assert not any("differ by more than" in note for note in record.notes)
        assert counts["zero_delay_equal"] == counts["zero_delay_compared"] == 2000
        assert counts["on_time"] + counts["late"] + counts["lost"] == 40_000
        controlled = found["served_accuracy_controlled"]
        assert (
            abs(controlled.value - expected.value) <= found["gap_bound"].value + (controlled.high - controlled.low) / 2
        )


def test_too_many_components_to_enumerate_are_timed_all_the_same_and_the_record_says_what_is_missing(watch):
    few = {"sweep": {}, "strategy": "vanilla", "workload.requests": 100, "replications": 2}
    (cell,) = cells(simulator.load("backbone", set=few))
    cell.answers = watch("vanilla")
    record = cell.run().record
    assert "served_accuracy" in record.estimates
    assert "expected_accuracy" not in record.estimates
    assert any("29 components can fail" in note for note in record.notes)
