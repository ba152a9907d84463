"""INSIDE A PART: neuron-level crash theory and its node-level generalisation.

A *crash* sets what a unit puts out to zero; a unit is a neuron, a channel, a tensor or a machine's whole output. The
network after the crash point is a *tail*. ``estimators`` tell mean and variance of the error of each output for one
input and fixed weights: estimates, upper bounds, exact sums; ``monte_carlo`` measures them. Each says which it is.
Keras, and numpy in float64 for small tails; no SimPy, no disk, no failure processes: probabilities come as arrays.
"""
