"""Prefabs: failure processes fitted to traces of real machines, named in a scenario, that needs no data then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from simulator.blocks import Block
from simulator.documents.complaints import read_block
from simulator.documents.yaml_text import Document, read_document
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.blocks import Failure
from simulator.scenario.shelf import find

PREFAB, OWN = "prefab", {"kind", "path", "cluster"}


class PrefabFile(Block):
    """A file of ``sim fit``: the process of each cluster of a trace, the busiest first.

    A scenario names it: ``{kind: prefab, path: grid5000, cluster: site8/c1}``; without a cluster the first is meant.
    Any other key beside these is laid over the process's own.
    """

    title: str
    source: str = ""
    clusters: Annotated[dict[str, Failure], Field(min_length=1)]


def with_prefabs(document: Document, beside: Path) -> Document:
    """Return a scenario's document with the process of each prefab in place of its name.

    What is wrong with a prefab is a problem of the document, and nothing fails in its place.
    """
    written = document.value.get("failures")
    if not isinstance(written, list) or not any(_is_prefab(block) for block in written):
        return document
    blocks: list[Any] = []
    problems = list(document.problems)
    for place, block in enumerate(written):
        try:
            blocks += [_filled(block, f"failures.{place}", document, beside)] if _is_prefab(block) else [block]
        except ScenarioError as error:
            problems += error.problems
    return replace(document, value={**document.value, "failures": blocks}, problems=tuple(problems))


def _is_prefab(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("kind") == PREFAB


def _filled(block: Mapping[str, Any], at: str, document: Document, beside: Path) -> dict[str, Any]:
    if not isinstance(name := block.get("path"), str):
        raise ScenarioError(Problem(document.place(f"{at}.path"), f"{name!r} names no prefab",
                                    "write path: with a name on the shelf (sim list) or a file of sim fit"))
    read = read_document(find("prefab", name, beside, document.place(f"{at}.path")))
    file, problems = read_block(PrefabFile, read)
    if file is None or problems:
        raise ScenarioError(*problems)
    chosen = str(block.get("cluster", next(iter(file.clusters))))
    if chosen not in file.clusters:
        raise ScenarioError(Problem(document.place(f"{at}.cluster"), f"no cluster {chosen!r} in {read.name}",
                                    did_you_mean(chosen, file.clusters)))
    own = {key: value for key, value in block.items() if key not in OWN}
    return {**read.value["clusters"][chosen], **own}


def prefab_text(title: str, source: str, clusters: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of a prefab file, each of whose clusters can be pasted into a scenario's ``failures``, too."""
    import yaml  # noqa: PLC0415 - light, but of no use elsewhere here

    plain = {"title": title, "source": source, "clusters": clusters}
    text: str = yaml.dump(plain, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False,
                          allow_unicode=True, default_flow_style=None, width=120)
    return text
