"""Silent errors from scenario to record: exact and served, by a second route, and nothing changed without them."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from shared import chain
from small import assemblies, assembly

import simulator
from simulator.errors import ScenarioError
from simulator.scenario.identity import cell_hash
from simulator.scenario.variants import variants
from simulator.study.answers import answers
from simulator.study.explain import Asked, explain
from simulator.study.progress import Progress
from simulator.study.replay import replay
from simulator.study.whatif import what_if

WORKLOAD = {"arrivals": {"kind": "poisson", "rate": "2 /s"}, "requests": 200}
ERRORS = [
    {"kind": "bit_flips", "per_bit": 0.01, "on": ["edge", "cloud"], "chance": 0.3},
    {"kind": "corrupted", "on": ["edge->cloud", "fog-cloud"], "chance": 0.2},
    {"kind": "corrupted", "name": "dropped", "on": ["edge-fog"], "chance": 0.4, "checksum": True},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of all scenarios, so that their network is trained once."""
    return tmp_path_factory.mktemp("errors")


@pytest.fixture(scope="module")
def ran(folder):
    """Return the run of a chain with errors in each of two ways, and its folder."""
    when = {"kind": "renewal", "availability": {"fog": 0.8}, "mttr": "5 s"}
    spells = {"kind": "noisy", "relative": 2.0, "when": when}
    loaded = chain(folder, errors=[*ERRORS, spells], workload=WORKLOAD, measure=["expected_accuracy", "timed"],
                   replications=10)
    return loaded, simulator.run(loaded, folder / "run"), folder / "run"


def judged(loaded):
    (of,) = assemblies(loaded)
    return of, answers(of, quick=False, label="", progress=Progress()).outcomes


def test_expectation_is_that_of_all_patterns_of_crashes_and_damage_by_hand(ran):
    loaded, run, _ = ran
    of, outcomes = judged(loaded)
    chance = {"edge": 0.3, "fog": 0.2, "edge[bit flips]": 0.3, "cloud[bit flips]": 0.3, "edge->cloud[corrupted]": 0.2,
              "fog-cloud[corrupted]": 0.2, "edge-fog[dropped]": 0.4, "fog[noisy]": 0.2}
    total = damaged = changed = 0.0
    for held in product([False, True], repeat=len(chance)):
        names = frozenset(name for name, is_held in zip(chance, held, strict=True) if is_held)
        weight = np.prod([p if is_held else 1 - p for p, is_held in zip(chance.values(), held, strict=True)])
        delivery = of.reach.delivery(names)
        total += weight * outcomes.correct(delivery).mean()
        if delivery & of.graph.all_marks:
            whole = of.reach.delivery(frozenset(n for n in names if "[" not in n or "dropped" in n))
            outcomes.ensure([whole])
            damaged += weight
            changed += weight * (outcomes.predictions[delivery] != outcomes.predictions[whole]).mean()
    found = run.record.cells[0].estimates
    assert found["expected_accuracy"].value == pytest.approx(total, abs=1e-12)
    assert found["damaged"].value == pytest.approx(damaged, abs=1e-12)
    assert found["sdc"].value == pytest.approx(changed, abs=1e-12)
    assert 0.1 < changed < damaged < 0.9


def test_simulated_requests_agree_with_the_expectation_and_the_identity_holds(ran):
    _, run, _ = ran
    cell = run.record.cells[0]
    assert cell.counts["zero_delay_equal"] == cell.counts["zero_delay_compared"] == 200
    controlled = cell.estimates["served_accuracy_controlled"]
    assert controlled.low - 0.01 <= cell.estimates["expected_accuracy"].value <= controlled.high + 0.01
    for exact, served in (("damaged", "served_damaged"), ("sdc", "served_sdc")):
        half = cell.estimates[served].high - cell.estimates[served].value
        gap = abs(cell.estimates[exact].value - cell.estimates[served].value)
        assert gap < 4 * half  # Student's t of 9 degrees is beyond 9 once in 200,000 times


def test_the_table_of_endings_adds_up_to_the_requests(ran):
    _, run, _ = ran
    rows, frame = run.record.cells[0].tables["errors"], run.requests
    tagged = frame["why"].astype(str).str.contains("damaged: ")
    assert sum(row["requests"] for row in rows) == 2000
    assert sum(row["damaged"] for row in rows) == tagged.sum() > 500
    assert 0 < sum(row["changed"] for row in rows) < tagged.sum()
    whys = set(frame["why"].astype(str))
    assert "damaged: edge->fog[bit flips]" in whys
    assert "edge-fog[dropped] held: iot->fog in place of iot->edge edge->fog" in " ".join(whys)


def test_a_request_is_explained_with_its_damage(ran):
    _, run, folder = ran
    frame = run.requests
    row = frame[(frame["replication"] == 0) & (frame["why"] == "damaged: edge->fog[bit flips]")].iloc[0]
    (told,) = explain(Asked(folder, int(row["request"])))
    assert "edge[bit flips]" in told.held
    assert not set(told.held) & set(told.down)
    assert next(fate.why for fate in told.edges if fate.name == "edge->fog") == "damaged: bit flips"
    life = replay(told, quick=False)
    assert life.is_same
    assert ("edge->fog", "arrives damaged (bit flips)") in {(moment.who, moment.what) for moment in life.moments}


def test_a_state_can_be_asked_about_like_a_failure(ran):
    loaded, _, _ = ran
    (of,) = assemblies(loaded)
    found = what_if(of, ["edge[bit flips]", "edge-fog[dropped]"])
    assert found.delivery == "cloud <- fog->cloud iot->fog"
    fates = {fate.name: fate.why for fate in found.edges}
    assert fates["edge->fog"] == "damaged on its way, and dropped by its receiver"
    with pytest.raises(ScenarioError, match=r"did you mean 'edge\[bit flips\]'"):
        what_if(of, ["edge[bit flip]"])


