"""``sim partition``: where a model can be cut, what parts cost, and a model file that a scenario can name."""

import pytest
import yaml
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.model.backend import keras
from tests.support import keras_models

SCENARIO = """\
title: a cut model
topology: cnn-chain
model: cut.yaml
strategy: select
placement: {sensor: iot, device: edge, edge: fog, cloud: cloud}
failures: [{kind: bernoulli, survival: hazardous}]
measure: [expected_accuracy]
data: {kind: arrays, path: nothing.npz, shape: [8, 8, 3], classes: 3}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    keras.utils.clear_session()
    keras_models.residual().save(made / "net.keras")
    inside = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x, name="odd"), keras.layers.Dense(2)])
    inside.save(made / "odd.keras")
    return made


@pytest.fixture
def sim(folder, monkeypatch):
    monkeypatch.chdir(folder)

    def run(*words):
        return CliRunner().invoke(app, ["partition", *words])

    return run


def test_without_cuts_it_lists_where_the_model_can_be_cut(sim):
    ran = sim("net.keras")
    assert ran.exit_code == 0, ran.output
    rows = [line.split()[0] for line in ran.output.splitlines() if line.strip()]
    assert {"stem", "add", "relu", "separable", "pool"} <= set(rows)
    assert "inner" not in rows  # a residual block cannot be cut by one tensor
    assert "answer" not in rows
    stem = next(line for line in ran.output.splitlines() if "stem" in line)
    assert stem.split() == ["stem", "8x8x4", "1,024", "0.01", "0.02"]


def test_with_cuts_it_tells_the_cost_of_parts_and_messages_and_writes_a_model_file(sim, folder):
    ran = sim("net.keras", "--cuts", "norm,stem", "--cuts", "relu", "--names", "device,edge,cloud", "--skips", "1..2",
              "--out", "cut.yaml", "--force")
    assert ran.exit_code == 0, ran.output
    lines = [line.split() for line in ran.output.splitlines()]
    assert ["device->edge", "0", "2,048", "norm", "+", "stem"] in lines
    assert ["device->cloud", "1", "1,024", "norm", "+", "stem", "512", "->", "8x8x4", "16"] in lines
    plain = yaml.safe_load((folder / "cut.yaml").read_text())
    assert plain["keras"]["path"] == "net.keras"
    assert plain["parts"]["cloud"] == {"exit": True, "from_keras": {"inputs": {"relu": [8, 8, 4]},
                                                                    "outputs": {"answer": [3]}}}
    assert plain["hyperconnections"][-1] == {"from": "device", "to": "cloud"}


def test_a_scenario_runs_on_what_it_wrote(sim, folder, tmp_path):
    assert sim("net.keras", "--cuts", "stem", "--cuts", "relu", "--names", "device,edge,cloud", "--skips", "1", "--out",
               "cut.yaml", "--force").exit_code == 0
    (folder / "ask.yaml").write_text(SCENARIO)
    ran = CliRunner().invoke(app, ["run", "ask.yaml", "--quick", "--out", str(tmp_path / "run")])
    assert ran.exit_code == 0, ran.output
    assert "SYNTHETIC" in ran.output  # the data, not the network


def test_nothing_is_overwritten(sim, folder):
    (folder / "mine.yaml").write_text("mine")
    ran = sim("net.keras", "--cuts", "relu", "--out", "mine.yaml")
    assert ran.exit_code == 2
    assert "'mine.yaml' is there already" in ran.output
    assert (folder / "mine.yaml").read_text() == "mine"
    assert sim("net.keras", "--cuts", "relu", "--out", "mine.yaml", "--force").exit_code == 0


@pytest.mark.parametrize(("typed", "told"), [
    (["none.keras"], ["argument MODEL: no file 'none.keras'"]),
    (["mine.txt"], ["is not a .keras file", ".h5 files and folders are not read"]),
    (["odd.keras"], ["the layer 'odd' is a Lambda", "keras.ops"]),
    (["net.keras", "--cuts", "ad"], ["no tensor 'ad'; did you mean 'add'?"]),
    (["net.keras", "--cuts", "norm", "--cuts", "nrm", "--names", "x"],
     ["'stem' leaks (image -> stem -> add -> ... -> answer)", "no tensor 'nrm'", "2 cuts make 3 parts, not 1"]),
    (["net.keras", "--cuts", "relu", "--skips", "0..1"], ["option --skips: '0..1' is no range"]),
    (["net.keras", "--cuts", "relu", "--skips", "two", "--shape", "8xy"], ["'two' is no range", "'8xy' is no shape"]),
    (["net.keras", "--cuts", "relu", "--shape", "9,8,3"], ["--shape 32,32,3", "(8, 8, 3)"]),
    (["net.keras", "--cuts", "relu", "--outputs", "anser"], ["no output 'anser'", "its outputs are answer"]),
    (["net.keras", "--cuts", "relu", "--names", "a,a"], ["'a' is named twice"]),
    (["net.keras", "--out", "x.yaml"], ["nothing to write without --cuts"]),
    (["net.keras", "--cuts", "relu", "--out", "no/folder/x.yaml"], ["no folder 'no/folder'"]),
], ids=lambda typed: " ".join(typed)[:40])
def test_bad_input_ends_with_exit_code_2_and_tells_all_of_it(sim, folder, typed, told):
    (folder / "mine.txt").write_text("no model")
    ran = sim(*typed)
    assert ran.exit_code == 2, ran.output
    said = " ".join(ran.output.split())
    assert [text for text in told if text not in said] == []
    assert "Traceback" not in said


def test_the_help_teaches_how_tensors_are_named():
    said = " ".join(CliRunner().invoke(app, ["partition", "--help"]).output.split())
    assert [text for text in ("model/layer", "layer@2", "layer:1", "as one message", "--cuts add --cuts add_1")
            if text not in said] == []
