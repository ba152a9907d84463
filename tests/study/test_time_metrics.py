"""The metrics of time through a whole cell: their exact values, costs, notes where something is not known."""

import numpy as np
import pytest
from shared import BERNOULLI, chain
from small import cells

import simulator
from simulator.errors import ScenarioError
from simulator.expect.traffic import Sending

RENEWAL = [{"kind": "renewal", "availability": "poor", "mttr": "4 s"}]
WORKLOAD = {"arrivals": {"kind": "poisson", "rate": "2 /s"}, "requests": 400}
MEASURE = ["timed", {"availability": {"accuracy": [0.4, 0.5]}}, "accuracy_vs_deadline",
           {"around_outages": {"before": "2 s", "after": "8 s", "bins": 5}}, {"per_answer": {"joules_per_byte": 0.001}}]


def answered(folder, **scenario):
    """Return the only cell of the chain with its tiny network, and what it answers."""
    given = {"failures": RENEWAL, "workload": WORKLOAD, "measure": MEASURE, "replications": 12, "strategy": "select"}
    (cell,) = cells(chain(folder, **(given | scenario)))
    return cell, cell.run()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return the cell and its answer."""
    return answered(tmp_path_factory.mktemp("chain"))


def test_simulated_and_exact_values_stand_side_by_side(found):
    estimates = found[1].record.estimates
    names = [name.removesuffix("_exact") for name in estimates if name.endswith("_exact")]
    assert len(names) == 7
    for name in names:
        truth, estimate = estimates[f"{name}_exact"].value, estimates[name]
        if not np.isnan(truth):  # 6.5 standard errors of 12 replications: false alarm below 1e-4 for all together
            assert abs(estimate.value - truth) <= 3 * (estimate.high - estimate.low) / 2, name


def test_availability_is_the_probability_of_the_patterns_at_the_level(found):
    cell, answer = found
    worth = np.array([cell.answers.outcomes.correct(d).mean() for d in cell.delivery_of_pattern])
    for row in answer.record.tables["availability"]:
        assert row["availability_exact"] == pytest.approx(cell.patterns.probability[worth >= row["accuracy"]].sum())
    assert answer.record.estimates["availability"].value == answer.record.tables["availability"][0]["availability"]


def test_bytes_are_those_of_the_patterns_at_the_births(found):
    cell, answer = found
    sizes, events = cell.costs.payload_bytes, answer.events
    right = int((answer.requests["ending"] == "on_time").sum())
    sending, total = Sending(cell.assembly.reach), 0
    for replication, births in answer.requests.groupby("replication")["arrival_ns"]:
        mine = events[events["replication"] == replication]
        states = {name: rows["is_up"].to_numpy()[np.searchsorted(rows["time_ns"], births, "right") - 1]
                  for name, rows in mine.groupby("component")}
        for place in range(len(births)):
            down = frozenset(name for name, is_up in states.items() if not is_up[place])
            total += sum(sizes[cell.assembly.graph.edges[edge].name] for edge in sending.edges(down))
    per_correct = answer.record.estimates["bytes_per_correct_answer"].value
    goodput = answer.record.estimates["on_time_accuracy"].value
    assert per_correct == pytest.approx(total / (goodput * len(answer.requests)))
    assert right > 0


def test_joules_of_links_alone_are_those_of_the_bytes_on_them(found):
    estimates = found[1].record.estimates  # every message of the chain crosses one link
    joules, sent = estimates["joules_per_correct_answer"].value, estimates["bytes_per_correct_answer"].value
    assert joules == pytest.approx(0.001 * sent)
    assert any("joules leave out nodes without a device" in note for note in found[1].record.notes)


def test_joules_of_devices_are_idle_watts_plus_those_of_the_work(tmp_path):
    loaded = chain(tmp_path, failures=RENEWAL, workload=WORKLOAD, measure=["timed", "per_answer"], replications=2)
    text = (tmp_path / "topology.yaml").read_text().replace('"edge": {', '"edge": {"device": "raspberry-pi-4", ', 1)
    (tmp_path / "topology.yaml").write_text(text)
    (cell,) = cells(simulator.load(loaded.path))
    answer = cell.run()
    rows = answer.requests.groupby("replication")["arrival_ns"].max() / 1e9
    right = answer.record.estimates["on_time_accuracy"].value * len(answer.requests)
    machine = next((row for row in answer.record.tables["machines"] if row["machine"] == "edge"), None)
    busy = machine["utilisation"] if machine else 0.0
    expected = rows.sum() * (2.7 + (6.4 - 2.7) * busy) / right
    assert answer.record.estimates["joules_per_correct_answer"].value == pytest.approx(expected, rel=1e-3)


def test_curves_are_there_for_each_component_that_matters(found):
    curves, on_time = found[1].record.curves, found[1].record.estimates["on_time_accuracy"].value
    assert {name for name in curves if ":" in name} == {f"accuracy_around_outages:{name}" for name in ("edge", "fog")}
    assert curves["accuracy_vs_deadline"].value[-1] == pytest.approx(on_time)


def test_coins_have_no_availability_in_time(tmp_path):
    _, answer = answered(tmp_path, failures=BERNOULLI, replications=2)
    assert "availability" not in answer.record.estimates
    assert any("a coin for each request says nothing of the time between" in note for note in answer.record.notes)


def test_of_failures_that_come_together_only_shares_of_time_are_exact(tmp_path):
    racks = [{"kind": "groups", "groups": {"rack": {"members": ["edge", "fog"], "mtbf": "20 s", "mttr": "5 s"}}}]
    cell, answer = answered(tmp_path, failures=racks)
    estimates = answer.record.estimates
    worth = np.array([cell.answers.outcomes.correct(d).mean() for d in cell.delivery_of_pattern])
    truth = 0.8 * (worth[0] >= 0.4) + 0.2 * (worth[-1] >= 0.4)
    assert estimates["availability_exact"].value == pytest.approx(truth)
    assert {name for name in estimates if name.endswith("_exact")} == {"availability_exact", "accuracy_lost_exact"}
    half = (estimates["availability"].high - estimates["availability"].low) / 2
    assert abs(estimates["availability"].value - truth) <= 3 * half


def test_what_needs_requests_says_so(tmp_path):
    with pytest.raises(ScenarioError, match="'availability' needs requests, but there is no workload"):
        chain(tmp_path, measure=[{"availability": {"accuracy": 0.6}}])
    with pytest.raises(ScenarioError, match="around_outages: no component 'fogg'; did you mean 'fog'"):
        chain(tmp_path, workload=WORKLOAD, measure=[{"around_outages": {"components": ["fogg"]}}])
