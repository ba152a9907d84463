"""``sim new`` writes what ``sim check`` accepts, from answers or options, over nothing; the shell completes names."""

import pytest
from typer.testing import CliRunner

import simulator
from simulator.cli import main as cli
from simulator.scenario import shelf
from tests.house.commands import python
from tests.scenario.small import MODEL, TOPOLOGY


def sim(*words, typed=None):
    return CliRunner().invoke(cli.app, [str(word) for word in words], input=typed, catch_exceptions=False)


def new(folder, *words, typed=None):
    ended = sim("new", folder / "mine.yaml", *words, typed=typed)
    assert ended.exit_code == 0, ended.output
    return simulator.load(folder / "mine.yaml").scenario


def test_the_defaults_ask_the_question_of_the_first_scenario(tmp_path):
    mine, first = new(tmp_path, "--yes"), simulator.load("first").scenario
    assert (mine.topology, mine.model, mine.workload, mine.sweep, mine.replications) == (
        first.topology, first.model, first.workload, first.sweep, first.replications)
    assert mine.failures == first.failures
    assert sim("check", tmp_path / "mine.yaml").exit_code == 0


@pytest.mark.parametrize("topology", ["camera-tree", "city-fog", "queue-chain", "skip-chain-100", "one-machine"])
def test_every_kind_of_topology_gets_a_scenario_that_is_fine(topology, tmp_path):
    assert new(tmp_path, "--topology", topology, "--yes").topology == topology


@pytest.mark.parametrize("kind", ["none", "bernoulli", "renewal"])
def test_each_kind_of_failure_can_be_asked_for(kind, tmp_path):
    mine = new(tmp_path, "--failures", kind, "--survival", "0.7", "--deadline", "1 s", "--yes")
    assert [failure.kind for failure in mine.failures] == [kind] * (kind != "none")
    assert mine.policy.deadline_ns == 1_000_000_000


def test_answers_are_taken_and_a_wrong_one_is_asked_again(tmp_path):
    typed = "health-chian\nhealth-chain\nwatch-mlp\nbernouli\nbernoulli\npoor\n5 /s\n300\n100 ms\nvanilla,select\n"
    mine = new(tmp_path, typed=typed)
    assert (mine.failures[0].kind, mine.failures[0].survival, mine.workload.requests) == ("bernoulli", "poor", 300)
    assert list(mine.sweep["strategy"]) == ["vanilla", "select"]


def test_a_wrong_answer_is_told_with_the_way_out(tmp_path):
    told = sim("new", tmp_path / "mine.yaml", typed="health-chian\n").output
    assert "no topology named 'health-chian'; did you mean 'health-chain'?" in told


def test_files_of_one_s_own_stand_in_it_and_parts_without_a_namesake_get_a_place(tmp_path):
    (tmp_path / "net.yaml").write_text(TOPOLOGY.replace("sensor", "probe"))
    (tmp_path / "net model.yaml").write_text(MODEL)
    mine = new(tmp_path, "--topology", tmp_path / "net.yaml", "--model", tmp_path / "net model.yaml", "--yes")
    assert mine.placement == {"sensor": ("probe",)}


def test_all_that_is_wrong_is_told_at_once_by_option_and_nothing_is_written(tmp_path):
    ended = sim("new", tmp_path / "mine.yaml", "--rate", "2 apples", "--mttr", "10 parsecs", "--survival", "1.4",
                "--strategies", "vanila", "--yes")
    assert ended.exit_code == 2
    assert [line.split(":")[0] for line in ended.stderr.splitlines()] == [
        "option --survival", "option --mttr", "option --rate", "option --strategies"]
    assert "'2 apples'" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "mine.yaml").write_text("mine")
    ended = sim("new", tmp_path / "mine.yaml", "--yes")
    assert (ended.exit_code, (tmp_path / "mine.yaml").read_text()) == (2, "mine")
    assert "is there already; name another file" in ended.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path):
    ended = sim("new", tmp_path / "gone/mine.yaml", "--yes")
    assert (ended.exit_code, "cannot be written" in ended.stderr) == (2, True)


def test_nobody_to_answer_is_told_and_writes_nothing(tmp_path):
    ended = sim("new", tmp_path / "mine.yaml", typed="")
    assert (ended.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "and --yes for the defaults" in ended.stderr


def completed(monkeypatch, words):
    """Return what bash is offered after some words."""
    for name, value in {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
                        "_SIM_COMPLETE": "complete_bash"}.items():
        monkeypatch.setenv(name, value)
    return python("-m", "simulator").said.split()


@pytest.mark.parametrize(("words", "kind", "begin"), [
    ("sim run que", "scenario", "que"), ("sim copy model health", "model", "health"),
    ("sim new mine.yaml --topology city", "topology", "city"),
])
def test_the_shell_completes_names_of_the_shelf(words, kind, begin, monkeypatch):
    expected = [name for name in shelf.names(kind) if name.startswith(begin)]
    assert expected
    assert completed(monkeypatch, words) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_s_script_can_be_shown(shell, monkeypatch):
    monkeypatch.setenv("_SIM_COMPLETE", f"source_{shell}")
    assert "_SIM_COMPLETE=complete" in python("-m", "simulator").said
