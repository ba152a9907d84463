"""Several models on the same machines, through the whole path of a scenario."""

import json

import numpy as np
import pytest
from small import assemblies, cells, queues, simulated

import simulator
from simulator.errors import ScenarioError
from simulator.scenario.identity import cell_hash
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly, given_costs
from simulator.study.explain import Asked, explain
from simulator.study.replay import replay
from simulator.study.run import run
from simulator.study.together import MAIN, Tenant, run_once_together, simulate_together

HALF = {"mean": "500 ms", "law": "exponential"}
FAILS = [{"kind": "renewal", "availability": {"server1": 0.9, "origin-server1": 0.95}, "mttr": "3 s"},
         {"kind": "bernoulli", "survival": {"server1": 0.9}}]
SLOW = [{"factor": 2, "when": {"kind": "bernoulli", "survival": {"server1": 0.8}}},
        {"factor": 3, "when": {"kind": "renewal", "availability": {"server1": 0.8}, "mttr": "5 s"}}]


def poisson(rate, requests):
    return {"arrivals": {"kind": "poisson", "rate": f"{rate} /s"}, "requests": requests}


def shared(folder, others=None, **more):
    """Return a scenario of one server that two models ask; the second may be changed."""
    second = {"model": "model.yaml", "workload": poisson(0.3, 300), "policy": {"deadline": "2 s"}} | (others or {})
    scenario = {"workload": poisson(0.4, 400), "replications": 3, "failures": FAILS, "others": {"second": second}}
    return queues(folder, [HALF], link={"latency": "10 ms", "jitter": "5 ms", "loss": 0.02}, **(scenario | more))


def tenants(loaded):
    (of,) = [Assembly.of(cell) for cell in variants(loaded)]
    nothing = np.zeros(0, dtype=np.int64)
    return [Tenant(name, one, one.plan(given_costs(one.model, one.graph)), nothing)
            for name, one in {MAIN: of, **of.sharing}.items()]


def test_the_record_has_a_row_for_each_model_and_each_request_one_ending(tmp_path):
    done = run(shared(tmp_path), tmp_path / "run")
    (cell,) = done.record.cells
    first, second = cell.tables["models"]
    assert (first["model"], second["model"]) == ("model.yaml", "second")
    assert (first["requests"], second["requests"]) == (1200, 900)
    for row in (first, second):
        assert sum(row[ending] for ending in ("on_time", "late", "lost")) == row["requests"]
    assert first["late"] == 0 < second["late"]
    assert cell.estimates["latency_mean_ms"].value == first["latency_mean_ms"]
    assert cell.counts["vectorised"] == 0
    assert len(done.requests) == 1200
    (machine,) = cell.tables["machines"]
    assert machine["machine"] == "server1"
    assert machine["offered_load"] == pytest.approx(0.35, rel=0.1)  # 0.7 requests a second, half a second each


def test_draws_of_a_model_do_not_move_when_another_is_added_or_changed(tmp_path):
    changes = ({}, {"workload": poisson(3, 50)})
    runs = []
    for number, change in enumerate(changes):
        (folder := tmp_path / str(number)).mkdir()
        runs.append(run_once_together(tenants(shared(folder, change, slow=SLOW)), 1).drawn[0])
    (alone,) = assemblies(shared(tmp_path, slow=SLOW))
    once = simulated(alone)  # an assembly without the other models
    assert once.arrival_ns[once.replication == 1].tolist() == runs[0].arrivals_ns.tolist()
    for name in ("work_ns", "jitter_ns", "lost"):
        for key, column in getattr(runs[0], name).items():
            np.testing.assert_array_equal(column, getattr(runs[1], name)[key])
    first, second, own = runs[0].timeline, runs[1].timeline, once.timelines[1]
    np.testing.assert_array_equal(first.coins, own.coins)
    np.testing.assert_array_equal(first.coins, second.coins)
    for mine, others in zip(own.crash_ns, first.crash_ns, strict=True):
        size = min(len(mine), len(others))
        np.testing.assert_array_equal(mine[:size], others[:size])


