"""Survivals counted from a trace: by hand, carried into expected accuracy, and what is wrong with one."""

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.failures.uncertain import UncertainProbability, Watched
from simulator.scenario.identity import cell_hash
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.study.fingerprint import fingerprint
from simulator.units import SECOND_NS
from tests.study.test_sampled import chain_files

# m1: 1,000 s, down 100 of them in three outages; m2: down 50 in two, one of them when it ends; m3: never down
TRACE = """node,start,stop,event
m1,0,200,up
m1,200,240,down
m1,240,500,up
m1,500,550,down
m1,550,900,up
m1,900,910,down
m1,910,1000,up
m2,0,400,up
m2,400,430,down
m2,430,980,up
m2,980,1000,down
m3,0,1000,up
"""
COUNTED = {"f1": Watched(900 * SECOND_NS, 100 * SECOND_NS, 3), "f2": Watched(950 * SECOND_NS, 50 * SECOND_NS, 2)}


def scenario(folder, survival, trace=TRACE, rest=""):
    path = chain_files(folder, 4, 0.1, "[expected_accuracy]")
    (folder / "outages.csv").write_text(trace)
    text = path.read_text()
    head, _, tail = text.partition("survival: {")
    path.write_text(f"{head}survival: {survival}}}{rest}{tail.partition('}}')[2]}")
    return path


def counted(folder, survival, **more):
    return Assembly.of(variants(load(scenario(folder, survival, **more)))[0])


MAPPED = "{trace: {path: outages.csv, components: {f1: m1, f2: m2}}}"


def test_a_machine_s_times_and_failures_are_counted_as_by_hand(tmp_path):
    found = {each.component: each.knowledge for each in counted(tmp_path, MAPPED).inputs}
    assert found == COUNTED


def test_the_answer_is_that_of_the_numbers_written_by_hand(tmp_path):
    (tmp_path / "traced").mkdir()
    (tmp_path / "written").mkdir()
    by_hand = ", ".join(f"{name}: {{up: {one.up_ns // SECOND_NS} s, down: {one.down_ns // SECOND_NS} s, "
                        f"failures: {one.failures}}}" for name, one in COUNTED.items())
    traced = simulator.run(load(scenario(tmp_path / "traced", MAPPED)), tmp_path / "traced" / "run").record.cells[0]
    written = simulator.run(load(scenario(tmp_path / "written", f"{{{by_hand}}}")),
                            tmp_path / "written" / "run").record.cells[0]
    assert traced.estimates == written.estimates
    assert traced.estimates["expected_accuracy_inputs"].low < traced.estimates["expected_accuracy"].value
    assert traced.tables["inputs"] == written.tables["inputs"]
    (row, _) = traced.tables["counted"]
    assert (row["component"], row["up_s"], row["down_s"], row["failures"]) == ("f1", 900, 100, 3)
    assert any(note.startswith("survivals counted from outages.csv: f1 0.8") for note in traced.notes)


def test_other_components_keep_the_survivals_of_other_blocks(tmp_path):
    assembly = counted(tmp_path, MAPPED, rest=", {kind: bernoulli, survival: {f0: 0.7}}")
    survival = dict(zip(assembly.process.components, assembly.process.survival().tolist(), strict=True))
    known = {name: float(UncertainProbability(one)) for name, one in COUNTED.items()}
    assert survival == pytest.approx({"f0": 0.7, **known})


def test_it_goes_from_file_to_file_and_another_trace_is_another_cell(tmp_path):
    loaded = load(scenario(tmp_path, MAPPED))
    (cell,) = variants(loaded)
    block = cell.scenario.failures[0]
    plain = block.model_dump(mode="json", by_alias=True)
    assert plain["survival"] == {"trace": {"path": "outages.csv", "components": {"f1": "m1", "f2": "m2"}}}
    assert type(block).model_validate(plain) == block
    before = cell_hash(cell, data=fingerprint(cell))
    (tmp_path / "outages.csv").write_text(TRACE.replace("910", "911"))
    assert cell_hash(cell, data=fingerprint(cell)) != before


@pytest.mark.parametrize(("survival", "told"), [
    ("{trace: {path: outages.csv, components: {f1: m9}}}", r"survival\.trace\.components\.f1: no machine 'm9'"),
    ("{trace: {path: outages.csv, components: {f1: m3}}}", "'m3' was up all of the 0.0116 days that it was watched"),
    ("{trace: {path: outages.csv, components: {fog9: m1}}}", "no component 'fog9' in the topology"),
    ("{trace: {path: outages.csv, begin: 3 d}}", "begin is for a trace that is replayed"),
    ("{trace: {path: outages.csv, layuot: fta}}", "layuot"),
    ("{trace: gone.csv}", "gone.csv"),
])
def test_what_is_wrong_is_told_with_its_place(tmp_path, survival, told):
    with pytest.raises(ScenarioError, match=told) as error:
        simulator.run(load(scenario(tmp_path, survival)), tmp_path / "run")
    assert "chain.yaml:" in str(error.value) or "gone.csv" in str(error.value)
