"""Pixels from bytes or files; Pillow is imported when the first picture is read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.dataset import Array

SUFFIXES = (".jpg", ".jpeg", ".png")


def pixels(picture: Path | bytes, name: str, size: tuple[int, int] | None = None) -> Array:
    """Return a picture in RGB, uint8, shape ``(height, width, 3)``.

    Args:
        picture: A file, or the bytes of one.
        name: What it is called where it cannot be read.
        size: Height and width to resize it to (bilinear, the sides each for itself); without it as it is.

    Raises:
        ScenarioError: it cannot be read.
    """
    from PIL import Image  # noqa: PLC0415 - only some data sets are pictures

    try:
        with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as opened:
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise ScenarioError(Problem("data.path", f"{name!r} is not a readable picture: {error}",
                                    "get it again, or take it out")) from error
    if size is not None and image.size != size[::-1]:
        image = image.resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(image)


def pictures_in(folder: Path) -> list[Path]:
    """Return the JPEG and PNG files of a folder, by name; none where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
