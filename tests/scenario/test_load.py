"""Loading: a scenario with its topology and its model, names on the shelf, options, and everything written out."""

from pathlib import Path

import pytest
import yaml

import simulator
from simulator.errors import ScenarioError
from simulator.scenario import shelf
from simulator.scenario.load import load, resolved
from simulator.scenario.scenario import Scenario
from tests.scenario.small import write


def test_a_scenario_is_loaded_with_its_topology_and_model(tmp_path):
    loaded = load(write(tmp_path))
    assert loaded.scenario.workload.arrivals.rate_per_s == 2.0
    assert loaded.scenario.policy.deadline_ns == 250_000_000
    assert loaded.topology.components == ("sensor", "edge", "cloud", "sensor-edge", "edge-cloud", "sensor-cloud")
    assert loaded.model.parts["edge"].service.mean_ns == 10_000_000
    assert loaded.place("policy.deadline").endswith("ask.yaml:8 policy.deadline")
    assert (loaded.path, loaded.base) == (tmp_path / "ask.yaml", tmp_path)


@pytest.mark.parametrize("kind", shelf.FOLDERS)
def test_the_shelf_is_found_by_name_with_and_without_the_ending(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, path in shelf.files(kind).items():
        assert shelf.find(kind, name) == shelf.find(kind, path.name) == path


def test_a_path_comes_before_the_shelf_and_a_file_beside_the_scenario_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queue-chain.yaml").write_text("nodes: {}")
    assert shelf.find("topology", "queue-chain.yaml") == Path("queue-chain.yaml")
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert shelf.find("topology", "queue-chain.yaml", tmp_path) == tmp_path / "queue-chain.yaml"


def test_options_replace_values_and_make_blocks_where_there_are_none(tmp_path):
    loaded = load(
        write(tmp_path),
        {
            "policy.deadline": "100 ms",
            "seed": "7",
            "failures.0.mttr": "1 s",
            "training.epochs": 3,
            "measure": ["timed"],
        },
    )
    assert (loaded.scenario.policy.deadline_ns, loaded.scenario.seed) == (100_000_000, 7)
    assert loaded.scenario.failures[0].mttr_ns == 10**9
    assert loaded.place("seed") == "option --set seed"


def test_training_failout_and_data_of_the_scenario_lie_over_those_of_the_model(tmp_path):
    path = write(
        tmp_path,
        [
            (
                "split.yaml",
                "title: Two parts",
                "training: {epochs: 9, batch_size: 7}\ndata: {kind: watch, test_subjects: 3}",
            ),
            ("ask.yaml", "seed: 1", "training: {epochs: 1}\nfailout: {granularity: batch}\ndata: {test_subjects: 4}"),
        ],
    )
    model = load(path).model
    assert (model.training.epochs, model.training.batch_size) == (1, 7)
    assert (model.failout.survival, model.failout.granularity) == (0.9, "batch")
    assert (model.data.kind, model.data.test_subjects) == ("watch", 4)


def test_what_is_written_out_loads_to_the_same(tmp_path):
    loaded = load(write(tmp_path))
    plain = resolved(loaded)
    for name, text in (("chain", plain["topology"]), ("split", plain["model"])):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(text, sort_keys=False))
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(plain["scenario"], sort_keys=False))
    again = load(tmp_path / "again.yaml")
    assert (again.scenario, again.topology, again.model) == (loaded.scenario, loaded.topology, loaded.model)
    assert plain["scenario"]["policy"]["deadline"] == "250 ms"


def test_every_default_of_a_scenario_is_shown(tmp_path):
    shown = resolved(load(write(tmp_path)))["scenario"]
    assert set(shown) == {field.alias for field in Scenario.model_fields.values()}


def test_relative_data_paths_start_from_here_or_from_the_scenario(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    path = write(folder, [("ask.yaml", "kind: poisson, rate: 2 /s", "kind: trace, path: data/births.csv")])
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path, folder):
        (place / "data").mkdir()
        (place / "data/births.csv").write_text("arrival\n1\n")
        assert (load(path).base / "data/births.csv").is_file()
        (place / "data/births.csv").unlink()
    with pytest.raises(ScenarioError, match=r"no file 'data/births.csv'"):
        load(path)


def test_python_loads_and_edits(tmp_path):
    loaded = simulator.load(write(tmp_path), set={"replications": 3})
    assert loaded.scenario.replications == 3


@pytest.mark.parametrize("name", shelf.names("scenario"))
def test_every_shipped_scenario_loads(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        assert load(name).scenario.title
    except ScenarioError as error:  # a table that is not shipped
        assert all("no file" in problem.message for problem in error.problems), error
