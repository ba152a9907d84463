"""Links from measured matrices: round trips between places, and shares of packets delivered between radios."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError

Floats = NDArray[np.float64]
Place = Annotated[int, Field(ge=0)]
Pair = tuple[str, str]
MS_NS = 1_000_000
SQUARE = 2


@dataclass(frozen=True)
class MeasuredLink:
    """What was measured between two nodes.

    Args:
        keys: The fields of the link's block that it gives, such as ``{"latency_ns": "3 ms"}``.
        is_link: Whether it is good enough for a link to be made where none is written.
    """

    keys: Mapping[str, Any]
    is_link: bool = True


class RoundTrips(Block):
    """Latencies from measured round trips: half of one is the latency of a link, in each direction.

    ``nodes`` says which row of the matrix each node is. The ``array`` of the npz file at ``path`` is in milliseconds:
    a symmetric matrix ``(places, places)``, or rows of upper triangles ``(slots, pairs)`` measured one after the other,
    of which ``slot`` is taken, or without one the median.
    """

    origin: ClassVar[str] = (
        "planetlab_rtt_490x18.npz holds the PlanetLab round trips of NetLatency-Data (Zhu et al., IEEE/ACM Trans. "
        "on Networking, 2017; github.com/uofa-rzhu3/NetLatency-Data), packed as docs/links.md says"
    )
    kind: Literal["round_trips"]
    path: str = "../shared/data/latency/planetlab_rtt_490x18.npz"
    array: str = "rtt_ms_upper"
    nodes: Annotated[dict[str, Place], Field(min_length=2)]
    slot: Place | None = None

    def between(self, measured: Floats) -> Callable[[int, int], MeasuredLink]:
        """Return what was measured between two places.

        Raises:
            ValueError: the array has no such slot or shape, or no such place; says which key is to blame first.
        """
        upper = measured
        if measured.ndim == SQUARE and measured.shape[0] == measured.shape[1]:
            upper = measured[np.triu_indices(len(measured), 1)][None, :]
        if upper.ndim != SQUARE:
            raise ValueError(f"array {measured.shape} is neither a matrix nor rows of upper triangles")
        places = round((1 + (1 + 8 * upper.shape[1]) ** 0.5) / 2)
        if places * (places - 1) // 2 != upper.shape[1]:
            raise ValueError(f"array {upper.shape[1]} numbers a row are not the upper triangle of a matrix")
        _check_places(self.nodes, places)
        if self.slot is not None and self.slot >= len(upper):
            raise ValueError(f"slot {self.slot} is not below {len(upper)}, the number of slots")

        def link(one: int, other: int) -> MeasuredLink:
            low, high = sorted((one, other))
            column = upper[:, low * (2 * places - low - 1) // 2 + high - low - 1]
            trip_ms = float(np.median(column) if self.slot is None else column[self.slot])
            return MeasuredLink({"latency_ns": f"{round(trip_ms * MS_NS / 2)} ns"})

        return link


class Delivered(Block):
    """Losses from measured shares of packets that came: a link's loss is one less the mean share of its directions.

    ``nodes`` says which row of the matrix each node is. The ``array`` of the npz file at ``path`` is a matrix
    ``(from, to)`` of probabilities. A direction in which nothing ever came is not counted where the other has a share;
    below ``least`` there is no link unless one is written.
    """

    origin: ClassVar[str] = (
        "intel_lab_links.npz holds the connectivity of the Intel Berkeley lab's 54 motes (connectivity.txt, 2004; "
        "github.com/nwhitehead1/SensorAnomalyDetection), packed as docs/links.md says"
    )
    kind: Literal["delivered"]
    path: str = "../shared/data/iot_links/intel_lab_links.npz"
    array: str = "delivery_prob"
    nodes: Annotated[dict[str, Place], Field(min_length=2)]
    least: Annotated[float, Field(ge=0, le=1)] = 0.1

    def between(self, measured: Floats) -> Callable[[int, int], MeasuredLink]:
        """Return what was measured between two places.

        Raises:
            ValueError: the array is no matrix of probabilities, or has no such place; says which key is to blame first.
        """
        if measured.ndim != SQUARE or measured.shape[0] != measured.shape[1]:
            raise ValueError(f"array {measured.shape} is not a matrix with as many rows as columns")
        if not ((measured >= 0) & (measured <= 1)).all():
            raise ValueError("array values are not all probabilities from 0 to 1")
        _check_places(self.nodes, len(measured))

        def link(one: int, other: int) -> MeasuredLink:
            shares = [share for share in (measured[one, other], measured[other, one]) if share > 0]
            share = float(np.mean(shares)) if shares else 0.0
            return MeasuredLink({"loss": min(1.0, max(0.0, round(1 - share, 6)))}, share > 0 and share >= self.least)

        return link


Measured = Annotated[RoundTrips | Delivered, Field(discriminator="kind")]


def _check_places(nodes: Mapping[str, int], places: int) -> None:
    for name, place in nodes.items():
        if place >= places:
            raise ValueError(f"nodes.{name} {place} is not below {places}, the number of places")


def measured_links(block: RoundTrips | Delivered, beside: Path) -> Iterator[tuple[Pair, MeasuredLink]]:
    """Yield what was measured between each two nodes of a block, in their order.

    Raises:
        ScenarioError: the file is missing or does not hold what the block says; the place is a key of the block.
    """
    array = _read(block, beside)
    try:
        link = block.between(array)
    except ValueError as error:
        key, _, said = str(error).partition(" ")
        raise ScenarioError(Problem(key, said, f"look at the array {block.array!r} of {block.path!r}")) from error
    for one, other in combinations(block.nodes, 2):
        yield (one, other), link(block.nodes[one], block.nodes[other])


def _read(block: RoundTrips | Delivered, beside: Path) -> Floats:
    path = Path(block.path) if Path(block.path).exists() else beside / block.path
    if not path.exists():
        raise ScenarioError(Problem("path", f"no file {block.path!r}", f"give a path from here or from the topology's "
                                    f"folder; {block.origin}"))
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays[block.array], dtype=np.float64)
    except KeyError as error:
        raise ScenarioError(Problem("array", f"no array {block.array!r} in {block.path!r}", block.origin)) from error
    except (OSError, ValueError, BadZipFile, AttributeError, TypeError) as error:
        raise ScenarioError(
            Problem("path", f"{block.path!r} is no npz file of numbers: {error}", block.origin)) from error
