"""Processes that move in time: they have a timeline, and no law that holds at every instant."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import NoLaw, Up
from simulator.seeds import Streams


class Moving(ABC):
    """A process whose every question about law is refused, with one reason and the way out."""

    @property
    @abstractmethod
    def why(self) -> str:
        """Why it has no law, and what to write for one."""

    def refuse(self) -> NoReturn:
        """Raise NoLaw with the reason."""
        raise NoLaw(self.why)

    def survival(self) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        self.refuse()

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        self.refuse()

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        self.refuse()

    def switches_per_s(self) -> NDArray[np.float64]:
        """Raise NoLaw: it moves in time."""
        self.refuse()

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Raise NoLaw: it moves in time."""
        self.refuse()
