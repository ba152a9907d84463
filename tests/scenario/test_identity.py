"""The name of a cell: what only people see changes nothing, what affects a result changes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

import simulator
from simulator.failures.regional import RegionalBlock
from simulator.scenario.identity import cell_hash
from simulator.scenario.variants import Variant, variants


def first() -> Variant:
    return variants(simulator.load("first"))[0]


def with_nodes(cell: Variant, **change: object) -> Variant:
    return replace(
        cell, topology=replace(cell.topology, nodes=tuple(replace(n, **change) for n in cell.topology.nodes))
    )


@pytest.mark.parametrize("change", [{"kind": "box"}, {"position": (3.0, 4.0)}])
def test_what_is_only_drawn_changes_nothing(change):
    assert cell_hash(with_nodes(first(), **change)) == cell_hash(first())


def test_titles_change_nothing():
    cell = first()
    renamed = replace(
        cell,
        scenario=cell.scenario.model_copy(update={"title": "x", "question": "y"}),
        topology=replace(cell.topology, title="z"),
        model=cell.model.model_copy(update={"title": "w"}),
    )
    assert cell_hash(renamed) == cell_hash(cell)


@pytest.mark.parametrize("change", [{"speed_flop_per_s": 1e6}, {"memory_bytes": 10**9}, {"forwards_when_down": True}])
def test_what_affects_a_result_changes_the_name(change):
    assert cell_hash(with_nodes(first(), **change)) != cell_hash(first())


def test_data_and_the_quick_version_are_other_cells():
    names = {cell_hash(first()), cell_hash(first(), quick=True), cell_hash(first(), data="another file")}
    assert len(names) == 3


def test_a_position_counts_where_failures_are_regional():
    def regional(place):
        cell = with_nodes(first(), position=place)
        disk = RegionalBlock(kind="regional", radius=1.0, probability=0.1)
        return replace(cell, scenario=cell.scenario.model_copy(update={"failures": (disk,)}))

    assert cell_hash(regional((0.0, 1.0))) != cell_hash(regional((2.0, 1.0)))
