"""Failures by load through the whole path of a scenario: the run makes them, everything else reads them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter
from small import assemblies, queues, tree_bytes

import simulator
from simulator.errors import ScenarioError
from simulator.failures.blocks import Failure, build_process
from simulator.failures.load import with_outages
from simulator.failures.process import NoLaw
from simulator.network import engine
from simulator.seeds import Streams
from simulator.study.assemble import given_costs
from simulator.study.explain import Asked, explain
from simulator.study.made import read_outages
from simulator.study.replay import replay
from simulator.study.run import run
from simulator.study.timed import run_once

ROOT = Path(__file__).resolve().parents[2]
LOAD = {"kind": "load_cascade", "components": ["server1"], "mtbf": "20 s", "mttr": "3 s",
        "load": {"kind": "jobs", "adds": 0.5}}
KEEP = {"crash": {"queue": "keep", "in_service": "resume"}, "deadline": "10 s"}


def loaded(folder, failures=(LOAD,), **more):
    scenario = {"workload": {"arrivals": {"kind": "poisson", "rate": "0.6 /s"}, "requests": 400}, "replications": 2,
                "failures": list(failures), "policy": KEEP}
    return queues(folder, [{"mean": "800 ms", "law": "exponential"}, {"mean": "200 ms"}], **(scenario | more))


def test_the_outages_of_the_run_are_its_timeline_and_are_read_back_from_its_events(tmp_path):
    asked = loaded(tmp_path)
    done = run(asked, tmp_path / "run")
    (of,) = assemblies(asked)
    for replication in range(2):
        streams = Streams(1, replication)
        plan = of.plan(given_costs(of.model, of.graph))
        log, drawn, is_fast = run_once(of, plan, of.arrivals_ns(asked.scenario.workload, streams), streams)
        assert not is_fast
        crash, repair = (times[0] for times in (drawn.timeline.crash_ns, drawn.timeline.repair_ns))
        assert list(zip(crash.tolist(), repair.tolist(), strict=True)) == list(log.outages["server1"])
        assert len(crash) > 10
        read = read_outages(done.folder, "queues", replication, ["server1"])["server1"]
        last = int(log.end_ns.max())
        assert read == tuple((a, b if b <= last else read[-1][1]) for a, b in log.outages["server1"] if a <= last)


def test_the_same_seed_gives_the_same_bytes_and_the_zero_delay_identity_holds(tmp_path):
    first, second = (run(loaded(tmp_path), tmp_path / name) for name in ("one", "two"))
    assert tree_bytes(first.folder) == tree_bytes(second.folder)
    (cell,) = first.record.cells
    assert cell.counts["zero_delay_equal"] == cell.counts["zero_delay_compared"] == 400


def test_a_request_is_explained_and_replayed_with_the_crashes_of_its_run(tmp_path):
    done = run(loaded(tmp_path, policy={"deadline": "10 s"}), tmp_path / "run")
    lost = done.requests[(done.requests["ending"] == "lost") & (done.requests["replication"] == 1)].iloc[:3]
    for number in lost["request"]:
        (explained,) = explain(Asked(done.folder, int(number), replication=1))
        assert "server1" in explained.row["why"]
        assert explained.down == ("server1",) or any("server1 crashes" in what for _, what in explained.switches)
        assert replay(explained, quick=False).is_same


def test_two_blocks_and_other_failures_go_together(tmp_path):
    other = {"kind": "renewal", "availability": {"server2": 0.9}, "mttr": "2 s"}
    second = LOAD | {"components": ["origin"], "load": {"kind": "busy", "idle": 1}}
    asked = loaded(tmp_path, [other, LOAD, second])
    (of,) = assemblies(asked)
    streams, plan = Streams(1), of.plan(given_costs(of.model, of.graph))
    log, drawn, _ = run_once(of, plan, of.arrivals_ns(asked.scenario.workload, streams), streams)
    assert set(log.outages) == {"origin", "server1"}
    assert all(len(crash) for crash in drawn.timeline.crash_ns)
    given = engine.run(plan, replace(drawn, loads={}), has_meters=True)  # crashes known before: the same requests
    np.testing.assert_array_equal(given.end_ns, log.end_ns)
    assert list(given.delivery) == list(log.delivery)
    assert given.machines == log.machines  # idle while it is down


@pytest.mark.parametrize(("change", "said"), [
    ({"measure": ["expected_accuracy", "timed"]}, "'expected_accuracy' needs the probability of each pattern"),
    ({"failures": [LOAD, {"kind": "bernoulli", "survival": {"server1": 0.9}}]}, "by another block too"),
    ({"failures": [LOAD, LOAD]}, "by another block too"),
    ({"slow": [{"factor": 2, "when": {"kind": "bernoulli", "survival": {"server1": 0.5}}}]}, "knows no slow spells"),
    ({"failures.0.components": ["origin-server1"]}, "only machines fail by their load"),
])
def test_what_does_not_go_together_is_told(tmp_path, change, said):
    loaded(tmp_path)
    with pytest.raises(ScenarioError, match=said):
        simulator.load(tmp_path / "scenario.yaml", set=change)


def test_a_machine_that_stops_relaying_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="'fog1' stops relaying while it is down"):
        simulator.load("first", set={"failures": [LOAD | {"components": ["fog1"]}], "measure": ["timed"]})


def test_the_fast_path_is_refused_where_it_is_insisted_on(tmp_path):
    with pytest.raises(ScenarioError, match="machines fail by their load"):
        run(loaded(tmp_path, engine="vectorised"), tmp_path / "run")


def test_it_states_no_law_and_says_the_way_out(tmp_path):
    (of,) = assemblies(loaded(tmp_path))
    up = np.ones((1, 1), dtype=bool)
    for ask in (of.process.survival, of.process.pairwise_survival, of.process.switches_per_s,
                lambda: of.process.log_probability(up), lambda: of.process.sample_up(Streams(1), 3)):
        with pytest.raises(NoLaw, match=r"server1 fails by its load.*look at served accuracy"):
            ask()


def test_draws_are_those_of_the_machine_whatever_else_fails(tmp_path):
    (of,) = assemblies(loaded(tmp_path))
    first = of.process.exposures(Streams(3))["server1"]
    again, other = (of.process.exposures(Streams(seed))["server1"] for seed in (3, 4))
    taken = [[next(draws) for _ in range(3)] for draws in (first.thresholds(), first.thresholds(), again.thresholds(),
                                                           other.thresholds())]
    assert taken[0] == taken[1] == taken[2] != taken[3]


def test_the_block_of_the_page_can_be_written():
    page = (ROOT / "docs/failures-load.md").read_text()
    (text,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    (block,) = yaml.safe_load(text)["failures"]
    topology = simulator.load("load-cascade").topology
    process = build_process([TypeAdapter(Failure).validate_python(block)], topology)
    line = process.timeline(Streams(1), 5, 100)
    assert with_outages(line, {"fog": ((1, 5),)}).up_at(np.array([0, 1, 4, 5])).ravel().tolist() == [1, 0, 0, 1]