@pytest.mark.parametrize("errors", [
    [{"kind": "noisy", "relative": 3, "chance": 0}],
    [{"kind": "noisy", "relative": 0}, {"kind": "corrupted", "per_bit": 0}],
])
def test_errors_that_never_come_or_do_nothing_leave_accuracy_as_it_is(folder, tmp_path, errors):
    without, given = (estimates(folder, tmp_path / str(len(more)), **more) for more in ({}, {"errors": errors}))
    assert given["expected_accuracy"].value == pytest.approx(without["expected_accuracy"].value, abs=1e-12)
    assert given["all_up_accuracy"] == without["all_up_accuracy"]
    assert given.get("sdc") is None or given["sdc"].value == 0


def test_none_changed_of_a_test_set_is_not_none_at_all(folder, tmp_path):
    errors = [{"kind": "noisy", "relative": 0, "chance": 0.5}]
    sdc = estimates(folder, tmp_path / "never", errors=errors)["sdc"]
    samples = sdc.samples
    assert (sdc.value, sdc.low) == (0, 0)
    assert 0.4 * (1 - 0.025 ** (1 / samples)) < sdc.high < 1 - 0.025 ** (1 / samples)


def estimates(folder, out, **scenario):
    """Return the estimates of a chain's only cell."""
    return simulator.run(chain(folder, **{"measure": ["expected_accuracy"], **scenario}), out).record.cells[0].estimates


def test_a_checksum_makes_a_network_of_skips_what_it_is_when_the_message_is_lost(folder, tmp_path):
    """Corruption of edge->fog seen by its receiver is that hyperconnection cut, with the same chance."""
    errors = [{"kind": "corrupted", "on": ["edge->fog"], "chance": 0.25, "checksum": True}]
    seen = estimates(folder, tmp_path / "seen", errors=errors)
    link = [{"kind": "bernoulli", "survival": "poor"}, {"kind": "bernoulli", "survival": {"edge-fog": 0.75}}]
    cut = estimates(folder, tmp_path / "cut", failures=link)
    assert seen["expected_accuracy"].value == pytest.approx(cut["expected_accuracy"].value, abs=1e-12)
    assert seen["damaged"].value == 0


def test_a_scenario_without_errors_has_the_name_and_the_deliveries_that_it_had():
    plain, given = (next(iter(variants(simulator.load("queue", set=more)))) for more in ({}, {"errors": []}))
    assert cell_hash(plain) == cell_hash(given)
    graph = assembly("first", "resilinet").graph
    marked = assembly("first", "resilinet", errors=[{"kind": "noisy", "relative": 1}]).graph
    assert graph.marks == ()
    assert graph == replace(marked, marks=())
    assert [graph.exit_bit("cloud"), graph.edge_bit(3)] == [marked.exit_bit("cloud"), marked.edge_bit(3)]


def test_a_table_of_outcomes_needs_a_column_for_each_state(tmp_path):
    """A damaged pattern is found in the table, where 0 in a state's column is damage; without it the run is refused."""
    rows = [{"edge": edge, "edge[noisy]": state, "right": 0.9 - 0.3 * (1 - edge) - 0.2 * (1 - state)}
            for edge, state in product([0, 1], repeat=2)]
    pd.DataFrame(rows).to_csv(tmp_path / "table.csv", index=False)
    errors = [{"kind": "noisy", "relative": 1, "on": "edge", "chance": 0.5}]
    block = {"kind": "table", "path": str(tmp_path / "table.csv"), "column": "right"}
    more = {"errors": errors, "outcomes": block, "failures": [{"kind": "bernoulli", "survival": {"edge": 0.8}}],
            "measure": ["expected_accuracy"]}
    found = simulator.run(chain(tmp_path, **more), tmp_path / "run").record.cells[0].estimates["expected_accuracy"]
    assert found.value == pytest.approx(0.9 - 0.3 * 0.2 - 0.2 * 0.5)
    pd.DataFrame(rows).drop(columns="edge[noisy]").to_csv(tmp_path / "table.csv", index=False)
    with pytest.raises(ScenarioError, match=r"no column for the component 'edge\[noisy\]', which can fail"):
        simulator.run(chain(tmp_path, **more), tmp_path / "again")


def test_records_with_errors_are_the_same_bytes_again(ran, tmp_path):
    loaded, _, folder = ran
    simulator.run(loaded, tmp_path / "again")
    assert json.loads((tmp_path / "again/record.json").read_text()) == json.loads((folder / "record.json").read_text())
    assert (tmp_path / "again/requests.parquet").read_bytes() == (folder / "requests.parquet").read_bytes()


def test_curves_of_failures_are_without_errors_and_single_damage_has_rows_of_its_own(folder, tmp_path):
    asked = [{"accuracy_vs_failure": {"points": 3}}, "individual_failures"]
    plain, struck = (simulator.run(chain(folder, measure=asked, **more), tmp_path / str(len(more))).record.cells[0]
                     for more in ({}, {"errors": ERRORS[:1]}))
    assert struck.curves["accuracy_vs_failure"] == plain.curves["accuracy_vs_failure"]
    rows = {row["down"]: row for row in struck.tables["individual_failures"]}
    assert list(rows) == ["edge", "fog", "edge[bit flips]", "cloud[bit flips]"]
    assert rows["fog"]["accuracy"] == plain.tables["individual_failures"][1]["accuracy"]
    assert rows["edge[bit flips]"]["delivery"] == "cloud <- iot->edge edge->fog[bit flips] fog->cloud"
