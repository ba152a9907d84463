"""Six views of a person, a car or a bus: the authors' folder of crops, or an npz of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import CameraData
from simulator.model.datasets.dataset import Array, DataSet, split
from simulator.model.datasets.files import arrays_of, existing, require
from simulator.model.datasets.pictures import pictures_in, pixels
from simulator.model.datasets.views import CAMERAS, Crops, Grouping, by_frame, by_object

CLASSES = ("person", "car", "bus")
HALVES = {"train": 0, "test": 1, "holdout": 2}
SAMPLE = (CAMERAS, 32, 32, 3)
NAME = re.compile(r"c([0-5])_(\d+)_(\d+)")
TITLE = "six camera views of a person, car or bus"


@dataclass(frozen=True)
class Source:
    """Crops wherever they are.

    Args:
        crops: What their names say.
        objects: The samples by object.
        views: From the numbers of crops, shape ``(samples, 6)``, to their pixels, uint8.
        note: What ``grouping: reference`` cannot know of this source.
    """

    crops: Crops
    objects: Grouping
    views: Callable[[Array], Array]
    note: str = ""


def load_camera(block: CameraData, base: Path) -> DataSet:
    """Return the views, divided by 255; clusters are the frames.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: the file or folder holds something else.
    """
    path = existing(base / block.path)
    source = _folder(path) if path.is_dir() else _npz(path)
    grouping, title = GROUPINGS[block.grouping](source)
    half, y, frame = (of[grouping.crops[:, 0]] for of in (source.crops.half, source.crops.y, source.crops.frame))
    kept = half != HALVES[block.validation]
    tested = HALVES["holdout" if block.validation == "test" else "test"]
    x = source.views(grouping.crops[kept]).astype(np.float32) / np.float32(255)
    return split(x, y[kept], half[kept] == tested, frame[kept], title=title, classes=len(CLASSES))


def _by_object(source: Source) -> tuple[Grouping, str]:
    dropped = source.objects.dropped
    return source.objects, f"{TITLE} ({dropped} pictures of incomplete objects left out)" if dropped else TITLE


def _reference(source: Source) -> tuple[Grouping, str]:
    grouping = by_frame(source.crops)
    return grouping, f"{TITLE}, grouped by frame ({grouping.dropped} pictures left out{source.note})"


GROUPINGS: Mapping[str, Callable[[Source], tuple[Grouping, str]]] = {"object": _by_object, "reference": _reference}


# -- npz ---------------------------------------------------------------------------------------------------------------


def _npz(path: Path) -> Source:
    raw = arrays_of(path)
    require(raw, ("x", "y", "split", "frame"), path)
    if raw["x"].shape[1:] != SAMPLE:
        raise ScenarioError(Problem("data.path", f"samples in {str(path)!r} have the shape {raw['x'].shape[1:]}",
                                    f"{SAMPLE} is needed; use kind: arrays for another set"))
    count = len(raw["x"])
    half, y, frame = (raw[name].astype(np.int64) for name in ("split", "y", "frame"))
    obj = raw["obj"].astype(np.int64) if "obj" in raw else np.arange(count)  # their order is all that counts
    half, y, frame, obj = (np.repeat(of, CAMERAS) for of in (half, y, frame, obj))
    crops = Crops(half, y, frame, obj, np.tile(np.arange(CAMERAS), count))
    whole = Grouping(np.arange(count * CAMERAS).reshape(count, CAMERAS), 0)
    flat = raw["x"].reshape(-1, *SAMPLE[1:])
    return Source(crops, whole, lambda chosen: flat[chosen], ", incomplete objects not known")


# -- folder ------------------------------------------------------------------------------------------------------------


def _folder(path: Path) -> Source:
    files = [(half, label, file) for half in HALVES for label in CLASSES
             for file in pictures_in(path / f"{half}_dir" / f"{label}_images")]
    names = [NAME.fullmatch(file.stem) for _, _, file in files]
    strange = [str(file) for (_, _, file), name in zip(files, names, strict=True) if name is None]
    empty = [f"{half}_dir" for half in HALVES if not any(half == found for found, _, _ in files)]
    problems = [Problem("data.path", f"the folder {str(path)!r} has no pictures in {name!r}",
                        f"get {CameraData.source}") for name in empty]
    if strange:
        problems.append(Problem("data.path", f"{len(strange)} pictures, such as {strange[0]!r}, have other names",
                                "c<camera 0 to 5>_<object>_<frame>.jpg is needed"))
    if problems:
        raise ScenarioError(*problems)
    camera, obj, frame = np.array([name.groups() for name in names if name], dtype=np.int64).T
    half = np.array([HALVES[half] for half, _, _ in files])
    crops = Crops(half, np.array([CLASSES.index(label) for _, label, _ in files]), frame, obj, camera)
    return Source(crops, by_object(crops), lambda chosen: _views([file for _, _, file in files], chosen))


def _views(files: list[Path], chosen: Array) -> Array:
    views = np.empty((*chosen.shape, *SAMPLE[1:]), dtype=np.uint8)
    for place, crop in np.ndenumerate(chosen):
        view = pixels(files[crop], str(files[crop]))
        if view.shape != SAMPLE[1:]:
            raise ScenarioError(Problem("data.path", f"{str(files[crop])!r} has the shape {view.shape}",
                                        f"{SAMPLE[1:]} is needed"))
        views[place] = view
    return views
