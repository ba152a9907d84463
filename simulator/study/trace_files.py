"""Files of failure traces: three layouts, read into a table; everything that is wrong with one, told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.trace_block import MOST_TOLD, Layout, TimeUnit
from simulator.failures.trace_table import Node, TraceTable, joined

if TYPE_CHECKING:
    import pandas as pd

UNIT_NS = {"s": 1e9, "ms": 1e6, "min": 60e9, "h": 3600e9, "day": 86400e9}
EVENTS = {"0": False, "down": False, "unavailable": False, "1": True, "up": True, "available": True}
MINUTE_NS = 60e9
LANL_TIME = "%m/%d/%Y %H:%M"
WAY_OUT = "docs/failures-traces.md shows the layouts and where data come from"
INTERVALS = (("component", "node"), ("down_from", "start"), ("up_at", "stop"))
FTA = (("node_id",), ("event_type",), ("start",), ("stop",))
LANL = (("System",), ("nodenumz", "nodenum"), ("Prob Started",), ("Prob Fixed",))


@dataclass(frozen=True)
class TraceFile:
    """Which file, and how it is written.

    Args:
        path: A CSV (also .gz) or Parquet file.
        layout: One of the three.
        unit: Of its instants; of no meaning for ``lanl``, which has dates.
        nodes: A CSV file with columns ``node_id``, ``cluster`` and ``name``; None: the trace has the names.
    """

    path: Path
    layout: Layout = "intervals"
    unit: TimeUnit = "s"
    nodes: Path | None = None


@dataclass(frozen=True)
class Rows:
    """The rows of a trace, as they are in the file, shape ``(rows,)`` each.

    Args:
        node: Name of the machine.
        cluster: Its cluster, or an empty text.
        is_up: Whether the row is a time up.
        start: Begin, in the unit of the file, NaN where it is no number; ``stop`` the end.
        said: What the file has for begin and end, for errors.
        unit_ns: The unit.
    """

    node: NDArray[np.object_]
    cluster: NDArray[np.object_]
    is_up: NDArray[np.bool_]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    said: tuple[NDArray[np.object_], NDArray[np.object_]]
    unit_ns: float


def read_trace(file: TraceFile) -> TraceTable:
    """Return the table of a trace; its clock begins at the minute of the file's first instant.

    Raises:
        ScenarioError: with every problem of the file, each with its row: at most ten, and how many more.
    """
    return _read(file, changed(file.path), changed(file.nodes))


def changed(path: Path | None) -> int:
    """Return when a file was changed last: the cells of a study read a trace once, as long as it stays as it is."""
    return path.stat().st_mtime_ns if path is not None and path.exists() else 0


@lru_cache(maxsize=2)
def _read(file: TraceFile, _changed_ns: int, _nodes_changed_ns: int) -> TraceTable:
    rows = LAYOUTS[file.layout](file)
    first_row = 1 if file.path.suffix == ".parquet" else 2
    place = np.arange(len(rows.node)) + first_row
    tell = Told(str(file.path))
    for row, message in (*bad_times(rows), *repaired_too_soon(rows)):
        tell.row(int(place[row]), message)
    tell.all()
    minute = MINUTE_NS / rows.unit_ns  # kept, so that minutes are those of the file
    origin = float(rows.start.min() // minute * minute)
    start = np.rint((rows.start - origin) * rows.unit_ns).astype(np.int64)
    stop = np.rint((rows.stop - origin) * rows.unit_ns).astype(np.int64)
    if file.layout != "lanl":  # there a machine may have two faults at once
        for row, message in overlapping(rows, start, stop, place):
            tell.row(int(place[row]), message)
        tell.all()
    return TraceTable(file.path.name, tuple(nodes_of(rows, start, stop)))


class Told:
    """Problems of one file, told at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[tuple[int, str]] = []

    def row(self, row: int, message: str) -> None:
        """Remember a problem of one row."""
        self._found.append((row, message))

    def all(self) -> None:
        """Raise ScenarioError with what was found, if anything was."""
        if not self._found:
            return
        told = [Problem(f"{self._name}:{row}", message) for row, message in sorted(self._found)[:MOST_TOLD]]
        if (more := len(self._found) - MOST_TOLD) > 0:
            told.append(Problem(self._name, f"{more} more rows are wrong", WAY_OUT))
        raise ScenarioError(*told)


