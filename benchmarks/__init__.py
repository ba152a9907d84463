"""Benchmarks, and the textbook models that they are measured against.

``textbook_chain`` and ``textbook_dag`` are written as a textbook on SimPy would write them: a process per request,
per part and per message, ``Resource``, ``AnyOf``, ``AllOf`` and ``interrupt``. They share no line with the timed
engine of the package, so they are also the second route to its results (``tests/network``).
"""
