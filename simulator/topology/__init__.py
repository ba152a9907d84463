"""WHERE: the machines and the links between them, a frozen graph over networkx.

A node has a kind, a speed in FLOP/s, a memory (or is a device that has them), a way to serve its jobs, named survival
settings and the claim whether it still forwards messages while it is down. A link has a latency, jitter, a bandwidth
and a loss probability. Nodes and links are the *components* that can fail; their order is fixed once, here. Topologies
are read from YAML and GraphML files.
A hyperconnection between two nodes is carried by a route: links, and the nodes that relay between them.
This room throws no dice and knows neither time nor failures.
"""
