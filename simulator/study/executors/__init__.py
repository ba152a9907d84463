"""WHO MAKES THE CELLS: in this process, in local processes that are watched, or on a Dask cluster.

An executor is a function that takes cells that wait and yields finished ones, in any order. It writes nothing: what a
cell says depends on the cell alone, and the run that asked keeps each answer as it comes. ``task`` says what is handed
over and back, ``waiting`` which cell may begin, ``serial``, ``processes`` and ``on_dask`` are the executors.
"""
