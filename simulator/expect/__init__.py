"""OUTCOMES → NUMBERS: estimates with a value, an interval, a number of samples and the method's name.

Exact expectations over all patterns (weighted by the law that the failure process states), Monte Carlo, timed
statistics over replications, test-set uncertainty by clusters, the gap between served and expected accuracy.
Failure sampling, the finite test set and the training seed are three uncertainties, kept apart. numpy and scipy only.
"""
