"""Why a request ended so: the column, the command, and the same life when it is run again."""

import json

import numpy as np
import pandas as pd
import pytest
from small import assemblies
from typer.testing import CliRunner

import simulator
from simulator.cli import main as cli
from simulator.failures.cause_spells import cause_spells_of
from simulator.seeds import Streams
from simulator.study.again import cells_again
from simulator.study.explain import Asked, explain
from simulator.study.record import Record
from simulator.study.replay import replay
from simulator.study.run import run as run_study
from simulator.study.why import was_down

MS = 10**6
PAIRS = [("watch", "edge"), ("edge", "cloud"), ("watch", "cloud")]
# Requests at 0, 100, 200, 300 and 400 ms; each hop takes 10 ms, each part 2 ms.
OUTAGES = [{"component": name, "from": f"{begin} ms", "to": f"{end} ms"} for name, begin, end in (
    ("edge", 95, 150), ("watch", 195, 205), ("edge", 311, 350), ("cloud", 390, 500))]
SERVICE = {"service": {"mean": "2 ms"}}
HEARTBEAT = {"kind": "heartbeat", "period": "40 ms", "misses": 2, "loss": 0.1, "after": "30 ms"}
GROUPS = [{"kind": "groups", "groups": {"rack": {"members": ["edge", "cloud"], "mtbf": "3 s", "mttr": "1 s"}}},
          {"kind": "renewal", "mtbf": {"edge": "4 s"}, "mttr": "1 s"}]


