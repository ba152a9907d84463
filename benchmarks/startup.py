"""How long the light commands take to start, against an import of the libraries that they stand on.

``python -m benchmarks.startup [ROUNDS]``: ``sim --help`` and ``sim check first`` against
``python -c "import numpy, networkx, pydantic"``, each in a process of its own, in turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.timing import seconds  # noqa: E402

IMPORTS = "import numpy, networkx, pydantic"
COMMANDS = {"sim --help": ("--help",), "sim check first": ("check", "first")}
WANTED = 3.0


def in_a_process(*arguments: str) -> float:
    """Return how long a Python process took, from its start to its end; it must end well."""
    command = [sys.executable, *arguments]
    return seconds(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True))


def ratio_text(ratios: list[float], wanted: float) -> str:
    """Return a ratio that should be small, with its range and whether it is what was wanted."""
    middle = statistics.median(ratios)
    verdict = "ok" if middle < wanted else "ABOVE"
    return f"{middle:5.2f}x [{min(ratios):.2f}-{max(ratios):.2f}], wanted under {wanted:g}x: {verdict}"


def main() -> None:
    """Print the ratios of medians, after one round that warms the disk and the compiled files."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    runs = {"imports": ("-c", IMPORTS)} | {name: ("-m", "simulator", *words) for name, words in COMMANDS.items()}
    for arguments in runs.values():
        in_a_process(*arguments)
    took = [{name: in_a_process(*arguments) for name, arguments in runs.items()} for _ in range(rounds)]
    base = statistics.median(each["imports"] for each in took)
    print(f'{"python -c " + repr(IMPORTS):50s} {1000 * base:6.0f} ms')
    for name in COMMANDS:
        middle = statistics.median(each[name] for each in took)
        print(f"{name:50s} {1000 * middle:6.0f} ms   {ratio_text([e[name] / e['imports'] for e in took], WANTED)}")


if __name__ == "__main__":
    main()
