"""The YAML blocks of all data sets: what they are, where they come from, what can be asked of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.blocks import Block

Shape = tuple[int, ...]
Count = Annotated[int, Field(ge=1)]


class DataBlock(Block):
    """What all blocks of data sets promise, for files that are missing.

    ``source`` says what to get and from where; it is told when the file is missing.
    """

    source: ClassVar[str] = "the npz that the model file describes"

    def promised(self) -> tuple[Shape | None, int | None]:
        """Return the shape of a sample and the number of classes, as far as they are known without the file."""
        return None, None


class WatchData(DataBlock):
    """Smartwatch accelerometer and gyroscope, seven exercises; shipped in the wheel of ``seglearn``.

    One-second windows of 50 x 6, standardised on the training subjects; the last ``test_subjects`` are the test set.
    """

    kind: Literal["watch"]
    test_subjects: Annotated[int, Field(ge=1, le=9)] = 2


class MhealthData(DataBlock):
    """MHEALTH: 23 signals of body sensors at 50 Hz, twelve activities of ten subjects; one row is one sample.

    Args:
        path: The folder of the raw logs, ``mHealth_subject1.log`` to ``mHealth_subject10.log``, or an npz.
        preprocessing: ``corrected``: every signal standardised on the training subjects, split by subject.
            ``reference``: as ResiliNet's authors had it: integers, not scaled, split at random by row.
        test_subjects: How many subjects are held out (``corrected``).
        fold: Which: 0 the last ones, 1 those before them, and so on (``corrected``).
        train_samples: Keep so many training rows, evenly spread; without it all.
        test_samples: Keep so many test rows, evenly spread; without it all.
    """

    source: ClassVar[str] = ("the MHEALTH data set (UCI repository, number 319, "
                             "https://archive.ics.uci.edu/dataset/319/mhealth+dataset), the folder with its ten "
                             "mHealth_subject*.log or an npz as docs/data.md says")

    kind: Literal["mhealth"]
    path: str = "../shared/data/mhealth/mhealth_int.npz"
    preprocessing: Literal["corrected", "reference"] = "corrected"
    test_subjects: Annotated[int, Field(ge=1, le=9)] = 2
    fold: Annotated[int, Field(ge=0)] = 0
    train_samples: Count | None = None
    test_samples: Count | None = None

    def promised(self) -> tuple[Shape, int]:
        """Return 23 signals and 13 classes."""
        return (23,), 13


class CameraData(DataBlock):
    """Six views of one object, 32 x 32 RGB, person / car / bus; an npz as described in docs/data.md."""

    source: ClassVar[str] = ("the EPFL multi-view multi-class crops (folder multiview-dataset of the ResiliNet "
                             "repository ashkan-software/clearShallowAtEase on GitHub), packed as docs/data.md says")

    kind: Literal["camera"]
    path: str = "../shared/data/camera_multiview/camera_multiview.npz"

    def promised(self) -> tuple[Shape, int]:
        """Return six views and three classes."""
        return (6, 32, 32, 3), 3


class ArraysData(DataBlock):
    """Any npz with ``x_train, y_train, x_test, y_test`` and, optionally, ``groups_train`` and ``groups_test``.

    Or with ``x``, ``y`` and ``subject``, where the last ``test_subjects`` are the test set. uint8 is divided by 255.

    Args:
        path: The npz, relative to the model file.
        shape: Shape of one sample; what ``--quick`` makes up where the file is missing.
        classes: How many; without it one more than the largest label.
        standardise: Give every feature mean 0 and standard deviation 1 on the training set.
        every: Keep every so-manyth row: neighbouring rows of a recording are alike.
        test_subjects: How many of the last subjects are held out.
    """

    kind: Literal["arrays"]
    path: str
    shape: tuple[Annotated[int, Field(gt=0)], ...] | None = None
    classes: Annotated[int, Field(ge=2)] | None = None
    standardise: bool = False
    every: Annotated[int, Field(ge=1)] = 1
    test_subjects: Annotated[int, Field(ge=1)] = 2

    def promised(self) -> tuple[Shape | None, int | None]:
        """Return what the block says."""
        return self.shape, self.classes


Data = Annotated[WatchData | MhealthData | CameraData | ArraysData, Field(discriminator="kind")]
