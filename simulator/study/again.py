"""From a record back to what it was made of: the scenario with its topology and model, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from simulator.documents.yaml_text import Document
from simulator.model.blocks import ModelFile
from simulator.scenario.load import Loaded
from simulator.scenario.scenario import Scenario
from simulator.scenario.variants import Variant, variant_at, variants
from simulator.study.record import CellRecord, Record
from simulator.topology.files import topology_of


class Orders(TypedDict):
    """What a record keeps of orders."""

    axes: list[str]
    order: dict[str, list[str]]


def order_of(loaded: Loaded, label: Mapping[str, str]) -> Orders:
    """Return the orders that a record's sorted keys lose: of a cell's label, and of nodes, sources and parts."""
    order = {"nodes": [node.name for node in loaded.topology.nodes], "sources": list(loaded.model.sources),
             "parts": list(loaded.model.parts)}
    if loaded.others:
        order["others"] = list(loaded.scenario.others)
    if named := {name: list(axis.over) for name, axis in loaded.scenario.sweep.items() if hasattr(axis, "over")}:
        order |= {"sweep": list(loaded.scenario.sweep)} | {f"sweep.{name}": keys for name, keys in named.items()}
    for name, model in loaded.others.items():
        order |= {f"others.{name}.sources": list(model.sources), f"others.{name}.parts": list(model.parts)}
    return {"axes": list(label), "order": order}


def in_order(plain: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a mapping with its keys in an order; what is not in it comes last.

    >>> in_order({"a": 1, "b": 2}, ["b"])
    {'b': 2, 'a': 1}
    """
    return {name: plain[name] for name in names if name in plain} | dict(plain)


def in_orders(model: Mapping[str, Any], order: Mapping[str, list[str]], head: str = "") -> dict[str, Any]:
    """Return a model's plain values with sources and parts in the order that a record keeps."""
    return {**model, **{kind: in_order(model[kind], order.get(f"{head}{kind}", ())) for kind in ("sources", "parts")}}


def loaded_again(record: Record, folder: Path) -> Loaded:
    """Return the scenario that a record tells of; paths of data start from here.

    Args:
        record: The record of a finished run.
        folder: The run folder.
    """
    plain, order = record.scenario, record.order
    nodes, model = plain["topology"]["nodes"], plain["model"]
    topology = plain["topology"] | {"nodes": in_order(nodes, order.get("nodes", ()))}
    model = in_orders(model, order)
    path = folder / "record.json"
    scenario = Scenario.model_validate(plain["scenario"])
    scenario = scenario.model_copy(update={"sweep": _axes_again(scenario, record),
                                           "others": in_order(scenario.others, order.get("others", ()))})
    others = {name: ModelFile.model_validate(in_orders(other, order, f"others.{name}."))
              for name, other in plain.get("others", {}).items()}
    return Loaded(scenario, topology_of(Document(str(path), topology, {})), ModelFile.model_validate(model), {}, path,
                  Path(), plain["scenario"], others)


def _axes_again(scenario: Scenario, record: Record) -> dict[str, Any]:
    """Return the axes of a sweep in the order of the file, and the keys of each that sets several."""
    sweep = in_order(scenario.sweep, record.order.get("sweep", record.axes))
    return {name: axis.model_copy(update={"over": in_order(axis.over, record.order.get(f"sweep.{name}", ()))})
            if hasattr(axis, "over") else axis for name, axis in sweep.items()}


def cells_again(record: Record, folder: Path) -> list[tuple[CellRecord, Variant]]:
    """Return the cells of a record, each with what it was run from, in the order of the record.

    Raises:
        ScenarioError: a file that the sweep names is no longer there.
    """
    loaded = loaded_again(record, folder)
    again = variants(loaded)
    if record.search and len(record.cells) > 1:  # the start, and the best of a search
        again = (*again, variant_at(loaded, record.search["trials"][record.search["best"]]["values"]))
    by_label = {frozenset(cell.label.items()): cell for cell in again}
    # A value that is a block was written with its keys in an order that JSON does not keep, and is named by it.
    found = [by_label.get(frozenset(cell.label.items()), again[place]) for place, cell in enumerate(record.cells)]
    return [(cell, replace(one, label=dict(cell.label))) for cell, one in zip(record.cells, found, strict=True)]
