"""A record is made again from what it says; the sources of what a run used."""

import json
import re

import pytest
from typer.testing import CliRunner

import simulator
from simulator.cli.main import app
from simulator.expect.estimate import Estimate
from simulator.report.references import REFERENCES, used_by
from simulator.study.record import CellRecord, Record
from simulator.study.run import run
from tests.study.small import three_cells

FEW = {"workload.requests": 40, "replications": 3}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return a run over points that are drawn, of which one axis sets two keys."""
    drawn = {"points": {"design": "latin_hypercube", "count": 2, "over": {
        "workload.requests": {"from": 20, "to": 60, "whole": True}, "policy.deadline": {"from": "8 s", "to": "12 s"}}}}
    return run(three_cells(**FEW, sweep={**drawn, "seed": [1, 2]}), tmp_path_factory.mktemp("rerun") / "run")


def told(*arguments):
    """Return what a command said, and its exit code."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def changed(folder, tmp_path, change):
    """Return a copy of a record by itself, after a change to its plain values."""
    plain = json.loads((folder / "record.json").read_text())
    change(plain)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(plain))
    return path


def test_a_record_comes_out_the_same_to_the_byte(done):
    again = told("rerun", done.folder)
    assert again.exit_code == 0, again.output
    assert again.output.strip().endswith("the same to the byte")


def test_other_versions_are_named_and_numbers_may_be_the_same(done, tmp_path):
    path = changed(done.folder, tmp_path, lambda plain: plain["versions"].update(numpy="1.0", threads="7"))
    again = told("rerun", path)
    assert again.exit_code == 0 and "threads: 7 then, " in again.output and "numpy: 1.0 then, " in again.output
    assert again.output.strip().endswith("the same, every number")


def test_what_came_out_otherwise_is_told_with_a_code(done, tmp_path):
    def other(plain):
        plain["cells"][1]["estimates"]["share_late"]["value"] += 1e-9
    again = told("rerun", changed(done.folder, tmp_path, other))
    assert again.exit_code == 1 and re.search(r"estimates\.share_late\.value: .* then, .* now", again.output)
    def older(plain):
        other(plain)
        plain["versions"]["python"] = "3.1"
    again = told("rerun", changed(done.folder, tmp_path, older))
    assert again.exit_code == 3 and "python: 3.1 then" in again.output and "not the same" in again.output


def test_no_record_is_an_error(tmp_path):
    again = told("rerun", tmp_path)
    assert again.exit_code == 2 and "no finished run is in this folder" in again.output


@pytest.mark.slow
def test_a_training_comes_out_the_same_without_the_cache(tmp_path):
    quick = run(simulator.load("first", set={"sweep": {"strategy": ["resilinet"]}}), tmp_path / "run", quick=True)
    again = told("rerun", quick.folder, "--fresh")
    assert again.exit_code == 0, again.output


def record(scenario, method="", strategy=None):
    """Return a record of one cell whose model has a skip."""
    edges = [{"from": "sensor", "to": "a"}, {"from": "a", "to": "b"}, {"from": "sensor", "to": "b"}]
    model = {"sources": {"sensor": {}}, "parts": {"a": {}, "b": {"exit": True}}, "hyperconnections": edges}
    label = {"strategy": strategy} if strategy else {}
    estimate = Estimate(0.5, 0.4, 0.6, 10, method, "failures")
    return Record("", "", "", 1, {"scenario": scenario, "model": model}, {},
                  (CellRecord("h", label, {"served_accuracy": estimate}),))


@pytest.mark.parametrize(("scenario", "keys"), [
    ({"strategy": "vanilla"}, set()),
    ({"strategy": "dfg"}, {"yousefpour2019guardians"}),
    ({"strategy": "resilinet"}, {"yousefpour2019guardians", "yousefpour2020resilinet"}),
    ({"strategy": "vanilla", "measure": {"neurons": {"crash": []}, "timed": None}},
     {"elmhamdi2019probabilistic", "elmhamdi2017when"}),
    ({"strategy": "vanilla", "failures": [{"kind": "copula"}, {"kind": "renewal"}]}, {"vasicek1987", "cox1962"}),
    ({"strategy": "vanilla", "measure": {"accuracy_exceedance": {"hits": 400, "splitting": None}}},
     {"huber2017bernoulli"}),
    ({"strategy": "vanilla", "sweep": {"x": {"design": "latin_hypercube"}}, "precision": {"of": {}}},
     {"mckay1979", "chow1965fixed"}),
])
def test_what_a_run_used_is_cited(scenario, keys):
    assert {one.key for one in used_by(record(scenario))} == keys


def test_methods_and_labels_call_for_sources_too():
    found = used_by(record({"strategy": "vanilla"}, "Student t over 10 replications", "dfg"))
    assert [one.key for one in found] == ["yousefpour2019guardians", "student1908"]


def test_sources_have_keys_of_their_own_and_entries_that_close():
    assert len({one.key for one in REFERENCES}) == len(REFERENCES)
    for one in REFERENCES:
        entry = one.bibtex()
        assert entry.count("{") == entry.count("}") and entry.startswith(f"@{one.kind}{{{one.key},")
        assert one.text().endswith(f", {one.year}.") and one.marks


def test_the_command_prints_a_list_or_bibtex(done):
    listed = told("cite", done.folder)
    assert listed.exit_code == 0 and "Latin hypercubes" in listed.output and "run with " in listed.output
    entries = told("cite", done.folder, "--bibtex")
    assert "@article{mckay1979," in entries.output and "@book{cox1962," in entries.output
