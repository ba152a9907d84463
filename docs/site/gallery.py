"""The gallery: what each scenario of the shelf asks, and a small picture of what ``sim run NAME --quick`` answers.

``python docs/site/gallery.py`` makes the pictures that are missing; with names, those anew. A scenario whose data set
is not on this machine gets none: a picture of random data would answer nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from simulator.documents.yaml_text import read_document
from simulator.scenario.shelf import files

PICTURES = Path(__file__).resolve().parents[1] / "images/gallery"
EVERYWHERE = ("accuracy_vs_failure", "accuracy_over_time", "latency", "endings", "topology")  # the others come first
WIDTH, COLOURS, MOST_BYTES = 480, 32, 2_000_000
LONGEST_S = 300
HEAD = """# Gallery

The scenarios of the shelf (`sim list scenarios`). Each picture is from the command beside it: one epoch, 200 requests,
so that it shows what kind of answer there is, not the answer. Made by `python docs/site/gallery.py`.
"""


def page() -> str:
    """Return the page: theory's queues in a table, every other scenario with its question and its picture."""
    titles = {name: read_document(path).value for name, path in files("scenario").items()}
    lines = [HEAD]
    for name, value in titles.items():
        if not name.startswith("theory-"):
            lines += [f"## {name}", f"**{value['title']}.** {value.get('question', '')}",
                      f"`sim run {name} --quick` · [the file](files/scenarios/{name}.yaml)",
                      *picture(name, value["title"])]
    rows = [f"| [{name}](files/scenarios/{name}.yaml) | {value['title'].replace('|', chr(92) + '|')} |"
            for name, value in titles.items() if name.startswith("theory-")]
    lines += ["## Queues of theory", "\n".join(["| scenario | what theory knows |", "|---|---|", *rows])]
    return "\n\n".join(lines) + "\n"


def picture(name: str, title: str) -> list[str]:
    """Return the line that shows a scenario's picture, where there is one."""
    return [f"![{title}](images/gallery/{name}.png)"] if (PICTURES / f"{name}.png").exists() else []


def make(name: str) -> str:
    """Run a scenario, keep one of its figures, and return what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "simulator", "run", name, "--quick", "--out", str(out)]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return f"takes longer than {LONGEST_S} s"
        if ended.returncode:
            return f"ends with {ended.returncode}: {ended.stderr.strip().splitlines()[-1]}"
        if json.loads((out / "record.json").read_text())["is_synthetic"]:
            return "needs data that are not here"
        drawn = sorted((out / "figures").glob("*.png"), key=lambda path: rank(path.stem))
        return shrunk(drawn[0], PICTURES / f"{name}.png") if drawn else "draws nothing"


def rank(figure: str) -> int:
    """Return how late a figure comes: what only some scenarios draw is first."""
    return next((place for place, name in enumerate(EVERYWHERE) if figure.startswith(name)), -1)


def shrunk(drawn: Path, small: Path) -> str:
    """Write a figure small, in few colours."""
    small.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(drawn) as figure:
        size = (WIDTH, round(figure.height * WIDTH / figure.width))
        figure.convert("RGB").resize(size, Image.Resampling.LANCZOS).quantize(COLOURS).save(small, optimize=True)
    return f"{drawn.stem}, {small.stat().st_size:,} bytes"


def main() -> None:
    """Make the pictures of the scenarios that are named, else those that are missing."""
    wanted = [name for name in files("scenario") if not name.startswith("theory-")]
    for name in sys.argv[1:] or [name for name in wanted if not (PICTURES / f"{name}.png").exists()]:
        print(f"{name}: {make(name)}", flush=True)


if __name__ == "__main__":
    main()
