"""The name of a cell: the hash of what affects its result, in four steps that can be looked at one by one.

What enters (content) → canonical text → bytes → SHA-256. Titles, questions, comments and drawings change nothing; nor
does a value that is the default, so that an option that is new in a later version leaves the names of old cells alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from simulator.model.blocks import ModelFile
from simulator.scenario.variants import Variant
from simulator.topology.files import plain_topology

LABELS = {"title", "question"}
BY_NAME = {"topology", "model"}  # what they hold enters instead of what they are called
WRITTEN_OUT = {"sweep", "repeats", "search", "trends", "partition", "constants"}  # told by other values
OF_THE_ANSWER = {"precision", "claims", "plots"}  # how sure it is to be, what is claimed of it, what is drawn
DRAWN = {"kind", "position"}  # of a node: for drawings only, unless a failure process reads positions
FORMAT = 2


def content(cell: Variant, *, quick: bool = False, data: str = "") -> dict[str, Any]:
    """Return what affects a cell's result, as plain values.

    Args:
        cell: The scenario with its topology and model.
        quick: Whether it is the quick version (which may run on made-up data).
        data: A fingerprint of the data, where there is one.
    """
    scenario = cell.scenario.model_dump(
        mode="json", by_alias=True, exclude=LABELS | BY_NAME | WRITTEN_OUT | OF_THE_ANSWER,
        exclude_defaults=True)
    model = _model(cell.model)
    topology = {key: value for key, value in plain_topology(cell.topology).items() if key != "title"}
    blocks = [*cell.scenario.failures, *(error.when for error in cell.scenario.errors)]
    reads_positions = any(getattr(block, "reads_positions", False) for block in blocks)
    drawn = DRAWN - {"position"} if reads_positions else DRAWN
    topology["nodes"] = {name: without(node, drawn) for name, node in topology["nodes"].items()}
    topology["components"] = list(cell.topology.components)  # their order is the order of the patterns
    found = {"format": FORMAT, "scenario": scenario, "topology": topology, "model": model, "quick": quick, "data": data}
    return found | _others(scenario, cell)


def _others(scenario: dict[str, Any], cell: Variant) -> dict[str, Any]:
    """Return what the other models hold, which enters instead of what they are called; nothing where there are none."""
    for other in scenario.get("others", {}).values():
        other.pop("model", None)
    found = {name: _model(model) for name, model in cell.others.items()}
    return {"others": found, "order_of_others": list(cell.scenario.others)} if found else {}  # which ties go by


def _model(model: ModelFile) -> dict[str, Any]:
    plain = model.model_dump(mode="json", by_alias=True, exclude={"title": True, "keras": {"path"}},
                             exclude_defaults=True)
    return plain | {"order": [*model.sources, *model.parts]}  # ties between parts go by their order


def without(plain: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    """Return plain values without some keys."""
    return {key: value for key, value in plain.items() if key not in keys}


def canonical_text(plain: Mapping[str, Any]) -> str:
    """Return plain values as JSON in the one way that there is: sorted keys, no spaces, no NaN.

    >>> canonical_text({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a text's bytes (UTF-8), in hexadecimal.

    >>> digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def cell_hash(cell: Variant, *, quick: bool = False, data: str = "") -> str:
    """Return the name of a cell: 64 hexadecimal digits."""
    return digest(canonical_text(content(cell, quick=quick, data=data)))


def base_hash(cell: Variant, *, data: str = "") -> str:
    """Return the name of a cell without its number of replications: that of the cell with as many as by default."""
    default = type(cell.scenario).model_fields["replications"].default
    return cell_hash(replace(cell, scenario=cell.scenario.model_copy(update={"replications": default})), data=data)


def run_hash(cells: Iterable[str]) -> str:
    """Return the name of a run: the hash of its cells' names, in their order."""
    return digest("\n".join(cells))
