"""Kept answers are named by everything that they depend on, and by nothing else."""

from dataclasses import replace

import pytest
from shared import chain
from small import assemblies

from simulator.model.datasets.load import load_data
from simulator.model.given import KerasFile
from simulator.study.kept import kept_path


@pytest.fixture
def cell(tmp_path):
    (tmp_path / "given.keras").write_bytes(b"a network")
    (only,) = assemblies(chain(tmp_path))
    return only


def name_of(cell, **changes):
    model = cell.model.model_copy(update=changes)
    return kept_path(replace(cell, model=model), load_data(model.data, cell.base)).name


def test_a_new_title_is_no_new_network(cell):
    assert name_of(cell, title="Another title") == name_of(cell)


def test_a_given_file_of_other_bytes_is_another_network(cell, tmp_path):
    keras = KerasFile(path="given.keras").beside(tmp_path)
    before = name_of(cell, keras=keras)
    assert name_of(cell, keras=keras) == before != name_of(cell)
    (tmp_path / "given.keras").write_bytes(b"another network")
    assert name_of(cell, keras=keras) != before


@pytest.mark.parametrize(("variable", "usual", "other"), [
    ("SIM_THREADS", "2", "1"), ("KERAS_BACKEND", "tensorflow", "jax"), ("TF_ENABLE_ONEDNN_OPTS", "1", "0")])
def test_what_computes_is_part_of_the_name(cell, monkeypatch, variable, usual, other):
    monkeypatch.setenv(variable, usual)
    before = name_of(cell)
    monkeypatch.setenv(variable, other)
    assert name_of(cell) != before
