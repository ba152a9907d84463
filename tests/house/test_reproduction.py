"""The page of the experiments shows what their records hold, and each of them can be asked for again."""

import importlib.util
import re

import pytest

import simulator
from simulator.scenario.variants import variants
from simulator.study.record import Record
from tests.house.commands import ROOT

RESULTS = ROOT / "docs/results"
RECORDS = sorted(RESULTS.glob("*/record.json"))


def tables():
    spec = importlib.util.spec_from_file_location("tables", RESULTS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_s_tables_are_those_of_the_records():
    def finished(text):
        return re.sub(r"^Not finished yet.*$", "", text, flags=re.MULTILINE)

    text = (ROOT / "docs/reproduction.md").read_text()
    assert finished(tables().page(text)) == finished(text)


def test_the_tables_of_which_hyperconnections_matter_are_those_of_the_records():
    text = (ROOT / "docs/skip-hyperconnections.md").read_text()
    assert tables().worths_page(text) == text
    assert "| under |" in text or "| hyperconnection |" in text


def test_every_command_of_the_page_names_a_scenario_of_the_shelf():
    named = re.findall(r"sim run ([\w-]+)", (ROOT / "docs/reproduction.md").read_text())
    assert {name for name in named if not (ROOT / "scenarios" / f"{name}.yaml").exists()} == set()


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.parent.name)
def test_a_committed_record_is_that_of_the_shelf_s_scenario(path):
    record, cells = Record.from_json(path.read_text()), variants(simulator.load(path.parent.name))
    assert [cell.label for cell in record.cells] == [cell.label for cell in cells]
    assert not record.is_quick
    assert not record.is_synthetic
