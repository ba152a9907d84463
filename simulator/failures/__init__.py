"""WHAT BREAKS, WHEN: failure processes, one file each: its YAML block, its samplers, its stated law.

A process states which components can fail, their survival, the pairwise joint and the probability of a pattern (or
why it has none), and is sampled in two ways: a snapshot (patterns, one draw a request) and a timeline (crash and
repair instants as data, drawn ahead, so that the engine needs no failure events). Several processes laid over each
other are an ``Overlay``: a component is up when it is up in all of them. No disk, no clock, no Keras, no SimPy.
"""
