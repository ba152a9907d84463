"""An experiment whose models are cached against its first run: same scenario, another run folder, each a process.

    python -m benchmarks.repetition [EPOCHS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.timing import seconds  # noqa: E402

WANTED = 20.0
SCENARIO = "health-average-accuracy"


def main(epochs: int = 10) -> None:
    """Run one repeat of the experiment twice and print the ratio of the times."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "SIM_CACHE_DIR": f"{folder}/cache"}

        def run(name):
            words = [sys.executable, "-m", "simulator", "run", SCENARIO, "--set", "repeats=1", "--set",
                     f"training.epochs={epochs}", "--out", f"{folder}/{name}"]
            subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True)

        first, again = seconds(lambda: run("first")), seconds(lambda: run("again"))
        if (Path(folder) / "first/record.json").read_bytes() != (Path(folder) / "again/record.json").read_bytes():
            raise SystemExit("the two runs differ")
    ratio = first / again
    print(f"{SCENARIO}, five models: first run {first:.1f} s, repeated {again:.1f} s: {ratio:.0f}x, "
          f"wanted {WANTED:g}x: {'ok' if ratio >= WANTED else 'BELOW'}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
