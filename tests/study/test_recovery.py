"""Replicas, messages sent again and hedges as a user meets them: files, records, words, and what is refused."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

import simulator
from simulator.errors import ScenarioError
from simulator.network.blocks import Policy
from simulator.network.plan import Sendings
from simulator.network.recovery import Backoff, Retry
from simulator.report.sendings import sending_tables, sendings_html
from simulator.scenario.advice import bursts_and_retries, unhedged
from simulator.scenario.identity import cell_hash
from simulator.scenario.variants import variants
from simulator.study.answers import check_memory
from simulator.study.assemble import Assembly, given_costs
from simulator.study.explain import Asked, explain
from simulator.study.replay import replay
from simulator.study.run import run as run_study
from simulator.study.sending_findings import resent_bytes
from simulator.study.whatif import what_if

MS = 10**6
LINKS = [("watch", "edge"), ("watch", "spare"), ("edge", "cloud"), ("spare", "cloud")]
SERVICE = {"service": {"mean": "2 ms"}, "output": "10 B"}
RETRY = {"attempts": 3, "timeout": "30 ms"}


def loaded(folder, **scenario):
    """Return a scenario: watch -> edge -> cloud, where edge also stands on spare; 10 ms a hop, 2 ms a part."""
    link, skip = scenario.pop("link", {}), scenario.pop("skip", False)
    pairs = LINKS + [("watch", "cloud")] * skip
    nodes = dict.fromkeys(["watch", "edge", "spare", "cloud"], scenario.pop("node", {}))
    files = {
        "topology": {"title": "t", "nodes": nodes,
                     "links": [{"between": list(pair), "latency": "10 ms", **link} for pair in pairs]},
        "model": {"sources": {"watch": {"output": "10 B"}},
                  "parts": {"edge": SERVICE, "cloud": {**SERVICE, "exit": True}},
                  "hyperconnections": [{"from": "watch", "to": "edge"}, {"from": "edge", "to": "cloud"}]
                  + [{"from": "watch", "to": "cloud"}] * skip},
        "scenario": {"title": "s", "topology": "topology.yaml", "model": "model.yaml", "measure": ["timed"],
                     "placement": {"edge": ["edge", "spare"]}, "strategy": "select", "replications": 2,
                     "workload": {"arrivals": {"kind": "periodic", "every": "100 ms"}, "requests": 5}, **scenario},
    }
    for name, plain in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")


def outage(component, begin, end):
    return {"component": component, "from": f"{begin} ms", "to": f"{end} ms"}


def failing(*outages):
    return [{"kind": "scripted", "outages": list(outages)}]


def life(folder, request):
    (found,) = explain(Asked(folder, request))
    told = replay(found, quick=False)
    assert told.is_same
    return [(moment.age_ns / MS, moment.who, moment.what) for moment in told.moments]


def test_a_request_goes_to_the_node_that_is_up_and_its_life_says_which(tmp_path):
    done = run_study(loaded(tmp_path, failures=failing(outage("edge", 50, 150))), tmp_path / "run")
    assert done.record.cells[0].counts["on_time"] == 10
    assert (10, "edge", "fires, on spare with watch->edge") in life(done.folder, 1)
    assert (10, "edge", "fires with watch->edge") in life(done.folder, 2)


def test_a_message_that_was_lost_and_sent_again_is_told(tmp_path):
    again = loaded(tmp_path, failures=failing(outage("watch-edge", 105, 150)), policy={"retry": RETRY})
    done = run_study(again, tmp_path / "run")
    told = life(done.folder, 1)
    assert (30, "watch->edge", "sent again: watch-edge was down") in told
    assert (60, "edge", "fires with watch->edge") in told  # edge is up, and the way over spare and cloud is a way
    (cell,) = done.record.cells
    row = next(row for row in cell.tables["sendings"] if row["hyperconnection"] == "watch->edge")
    assert (row["messages"], row["repeated"], row["given_up"]) == (10, 2, 0)
    assert cell.estimates["sendings_per_message"].value == pytest.approx(22 / 20)
    (table,) = sending_tables(done.record)
    assert table.headers == ["hyperconnection", "messages", "sendings", "again %"]
    assert table.rows[0] == ["watch->edge", "10", "1.200", "20.00"]
    assert "sent again after a loss" in sendings_html(done.record)


def test_a_hedged_request_is_told_with_both_nodes(tmp_path):
    slow = [{"factor": 50, "when": failing(outage("edge", 90, 190))[0]}]
    done = run_study(loaded(tmp_path, slow=slow, policy={"hedge": {"after": "20 ms"}}), tmp_path / "run")
    told = life(done.folder, 1)
    assert (20, "watch->edge", "also sent to the next node: not done yet") in told
    assert (32, "edge", "done on spare") in told
    assert any(who == "edge" and what == "done on edge, too late" for _, who, what in told)
    row = done.record.cells[0].tables["sendings"][0]
    assert (row["hedged"], row["won"], row["wasted"]) == (2, 2, 2)


def test_answers_are_as_frequent_as_the_exact_law_of_the_patterns_says(tmp_path):
    survival = {"edge": 0.7, "spare": 0.6, "cloud": 0.9, "watch-spare": 0.8}
    many = {"arrivals": {"kind": "poisson", "rate": "1 /s"}, "requests": 4000}
    found = loaded(tmp_path, failures=[{"kind": "bernoulli", "survival": survival}], workload=many, replications=1)
    (cell,) = run_study(found, tmp_path / "run").record.cells
    route = 0.8 + 0.2 * 1.0  # over edge's links, as edge still forwards
    truth = 0.9 * (1 - 0.3 * (1 - 0.6 * route))
    share = cell.estimates["share_on_time"].value
    assert abs(share - truth) < 4.5 * np.sqrt(truth * (1 - truth) / 4000)
    assert cell.counts["zero_delay_equal"] == 4000


def test_whatif_says_what_the_other_node_does(tmp_path):
    one, both = (what_if(assembly_of(tmp_path), down) for down in (["edge"], ["edge", "spare"]))
    assert (one.ending, one.latency_ns) == ("on_time", 24 * MS)
    assert [edge.fate for edge in one.edges] == ["taken", "taken"]
    assert both.reason == "edge was down"
    assert both.edges[0].why == "edge and spare are down or cannot be reached"


def assembly_of(folder, **scenario):
    (cell,) = variants(loaded(folder, **scenario))
    return Assembly(cell.scenario, cell.topology, cell.model, cell.base)


def plan_of(folder, **scenario):
    assembly = assembly_of(folder, **scenario)
    return assembly.plan(given_costs(assembly.model, assembly.graph))


@pytest.mark.parametrize(("scenario", "told"), [
    ({"placement": {"edge": ["edge", "spear"]}}, "no node named 'spear' in the topology; did you mean 'spare'?"),
    ({"placement": {"edge": ["spare", "spare"]}}, "'spare' is there 2 times; name each node of a part once"),
    ({"placement": {"edge": []}}, "placement.edge"),
    ({"starved": "emit"}, "'emit' does not say on which of its nodes a starved part with replicas would run"),
    ({"placement": {}, "policy": {"hedge": {"after": "1 ms"}}}, "no part has replicas and one hyperconnection into it"),
    ({"policy": {"hedge": {"after": "1 ms"}, "deadline": "1 s", "wait": {"kind": "deadline"}}}, "hedged ones too"),
    ({"policy": {"retry": {"attempts": 99, "timeout": "1 ms"}}}, "policy.retry.attempts"),
    ({"policy": {"retry": {"attempts": 2}}}, "policy.retry"),
    ({"policy": {"retry": {**RETRY, "budget": 0}}}, "policy.retry.budget"),
])
def test_what_cannot_be_is_refused_with_its_place(tmp_path, scenario, told):
    with pytest.raises(ScenarioError) as refused:
        loaded(tmp_path, **scenario)
    assert told in str(refused.value)


def test_the_fast_path_is_refused_where_it_is_insisted_on(tmp_path):
    with pytest.raises(ScenarioError, match="messages choose among several nodes, or are sent again"):
        run_study(loaded(tmp_path, engine="vectorised"), tmp_path / "run")


def test_a_replica_needs_its_memory_on_each_of_its_nodes(tmp_path):
    assembly = assembly_of(tmp_path, node={"memory": "1 kB"})
    costs = given_costs(assembly.model, assembly.graph)
    with pytest.raises(ScenarioError) as refused:
        check_memory(assembly, costs.__class__({}, {}, {"edge": 2000}))
    assert [problem.place for problem in refused.value.problems] == ["node 'edge'", "node 'spare'"]


def test_what_may_surprise_is_warned_of(tmp_path):
    hedge, bursty = {"hedge": {"after": "1 ms"}}, {"loss": {"kind": "gilbert_elliott", "loss": 0.1, "burst": 5}}
    both = {"edge": ["edge", "spare"], "cloud": ["cloud", "spare"]}
    (told,) = unhedged(plan_of(tmp_path, skip=True, placement=both, policy=hedge))
    assert told.startswith("cloud has replicas but is not hedged")
    assert len(list(bursts_and_retries(plan_of(tmp_path, link=bursty, policy={"retry": RETRY})))) == len(LINKS)
    assert not list(bursts_and_retries(plan_of(tmp_path, link=bursty)))


def test_one_node_is_the_same_cell_however_it_is_written(tmp_path):
    names = [cell_hash(variants(loaded(tmp_path, placement={"edge": nodes}))[0]) for nodes in ("spare", ["spare"])]
    assert names[0] == names[1]
    assert names[0] != cell_hash(variants(loaded(tmp_path))[0])


def test_a_policy_moves_no_other_draw(tmp_path):
    exponential = {"arrivals": {"kind": "poisson", "rate": "5 /s"}, "requests": 50}
    more = {"workload": exponential, "link": {"loss": 0.3, "jitter": "5 ms"}, "node": {"servers": "unlimited"}}
    runs = [run_study(loaded(tmp_path, policy=policy, **more), tmp_path / str(number)).requests
            for number, policy in enumerate([{}, {"retry": RETRY}, {"retry": {**RETRY, "attempts": 5}}])]
    once = runs[0]["ending"] == "on_time"
    assert 0.2 < once.mean() < 0.8
    for run in runs[1:]:
        assert (run["ending"][once] == "on_time").all()
        assert (run["end_ns"][once] == runs[0]["end_ns"][once]).all()


def test_machines_that_live_through_their_instants_are_hedged_as_well(tmp_path):
    policy, ends = {"hedge": {"after": "13 ms"}, "retry": RETRY}, []
    for number, node in enumerate([{}, {"discipline": "processor_sharing"}, {"discipline": "priority"}]):
        more = {"failures": failing(outage("edge", 112, 150), outage("edge", 205, 230)), "node": node}
        done = run_study(loaded(tmp_path, policy=policy, **more), tmp_path / str(number))
        ends.append(done.requests["end_ns"].tolist())
        # request 1 is lost with edge at 112 ms, request 2 is refused there at 210 ms; both are answered over spare
        assert done.record.cells[0].counts["on_time"] == 10
        assert done.record.cells[0].tables["sendings"][0]["won"] == 2
    assert ends[0] == ends[1] == ends[2]


def test_what_is_sent_again_is_paid_for_on_every_link_of_its_way():
    sent = {"a->b": Sendings(messages=10, repeated=3, resent=4, crossings=7), "b->c": Sendings(messages=10)}
    assert resent_bytes(sent, {"a->b": 100, "b->c": 10}) == (400, 700)


def test_the_block_on_the_page_is_a_policy_with_the_defaults_that_the_page_names():
    page = (Path(__file__).parents[2] / "docs/recovery.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    policy = Policy.model_validate(yaml.safe_load(block)["policy"])
    assert policy.retry == Retry(attempts=3, timeout="20 ms", budget=0.1, saved=10, backoff=Backoff(
        first="10 ms", factor=2, most="1 s", jitter=0.5))
    assert (Retry(timeout="1 ms").attempts, Retry(timeout="1 ms").saved) == (3, 10)
