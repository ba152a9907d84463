"""MHEALTH, as it should be used (``corrected``) and as ResiliNet's authors used it (``reference``).

Thirteen classes: the labels 1 to 12 keep their numbers, and output 0, the null class that is removed, stays as in the
reference, so that parameters, FLOP and bytes are the published ones. It is never right, and training empties it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import MhealthData
from simulator.model.datasets.dataset import Array, DataSet, Half, joined
from simulator.model.datasets.files import arrays_of, existing, require
from simulator.model.datasets.rows import Rows, evenly, reference_halves

SIGNALS, CLASSES = 23, 13
SUBJECTS = range(1, 11)


@dataclass(frozen=True)
class Recordings:
    """The labelled rows of all subjects, in order of subject and time.

    Args:
        x: Signals, shape ``(rows, 23)``, floats or the integers that they were cut to.
        y: Activity of each row, 1 to 12.
        subject: Who, int64.
    """

    x: Array
    y: Array
    subject: Array

    def half(self, rows: Rows, x: Array, groups: Array) -> Half:
        """Return some of the rows, with their samples and clusters."""
        return Half(x.astype(np.float32), self.y[rows], groups[rows])


def load_mhealth(block: MhealthData, base: Path) -> DataSet:
    """Return MHEALTH as the block asks.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: the file holds something else, or there are fewer folds or samples than asked.
    """
    path = existing(base / block.path)
    recordings = _logs(path) if path.is_dir() else _matrix(path)
    return PREPROCESSING[block.preprocessing](recordings, block)


def _matrix(path: Path) -> Recordings:
    raw = arrays_of(path)
    require(raw, ("x", "y", "subject"), path)
    return _recordings(raw["x"], raw["y"].astype(np.int64), raw["subject"].astype(np.int64), path)


def _logs(folder: Path) -> Recordings:
    """Return the rows of the ten raw logs: 24 columns, the label last."""
    paths = [folder / f"mHealth_subject{number}.log" for number in SUBJECTS]
    absent = [path.name for path in paths if not path.exists()]
    if absent:
        raise ScenarioError(Problem("data.path", f"the folder {str(folder)!r} has no {', '.join(map(repr, absent))}",
                                    f"get {MhealthData.source}"))
    tables = [_log(path) for path in paths]
    rows = np.concatenate(tables)
    subject = np.repeat(np.array(SUBJECTS, dtype=np.int64), [len(table) for table in tables])
    return _recordings(rows[:, :-1], rows[:, -1].astype(np.int64), subject, folder)


def _log(path: Path) -> Array:
    try:
        table: Array = np.loadtxt(path, dtype=np.float32, ndmin=2)
    except (OSError, ValueError) as error:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} is not a log of numbers: {error}",
                                    f"get {MhealthData.source}")) from error
    if table.shape[1] != SIGNALS + 1:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} has {table.shape[1]} columns",
                                    f"{SIGNALS + 1} are needed, the label last"))
    return table


def _recordings(x: Array, y: Array, subject: Array, path: Path) -> Recordings:
    """Return the rows without the null class."""
    if x.shape != (len(y), SIGNALS) or len(subject) != len(y):
        told = f"{str(path)!r} has signals of shape {x.shape}, {len(y)} labels and {len(subject)} subjects"
        raise ScenarioError(Problem("data.path", told, f"write {SIGNALS} signals, a label and a subject for each row"))
    if not len(y) or y.min() < 0 or y.max() >= CLASSES:
        told = f"{str(path)!r} has labels {y.min()} to {y.max()}" if len(y) else f"{str(path)!r} has no rows"
        raise ScenarioError(Problem("data.path", told, "write activities 1 to 12, and 0 for none"))
    kept = y > 0
    return Recordings(x[kept], y[kept], subject[kept])


def _corrected(recordings: Recordings, block: MhealthData) -> DataSet:
    """Return signals standardised on the training subjects; clusters are the bouts (subject, activity)."""
    is_test = np.isin(recordings.subject, held_out(np.unique(recordings.subject), block.test_subjects, block.fold))
    seen = recordings.x[~is_test]
    mean, spread = seen.mean(axis=0, dtype=np.float64), seen.std(axis=0, dtype=np.float64)
    spread = np.where(spread > 0, spread, 1)
    bouts = recordings.subject * CLASSES + recordings.y
    chosen = (evenly(np.flatnonzero(~is_test), block.train_samples, "data.train_samples"),
              evenly(np.flatnonzero(is_test), block.test_samples, "data.test_samples"))
    train, test = (recordings.half(rows, (recordings.x[rows] - mean) / spread, bouts) for rows in chosen)
    return joined(train, test, title="MHEALTH, twelve activities, split by subject", classes=CLASSES)


def held_out(subjects: Array, count: int, fold: int) -> Array:
    """Return the subjects of a fold: fold 0 holds out the last ``count``, fold 1 those before them.

    Raises:
        ScenarioError: there are fewer folds, or no subject is left for training.

    >>> held_out(np.arange(1, 11), 2, 0).tolist(), held_out(np.arange(1, 11), 2, 4).tolist()
    ([9, 10], [1, 2])
    """
    folds = len(subjects) // count
    if count >= len(subjects):
        told = f"{count} of {len(subjects)} subjects leave none for training"
        raise ScenarioError(Problem("data.test_subjects", told,
                                    f"write at most {len(subjects) - 1}"))
    if fold >= folds:
        raise ScenarioError(Problem("data.fold", f"{fold} is not a fold: {len(subjects)} subjects, {count} at a time, "
                                    f"make {folds}", f"write 0 to {folds - 1}"))
    end = len(subjects) - fold * count
    return subjects[end - count : end]


def _reference(recordings: Recordings, block: MhealthData) -> DataSet:
    """Return signals cut to integers, split at random by row; clusters are the subjects.

    The authors' loader takes the first row of each subject's file for a header.
    """
    if block.fold:
        raise ScenarioError(Problem("data.fold", f"{block.fold} has no meaning: the reference splits at random by row",
                                    "leave it out, or write preprocessing: corrected"))
    _, first = np.unique(recordings.subject, return_index=True)
    rows = np.delete(np.arange(len(recordings.y)), first)
    trained, tested = reference_halves(len(rows))
    chosen = (evenly(rows[trained], block.train_samples, "data.train_samples"),
              evenly(rows[tested], block.test_samples, "data.test_samples"))
    # Adding 0 makes -0.0, to which -0.3 is cut, the 0 of the files of integers.
    train, test = (recordings.half(kept, np.trunc(recordings.x[kept]) + 0, recordings.subject) for kept in chosen)
    return joined(train, test, title="MHEALTH, twelve activities, integers, split at random by row", classes=CLASSES)


PREPROCESSING: Mapping[str, Callable[[Recordings, MhealthData], DataSet]] = {
    "corrected": _corrected,
    "reference": _reference,
}
