"""THE KERAS ROOM: architectures, cutting, adapters, join arithmetic, failout, data sets, training, running one part.

A model file lists sources, parts with their layers, and hyperconnections; a strategy (vanilla, dfg, resilinet,
resilinet_plus, select) says which hyperconnections stay, how joins combine and whether failout is on. Adapters, bytes
and FLOP are derived from shapes. A failure is an edge not taken, never weight surgery. Code is ``keras.ops``, so that
tensorflow, jax and torch give the same. ``blocks`` imports nothing heavy. No SimPy, no probabilities of patterns.
"""
