"""What happens to accuracy, latency and availability when the machines that hold a split neural network fail?

>>> import simulator
>>> simulator.load("first").scenario.title
"A wearable's activity model, split over four machines"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import RunFolderError, ScenarioError, SimulatorError

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario.load import Loaded
    from simulator.study.finished import Run
    from simulator.study.how import How
    from simulator.study.progress import Progress

__all__ = ["RunFolderError", "ScenarioError", "SimulatorError", "load", "results", "run"]


def load(scenario: str | Path, set: Mapping[str, Any] | None = None) -> Loaded:  # noqa: A002 - the word of the command line
    """Load a scenario by its name on the shelf or its path.

    Args:
        scenario: ``"first"``, or a path to a YAML file.
        set: Values to replace, by dotted key: ``{"policy.deadline": "100 ms"}``.

    Raises:
        ScenarioError: with every problem of the scenario, its topology and its model.
    """
    from simulator.scenario.load import load as load_scenario  # noqa: PLC0415 - keeps the import of the package light

    return load_scenario(scenario, dict(set or {}))


def run(loaded: Loaded, out: str | Path | None = None, *, quick: bool = False, progress: Progress | None = None,
        how: How | None = None) -> Run:
    """Run a scenario and write its run folder with report and figures; what is finished is found and not run again.

    Args:
        loaded: What ``load`` returned.
        out: The run folder; ``runs/NAME-HASH`` when not given.
        quick: One epoch and 200 requests, for a first look.
        progress: Who is told how far it is; nobody when not given.
        how: Which of its cells, by whom, for how long: ``How(jobs=4)``; all in this process when not given.

    Raises:
        ScenarioError: a data path does not exist, a model does not fit, ...
        RunFolderError: the folder holds another run, or cannot be written.
        CellsFailed: some cells came to nothing; the others are kept.
        Unfinished: not all cells were asked for, or there was no time for all; what is finished is kept.
    """
    from simulator.report.page import is_shown  # noqa: PLC0415 - keeps the import of the package light
    from simulator.study.disk import refusals  # noqa: PLC0415
    from simulator.study.fingerprint import file_hash  # noqa: PLC0415
    from simulator.study.finished import finished  # noqa: PLC0415
    from simulator.study.quick import quickened  # noqa: PLC0415

    place = Path(out) if out else None
    done = finished(quickened(loaded) if quick else loaded, place, quick=quick)
    if done is None:
        from simulator.study.run import run as run_study  # noqa: PLC0415

        done = run_study(loaded, place, quick=quick, progress=progress, how=how)
    if not is_shown(file_hash(done.folder / "record.json"), done.folder):
        from simulator.report.write import report_on  # noqa: PLC0415

        with refusals(done.folder):
            report_on(done, loaded)
    return done


def results(folder: str | Path) -> pd.DataFrame:
    """Return the estimates of a run as a tidy frame: one row for each cell and estimate.

    Columns are the keys of the sweep, then ``cell, estimate, unit, value, low, high, method, samples, uncertainty``.

    Args:
        folder: A run folder, or its ``record.json``; of a run that is not finished it is the cells that are.

    Raises:
        RunFolderError: there is no run, or its record is not as it was written.
    """
    from simulator.study.tidy import frame  # noqa: PLC0415 - keeps the import of the package light
    from simulator.study.whole import read_cells  # noqa: PLC0415

    return frame(read_cells(Path(folder)).cells)
