"""WHO FEEDS WHOM: parts, hyperconnections, joins as rules, and the delivery that an answer was computed from.

The part graph is a DAG. A *source* part holds one sensor's data, an *exit* part answers. A join is data: what a part
*needs* and what it *takes*. A *delivery* is an int: the taken edges walked back from the exit that answered (and
nothing about nodes, links, times or causes). ``reach`` gives the delivery of a pattern with no delays; the timed
engine gives the same at zero delay, an identity. Pure functions over small integers: no dice, no clock, no disk.
"""
