"""Progress bars on long work, silent without a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from simulator.study import progress

MODELS = "models ready"
CELLS = "cells"


class Bars(progress.Progress):
    """Draws a bar for each training and each simulation; a context manager."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bars = Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.tasks: dict[str, TaskID] = {}
        self.models = self.at_work = 0
        self.ready: set[str] = set()  # weights; two workers may tell of the same
        self.stands = progress.Standing(1)

    def __enter__(self) -> Bars:
        """Start drawing."""
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self.bars.stop()

    def _show(self, name: str, done: int, total: int) -> None:
        if name not in self.tasks:
            self.tasks[name] = self.bars.add_task(name, total=total)
        self.bars.update(self.tasks[name], completed=done, total=total)

    def trainings(self, count: int) -> None:
        """Show how many of the models that are needed are trained, and how long the rest will take."""
        if count > 1:
            self.models = count
            self._show(MODELS, 0, count)

    def training(self, label: str, epoch: int, epochs: int) -> None:
        """Show how many epochs of a training are done, and hide it when all are."""
        name = f"training {label}"
        self._show(name, epoch, epochs)
        if self.models and epoch == epochs:
            self.bars.remove_task(self.tasks.pop(name))

    def trained(self, label: str, was_cached: bool, weights: str) -> None:
        """Say where the weights come from."""
        if self.models and weights in self.ready:
            return
        origin = "found in the cache" if was_cached else "trained"
        self.ready.add(weights)
        which = f"model {len(self.ready)} of {self.models}, " if self.models else ""
        self.bars.console.print(f"{which}weights of {label}: {origin} ({weights[:12]})", style="dim", highlight=False)
        if self.models:
            self._show(MODELS, len(self.ready), self.models)

    def simulating(self, label: str, requests: int, total: int) -> None:
        """Show how many requests have been simulated."""
        self._show(f"simulating {label}", requests, total)

    def designs(self, label: str, judged: int, total: int | None) -> None:
        """Show how many designs have been judged."""
        self._show(f"judging designs of {label}", judged, judged if total is None else total)

    def trials(self, label: str, done: int, total: int) -> None:
        """Show how many trials of a search are finished."""
        self._show(f"trials of {label}", done, total)

    def running(self, count: int) -> None:
        """Show how many cells are being made."""
        self.at_work = count
        self.standing(self.stands)

    def standing(self, standing: progress.Standing) -> None:
        """Show how many cells are done, running and failed, the widest interval, and how long the rest will take."""
        self.stands = standing
        if standing.total > 1:
            self._show(CELLS, standing.done, standing.total)
            failed = f"{standing.failed} failed" if standing.failed else ""
            said = filter(None, [CELLS, f"{self.at_work} running", failed, standing.widest])
            self.bars.update(self.tasks[CELLS], description=", ".join(said))

    def failed(self, label: str, message: str) -> None:
        """Say that a cell came to nothing."""
        self.bars.console.print(f"cell {label}: {message}", style="red", highlight=False, markup=False)

    def cell(self, label: str, done: int, total: int, was_found: bool) -> None:
        """Say that a cell is done."""
        simulated = self.tasks.pop(f"simulating {label}", None) if total > 1 else None
        if simulated is not None:
            self.bars.remove_task(simulated)
        if was_found:
            self.bars.console.print(f"cell {done} of {total}, {label}: found finished", style="dim", highlight=False)

    def set_aside(self, text: str) -> None:
        """Say what was found in the run folder and is not what was written there."""
        self.bars.console.print(f"warning: {text}", style="yellow", highlight=False, soft_wrap=True, markup=False)
