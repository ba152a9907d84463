"""Who is told how far long work has come. The silent one is for tests, pipes and the Python API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """How far a study is.

    Args:
        total: Cells that were asked for.
        done: Cells that are finished, found ones with them.
        failed: Cells that came to nothing.
        widest: The widest interval of the finished cells, as text; empty where there is none.
    """

    total: int
    done: int = 0
    failed: int = 0
    widest: str = ""


class Progress:
    """Told of each step of a run; this one says nothing."""

    def trainings(self, count: int) -> None:
        """Hear, before the first of them, how many trained models the cells that are left need."""

    def training(self, label: str, epoch: int, epochs: int) -> None:
        """Hear that a training has finished an epoch."""

    def trained(self, label: str, was_cached: bool, weights: str) -> None:
        """Hear that weights are ready, and whether they were found in the cache."""

    def simulating(self, label: str, requests: int, total: int) -> None:
        """Hear how many of a cell's requests, over all replications, have been simulated."""

    def designs(self, label: str, judged: int, total: int | None) -> None:
        """Hear how many of a cell's designs have been judged, and of how many; None: nobody knows."""

    def trials(self, label: str, done: int, total: int) -> None:
        """Hear how many trials of a search are finished."""

    def cell(self, label: str, done: int, total: int, was_found: bool) -> None:
        """Hear that a cell is finished, or was found finished."""

    def set_aside(self, text: str) -> None:
        """Hear of what was found in a run folder and is not what was written there."""

    def running(self, count: int) -> None:
        """Hear how many cells are being made side by side."""

    def failed(self, label: str, message: str) -> None:
        """Hear that a cell came to nothing, and why."""

    def standing(self, standing: Standing) -> None:
        """Hear how far a study is: at its beginning, and after each cell."""
