"""The cells of a study with their names, the name of the study, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulator.scenario.identity import base_hash, canonical_text, cell_hash, run_hash
from simulator.scenario.load import Loaded
from simulator.scenario.variants import Variant, variants
from simulator.study.fingerprint import fingerprint


@dataclass(frozen=True)
class Grid:
    """What is asked for, cell by cell.

    Args:
        cells: The cells with their content hashes, in the order of the file; of a study that is run to a precision
            those without a number of replications.
        hash: Content hash of the study.
        path: Its run folder.
    """

    cells: tuple[tuple[Variant, str], ...]
    hash: str
    path: Path

    @staticmethod
    def of(loaded: Loaded, out: Path | None, *, quick: bool) -> Grid:
        """Return the cells of a loaded scenario.

        Args:
            loaded: The scenario, made quick where the quick version is meant.
            out: Its run folder; one of its own when not given.
            quick: Whether it is the quick version.

        Raises:
            ScenarioError: values of the sweep do not go together.
        """
        cells = variants(loaded)
        is_open = loaded.scenario.precision is not None  # how many replications there will be is not known yet
        names = [base_hash(cell, data=fingerprint(cell)) if is_open else
                 cell_hash(cell, quick=quick, data=fingerprint(cell)) for cell in cells]
        whole = run_hash([*names, *_of_search(loaded), *["precision"] * is_open])
        return Grid(tuple(zip(cells, names, strict=True)), whole, out or default_folder(loaded, whole, quick=quick))

    @property
    def columns(self) -> tuple[tuple[Variant, ...], list[str]]:
        """The cells, and their names."""
        return tuple(cell for cell, _ in self.cells), [name for _, name in self.cells]


def default_folder(loaded: Loaded, whole: str, *, quick: bool) -> Path:
    """Return the folder of a run that was given none: a change of the scenario gets a folder of its own."""
    return Path("runs") / f"{loaded.path.stem}{'-quick' if quick else ''}-{whole[:8]}"


def _of_search(loaded: Loaded) -> list[str]:
    """Return what of a search names a run, beside its cells."""
    search = loaded.scenario.search
    return [canonical_text(search.model_dump(mode="json", by_alias=True, exclude_defaults=True))] if search else []
