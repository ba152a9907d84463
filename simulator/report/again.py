"""The report of a finished run, written again from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simulator.report.write import report_on
from simulator.scenario.plots import Plot
from simulator.study.again import loaded_again
from simulator.study.cell_files import FRAMES
from simulator.study.finished import Run
from simulator.study.frames import no_events, no_requests
from simulator.study.whole import read_record


def drawn_again(folder: Path, plots: Sequence[Plot] | None = None) -> list[Path]:
    """Write figures and page of a finished run again, and return the files written.

    Args:
        folder: The run folder.
        plots: The figures of the study, instead of those that the record asks for.

    Raises:
        RunFolderError: there is no finished run.
        ScenarioError: a figure cannot be drawn.
    """
    import pandas as pd  # noqa: PLC0415 - heavy

    record = read_record(folder)
    folder = folder if folder.is_dir() else folder.parent
    if plots is not None:
        asked = {**record.scenario["scenario"], "plots": [plot.model_dump(mode="json") for plot in plots]}
        record = replace(record, scenario={**record.scenario, "scenario": asked})

    def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
        paths = [folder / f"{name}.parquet" for name in FRAMES]
        if not all(path.is_file() for path in paths):
            return no_requests(), no_events()
        return pd.read_parquet(paths[0]), pd.read_parquet(paths[1])

    for old in (folder / "figures").glob("study-*"):  # other figures may be asked for now
        old.unlink()
    return report_on(Run(record, folder, was_found=True, frames=frames), loaded_again(record, folder))
