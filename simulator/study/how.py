"""How a study is worked through: which of its cells, by whom, and for how long. It changes no answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.scenario.variants import Variant

OF = re.compile(r"(\d+)/(\d+)")
DIGITS = 15  # of a cell's name, that decide its shard


@dataclass(frozen=True)
class Shard:
    """One of several parts of a study, each of which can be run on a machine of its own; numbers start at 1.

    >>> Shard.of("2/4")
    Shard(number=2, count=4)
    """

    number: int
    count: int

    @staticmethod
    def of(text: str) -> Shard:
        """Return a shard written as ``i/K``.

        Raises:
            ScenarioError: it is none.
        """
        found = OF.fullmatch(text.strip())
        shard = Shard(*map(int, found.groups())) if found else None
        if shard is None or not 1 <= shard.number <= shard.count:
            raise ScenarioError(Problem("option --shard", f"{text!r} is no part of a whole",
                                        "write --shard 1/4 for the first of four, --shard 4/4 for the last"))
        return shard

    def has(self, name: str) -> bool:
        """Return whether a cell of this name belongs to it: by its hash, so each cell is in exactly one."""
        return int(name[:DIGITS], 16) % self.count == self.number - 1

    @property
    def file(self) -> str:
        """What names its files in the run folder."""
        return f"{self.number}-of-{self.count}-"

    def __str__(self) -> str:
        """Return the shard as it is written."""
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class How:
    """How a study is worked through.

    Args:
        jobs: Cells that are made side by side, each in a process of its own; 1: one after the other in this process.
        dask: ``local``, the address of a Dask scheduler, or a file that describes a cluster; empty: no Dask.
        shard: Only the cells of this part.
        only: Only the cells whose label says so: ``key=value``; of one key either, of several keys all.
        failed: Only the cells that failed before.
        max_seconds: No cell begins after so long.
        found_in: Other run folders in which finished cells are looked for.
        keeps_replications: Whether replications are kept, so that more can be added without these.
    """

    jobs: int = 1
    dask: str = ""
    shard: Shard | None = None
    only: tuple[str, ...] = ()
    failed: bool = False
    max_seconds: float | None = None
    found_in: tuple[str, ...] = ()
    keeps_replications: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether all cells are made in this process."""
        return self == How(found_in=self.found_in, keeps_replications=self.keeps_replications)

    def chosen(self, cells: Sequence[tuple[Variant, str]], has_failed: Callable[[str], bool],
               ) -> list[tuple[Variant, str]]:
        """Return the cells that are asked for.

        Args:
            cells: All of the study with their names.
            has_failed: Whether the cell of a name failed before.

        Raises:
            ScenarioError: no cell has a key or a value that is asked for.
        """
        wanted = _wanted(self.only, [cell for cell, _ in cells])
        return [(cell, name) for cell, name in cells
                if all(cell.label[key] in values for key, values in wanted.items())
                and (self.shard is None or self.shard.has(name)) and (not self.failed or has_failed(name))]


def _wanted(only: Sequence[str], cells: Sequence[Variant]) -> dict[str, set[str]]:
    """Return the values that are asked for by key of the labels."""
    known: dict[str, set[str]] = {}
    for cell in cells:
        for key, value in cell.label.items():
            known.setdefault(key, set()).add(value)
    wanted: dict[str, set[str]] = {}
    problems = []
    for text in only:
        said, _, value = (part.strip() for part in text.partition("="))
        keys = [key for key in known if key == said or key.endswith(f".{said}")]
        if len(keys) != 1:
            what = "means several keys" if keys else "is no key of the sweep"
            problems.append(Problem("option --only", f"{said!r} {what}", did_you_mean(said, keys or known)))
        elif value not in known[keys[0]]:
            way_out = did_you_mean(value, known[keys[0]])
            problems.append(Problem("option --only", f"no cell has {said}={value}", way_out))
        else:
            wanted.setdefault(keys[0], set()).add(value)
    if problems:
        raise ScenarioError(*problems)
    return wanted
