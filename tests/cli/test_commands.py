"""The light commands: list, copy, schema, check, help, and how the process ends."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from simulator.cli import main as cli
from simulator.errors import Problem, ScenarioError
from simulator.scenario import shelf
from simulator.scenario.load import load
from tests.scenario.small import write


def sim(*words):
    return CliRunner().invoke(cli.app, list(words), catch_exceptions=False)


def test_the_help_teaches_the_first_three_commands():
    told = sim("--help").stdout
    assert all(
        words in told for words in ("sim run first --quick", "sim whatif first --down fog2", "sim copy scenario first")
    )


def test_list_shows_every_file_of_the_shelf_with_its_title():
    told = sim("list").stdout
    for kind in shelf.FOLDERS:
        for name, title in shelf.titles(kind).items():
            assert any(line.split() == [name, *title.split()] for line in told.splitlines()), (name, title)
            assert title


def test_a_copy_is_the_file_of_the_shelf_and_is_never_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sim("copy", "scenario", "first").exit_code == 0
    assert (tmp_path / "first.yaml").read_bytes() == shelf.files("scenario")["first"].read_bytes()
    (tmp_path / "first.yaml").write_text("mine")
    again = sim("copy", "scenario", "first")
    assert again.exit_code == 2
    assert again.stderr == (
        "argument TO: 'first.yaml' is there already; name another file: sim copy scenario first FILE\n"
    )
    assert (tmp_path / "first.yaml").read_text() == "mine"


def test_a_copy_goes_to_a_file_or_into_a_folder(tmp_path):
    assert sim("copy", "topology", "health-chain", str(tmp_path / "net.yaml")).exit_code == 0
    assert sim("copy", "model", "watch-mlp.yaml", str(tmp_path)).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.yaml", "watch-mlp.yaml"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("scenario", "frst"), "argument NAME: no scenario named 'frst'; did you mean 'first'?"),
        (
            ("topology", "health-chain", "gone/net.yaml"),
            "argument TO: 'gone/net.yaml' cannot be written: No such file or directory; "
            "name a file in a folder that you can write to",
        ),
    ],
)
def test_a_copy_that_cannot_be_is_told(words, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = sim("copy", *words)
    assert (ended.exit_code, ended.stderr) == (2, f"{line}\n")


@pytest.mark.parametrize("kind", shelf.FOLDERS)
def test_a_schema_knows_every_key_of_the_shelf(kind):
    schema = json.loads(sim("schema", kind).stdout)
    for path in shelf.files(kind).values():
        keys = yaml.safe_load(path.read_text())
        assert set(keys) <= set(schema["properties"]), path
    assert schema["additionalProperties"] is False


def test_the_schema_of_a_scenario_takes_measures_as_a_list_and_quantities_as_text():
    schema = json.loads(sim("schema").stdout)
    listed = schema["$defs"]["Measures"]["anyOf"][0]["items"]["anyOf"][0]["enum"]
    assert "expected_accuracy" in listed
    assert schema["$defs"]["PoissonArrivals"]["properties"]["rate"]["type"] == ["string", "number"]


def test_check_prints_yaml_with_units_that_loads_to_the_same_scenario(tmp_path):
    path = write(tmp_path)
    plain = yaml.safe_load(sim("check", str(path)).stdout)
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(plain["scenario"], sort_keys=False))
    assert load(tmp_path / "again.yaml").scenario == load(path).scenario
    assert plain["topology"]["links"][0]["bandwidth"] == "1 Mbps"


def test_check_warns_and_is_fine(tmp_path):
    ended = sim("check", str(write(tmp_path)), "--set", "workload.requests=100", "--set", "replications=10")
    assert ended.exit_code == 0
    assert "warning: edge goes through about" in ended.stderr


def test_an_interrupt_ends_with_130(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.scenario.shelf.titles", lambda kind: interrupted())
    ended = sim("list")
    assert ended.exit_code == 130
    assert "Traceback" not in ended.output


def test_each_problem_is_a_line_on_the_error_stream(monkeypatch):
    def wrong(kind):
        raise ScenarioError(Problem("a.yaml:1", "'x' is wrong", "write y"), Problem("", "'z' is wrong"))

    monkeypatch.setattr("simulator.scenario.shelf.titles", wrong)
    ended = sim("list")
    assert (ended.exit_code, ended.stdout.strip(), ended.stderr) == (
        2,
        "scenarios",
        "a.yaml:1: 'x' is wrong; write y\n'z' is wrong\n",
    )


def test_a_mistyped_command_ends_with_2():
    assert sim("chek").exit_code == 2
    assert sim("check").exit_code == 2


@pytest.mark.slow
def test_a_part_that_does_not_fit_its_node_is_told_when_the_model_is_built(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sim("copy", "scenario", "first").exit_code == sim("copy", "topology", "health-chain").exit_code == 0
    path = tmp_path / "health-chain.yaml"
    path.write_text(path.read_text().replace("memory: 16 MB", "memory: 1 kB"))
    scenario = tmp_path / "first.yaml"
    scenario.write_text(scenario.read_text().replace("topology: health-chain", "topology: health-chain.yaml"))
    ended = sim("check", "first.yaml", "--model")
    assert ended.exit_code == 2
    assert "edge need" in ended.stderr
    assert "its memory is 1,000 B; place a part elsewhere" in ended.stderr
    assert sim("check", "first.yaml").exit_code == 0


@pytest.mark.parametrize("command", ["run", "whatif", "explain", "check", "list", "copy", "partition", "fit", "profile",
                                     "schema", "hash", "results", "export", "merge", "compare", "rerun", "cite",
                                     "plot"])
def test_the_help_of_a_command_has_no_marks_of_its_making(command):
    told = sim(command, "--help")
    assert told.exit_code == 0
    assert "\\b" not in told.output
    assert "\b" not in told.output
