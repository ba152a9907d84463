"""Silent errors: answers that come, but from values that are not what they should be.

A kind says what becomes of values (here, in plain arithmetic) and when: by a coin for each request, or while a failure
process of any kind would have its node or link down. Which values are hit is drawn for each test sample from streams of
its own, so that what an answer becomes depends on its delivery and its sample alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block
from simulator.failures.blocks import Failure

Tensor = NDArray[np.float32]
Dice = Callable[[int], np.random.Generator]
"""``dice(sample)``: the draws of a test sample."""

WORD = 32  # bits of a float32
FIELDS = {"all": (0, 31), "mantissa": (0, 22), "exponent": (23, 30), "sign": (31, 31)}
DENSE = 0.05  # rate of flips from which all bits are tossed instead of the flipped ones chosen
Probability = Annotated[float, Field(ge=0, le=1)]


def listed(value: Any) -> Any:
    """Return one name as a list of one, and ``all`` as it is."""
    return [value] if isinstance(value, str) and value != "all" else value


class ErrorBlock(Block):
    """What is wrong with values, where, and when.

    ``on`` names nodes (of ``corrupted`` links or hyperconnections), or is ``all``; ``chance`` is tossed for each of
    them and each request. Instead of both, ``when`` is a failure process of any kind: what it would have down puts out
    damaged values then. ``name`` is the tag that deliveries carry, the kind's name if not given.
    """

    strikes_links: ClassVar[bool] = False
    kind: str
    name: Annotated[str, Field(min_length=1)] | None = None
    on: Annotated[Literal["all"] | tuple[str, ...], BeforeValidator(listed)] = "all"
    chance: Probability = 1.0
    when: Failure | None = None

    @model_validator(mode="after")
    def _says_when_once(self) -> Self:
        both = [key for key in ("on", "chance") if getattr(self, key) != type(self).model_fields[key].default]
        if self.when is not None and both:
            raise ValueError(f"'when' says where and when; leave {' and '.join(map(repr, both))} out")
        return self

    @property
    def tag(self) -> str:
        """What a delivery carries in brackets."""
        return self.name or self.kind.replace("_", " ")

    @property
    def loses(self) -> bool:
        """Whether a damaged message is lost, since its receiver sees the damage."""
        return False

    @property
    def needs_before(self) -> bool:
        """Whether values of the test sample before are needed."""
        return False

    @abstractmethod
    def pattern(self, dice: Dice, samples: Sequence[int], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return what is random about the damage, for some test samples and a tensor of a shape (without samples)."""

    @abstractmethod
    def damaged(self, rows: Tensor, pattern: NDArray[Any], before: Tensor) -> Tensor:
        """Return what becomes of values.

        Args:
            rows: The values of some test samples, shape ``(samples, *shape)``.
            pattern: What is random.
            before: The values of the sample before each, zeros for the first; used by who ``needs_before``.
        """


