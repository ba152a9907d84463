"""How figures look: one style, colours safe for colour-blind readers, files without dates."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from matplotlib.figure import Figure

# Okabe and Ito's palette, without its yellow (too faint for lines on white).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DOWN, UP, GREY, INK = "#C1272D", "#E3E8EC", "#8A9299", "#222222"

_STYLE: dict[str, Any] = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 10,
    "legend.frameon": True,
    "legend.framealpha": 0.92,
    "legend.edgecolor": "#DDDDDD",
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
    "hatch.linewidth": 0.7,
    "svg.fonttype": "path",
    "svg.hashsalt": "graceful-sim",
}


def styled() -> AbstractContextManager[None]:
    """Return the context in which figures are drawn and saved."""
    return mpl.rc_context(cast("Any", _STYLE))


@dataclass(frozen=True)
class Look:
    """Colour, line and marker of one cell's curve, so that curves differ without colour too."""

    color: str
    line: str
    marker: str


def look_of(place: int) -> Look:
    """Return the look of the cell at that place; the first 28 all differ."""
    return Look(PALETTE[place % len(PALETTE)], LINES[place % len(LINES)], MARKERS[place % len(MARKERS)])


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``name.png`` (150 dots an inch) and ``name.svg``; the same figure gives the same bytes.

    Args:
        figure: What to write.
        folder: Where; made if missing.
        name: File name without ending.

    Returns:
        The two paths, png first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    with styled():
        figure.savefig(png, dpi=150, metadata={"Software": None})
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
    return [png, svg]
