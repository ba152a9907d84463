"""First and second derivatives of a Keras function, backwards: keras.ops has none, so each backend has its own.

The one file that asks TensorFlow, JAX or PyTorch for derivatives.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.model.backend import keras

Array = NDArray[np.floating[Any]]
Function = Callable[[Any], Any]
"""From a tensor of shape ``(rows, ...)`` to one of shape ``(rows, outputs)``; a row depends on its row alone."""


def gradients(function: Function, values: Array, weights: Array) -> Array:
    """Return the gradient of ``sum_k w_k f_k`` for each set of weights, shape ``(sets, rows, ...)``; one forward pass.

    Args:
        function: f.
        values: Where, shape ``(rows, ...)``.
        weights: Shape ``(sets, rows, outputs)``.
    """
    return GRADIENTS[keras.backend.backend()](function, values, weights)


def curvature(function: Function, values: Array, weights: Array, direction: Array) -> Array:
    """Return the Hessian of ``sum_k w_k f_k`` times a direction, shape ``(rows, ...)``.

    Args:
        function: f.
        values: Where, shape ``(rows, ...)``.
        weights: Shape ``(rows, outputs)``.
        direction: Shape ``(rows, ...)``.
    """
    return CURVATURES[keras.backend.backend()](function, values, weights, direction)


def traced_gradients(function: Function, at: Any, weights: Sequence[Any]) -> list[Any]:
    """Return the gradients of ``sum_k w_k f_k`` as tensors that can be differentiated in turn, inside a training step.

    Args:
        function: f.
        at: A tensor, shape ``(rows, ...)``.
        weights: Tensors of the shape of the outputs.
    """
    return TRACED[keras.backend.backend()](function, at, weights)


def _tensorflow_traced(function: Function, at: Any, weights: Sequence[Any]) -> list[Any]:
    tf = importlib.import_module("tensorflow")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(at)
        outputs = function(at)
    return [tape.gradient(outputs, at, output_gradients=each, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            for each in weights]


def _jax_traced(function: Function, at: Any, weights: Sequence[Any]) -> list[Any]:
    _, back = importlib.import_module("jax").vjp(function, at)
    return [back(each)[0] for each in weights]


def _torch_traced(function: Function, at: Any, weights: Sequence[Any]) -> list[Any]:
    torch = importlib.import_module("torch")
    at = at.requires_grad_()
    outputs = function(at)
    return [torch.autograd.grad(outputs, at, each, create_graph=True)[0] for each in weights]


def _tensorflow_gradients(function: Function, values: Array, weights: Array) -> Array:
    tf = importlib.import_module("tensorflow")
    at = tf.convert_to_tensor(values)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(at)
        outputs = function(at)
    found = [tape.gradient(outputs, at, output_gradients=tf.convert_to_tensor(each),
                           unconnected_gradients=tf.UnconnectedGradients.ZERO) for each in weights]
    return np.stack([each.numpy() for each in found])


def _tensorflow_curvature(function: Function, values: Array, weights: Array, direction: Array) -> Array:
    tf = importlib.import_module("tensorflow")
    at, along = tf.convert_to_tensor(values), tf.convert_to_tensor(direction)
    with tf.GradientTape() as outer:
        outer.watch(at)
        with tf.GradientTape() as inner:
            inner.watch(at)
            outputs = function(at)
        slope = inner.gradient(outputs, at, output_gradients=tf.convert_to_tensor(weights),
                               unconnected_gradients=tf.UnconnectedGradients.ZERO)
        moved = tf.reduce_sum(slope * along)
    found: Array = outer.gradient(moved, at, unconnected_gradients=tf.UnconnectedGradients.ZERO).numpy()
    return found


def _jax_gradients(function: Function, values: Array, weights: Array) -> Array:
    jax = importlib.import_module("jax")
    _, back = jax.vjp(function, jax.numpy.asarray(values))
    return np.stack([np.asarray(back(jax.numpy.asarray(each))[0]) for each in weights])


def _jax_curvature(function: Function, values: Array, weights: Array, direction: Array) -> Array:
    jax = importlib.import_module("jax")

    def slope(at: Any) -> Any:
        return jax.grad(lambda x: (function(x) * jax.numpy.asarray(weights)).sum())(at)

    _, found = jax.jvp(slope, (jax.numpy.asarray(values),), (jax.numpy.asarray(direction),))
    return np.asarray(found)


def _torch_gradients(function: Function, values: Array, weights: Array) -> Array:
    torch = importlib.import_module("torch")
    at = torch.tensor(values, requires_grad=True)
    outputs = function(at)
    found = [torch.autograd.grad(outputs, at, torch.tensor(each), retain_graph=True, allow_unused=True)[0]
             for each in weights]
    return np.stack([np.zeros_like(values) if each is None else each.detach().numpy() for each in found])


def _torch_curvature(function: Function, values: Array, weights: Array, direction: Array) -> Array:
    torch = importlib.import_module("torch")
    at = torch.tensor(values, requires_grad=True)
    (slope,) = torch.autograd.grad(function(at), at, torch.tensor(weights), create_graph=True)
    if not slope.requires_grad:
        return np.zeros_like(values)
    (found,) = torch.autograd.grad(slope, at, torch.tensor(direction), allow_unused=True)
    return np.zeros_like(values) if found is None else found.detach().numpy()


GRADIENTS: Mapping[str, Callable[[Function, Array, Array], Array]] = {
    "tensorflow": _tensorflow_gradients, "jax": _jax_gradients, "torch": _torch_gradients,
}
TRACED: Mapping[str, Callable[[Function, Any, Sequence[Any]], list[Any]]] = {
    "tensorflow": _tensorflow_traced, "jax": _jax_traced, "torch": _torch_traced,
}
CURVATURES: Mapping[str, Callable[[Function, Array, Array, Array], Array]] = {
    "tensorflow": _tensorflow_curvature, "jax": _jax_curvature, "torch": _torch_curvature,
}
