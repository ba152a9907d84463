"""First inputs, repairs and held values through the whole path of a scenario: files, engine, outcomes, words."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from small import assembly, cells, simulated
from test_explain import MS, diamond, sim

import simulator
from simulator.dataflow.graph import DATA
from simulator.errors import ScenarioError
from simulator.evaluate.held import HeldEvaluation
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.part_by_part import Evaluation
from simulator.network.blocks import Policy
from simulator.report.held_table import held_table
from simulator.study.agreement import zero_delay_identity
from simulator.study.answers import Answers
from simulator.study.explain import Asked, explain
from simulator.study.findings import Findings
from simulator.study.held import SHARES, find_held, shares, worths
from simulator.study.record import Record
from simulator.study.replay import replay
from simulator.study.run import run as run_study
from simulator.study.timed_findings import TimedFindings
from simulator.study.whatif import what_if
from tests.evaluate.test_held import alone
from tests.house.commands import ROOT
from tests.support.plain_runner import PlainRunner

HELD = {"held": {"age": "500 ms"}}
DOWN = [{"kind": "scripted", "outages": [{"component": "edge", "from": "95 ms", "to": "150 ms"}]}]
BLOCKS = [yaml.safe_load(text) for text in
          re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/waiting.md").read_text(), flags=re.DOTALL)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the run folder of the diamond, without its skip, with held values."""
    base = tmp_path_factory.mktemp("held")
    return run_study(diamond(base, policy=HELD, skips="none"), base / "run").folder


def test_each_row_says_which_values_were_held_of_which_request_and_how_old(folder):
    mine = pd.read_parquet(folder / "requests.parquet").query("replication == 0")
    assert mine["held"].tolist() == [
        "",
        "edge->cloud of request 0, 88 ms old",  # it came at 22 ms, and at 110 ms it is known that edge is down
        "edge->cloud of request 0, 178 ms old",
        "edge->cloud of request 0, 289 ms old",  # edge falls at 311 ms, while the message is on its way
        "",
    ]
    assert mine["delivery"].tolist()[1] == "cloud <- edge->cloud[held]"
    assert mine["why"].tolist()[1] == "edge was down: without watch->edge edge->cloud; held edge->cloud"
    assert mine["ending"].tolist() == ["on_time", "on_time", "on_time", "on_time", "lost"]


def test_the_record_counts_the_answers_that_rest_on_held_values(folder):
    record = yaml.safe_load((folder / "record.json").read_text())["cells"][0]
    assert record["counts"]["answered_with_held"] == record["counts"]["answered_from_held_only"] == 6
    assert [row["answers"] for row in record["tables"]["held"]] == [2, 0, 0, 6]


def test_the_table_has_a_row_for_each_share(folder):
    table = held_table(Record.from_json((folder / "record.json").read_text()))
    assert [head for head in table.headers if "answers" in head] == [f"{share}: answers" for share in SHARES]
    assert table.rows[0][1:] == ["2", "–", "0", "–", "0", "–", "6", "–"]  # a model without layers has no accuracy


def test_sim_explain_tells_the_held_value_and_the_replay_is_the_same_life(folder):
    told = sim("explain", folder, "--request", 1, "--replay")
    assert "held: edge->cloud of request 0, 88 ms old" in told.stdout
    assert "fires; held: edge->cloud of request 0, 88 ms old" in told.stdout
    for request in range(5):
        (found,) = explain(Asked(folder, request))
        assert replay(found, quick=False).is_same


def test_a_run_without_held_values_has_no_column_for_them(tmp_path):
    done = run_study(diamond(tmp_path), tmp_path / "run")
    assert "held" not in done.requests
    assert "answered_with_held" not in done.record.cells[0].counts


def test_a_kept_message_is_told_by_the_replay(tmp_path):
    loaded = diamond(tmp_path, policy={"lost": "wait_for_repair"}, skips="none", failures=DOWN)
    done = run_study(loaded, tmp_path / "run")
    (found,) = explain(Asked(done.folder, 1))
    life = replay(found, quick=False)
    assert life.is_same
    told = [(moment.age_ns / MS, moment.who, moment.what) for moment in life.moments if moment.who == "watch->edge"]
    assert told == [(0, "watch->edge", "is kept for a repair"), (50, "watch->edge", "handed over"),
                    (60, "watch->edge", "arrives")]


