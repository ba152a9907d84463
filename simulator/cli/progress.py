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

    def training(self, label: str, epoch: int, epochs: int) -> None:
        """Show how many epochs of a training are done."""
        self._show(f"training {label}", epoch, epochs)

    def trained(self, label: str, was_cached: bool, weights: str) -> None:
        """Say where the weights come from."""
        origin = "found in the cache" if was_cached else "trained"
        self.bars.console.print(f"weights of {label}: {origin} ({weights[:12]})", style="dim", highlight=False)

    def simulating(self, label: str, requests: int, total: int) -> None:
        """Show how many requests have been simulated."""
        self._show(f"simulating {label}", requests, total)

    def cell(self, label: str, done: int, total: int, was_found: bool) -> None:
        """Say that a cell is done."""
        if was_found:
            self.bars.console.print(f"cell {done} of {total}, {label}: found finished", style="dim", highlight=False)
