"""The shelf: the scenarios, topologies and models that we ship to be copied.

In a wheel they lie inside the package; in a checkout or an editable install, beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from simulator.errors import Problem, ScenarioError, did_you_mean

Kind = Literal["scenario", "topology", "model"]
FOLDERS: Mapping[Kind, str] = {"scenario": "scenarios", "topology": "topologies", "model": "models"}
ENDINGS = (".yaml", ".yml", ".graphml", ".xml")
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
    shelf = files(kind)
    by_name = {**shelf, **{path.name: path for path in shelf.values()}}
    if name in by_name:
        return by_name[name]
    known = [path.name for path in shelf.values()] if Path(name).suffix in ENDINGS else list(shelf)
    looks_like_path = len(Path(name).parts) > 1
    said = f"no file {name!r}" if looks_like_path else f"no {kind} named {name!r}"
    near = did_you_mean(Path(name).name, known)
    raise ScenarioError(Problem(place, said, near or f"give the path of a {kind} file"))
