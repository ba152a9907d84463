"""Reading npz files, and saying what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.dataset import Array


def arrays_of(path: Path) -> Mapping[str, Array]:
    """Return all arrays of an npz, by name.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: it cannot be read; pickled objects are refused.
    """
    existing(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError) as error:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} is not a readable npz: {error}",
                                    "write it with numpy.savez_compressed")) from error


def require(raw: Mapping[str, Array], names: tuple[str, ...], path: Path) -> None:
    """Check that an npz holds the arrays of these names.

    Raises:
        ScenarioError: some are missing.
    """
    absent = [name for name in names if name not in raw]
    if absent:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} has no array {', '.join(map(repr, absent))}",
                                    f"it holds {', '.join(map(repr, raw))}"))


def existing(path: Path) -> Path:
    """Return the path.

    Raises:
        FileNotFoundError: with the path, where nothing is.
    """
    if not path.exists():
        raise FileNotFoundError(str(path))
    return path
