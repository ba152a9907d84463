"""Everything that is shipped runs."""

import json

import pytest

import simulator
from simulator.cli.check import resolved_text, warnings_of
from simulator.scenario.variants import variants
from tests.house.commands import ROOT, python
from tests.support.shelf import LARGE, NEEDS_FILE

SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
each_scenario = pytest.mark.parametrize("path", [
    pytest.param(path, id=path.stem, marks=pytest.mark.slow if path.stem in LARGE else ()) for path in SCENARIOS])
# One of each kind; the quick runs of the others take minutes together and are marked slow.
FAST = {"first", "outage", "queue", "poster-table"}
fast_and_slow = pytest.mark.parametrize("path", [
    pytest.param(path, id=path.stem, marks=() if path.stem in FAST else pytest.mark.slow) for path in SCENARIOS])


def skip_without_its_package(path):
    """Skip running a scenario that asks for an optional package which is not installed."""
    if "\nsearch:" in path.read_text():
        pytest.importorskip("optuna", reason=f"no Optuna here: {path.name} is NOT run")


def skip_without_its_file(path):
    """Skip a scenario whose own table of outcomes is not on this machine."""
    needed = NEEDS_FILE.get(path.stem)
    if needed is not None and not needed.exists():
        pytest.skip(f"{needed.name} is not shipped, and not on this machine")


@each_scenario
def test_a_shipped_scenario_is_valid(path):
    skip_without_its_file(path)
    loaded = simulator.load(path)
    assert resolved_text(loaded)
    for cell in variants(loaded):
        assert all(isinstance(line, str) for line in warnings_of(cell, with_model=False))


def test_the_command_finds_a_shipped_scenario_valid():
    checked = python("-m", "simulator", "check", "first")
    assert checked.code == 0, checked.said
    assert "first.yaml is fine" in checked.said


def test_the_fast_scenarios_are_on_the_shelf():
    assert {path.stem for path in SCENARIOS} >= FAST


@fast_and_slow
def test_a_shipped_scenario_runs(path, tmp_path):
    skip_without_its_file(path)
    skip_without_its_package(path)
    ran = python("-m", "simulator", "run", path, "--quick", "--out", tmp_path / "run")
    assert ran.code == 0, ran.said
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["is_quick"]
    assert all(cell["estimates"] for cell in record["cells"])
    assert (tmp_path / "run" / "report.html").stat().st_size > 0
    assert ("SYNTHETIC" in ran.said) == record["is_synthetic"]


@pytest.mark.parametrize("folder", ["topologies", "models"])
def test_every_topology_and_model_is_used_by_a_scenario(folder):
    used = " ".join(path.read_text() for path in SCENARIOS)
    shipped = {path.stem for path in (ROOT / folder).iterdir() if path.suffix in {".yaml", ".graphml"}}
    assert shipped
    assert {name for name in shipped if name not in used} == set()