@pytest.mark.parametrize(("policy", "place", "line"), [
    ({"held": {"age": {"clud": "1 s"}}}, "policy.held.age.clud", "no part or hyperconnection named 'clud'"),
    ({"wait": {"kind": "first", "k": {"clud": 1}}}, "policy.wait.k.clud", "no part named 'clud' in the model"),
    ({"wait": {"kind": "first", "k": 0}}, "policy.wait", "0"),
    ({"held": {"age": "0 s"}}, "policy.held.age", "0"),
    ({"lost": "never"}, "policy.lost", "'never'"),
])
def test_what_cannot_be_is_told_with_its_place(tmp_path, policy, place, line):
    with pytest.raises(ScenarioError) as error:
        diamond(tmp_path, policy=policy)
    assert place in str(error.value)
    assert line in str(error.value)


def test_held_values_are_refused_beside_a_table_of_outcomes_and_starved_parts_that_emit(tmp_path):
    (tmp_path / "table.csv").write_text("edge,value\n1,0.9\n0,0.5\n")
    table = {"kind": "table", "path": str(tmp_path / "table.csv"), "column": "value"}
    with pytest.raises(ScenarioError, match="outcomes are given"):
        diamond(tmp_path, policy=HELD, outcomes=table)
    with pytest.raises(ScenarioError, match="starved: silent"):
        diamond(tmp_path, policy=HELD, starved="emit")


def test_the_defaults_say_nothing_so_that_old_cells_keep_their_names():
    assert Policy().model_dump(exclude_defaults=True) == {}
    assert not Policy().departs_from_snapshots
    assert all(Policy.model_validate(each).departs_from_snapshots
               for each in (HELD, {"lost": "wait_for_repair"}, {"wait": {"kind": "first", "k": 1}}))


def test_the_run_checks_the_zero_delay_identity_with_first_joins():
    cell = assembly("first", "resilinet", **{"policy.wait": {"kind": "first", "k": 1}, "workload.requests": 500})
    same, compared = zero_delay_identity(cell, cell.scenario.workload)
    assert same == compared == 500


def test_what_if_looks_at_one_request_that_nothing_comes_to_help():
    cell = assembly("theory-kept")
    found = what_if(cell, ["server"])
    assert (found.ending, found.latency_ns) == ("lost", 0)


@pytest.fixture(scope="module")
def runs():
    """A cell of the scenario held, and its requests, which need no network yet."""
    changes = {"workload.persistence": 0.9, "policy.held": {"age": "2 s"}, "workload.requests": 400, "replications": 3}
    cell = assembly("held", "dfg", **changes)
    return cell, simulated(cell, samples=30)


def answers_of(cell):
    """Return outcomes of a network of plain numpy."""
    runner, labels = PlainRunner(cell.graph, 30), np.arange(30) % 3
    evaluation = Evaluation(cell.graph, runner, 30)
    outcomes = Outcomes(labels, labels, np.full(30, 0.25), evaluation.predictions)
    return runner, Answers(outcomes, None, "", 3, False, None, HeldEvaluation(cell.graph, runner).predictions)


def test_the_worth_of_each_request_is_that_of_what_it_alone_was_answered(runs):
    from simulator.evaluate.held import HeldRequests

    cell, found = runs
    runner, judged = answers_of(cell)
    worth = worths(judged, cell.graph, found, found.delivery)
    held = shares(cell.graph, found) > 0
    assert held.sum() > 100
    for row in np.flatnonzero(held)[::3]:
        number, mine = found.replication[row], found.replication == found.replication[row]
        asked = HeldRequests({}, found.sample[mine], found.held[number].origins())
        predicted = alone(runner, asked, int(found.request[row]), found.deliveries[found.delivery[row]])
        assert worth[row] == (predicted == judged.outcomes.labels[found.sample[row]])
    plain = judged.outcomes.worth(found.delivery[~held], found.deliveries, found.sample[~held])
    np.testing.assert_array_equal(worth[~held], plain)


def test_answers_are_counted_by_the_share_of_inputs_that_was_held(runs):
    cell, found = runs
    judged = answers_of(cell)[1]
    step = TimedFindings(cell, judged, "", lambda *_: None, Findings())
    requests, told = step._requests(found), Findings()
    find_held(cell.graph, found, requests, told)
    answers = [row["answers"] for row in told.tables["held"]]
    assert sum(answers) == requests.answered.sum()
    assert told.counts["answered_with_held"] == sum(answers[1:])
    only = [d for d in found.deliveries if d and not d & DATA]
    assert answers[SHARES.index("all: no data of its own")] == sum(
        (found.delivery == found.deliveries.index(d)).sum() for d in only)
    assert answers[0]
    assert answers[1]
    assert answers[3]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_what_the_page_shows_can_be_written(block):
    assert Policy.model_validate(block["policy"])


@pytest.mark.parametrize("name", ["held", "recovery", "theory-first-k", "theory-kept"])
def test_the_scenarios_of_the_page_are_on_the_shelf(name):
    assert f"sim run {name}" in (ROOT / "docs/waiting.md").read_text()
    assert cells(simulator.load(name))
