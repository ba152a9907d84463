"""The JSON Schema of each kind of file, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.blocks import Block
from simulator.model.blocks import ModelFile
from simulator.scenario.prefabs import PrefabFile
from simulator.scenario.scenario import Scenario
from simulator.scenario.shelf import Kind
from simulator.topology.blocks import TopologyFile

BLOCKS: Mapping[Kind, type[Block]] = {"scenario": Scenario, "topology": TopologyFile, "model": ModelFile,
                                           "prefab": PrefabFile}
PREFAB = {"type": "object", "required": ["kind", "path"], "title": "Prefab", "description": PrefabFile.__doc__,
          "properties": {"kind": {"const": "prefab"}, "path": {"type": "string"}, "cluster": {"type": "string"}}}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file."""
    schema = BLOCKS[kind].model_json_schema(by_alias=True)
    if measures := schema.get("$defs", {}).get("Measures"):
        schema["$defs"]["Measures"] = also_a_list(measures)
    if kind == "scenario":
        schema["properties"]["failures"]["items"]["oneOf"].append(PREFAB)
        schema["properties"]["failures"]["items"].pop("discriminator", None)  # of the other kinds only
    return {"$schema": DIALECT, **schema}


def also_a_list(measures: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the measures, that may be written as a list of names and of ``name: options``."""
    names = {"enum": sorted(measures["properties"])}
    return {"anyOf": [{"type": "array", "items": {"anyOf": [names, measures]}}, measures]}