def bad_times(rows: Rows) -> Iterator[tuple[int, str]]:
    """Yield the rows whose begin or end is no instant."""
    for values, said, which in ((rows.start, rows.said[0], "begin"), (rows.stop, rows.said[1], "end")):
        for row in np.flatnonzero(~np.isfinite(values)):
            yield int(row), f"{said[row]!r} is no instant for the {which}"


def repaired_too_soon(rows: Rows) -> Iterator[tuple[int, str]]:
    """Yield the rows that end before they begin."""
    for row in np.flatnonzero(rows.stop < rows.start):
        yield int(row), f"{rows.node[row]!r} ends at {rows.said[1][row]!r}, before it begins at {rows.said[0][row]!r}"


def overlapping(rows: Rows, start: NDArray[np.int64], stop: NDArray[np.int64], place: NDArray[np.intp],
                ) -> Iterator[tuple[int, str]]:
    """Yield the rows that begin before an earlier one of the same machine has ended; those of no length do no harm."""
    lasts = np.flatnonzero(stop > start)
    _, which = np.unique(rows.node[lasts].astype(str), return_inverse=True)
    order = np.lexsort((stop[lasts], start[lasts], which))
    lasts, which = lasts[order], which[order]
    for after in np.flatnonzero((which[1:] == which[:-1]) & (start[lasts][1:] < stop[lasts][:-1])):
        row, before = int(lasts[after + 1]), int(lasts[after])
        yield row, (f"{rows.node[row]!r} from {rows.said[0][row]!r} overlaps row {place[before]}, "
                    f"which lasts until {rows.said[1][before]!r}")


def nodes_of(rows: Rows, start: NDArray[np.int64], stop: NDArray[np.int64]) -> Iterator[Node]:
    """Yield the machines in the order of their first row.

    A machine was watched as long as it has rows where the trace has times up, else as long as its cluster has any.
    """
    names, first, which = np.unique(rows.node.astype(str), return_index=True, return_inverse=True)
    order = np.argsort(which, kind="stable")
    pieces = np.split(order, np.cumsum(np.bincount(which))[:-1])
    spans: dict[str, tuple[int, int]] = {}
    for cluster in dict.fromkeys(rows.cluster.tolist()):
        is_here = rows.cluster == cluster
        spans[cluster] = int(start[is_here].min()), int(stop[is_here].max())
    has_up = bool(rows.is_up.any())
    for place in np.argsort(first):
        if not names[place]:
            continue
        piece, cluster = pieces[place], str(rows.cluster[first[place]])
        down = piece[~rows.is_up[piece]]
        watched = (int(start[piece].min()), int(stop[piece].max())) if has_up else spans[cluster]
        crash, repair = joined(start[down], stop[down])
        yield Node(str(names[place]), cluster, watched, crash, repair)


def read_frame(path: Path, wanted: tuple[tuple[str, ...], ...]) -> tuple[pd.DataFrame, list[str]]:
    """Return a file's rows, and the names of the wanted columns in it; each may have one of several names.

    Raises:
        ScenarioError: the file cannot be read, holds nothing, or has not all columns.
    """
    import pandas as pd  # noqa: PLC0415 - heavy

    try:
        is_parquet = path.suffix == ".parquet"
        frame = pd.read_parquet(path) if is_parquet else pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise ScenarioError(Problem(str(path), "there is no such file", WAY_OUT)) from error
    except (OSError, ValueError) as error:
        refuse(path, f"cannot be read: {error}")
    known = [str(name) for name in frame.columns]
    named = [next((name for name in names if name in known), "") for names in wanted]
    if problems := [Problem(str(path), f"no column {names[0]!r}", did_you_mean(names[0], known))
                    for names, name in zip(wanted, named, strict=True) if not name]:
        raise ScenarioError(*problems)
    if frame.empty:
        refuse(path, "holds no rows")
    return frame, named


def refuse(path: Path, message: str) -> NoReturn:
    """Raise ScenarioError about a whole file."""
    raise ScenarioError(Problem(str(path), message, WAY_OUT))