def test_two_equal_models_have_draws_of_their_own(tmp_path):
    ran = run_once_together(tenants(shared(tmp_path, {"workload": poisson(0.4, 400)})), 0)
    mine, other = ran.drawn
    assert not np.array_equal(mine.arrivals_ns, other.arrivals_ns)
    assert not np.array_equal(mine.work_ns["server1"], other.work_ns["server1"])
    assert not np.array_equal(mine.timeline.coins, other.timeline.coins)
    for one, two in zip(mine.timeline.crash_ns, other.timeline.crash_ns, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_that_is_never_in_the_way_changes_no_request_of_the_first(tmp_path):
    """The other has no work and links take no time to transmit, so that nobody waits for it."""
    plain = json.dumps({"sources": {"origin": {}}, "parts": {"server1": {"service": {"mean": "0 s"}, "exit": True}},
                        "hyperconnections": [{"from": "origin", "to": "server1"}]})
    loaded = shared(tmp_path)
    (tmp_path / "idle.yaml").write_text(plain)
    loaded = simulator.load(tmp_path / "scenario.yaml", set={"others.second.model": "idle.yaml"})
    together = simulate_together(tenants(loaded), lambda done: None)
    alone = simulated(assemblies(loaded)[0])
    for name in ("arrival_ns", "end_ns", "snapshot", "blame", "has_switched"):
        np.testing.assert_array_equal(getattr(together[0], name), getattr(alone, name))


def test_a_request_is_explained_and_replayed_as_it_was(tmp_path):
    done = run(shared(tmp_path), tmp_path / "run")
    for request in (0, 17, 399):
        (explained,) = explain(Asked(done.folder, request, replication=2))
        told = replay(explained, quick=False)
        assert told.is_same
        assert any("fires" in moment.what or "lost" in moment.what or "not sent" in moment.what
                   for moment in told.moments)


def test_a_finished_run_is_found_and_another_model_file_is_another_cell(tmp_path):
    loaded = shared(tmp_path)
    assert not run(loaded, tmp_path / "run").was_found
    assert run(simulator.load(tmp_path / "scenario.yaml"), tmp_path / "run").was_found
    (before,) = [cell_hash(cell) for cell in variants(loaded)]
    plain = json.loads((tmp_path / "model.yaml").read_text())
    (tmp_path / "other.yaml").write_text(json.dumps(plain))
    same = simulator.load(tmp_path / "scenario.yaml", set={"others.second.model": "other.yaml"})
    assert [cell_hash(cell) for cell in variants(same)] == [before]  # what it holds counts, not what it is called
    plain["parts"]["server1"]["service"]["mean"] = "600 ms"
    (tmp_path / "other.yaml").write_text(json.dumps(plain))
    changed = simulator.load(tmp_path / "scenario.yaml", set={"others.second.model": "other.yaml"})
    assert [cell_hash(cell) for cell in variants(changed)] != [before]


def test_a_sweep_may_vary_another_model(tmp_path):
    sweep = {"others.second.workload.arrivals.rate": ["0.1 /s", "1 /s"]}
    found = [cell.run().record for cell in cells(shared(tmp_path, sweep=sweep, failures=[], replications=2))]
    waits = [record.estimates["latency_mean_ms"].value for record in found]
    assert waits[1] > 1.3 * waits[0]


@pytest.mark.parametrize(("change", "said"), [
    ({"others.second.model": "nowhere"}, "no model named 'nowhere'"),
    ({"others.second.placement.server1": "nowhere"}, "no node named 'nowhere'"),
    ({"others.second.placement.nobody": "server1"}, "no part named 'nobody'"),
    ({"others.second.deadline": "3 s"}, "deadline"),
    ({"others.second.workload.arrivals": {"kind": "closed", "window": 2}}, "'closed' does not go together"),
    ({"workload.arrivals": {"kind": "closed", "window": 2}}, "'closed' does not go together"),
    ({"engine": "vectorised"}, "'vectorised' cannot run several models"),
    ({"others.second.policy": {"wait": {"kind": "deadline"}}}, "waits for a deadline"),
])
def test_what_does_not_fit_is_told_with_its_place(tmp_path, change, said):
    shared(tmp_path)
    with pytest.raises(ScenarioError, match=said):
        simulator.load(tmp_path / "scenario.yaml", set=change)


def test_the_problem_of_another_model_has_its_line(tmp_path):
    shared(tmp_path)
    (tmp_path / "bad.yaml").write_text(
        "title: two\ntopology: topology.yaml\nmodel: model.yaml\nmeasure: [timed]\n"
        "workload: {arrivals: {kind: poisson, rate: 1 /s}, requests: 10}\nothers:\n  second:\n    model: model.yaml\n"
        "    placement: {origin: mars}\n    workload: {arrivals: {kind: poisson, rate: 1 /s}, requests: 10}\n")
    with pytest.raises(ScenarioError) as refused:
        simulator.load(tmp_path / "bad.yaml")
    (problem,) = refused.value.problems
    assert "bad.yaml:9" in problem.place
    assert "placement.origin" in problem.place


def test_other_models_share_a_machines_overload(tmp_path):
    loaded = shared(tmp_path, {"workload": poisson(1.9, 300)}, failures=[])
    (cell,) = run(loaded, tmp_path / "run").record.cells
    assert any("node 'server1' is asked for" in note for note in cell.notes)


@pytest.mark.parametrize("arrivals", [
    {"kind": "poisson", "rate": "2 /s"}, {"kind": "periodic", "every": "300 ms"},
    {"kind": "mmpp", "states": [{"rate": "1 /s", "lasts": "3 s"}, {"rate": "9 /s", "lasts": "1 s"}]},
    {"kind": "poisson", "rate": "0.0001 /s"},
], ids=["poisson", "periodic", "mmpp", "rare"])
def test_without_a_number_the_others_requests_come_as_long_as_the_first_models(arrivals, tmp_path):
    found = tenants(shared(tmp_path, {"workload": {"arrivals": arrivals}}))
    assert found[1].assembly.follows
    first, second = (one.arrivals_ns for one in run_once_together(found, 0).drawn)
    streams, workload = found[1].streams(0), found[1].workload
    more = found[1].assembly.arrivals_ns(workload.model_copy(update={"requests": len(second) + 50}), streams)
    np.testing.assert_array_equal(more[: len(second)], second)
    assert second[-1] <= first[-1] or len(second) == 1
    assert more[len(second)] > first[-1]


def test_the_order_of_several_others_is_kept_by_the_record_and_names_the_cell(tmp_path):
    other = {"model": "model.yaml", "workload": poisson(0.3, 100)}
    hashes = []
    for names in (("zebra", "ape"), ("ape", "zebra")):
        (folder := tmp_path / names[0]).mkdir()
        loaded = shared(folder, others=None, replications=1)
        plain = json.loads((folder / "scenario.yaml").read_text()) | {"others": dict.fromkeys(names, other)}
        (folder / "scenario.yaml").write_text(json.dumps(plain))
        loaded = simulator.load(folder / "scenario.yaml")
        done = run(loaded, folder / "run")
        (explained,) = explain(Asked(done.folder, 7))
        assert list(explained.assembly.sharing) == list(names)
        assert replay(explained, quick=False).is_same
        assert [row["model"] for row in done.record.cells[0].tables["models"]] == ["model.yaml", *names]
        hashes.append(done.record.hash)
    assert hashes[0] != hashes[1]
