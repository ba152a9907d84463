"""The tail and the distribution of accuracy over the patterns: how often it is below a level, and how far.

Exact where all patterns are known, else from the weighted sample of any method; rare events by splitting, or by
sampling until a fixed number of hits. An event is told by the delivery: no answer, or a score below a level.
"""
