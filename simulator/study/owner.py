"""Whose run folder it is: ``run.json``, with the run's hash and title, or those of several runs that were merged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import Problem, RunFolderError

FORMAT = 2  # 1: cells had no checksums
SHOWN = 16  # digits of a hash


@dataclass(frozen=True)
class Owner:
    """What a run folder says that it holds.

    Args:
        format: Of the folder.
        runs: Hash and title of each run whose cells are here.
        is_known: Whether ``run.json`` says what we write there.
        is_merged: Whether it came of a merge: cells of any run may be here.
    """

    format: int
    runs: tuple[tuple[str, str], ...]
    is_known: bool = True
    is_merged: bool = False

    def __str__(self) -> str:
        """Return the runs in words."""
        return ", ".join(f"{title!r} ({run_hash[:SHOWN]})" for run_hash, title in self.runs)

    def is_of(self, run_hash: str) -> bool:
        """Return whether cells of a run belong here."""
        return self.is_merged or any(run_hash == mine for mine, _ in self.runs)

    def check(self, folder: Path) -> None:
        """Raise RunFolderError where a later version of this package has written the folder."""
        if self.format > FORMAT:
            told = f"was written by a later version of this package (format {self.format}; known: up to {FORMAT})"
            raise RunFolderError(Problem(str(folder), told, "update the package, or give another folder"))

    def text(self) -> str:
        """Return what ``run.json`` holds."""
        if not self.is_merged:
            (run_hash, title), = self.runs
            return json.dumps({"format": self.format, "hash": run_hash, "title": title}) + "\n"
        runs = [{"hash": run_hash, "title": title} for run_hash, title in sorted(self.runs)]
        return json.dumps({"format": self.format, "merged": runs}) + "\n"


def read_owner(folder: Path) -> Owner | None:
    """Return whose folder it is, None where it says nothing."""
    try:
        plain = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        return _unknown("unreadable run.json")
    try:
        runs = plain["merged"] if "merged" in plain else [plain]
        known = tuple((run["hash"], run["title"]) for run in runs)
        is_known = all(isinstance(text, str) for run in known for text in run)
        return Owner(int(plain["format"]), known, True, "merged" in plain) if is_known else _unknown("foreign run.json")
    except (KeyError, TypeError, ValueError):
        return _unknown("foreign run.json")


def _unknown(title: str) -> Owner:
    return Owner(FORMAT, (("", title),), is_known=False)
