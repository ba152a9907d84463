"""Which held values were taken in a replication: the side table that belongs to its log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _none() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class HeldLog:
    """One row for each held value that a part took when it fired; arrays have the shape ``(rows,)``.

    A part fires at most once a request, so that (request, edge) names a row.

    Args:
        request: Who fired.
        edge: Index of the hyperconnection without an input of its own.
        origin: The earlier request whose value it was.
        age_ns: How long before the firing the value had come.
        fed: What is behind the value, as an int of the part graph; held values may be behind it in their turn.
    """

    request: NDArray[np.int64] = field(default_factory=_none)
    edge: NDArray[np.int64] = field(default_factory=_none)
    origin: NDArray[np.int64] = field(default_factory=_none)
    age_ns: NDArray[np.int64] = field(default_factory=_none)
    fed: Sequence[int] = ()

    def origins(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Return (origin, fed) by (request, edge)."""
        keys = zip(self.request.tolist(), self.edge.tolist(), strict=True)
        return dict(zip(keys, zip(self.origin.tolist(), self.fed, strict=True), strict=True))