def diamond(folder, **scenario):
    """Return a loaded scenario without layers: watch -> edge -> cloud, with a skip past edge as second choice."""
    nodes, node = ["watch", "edge", "cloud"], {"forwards_when_down": False, **scenario.pop("node", {})}
    files = {
        "topology": {"title": "three machines", "nodes": dict.fromkeys(nodes, node),
                     "links": [{"between": list(pair), "latency": "10 ms"} for pair in PAIRS]},
        "model": {"sources": {"watch": {}},
                  "parts": {"edge": SERVICE, "cloud": {**SERVICE, "exit": True}},
                  "hyperconnections": [{"from": a, "to": b} for a, b in PAIRS]},
        "scenario": {"title": "a diamond", "topology": "topology.yaml", "model": "model.yaml", "measure": ["timed"],
                     "failures": [{"kind": "scripted", "outages": OUTAGES}], "strategy": "select", "replications": 2,
                     "workload": {"arrivals": {"kind": "periodic", "every": "100 ms"}, "requests": 5}, **scenario},
    }
    for name, plain in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the run folder of the diamond."""
    base = tmp_path_factory.mktemp("diamond")
    return run_study(diamond(base), base / "run").folder


def sim(*words):
    return CliRunner().invoke(cli.app, [str(word) for word in words], catch_exceptions=False, env={"COLUMNS": "100"})


def test_each_request_says_why(folder):
    frame = pd.read_parquet(folder / "requests.parquet")
    mine = frame[frame.replication == 0]
    assert mine["why"].tolist() == [
        "",
        "edge was down: watch->cloud in place of watch->edge edge->cloud",
        "watch was down",
        "edge was down: watch->cloud in place of watch->edge edge->cloud",  # it fell while the message was on its way
        "cloud was down",
    ]
    assert mine["ending"].tolist() == ["on_time", "on_time", "lost", "on_time", "lost"]


def test_a_replayed_life_has_every_instant(folder):
    (found,) = explain(Asked(folder, 1))
    assert found.down == ("edge",)
    life = replay(found, quick=False)
    assert life.is_same
    assert [(moment.age_ns / MS, moment.who, moment.what) for moment in life.moments] == [
        (0, "watch", "fires"),
        (0, "watch", "done"),
        (0, "watch->edge", "sent"),
        (0, "watch->cloud", "sent"),
        (10, "watch->edge", "arrives"),
        (10, "watch->cloud", "arrives"),
        (10, "edge", "lost: edge was down"),
        (10, "edge->cloud", "not sent: edge was down"),
        (10, "cloud", "fires with watch->cloud; without edge->cloud (edge was down)"),
        (12, "cloud", "done"),
        (12, "", "the answer is here"),
        (12, "", "ends on time"),
    ]


def test_a_crash_on_the_way_is_told_at_its_instant(folder):
    (found,) = explain(Asked(folder, 3))
    assert found.down == ()
    assert found.switches == ((311 * MS, "edge crashes"),)
    life = replay(found, quick=False)
    assert life.is_same
    told = [(moment.age_ns / MS, moment.who, moment.what) for moment in life.moments]
    assert told.index((11, "", "edge crashes")) < told.index((13, "", "ends on time"))
    assert (11, "edge", "lost: edge was down") in told


@pytest.mark.parametrize("given", [
    {"failures": GROUPS},
    {"failures": [{"kind": "bernoulli", "survival": {"edge": 0.6, "cloud": 0.9, "edge-cloud": 0.8}}]},
    {"failures": GROUPS, "policy": {"deadline": "30 ms", "at_deadline": "withdraw",
                                    "wait": {"kind": "timeout", "after": "15 ms"}, "crash": {"queue": "keep"}}},
    {"failures": GROUPS, "node": {"discipline": "processor_sharing"}},
    {"failures": GROUPS, "policy": {"skips": "on_demand", "wait": HEARTBEAT}},
], ids=["groups", "coins", "timeouts", "sharing", "heartbeats"])
def test_every_request_of_a_run_is_replayed_as_it_was(tmp_path, given):
    done = run_study(diamond(tmp_path, **given, **{"workload": {
        "arrivals": {"kind": "poisson", "rate": "20 /s"}, "requests": 60}}), tmp_path / "run")
    for request in range(0, 60, 7):
        for replication in (0, 1):
            (found,) = explain(Asked(done.folder, request, replication))
            assert replay(found, quick=False).is_same


def test_the_group_behind_an_outage_is_named(tmp_path):
    loaded = diamond(tmp_path, failures=GROUPS, **{"workload": {
        "arrivals": {"kind": "poisson", "rate": "20 /s"}, "requests": 2000}})
    whys = set(run_study(loaded, tmp_path / "run").requests["why"])
    both, edge = "cloud was down (rack); also down: edge (rack)", "edge was down: watch->cloud in place of watch->edge"
    assert {both, f"{edge} edge->cloud"} <= whys
    assert not any("cloud was down" in why and "cloud was down (rack)" not in why for why in whys)


@pytest.mark.parametrize("failures", [GROUPS, [{"kind": "shocks", "shocks": {
    "surge": {"fells": {"edge": 0.5, "cloud": 0.9}, "every": "5 s", "mttr": "1 s"},
    "flood": {"fells": ["edge"], "every": "9 s", "mttr": "4 s"}}}]], ids=["groups", "shocks"])
def test_the_spells_of_all_causes_together_are_the_timeline(tmp_path, failures):
    loaded = diamond(tmp_path, failures=failures)
    (cell,) = assemblies(loaded)
    line = cell.process.timeline(Streams(4), 10, 200 * 10**9)
    spells = cause_spells_of(cell.process, Streams(4), 10, 200 * 10**9)
    assert {spell.cause for spell in spells} == set(failures[0][failures[0]["kind"]])
    instants = np.arange(0, 200, 0.37) * 10**9
    for place, name in enumerate(line.components):
        down = ~line.up_at(instants.astype(np.int64))[:, place]
        named = np.zeros(len(instants), dtype=bool)
        for spell in (spell for spell in spells if spell.component == name):
            named |= was_down(spell.begin_ns, spell.end_ns, instants, instants)
        assert (down >= named).all()
        if len(failures) == 1 or name == "cloud":
            assert (down == named).all()


def test_a_skip_that_was_held_back_is_told(tmp_path):
    policy = {"skips": "on_demand", "wait": HEARTBEAT | {"loss": 0}}
    done = run_study(diamond(tmp_path, policy=policy), tmp_path / "run")
    told = [(moment.who, moment.what) for moment in replay(explain(Asked(done.folder, 0))[0], quick=False).moments]
    assert ("watch->cloud", "not sent: on demand, and what it bypasses was trusted") in told


def test_a_cell_that_is_named_by_a_whole_block_is_found_again(tmp_path):
    waits = [{"kind": "timeout", "after": "15 ms"}, HEARTBEAT]  # JSON sorts their keys
    done = run_study(diamond(tmp_path, sweep={"policy.wait": waits}), tmp_path / "run")
    found = explain(Asked(done.folder, 3))
    kinds = [(one.cell.name.split()[0], one.variant.scenario.policy.wait.kind) for one in found]
    assert kinds == [("timeout", "timeout"), ("heartbeat", "heartbeat")]


def test_a_record_read_back_makes_the_same_cells(tmp_path):
    loaded = diamond(tmp_path, sweep={"policy.deadline": ["20 ms", "1 s"]})
    done = run_study(loaded, tmp_path / "run")
    record = Record.from_json((done.folder / "record.json").read_text())
    pairs = cells_again(record, done.folder)
    assert [cell.label for cell, _ in pairs] == [{"policy.deadline": "20 ms"}, {"policy.deadline": "1 s"}]
    assert [variant.scenario.policy.deadline_ns for _, variant in pairs] == [20 * MS, 1000 * MS]
    assert [node.name for node in pairs[0][1].topology.nodes] == ["watch", "edge", "cloud"]


def test_the_command_tells_the_life_of_a_request(folder):
    told = sim("explain", folder, "--request", 1, "--replay")
    assert told.exit_code == 0
    assert "born at 0.100 s" in told.stdout
    assert "down at its birth: edge" in told.stdout
    assert "why: edge was down: watch->cloud in place of watch->edge edge->cloud" in told.stdout
    assert "fires with watch->cloud; without edge->cloud (edge was down)" in told.stdout


@pytest.mark.parametrize(("words", "line"), [
    (("--request", 5), "option --request: no request 5 in replication 0; they are 0 to 4"),
    (("--request", -1), "option --request: no request -1 in replication 0; they are 0 to 4"),
    (("--request", 1, "--replication", 2), "option --replication: no replication 2; they are 0 to 1"),
    (("--request", 1, "--cell", "al"), "option --cell: no cell 'al'; did you mean 'all'?"),
])
def test_what_is_not_there_is_told_with_what_is(folder, words, line):
    told = sim("explain", folder, *words)
    assert (told.exit_code, told.stderr.strip()) == (2, line)


def test_a_folder_without_a_run_is_told(tmp_path):
    told = sim("explain", tmp_path, "--request", 1)
    assert told.exit_code == 2
    assert "no finished run is in this folder; give the folder that 'sim run' named" in told.stderr


def test_a_run_without_requests_is_told(folder, tmp_path):
    (tmp_path / "record.json").write_text((folder / "record.json").read_text())
    told = sim("explain", tmp_path, "--request", 1)
    assert told.exit_code == 2
    assert "this run simulated no requests; add 'timed' to the scenario's measure" in told.stderr


