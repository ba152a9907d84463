"""Grouping crops into samples of six views, from their names alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CAMERAS = 6
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Crops:
    """What the names of all crops say, one entry a crop.

    Args:
        half: 0 training, 1 test, 2 holdout.
        y: 0 person, 1 car, 2 bus.
        frame: Number of the frame.
        obj: Number of the object in its frame and class.
        camera: 0 to 5.
    """

    half: Numbers
    y: Numbers
    frame: Numbers
    obj: Numbers
    camera: Numbers


@dataclass(frozen=True)
class Grouping:
    """Samples of six crops each.

    Args:
        crops: Which crops, shape ``(samples, 6)``.
        dropped: How many crops are in no sample.
    """

    crops: Numbers
    dropped: int


def by_object(crops: Crops) -> Grouping:
    """Return the six views of each object, camera 0 first, in order of half, frame, class and object.

    An object (half, class, frame, number) that is not seen exactly once by each camera is dropped.
    """
    order = np.lexsort((crops.camera, crops.obj, crops.y, crops.frame, crops.half))
    chunks = _runs(order, (crops.half, crops.frame, crops.y, crops.obj))
    whole = [chunk for chunk in chunks if np.array_equal(crops.camera[chunk], np.arange(CAMERAS))]
    return _grouping(whole, len(order))


def by_frame(crops: Crops) -> Grouping:
    """Return the crops of each frame in sixes, as the reference cuts them, here in the order of names.

    All crops of a frame of one half are listed class by class, within a class by name (camera, then object), and cut
    into consecutive sixes; a frame whose number of crops is not a multiple of six is dropped whole.
    """
    order = np.lexsort((crops.obj, crops.camera, crops.y, crops.frame, crops.half))
    chunks = _runs(order, (crops.half, crops.frame))
    return _grouping([chunk for chunk in chunks if len(chunk) % CAMERAS == 0], len(order))


def _runs(order: Numbers, keys: tuple[Numbers, ...]) -> list[Numbers]:
    """Return the order cut wherever one of the keys changes."""
    changes = np.logical_or.reduce([np.diff(key[order]) != 0 for key in keys])
    return np.split(order, np.flatnonzero(changes) + 1)


def _grouping(chunks: list[Numbers], count: int) -> Grouping:
    kept = np.concatenate([np.zeros(0, dtype=np.int64), *chunks]).reshape(-1, CAMERAS)
    return Grouping(kept, count - kept.size)
