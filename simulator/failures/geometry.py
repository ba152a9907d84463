"""Distances from epicentres to nodes and links, in a plane or on the globe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Place = tuple[float, float]
EARTH_RADIUS_KM = 6371.0
NEAREST_POLE = 89.9  # degrees of latitude, up to which a box may reach


class Surface(Protocol):
    """Where nodes stand, and how far things are from each other."""

    def lattice(self, places: Sequence[Place], margin: float, cells: int) -> tuple[Floats, Floats]:
        """Return the middles of the cells of the bounding box of these places with a margin, and their shares of it.

        Args:
            places: Positions.
            margin: How far the box reaches beyond them.
            cells: How many cells there are along its longer side; they are about as wide as high.
        """

    def to_point(self, epicentres: Floats, place: Place) -> Floats:
        """Return the distance of each epicentre to a place, shape ``(epicentres,)``."""

    def to_segment(self, epicentres: Floats, start: Place, end: Place) -> Floats:
        """Return the distance of each epicentre to the straight line between two places."""


@final
class Plane:
    """x and y; distances are in their unit."""

    def lattice(self, places: Sequence[Place], margin: float, cells: int) -> tuple[Floats, Floats]:
        """Return the middles of the cells, shape ``(cells, 2)``, and their equal shares."""
        low, high = np.min(places, axis=0) - margin, np.max(places, axis=0) + margin
        across, along = counts(float(high[0] - low[0]), float(high[1] - low[1]), cells)
        xs, ys = middles(low[0], high[0], across), middles(low[1], high[1], along)
        points = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
        return points, np.full(len(points), 1 / len(points))

    def to_point(self, epicentres: Floats, place: Place) -> Floats:
        """Return Euclid's distance."""
        far: Floats = np.hypot(*(epicentres - np.array(place)).T)
        return far

    def to_segment(self, epicentres: Floats, start: Place, end: Place) -> Floats:
        """Return the distance to the nearest point of the segment."""
        a, along = np.array(start), np.array(end) - np.array(start)
        share = np.clip((epicentres - a) @ along / max(float(along @ along), np.finfo(float).tiny), 0, 1)
        far: Floats = np.hypot(*(epicentres - a - share[:, np.newaxis] * along).T)
        return far


@final
class Globe:
    """Longitude and latitude in degrees on a sphere of 6371 km; distances are kilometres along great circles."""

    def lattice(self, places: Sequence[Place], margin: float, cells: int) -> tuple[Floats, Floats]:
        """Return the middles of the cells as unit vectors, shape ``(cells, 3)``, and their shares of the box's area."""
        up = np.degrees(margin / EARTH_RADIUS_KM)
        (west, south), (east, north) = np.min(places, axis=0), np.max(places, axis=0)
        south, north = max(south - up, -NEAREST_POLE), min(north + up, NEAREST_POLE)
        narrowest = np.cos(np.radians(max(abs(south), abs(north))))
        wide = min(east - west + 2 * up / narrowest, 360.0)
        middle = (west + east) / 2
        across, along = counts(wide * np.cos(np.radians((south + north) / 2)), north - south, cells)
        edges = np.radians(np.linspace(south, north, along + 1))
        band = np.diff(np.sin(edges)) if along > 1 else np.ones(1)
        lons, lats = middles(middle - wide / 2, middle + wide / 2, across), np.degrees((edges[:-1] + edges[1:]) / 2)
        points = np.stack(np.meshgrid(lons, lats, indexing="ij"), axis=-1).reshape(-1, 2)
        return vectors(points), np.tile(band / band.sum(), across) / across

    def to_point(self, epicentres: Floats, place: Place) -> Floats:
        """Return the great-circle distance."""
        chord = np.linalg.norm(epicentres - vectors(np.array([place])), axis=1)
        far: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1))
        return far

    def to_segment(self, epicentres: Floats, start: Place, end: Place) -> Floats:
        """Return the distance to the nearest point of the great circle's arc between two places."""
        a, b = vectors(np.array([start, end]))
        ends = np.minimum(self.to_point(epicentres, start), self.to_point(epicentres, end))
        pole = np.cross(a, b)
        if (length := float(np.linalg.norm(pole))) == 0:
            return ends
        height = epicentres @ (pole / length)
        is_beside = (epicentres @ np.cross(pole, a) >= 0) & (epicentres @ np.cross(b, pole) >= 0)
        far: Floats = np.where(is_beside, EARTH_RADIUS_KM * np.arcsin(np.clip(np.abs(height), 0, 1)), ends)
        return far


def vectors(degrees: Floats) -> Floats:
    """Return unit vectors of longitudes and latitudes, shape ``(places, 3)``."""
    lon, lat = np.radians(degrees).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def middles(low: float, high: float, count: int) -> Floats:
    """Return the middles of that many equal intervals.

    >>> middles(0, 1, 2)
    array([0.25, 0.75])
    """
    found: Floats = low + (np.arange(count) + 0.5) * (high - low) / count
    return found


def counts(width: float, height: float, cells: int) -> tuple[int, int]:
    """Return how many cells there are across and along, ``cells`` on the longer side.

    >>> counts(2.0, 1.0, 100), counts(0.0, 0.0, 100)
    ((100, 50), (1, 1))
    """
    side = max(width, height) / cells
    across, along = (max(1, round(length / side)) if side else 1 for length in (width, height))
    return across, along
