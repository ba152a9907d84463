"""The shelf: the scenarios, topologies, models and prefabs that we ship to be copied.

In a wheel they lie inside the package; in a checkout or an editable install, beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from simulator.documents.yaml_text import read_document
from simulator.errors import Problem, ScenarioError, did_you_mean

Kind = Literal["scenario", "topology", "model", "prefab"]
FOLDERS: Mapping[Kind, str] = {
    "scenario": "scenarios", "topology": "topologies", "model": "models", "prefab": "prefabs"}
YAML = (".yaml", ".yml")
ENDINGS = (*YAML, ".graphml", ".xml")
PACKAGE = Path(__file__).resolve().parent.parent


def folder(kind: Kind) -> Path:
    """Return the folder of the shelf that holds one kind of file."""
    inside = PACKAGE / "shelf" / FOLDERS[kind]
    return inside if inside.is_dir() else PACKAGE.parent / FOLDERS[kind]


def files(kind: Kind) -> dict[str, Path]:
    """Return the files of one kind on the shelf by name, in order."""
    found = sorted(path for path in folder(kind).glob("*") if path.suffix in ENDINGS)
    return {path.stem: path for path in found}


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of one kind on the shelf, in order."""
    return tuple(files(kind))


def find(kind: Kind, name: str, beside: Path | None = None, place: str = "") -> Path:
    """Return the file that a name or path means: a path from here, a path from the file that says it, or the shelf.

    Args:
        kind: What is looked for.
        name: A path, or a name on the shelf with or without its ending.
        beside: Folder of the file that says it.
        place: Where it is said, for the problem.

    Raises:
        ScenarioError: there is none; says the nearest name.
    """
    for start in (Path(), *([beside] if beside else [])):
        if (path := start / Path(name).expanduser()).is_file():
            return path
    if len(Path(name).parts) > 1:
        raise ScenarioError(Problem(place, f"no file {name!r}", _nearest(kind, Path(name).name)))
    return on_shelf(kind, name, place)


def on_shelf(kind: Kind, name: str, place: str = "") -> Path:
    """Return the file of a name on the shelf, with or without its ending; raise ScenarioError where there is none."""
    ending = Path(name).suffix if Path(name).suffix in ENDINGS else ""
    for each in [""] if ending else ENDINGS:
        if (path := folder(kind) / f"{name}{each}").is_file():
            return path
    raise ScenarioError(Problem(place, f"no {kind} named {name!r}", _nearest(kind, name)))


def titles(kind: Kind) -> dict[str, str]:
    """Return the title of each file of one kind on the shelf, by name; empty where it has none."""
    return {name: _title(path) for name, path in files(kind).items()}


def title(kind: Kind, name: str) -> str:
    """Return the title of one file on the shelf."""
    return _title(files(kind)[name])


def _title(path: Path) -> str:
    """Return a file's title: of YAML the value at the key, of anything else the name."""
    return str(read_document(path).value.get("title", "")) if path.suffix in YAML else path.stem


def _nearest(kind: Kind, name: str) -> str:
    shelf = files(kind)
    near = did_you_mean(name, [path.name for path in shelf.values()] if Path(name).suffix in ENDINGS else shelf)
    return near if near.endswith("?") else f"give the path of a {kind} file, or a name on the shelf; {near}"
