"""Every error a user can cause, and how it is told.

    SimulatorError
    ├── ScenarioError      something in a file, an option or a data set is wrong (exit code 2)
    ├── RunFolderError     a run folder cannot be used (exit code 2)
    ├── CellsFailed        some cells of a study came to nothing, the others are finished (exit code 4)
    └── Unfinished         cells of a study are left to do (exit code 5; 0 where no more were asked for)

A problem names the place, quotes the value and says the way out; an error carries all problems at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        place: Where: ``file:line key.path``, or the option that was typed.
        message: What is wrong; it quotes the value.
        way_out: What to write instead.
    """

    place: str
    message: str
    way_out: str = ""

    def __str__(self) -> str:
        """Return the problem as one line.

        >>> print(Problem("first.yaml:3 seed", "'one' is not a whole number", "write 1"))
        first.yaml:3 seed: 'one' is not a whole number; write 1
        """
        head = f"{self.place}: {self.message}" if self.place else self.message
        return f"{head}; {self.way_out}" if self.way_out else head


class SimulatorError(Exception):
    """A problem that the user can solve; the command ends with its exit code."""

    exit_code = 2

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem("", p) for p in problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ScenarioError(SimulatorError):
    """Something in a scenario, a file that it names, an option or a data set is wrong."""


class RunFolderError(SimulatorError):
    """A run folder cannot be written, or holds something else."""


class CellsFailed(SimulatorError):
    """Some cells of a study came to nothing; the others are finished and kept."""

    exit_code = 4


class Unfinished(SimulatorError):
    """Cells of a study are left to do, so that it has no answer yet; what is finished is kept.

    Args:
        problems: What is left, and how to go on.
        is_as_asked: Whether all is done that was asked for: a shard, or some of the cells.
    """

    def __init__(self, *problems: Problem | str, is_as_asked: bool = False) -> None:
        super().__init__(*problems)
        self.exit_code = 0 if is_as_asked else 5


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the way out for a word that is not known.

    >>> did_you_mean("healt", ["health", "camera"])
    "did you mean 'health'?"
    >>> did_you_mean("x", ["health", "camera"])
    "known: 'camera', 'health'"
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return "known: " + ", ".join(repr(name) for name in names) if names else ""
