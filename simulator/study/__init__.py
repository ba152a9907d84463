"""MANY CELLS → RECORDS: assemble (the composition root), run, store.

A run is a study of one or more cells. ``assemble`` alone turns the words of a scenario into objects of the rooms;
``run`` takes a cell to its record; ``store`` writes each record atomically and finds finished work by its hash.
"""
