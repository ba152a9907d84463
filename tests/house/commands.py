"""Commands started as a user would start them, from the root of the repository."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Finished:
    """How a command ended, and all that it said."""

    code: int
    said: str


def finished(*command: str | Path, folder: Path = ROOT, timeout_s: float = 240) -> Finished:
    """Return how a command ended; its output and its errors are one text."""
    done = subprocess.run([str(word) for word in command], cwd=folder, timeout=timeout_s, check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return Finished(done.returncode, done.stdout)


def python(*words: str | Path, folder: Path = ROOT, timeout_s: float = 240) -> Finished:
    """Return how ``python WORDS`` ended, with the interpreter that runs the tests."""
    return finished(sys.executable, *words, folder=folder, timeout_s=timeout_s)