def numbers(column: pd.Series[str]) -> NDArray[np.float64]:
    """Return a column as numbers, NaN where it holds none."""
    import pandas as pd  # noqa: PLC0415 - heavy

    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def events(path: Path, column: pd.Series[str]) -> NDArray[np.bool_]:
    """Return whether each row is a time up.

    Raises:
        ScenarioError: a value is neither up nor down.
    """
    words = column.astype(str).str.strip().str.lower()
    tell = Told(str(path))
    for row in np.flatnonzero(~words.isin(EVENTS)):
        shift = 1 if path.suffix == ".parquet" else 2
        tell.row(int(row) + shift, f"the event {column.iloc[row]!r} is neither 0 (down) nor 1 (up)")
    tell.all()
    return np.asarray(words.map(EVENTS), dtype=np.bool_)


def intervals_layout(file: TraceFile) -> Rows:
    """Return the rows of plain intervals: component, down_from, up_at (or start, stop); cluster and event if given."""
    frame, (node, start, stop) = read_frame(file.path, INTERVALS)
    is_up = events(file.path, frame["event"]) if "event" in frame else np.zeros(len(frame), dtype=np.bool_)
    names, clusters = named(file.nodes, frame[node], frame["cluster"] if "cluster" in frame else None)
    return Rows(names, clusters, is_up, numbers(frame[start]), numbers(frame[stop]),
                (frame[start].to_numpy(object), frame[stop].to_numpy(object)), UNIT_NS[file.unit])


def fta_layout(file: TraceFile) -> Rows:
    """Return the rows of the Failure Trace Archive's events: node_id, event_type (1: available), start, stop."""
    frame, (node, event, start, stop) = read_frame(file.path, FTA)
    names, clusters = named(file.nodes, frame[node], None)
    return Rows(names, clusters, events(file.path, frame[event]), numbers(frame[start]), numbers(frame[stop]),
                (frame[start].to_numpy(object), frame[stop].to_numpy(object)), UNIT_NS[file.unit])


def lanl_layout(file: TraceFile) -> Rows:
    """Return the rows of LANL's table: a machine is SYSTEM.NODE, a system a cluster; rows without node are left out."""
    import pandas as pd  # noqa: PLC0415 - heavy

    frame, (system, node, start, stop) = read_frame(file.path, LANL)
    frame = frame.assign(**{node: frame[node].astype(str).str.strip().str.removesuffix(".0")})
    has_node = frame[node].ne("") & frame[node].ne("nan")
    names = frame[system].astype(str) + "." + frame[node]

    def seconds(column: pd.Series[str]) -> NDArray[np.float64]:
        found = pd.to_datetime(column, format=LANL_TIME, errors="coerce").to_numpy("datetime64[s]")
        return np.where(np.isnat(found), np.nan, found.astype(np.int64).astype(np.float64))

    # Rows keep their places, so that an error has the row of the file: one without a node lasts no time.
    begin, end = seconds(frame[start]), seconds(frame[stop])
    return Rows(names.where(has_node, "").to_numpy(object), frame[system].astype(str).to_numpy(object),
                np.zeros(len(frame), dtype=np.bool_), begin, np.where(has_node, end, begin),
                (frame[start].to_numpy(object), frame[stop].to_numpy(object)), UNIT_NS["s"])


LAYOUTS: Mapping[Layout, Callable[[TraceFile], Rows]] = {
    "intervals": intervals_layout, "fta": fta_layout, "lanl": lanl_layout}


def named(nodes: Path | None, node: pd.Series[str], cluster: pd.Series[str] | None,
          ) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the name and the cluster of each row's machine, from a file of nodes where there is one.

    Raises:
        ScenarioError: the file of nodes cannot be read, or does not have a machine.
    """
    keys = node.astype(str)
    if nodes is None:
        clusters = keys.str.slice(0, 0) if cluster is None else cluster.astype(str)
        return keys.to_numpy(object), clusters.to_numpy(object)
    frame, (key, of, name) = read_frame(nodes, (("node_id",), ("cluster",), ("name", "node_id")))
    table = frame.astype(str).drop_duplicates(key).set_index(key, drop=False)
    if missing := sorted(set(keys) - set(table.index)):
        refuse(nodes, f"no node_id {missing[0]!r}, nor {len(missing) - 1} others of the trace")
    return keys.map(table[name]).to_numpy(object), keys.map(table[of]).to_numpy(object)
