"""WAYS TO AN EXPECTATION: one file a method, all with one shape; from two components to a thousand.

Each method is a frozen block of the scenario file that turns a ``Question`` (what is down with what probability, and
what that is worth) into an ``Expectation``: a value, its sampling interval, bounds on what was left out, and a weighted
sample of deliveries. ``union`` is the only list of them.
"""
