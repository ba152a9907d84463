"""WHAT WAS ASKED: a scenario file, loaded with the place of each key, all its problems told at once.

``scenario`` unites the blocks of all rooms; ``load`` reads YAML with places; ``shelf`` finds the files we ship;
``variants`` makes the cells of a sweep; ``identity`` names a cell by the hash of what affects its result.
Nothing is run here.
"""
