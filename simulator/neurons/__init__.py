"""INSIDE A PART: neuron-level crash theory and its node-level generalisation.

Empty so far: the room is kept so that the imports' direction is known to the contract from the first day.
"""
