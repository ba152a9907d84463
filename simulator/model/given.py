"""The YAML blocks of a model that is cut from a Keras file: the file, and the tensors between its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PrivateAttr

from simulator.blocks import Block

TensorShape = tuple[Annotated[int, Field(gt=0)], ...]


class KerasFile(Block):
    """A ``.keras`` file, and how samples of the data set become its inputs: ``scale * sample + offset``.

    Args:
        path: From the model file's folder, or from here.
        sha256: Of the file; a file with another one is refused. Without it any file is taken.
        scale: 255 for a model that wants bytes where the data set has numbers from 0 to 1.
        offset: Added after scaling.
        softplus: s of a smooth softplus(s z) / s in place of each ReLU, such as 10; without it they stay as they are.
    """

    path: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    scale: float = 1.0
    offset: float = 0.0
    softplus: Annotated[float, Field(gt=0)] | None = None
    _folder: Path = PrivateAttr(default=Path())
    _is_stand_in: bool = PrivateAttr(default=False)

    def beside(self, folder: Path) -> Self:
        """Return the same, its path understood from a folder."""
        made = self.model_copy()
        made._folder = folder  # noqa: SLF001 - its own
        return made

    def standing_in(self) -> Self:
        """Return the same; where the file is missing, small random parts of its interface are to stand in for it."""
        made = self.model_copy()
        made._is_stand_in = not self.file.is_file()  # noqa: SLF001 - its own
        return made

    @property
    def is_stand_in(self) -> bool:
        """Whether the parts are to be made up."""
        return self._is_stand_in

    @property
    def file(self) -> Path:
        """The file: from the model file's folder where it is there, else from here."""
        near = self._folder / self.path
        return near if near.is_file() else Path(self.path)


class FromKeras(Block):
    """The piece of the Keras model between two sets of tensors; what travels together is one message.

    Args:
        inputs: Shape of each tensor that comes in, by name, in the order of the message.
        outputs: The same of what goes out.
    """

    inputs: Annotated[dict[str, TensorShape], Field(min_length=1)]
    outputs: Annotated[dict[str, TensorShape], Field(min_length=1)]