class FlippingBlock(ErrorBlock):
    """Bits of float32 values that flip, each by itself with the rate ``per_bit``, whatever they mean.

    ``bits`` are all of them, the ``sign``, the ``exponent`` (8), the ``mantissa`` (23), or ``[lowest, highest]`` of 0
    to 31, where 0 is the last of the mantissa, 23 the lowest of the exponent and 31 the sign (IEEE 754).
    """

    per_bit: Probability
    bits: Literal["all", "sign", "exponent", "mantissa"] | tuple[
        Annotated[int, Field(ge=0, lt=WORD)], Annotated[int, Field(ge=0, lt=WORD)]] = "all"

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.field[0] > self.field[1]:
            raise ValueError(f"bits: {list(self.field)} begins after its end; write the lowest bit first")
        return self

    @property
    def field(self) -> tuple[int, int]:
        """The lowest and the highest bit that may flip."""
        return FIELDS[self.bits] if isinstance(self.bits, str) else self.bits

    def pattern(self, dice: Dice, samples: Sequence[int], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return the bits that flip, as uint32, shape ``(samples, *shape)``."""
        low, high = self.field
        width, values = high - low + 1, int(np.prod(shape))
        flips = np.zeros((len(samples), values), dtype=np.uint32)
        for row, sample in zip(flips, samples, strict=True):
            chosen = flipped_bits(dice(sample), values * width, self.per_bit)
            np.bitwise_or.at(row, chosen // width, np.uint32(1) << (low + chosen % width).astype(np.uint32))
        return flips.reshape(len(samples), *shape)

    def damaged(self, rows: Tensor, pattern: NDArray[Any], before: Tensor) -> Tensor:
        """Return the values with these bits flipped; infinities and NaN among them travel on."""
        found: Tensor = (np.ascontiguousarray(rows, dtype=np.float32).view(np.uint32) ^ pattern).view(np.float32)
        return found


def flipped_bits(dice: np.random.Generator, bits: int, rate: float) -> NDArray[np.int64]:
    """Return which of so many bits flip, each by itself at this rate."""
    if rate >= DENSE:
        return np.flatnonzero(dice.random(bits) < rate)
    count = int(dice.binomial(bits, rate))
    return dice.choice(bits, count, replace=False, shuffle=False) if count else np.zeros(0, dtype=np.int64)


class BitFlips(FlippingBlock):
    """Bits flip in what a node's parts put out."""

    kind: Literal["bit_flips"]


class Corrupted(FlippingBlock):
    """Messages arrive with flipped bits; ``per_bit: 0.5`` (which it is unless given) makes all of them random.

    ``checksum: true``: the receiver sees it and drops the message, which is lost then.
    """

    strikes_links: ClassVar[bool] = True
    kind: Literal["corrupted"]
    per_bit: Probability = 0.5
    checksum: bool = False

    @property
    def loses(self) -> bool:
        """Whether the receiver sees the damage."""
        return self.checksum


class Stuck(ErrorBlock):
    """Each of a node's ``units`` is stuck with probability ``share``, ``at`` a number or at the ``last`` value.

    A unit is one activation, or (``channels``) all of one place on the last axis. The last value is that of the test
    sample before (0 for the first). The same units are stuck for all samples, unless they are drawn ``anew``.
    """

    kind: Literal["stuck"]
    at: float | Literal["last"] = 0.0
    share: Probability = 1.0
    units: Literal["activations", "channels"] = "activations"
    anew: bool = False

    @property
    def needs_before(self) -> bool:
        """Whether it is the last value that stays."""
        return self.at == "last"

    def pattern(self, dice: Dice, samples: Sequence[int], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return who is stuck, as bool, shape ``(samples or 1, *shape)``, where channels have the others' axes at 1."""
        units = shape if self.units == "activations" else (*(1 for _ in shape[:-1]), *shape[-1:])
        each = [dice(1 + sample).random(units) < self.share for sample in (samples if self.anew else [-1])]
        return np.stack(each)

    def damaged(self, rows: Tensor, pattern: NDArray[Any], before: Tensor) -> Tensor:
        """Return the values, with those of stuck units replaced."""
        held = before if isinstance(self.at, str) else np.float32(self.at)
        found: Tensor = np.where(pattern, held, rows).astype(np.float32, copy=False)
        return found


class Noisy(ErrorBlock):
    """Gaussian noise is added to what a node's parts put out.

    Its standard deviation is ``relative`` times that of the values of the same tensor and sample.
    """

    kind: Literal["noisy"]
    relative: Annotated[float, Field(ge=0)]

    def pattern(self, dice: Dice, samples: Sequence[int], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return standard normal numbers, shape ``(samples, *shape)``."""
        return np.stack([dice(sample).standard_normal(shape, dtype=np.float32) for sample in samples])

    def damaged(self, rows: Tensor, pattern: NDArray[Any], before: Tensor) -> Tensor:
        """Return the values with noise."""
        spread = rows.std(axis=tuple(range(1, rows.ndim)), keepdims=True)
        found: Tensor = (rows + np.float32(self.relative) * spread * pattern).astype(np.float32, copy=False)
        return found


SilentError = Annotated[BitFlips | Stuck | Noisy | Corrupted, Field(discriminator="kind")]
