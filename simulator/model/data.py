"""Data sets as arrays: training and test samples, their classes, and the clusters that test errors come in."""

from simulator.model.datasets.dataset import DataSet
from simulator.model.datasets.load import load_data

__all__ = ["DataSet", "load_data"]
