"""The distribution of accuracy of a cell: on the shelf's long chain, by every way that there is."""

import pytest

import simulator
from simulator.expect.tail.blocks import AccuracyExceedance
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.tail_findings import find_tail
from tests.house.commands import ROOT

NO_ANSWER = 59 * 4e-6**2  # two neighbours of sixty machines, to first order


def found_with(**options):
    variant, = variants(simulator.load(ROOT / "scenarios/rare.yaml"))
    measure = variant.scenario.measure.model_copy(update={"accuracy_exceedance": AccuracyExceedance(**options)})
    assembly = Assembly.of(variant)
    scenario = assembly.scenario.model_copy(update={"measure": measure})
    found = Findings()
    find_tail(Assembly(scenario, assembly.topology, assembly.model, assembly.base), lambda: None, found)
    return found


def rows(found):
    return {(row["name"], row["by"]): row for row in found.tables["distribution"]}


def test_the_head_knows_one_in_a_billion_and_splitting_agrees():
    head = {"method": "head", "max_patterns": 2000, "target": {"absolute": 1e-13}}
    found = found_with(by=head, splitting={"particles": 400, "runs": 8})
    known = rows(found)
    assert known["no answer", ""]["low"] <= NO_ANSWER * (1 + 1e-3)
    assert known["no answer", ""]["value"] == pytest.approx(NO_ANSWER, rel=1e-2)
    split = known["no answer", "splitting"]
    assert abs(split["value"] - NO_ANSWER) <= 2 * (split["high"] - split["value"]) < 3 * NO_ANSWER
    assert any("more failures never end it in 200 random chains" in note for note in found.notes)


def test_too_few_particles_are_warned_of():
    found = found_with(by={"method": "head", "max_patterns": 300}, splitting={"particles": 50, "runs": 5})
    assert any(note.startswith("WARNING: splitting of 'no answer'") for note in found.notes)


def test_another_method_is_asked_and_the_agreement_told():
    found = found_with(below=0.9, by={"method": "importance", "target": {"max_forwards": 1500, "absolute": 1e-12}},
                       check={"method": "head", "max_patterns": 2000, "target": {"absolute": 1e-13}})
    assert {row["name"] for row in found.tables["cross_checks"]} >= {"no answer", "accuracy below 0.9"}
    assert any("check by 'head'" in note for note in found.notes)
    assert {"accuracy_below", "accuracy_quantile", "accuracy_worst", "accuracy_deviation"} <= set(found.estimates)


def test_a_method_and_splitting_may_be_named_only():
    block = AccuracyExceedance.model_validate({"check": "head", "splitting": True, "below": 0.5, "quantiles": "1 %"})
    assert (block.check.method, block.splitting.runs, block.below, block.quantiles) == ("head", 10, (0.5,), (0.01,))
