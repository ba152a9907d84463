"""The layers of a network that survives: ``Failout`` (drop a part in training), ``Join``, ``Crash`` (drop numbers).

Availability travels beside each tensor as a float array of shape ``(samples, 1)``, 1 = present, 0 = absent: a part that
is absent is one that sends nothing, which is not the same as one that sends zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.dataflow.join import Needs
from simulator.model.backend import keras

ops = keras.ops
Shape = tuple[int | None, ...]


def _spread(flags: Any, rank: int) -> Any:
    """Return flags of shape ``(samples, 1)`` with as many axes as a tensor of that rank."""
    return ops.reshape(flags, (-1,) + (1,) * (rank - 1))


@keras.saving.register_keras_serializable(package="simulator")
class Failout(keras.Layer):  # type: ignore[misc]
    """Kill a part's output in training with probability 1 - survival; the identity in inference.

    There is no rescaling: a part that lives is not louder because it might have died (ResiliNet, "failout").

    Call it with a tensor; it returns the tensor (zero where killed) and its availability, shape ``(samples, 1)``.

    Args:
        survival: Probability that the part lives, in [0, 1].
        granularity: ``sample`` draws for every sample, ``batch`` once for the whole mini-batch (the original).
        seed: Seed of its own generator.
    """

    def __init__(self, survival: float, granularity: str = "sample", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= survival <= 1:
            raise ValueError(f"survival must be in [0, 1], got {survival!r}")
        if granularity not in ("sample", "batch"):
            raise ValueError(f"granularity must be 'sample' or 'batch', got {granularity!r}")
        self.survival = survival
        self.granularity = granularity
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> tuple[Any, Any]:
        """Return the output and its availability; all ones unless training."""
        samples = ops.shape(inputs)[0]
        alive = ops.ones((samples, 1), dtype=inputs.dtype)
        if not training:
            return inputs, alive
        draws = (samples, 1) if self.granularity == "sample" else (1, 1)
        # A uniform draw is in [0, 1), so that survival 1 never kills and survival 0 always does.
        lives = keras.random.uniform(draws, seed=self.generator) < self.survival
        alive = alive * ops.cast(lives, inputs.dtype)
        return ops.where(_spread(alive, len(inputs.shape)) > 0, inputs, ops.zeros_like(inputs)), alive

    def compute_output_shape(self, input_shape: Shape) -> tuple[Shape, Shape]:
        """Return the shapes of the output and of its availability."""
        return input_shape, (input_shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        """Return plain values from which the layer is built again."""
        return {**super().get_config(), "survival": self.survival, "granularity": self.granularity, "seed": self.seed}


@keras.saving.register_keras_serializable(package="simulator")
class Crash(keras.Layer):  # type: ignore[misc]
    """Let each number crash in training: 0 with probability p, and the rest as it is; the identity in inference.

    It is a dropout whose survivors are not scaled up: what is trained is the network that crashes.

    Args:
        p: P(crash) of a number, in [0, 1].
        seed: Seed of its own generator; None draws one from Keras' seed.
    """

    def __init__(self, p: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= p <= 1:
            raise ValueError(f"p must be in [0, 1], got {p!r}")
        self.p, self.seed = p, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the inputs, some of them 0 in training."""
        if not training or self.p == 0:
            return inputs
        lives = keras.random.uniform(ops.shape(inputs), seed=self.generator) >= self.p
        return inputs * ops.cast(lives, inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return plain values from which the layer is built again."""
        return {**super().get_config(), "p": self.p, "seed": self.seed}


@keras.saving.register_keras_serializable(package="simulator")
class Join(keras.Layer):  # type: ignore[misc]
    """Add the inputs that are taken, sample by sample, each times its constant weight.

    Of each group the first alternative with an input present is taken, and of that one every input present
    (``simulator.dataflow.join.Join``). An input that is not taken adds nothing and gets no gradient.

    Call it with a list of tensors of one shape and their availabilities joined to shape ``(samples, inputs)``; it
    returns the sum and its availability, shape ``(samples, 1)``: 0 where the needs are not met.

    Args:
        groups: For each group its alternatives, first choice first; an alternative lists positions of inputs.
        weights: Constant weight of each input.
        needs: ``any``, ``all`` or how many.
    """

    def __init__(self, groups: Sequence[Sequence[Sequence[int]]], weights: Sequence[float], needs: Needs = "any",
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = tuple(tuple(tuple(alternative) for alternative in group) for group in groups)
        self.weights_of_inputs = tuple(float(weight) for weight in weights)
        self.needs = needs
        places = sorted(place for group in self.groups for alternative in group for place in alternative)
        if places != list(range(len(self.weights_of_inputs))):
            raise ValueError(f"groups {groups!r} must name each of {len(self.weights_of_inputs)} inputs once")

    def taken(self, availability: Any) -> Any:
        """Return which inputs are taken, 0 or 1, shape ``(samples, inputs)``; a row of zeros is a starved part."""
        here = [availability[:, place : place + 1] > 0 for place in range(len(self.weights_of_inputs))]
        took = list(here)
        complete = ops.ones_like(here[0])
        for group in self.groups:
            free = ops.ones_like(here[0])  # no earlier alternative of the group has been taken
            whole = ops.zeros_like(here[0])
            for alternative in group:
                among = ops.concatenate([here[place] for place in alternative], axis=1)
                chosen = ops.logical_and(free, ops.any(among, axis=1, keepdims=True))
                whole = ops.logical_or(whole, ops.logical_and(chosen, ops.all(among, axis=1, keepdims=True)))
                free = ops.logical_and(free, ops.logical_not(chosen))
                for place in alternative:
                    took[place] = ops.logical_and(here[place], chosen)
            complete = ops.logical_and(complete, whole)
        flags = ops.cast(ops.concatenate(took, axis=1), availability.dtype)
        enough = ops.sum(flags, axis=1, keepdims=True) >= (1 if isinstance(self.needs, str) else self.needs)
        fires = ops.logical_and(enough, complete) if self.needs == "all" else enough
        return flags * ops.cast(fires, flags.dtype)

    def call(self, inputs: Sequence[Any], availability: Any) -> tuple[Any, Any]:
        """Return the sum of the taken inputs and its availability."""
        flags = ops.stop_gradient(self.taken(availability))
        total = None
        for place, (tensor, weight) in enumerate(zip(inputs, self.weights_of_inputs, strict=True)):
            # A product costs half of what a choice (``where``) does, and the tensors are finite.
            share = _spread(flags[:, place : place + 1], len(tensor.shape)) * weight
            total = tensor * share if total is None else total + tensor * share
        return total, ops.max(flags, axis=1, keepdims=True)

    def compute_output_shape(self, inputs_shape: Sequence[Shape], availability_shape: Shape) -> tuple[Shape, Shape]:
        """Return the shapes of the sum and of its availability."""
        return tuple(inputs_shape[0]), (inputs_shape[0][0], 1)

    def get_config(self) -> dict[str, Any]:
        """Return plain values from which the layer is built again."""
        return {**super().get_config(), "groups": [[list(a) for a in group] for group in self.groups],
                "weights": list(self.weights_of_inputs), "needs": self.needs}
