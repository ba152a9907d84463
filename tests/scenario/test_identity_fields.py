"""Every field of every block enters the name of a cell, but for those that only people see."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import simulator
from simulator.blocks import Block
from simulator.errors import ScenarioError
from simulator.scenario.identity import cell_hash
from simulator.scenario.scenario import Scenario
from simulator.scenario.shelf import names
from simulator.scenario.variants import Variant, variants
from tests.scenario.small import FILES, write

# What is said of a field here is said once, with its reason.
UNSEEN = {
    ("Scenario", "title"): "for people", ("Scenario", "question"): "for people", ("ModelFile", "title"): "for people",
    ("Scenario", "topology"): "what the file holds enters", ("Scenario", "model"): "what the file holds enters",
    ("Other", "model"): "what the file holds enters", ("KerasFile", "path"): "the bytes of the file enter",
    ("Scenario", "sweep"): "is in the values of the cell", ("Scenario", "repeats"): "is in the seed of the cell",
    ("Scenario", "search"): "is in the values of the cell", ("Scenario", "partition"): "is in the model's parts",
    ("Scenario", "constants"): "are in the model's layers", ("Repeats", "count"): "is in the seed of the cell",
}


def other(value: Any) -> Any:
    """Return another value of the same kind; None where nobody knows one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else None


Changed = Iterator[tuple[str, str, Any]]


def changed(value: Any) -> Changed:
    """Yield a block with one of its fields changed, for each field at any depth: the kind, the field, the block."""
    if isinstance(value, Block):
        for name in type(value).model_fields:
            if (new := other(getattr(value, name))) is not None:
                yield type(value).__name__, name, value.model_copy(update={name: new})
    for key, one, with_it in inner_values(value):
        for kind, field, inner in changed(one):
            yield kind, field, with_it(key, inner)


def inner_values(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what a block, a list or a mapping holds: its key, itself, and how to put another one in its place."""
    if isinstance(value, Block):
        for name in type(value).model_fields:
            yield name, getattr(value, name), lambda key, inner: value.model_copy(update={key: inner})
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield place, one, lambda key, inner: (*value[:key], inner, *value[key + 1 :])
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key, one, lambda key, inner: {**value, key: inner}


def first_cells() -> Iterator[Variant]:
    """Yield the first cell of each scenario on the shelf that can be loaded here."""
    for name in names("scenario"):
        try:
            loaded = simulator.load(name)
            yield variants(dataclasses.replace(loaded, scenario=loaded.scenario.model_copy(update={"sweep": {}})))[0]
        except ScenarioError:
            continue


@pytest.fixture(scope="module")
def hashes():
    """By kind and field: whether changing it changes the name of a cell on the shelf, wherever that could be tried."""
    found: dict[tuple[str, str], bool] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a word that is no word of the schema is told when it is written out
        for cell in first_cells():
            before = cell_hash(cell)
            for part in ("scenario", "model"):
                for kind, field, block in changed(getattr(cell, part)):
                    if (kind, field) not in found:
                        found[kind, field] = cell_hash(dataclasses.replace(cell, **{part: block})) != before
    return found


@pytest.mark.slow
def test_a_field_of_a_block_enters_the_name_unless_it_is_for_people_only(hashes):
    assert len(hashes) > 150
    assert {field for field, enters in hashes.items() if not enters} <= set(UNSEEN)


def test_what_enters_not_is_among_the_fields_that_there_are():
    assert {field for kind, field in UNSEEN if kind == "Scenario"} <= set(Scenario.model_fields)


def names_of(folder, changes=()):
    return [cell_hash(cell) for cell in variants(simulator.load(write(folder, changes)))]


@pytest.mark.parametrize("change", [
    ("ask.yaml", "title: A small question", "title: Another one"),
    ("ask.yaml", "seed: 1", "question: Why?\nseed: 1"),
    ("ask.yaml", "seed: 1", "# a comment\nseed:    1"),
    ("ask.yaml", "seed: 1", "seed: 1\nstrategy: resilinet"),  # the default, written out
    ("ask.yaml", "deadline: 250 ms", "deadline: 0.25 s"),
    ("chain.yaml", "title: A chain", "title: Another chain"),
    ("split.yaml", "title: Two parts", "title: Other parts"),
])
def test_what_people_see_and_how_it_is_written_changes_nothing(tmp_path, change):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert names_of(tmp_path / "a") == names_of(tmp_path / "b", [change])


def test_the_order_of_keys_changes_nothing(tmp_path):
    before = names_of(tmp_path)
    plain = yaml.safe_load(FILES["ask.yaml"])
    backwards = {key: dict(reversed(value.items())) if isinstance(value, dict) else value
                 for key, value in reversed(plain.items())}
    (tmp_path / "ask.yaml").write_text(yaml.safe_dump(backwards, sort_keys=False))
    assert [cell_hash(cell) for cell in variants(simulator.load(tmp_path / "ask.yaml"))] == before


def test_the_names_of_the_files_change_nothing(tmp_path):
    before = names_of(tmp_path)
    for old, new in (("chain.yaml", "other.yaml"), ("split.yaml", "parts.yaml")):
        (tmp_path / old).rename(tmp_path / new)
    text = FILES["ask.yaml"].replace("chain.yaml", "other.yaml").replace("split.yaml", "parts.yaml")
    (tmp_path / "ask.yaml").write_text(text)
    assert [cell_hash(cell) for cell in variants(simulator.load(tmp_path / "ask.yaml"))] == before


@pytest.mark.parametrize("change", [
    ("ask.yaml", "seed: 1", "seed: 2"),
    ("ask.yaml", "replications: 20", "replications: 21"),
    ("ask.yaml", "deadline: 250 ms", "deadline: 251 ms"),
    ("ask.yaml", "mttr: 10 s", "mttr: 11 s"),
    ("chain.yaml", "latency: 5 ms", "latency: 6 ms"),
    ("chain.yaml", "poor: 0.8", "poor: 0.81"),
    ("split.yaml", "output: 100 B", "output: 101 B"),
])
def test_what_can_change_a_result_changes_the_name(tmp_path, change):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert names_of(tmp_path / "a") != names_of(tmp_path / "b", [change])
