"""Regularisers for any Keras ``fit`` that make a network bear crashes: of weights, and of the variance of the error."""
