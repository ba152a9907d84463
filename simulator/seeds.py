"""One root seed, named streams: draw number i of a stream belongs to request (or transition) i.

A stream is named by (replication, component, purpose) and by nothing else: never by a worker, a loop
order or a policy, so that a change of policy moves no other draw and one draw is replayed by its index.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np


def stream(root_seed: int, replication: int, component: str, purpose: str) -> np.random.Generator:
    """Return the generator of one named stream, always from its beginning.

    Args:
        root_seed: The scenario's seed, >= 0.
        replication: Number of the replication, >= 0.
        component: Node, link, part, edge or ``""`` for what belongs to no component.
        purpose: What is drawn, such as ``"lifetime"``.

    >>> a = stream(1, 0, "edge", "service").random(3)
    >>> b = stream(1, 0, "edge", "service").random(2)
    >>> bool((a[:2] == b).all())
    True
    """
    name = hashlib.sha256(f"{component}\0{purpose}".encode()).digest()
    words = [int.from_bytes(name[i : i + 4], "big") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([root_seed, replication, *words])))


@dataclass(frozen=True)
class Streams:
    """The named streams of one replication.

    ``layer`` keeps apart the streams of failure processes that are laid over each other; 0 adds nothing to a name.
    """

    root_seed: int
    replication: int = 0
    layer: int = 0

    def of(self, component: str, purpose: str) -> np.random.Generator:
        """Return the generator of the stream (this replication, component, purpose)."""
        return stream(self.root_seed, self.replication, component, f"{purpose} {self.layer}" if self.layer else purpose)


class IndexedStream:
    """A named stream in which each index has draws of its own, of which no other index's number changes any.

    >>> dice = IndexedStream(1, "edge", "bit flips")
    >>> first = dice.at(7).random(3)
    >>> _ = dice.at(8).random(1000)
    >>> bool((dice.at(7).random(3) == first).all())
    True
    """

    def __init__(self, root_seed: int, component: str, purpose: str) -> None:
        name = hashlib.sha256(f"{root_seed}\0{component}\0{purpose}".encode()).digest()
        self._bits = np.random.Philox(key=int.from_bytes(name[:16], "big"))
        self._generator = np.random.Generator(self._bits)
        self._state: Any = self._bits.state

    def at(self, index: int) -> np.random.Generator:
        """Return the generator of an index, at its beginning; it is the same object for all of them.

        Args:
            index: The counter's highest word, 0 to 2^63 - 1; 2^192 numbers later the next index would begin.
        """
        self._state["state"]["counter"] = np.array([0, 0, 0, index], dtype=np.uint64)
        self._bits.state = self._state
        return self._generator
