"""DATA SETS: one file a kind, each from a block of YAML to a ``DataSet`` of arrays; nothing is ever downloaded.

``blocks`` holds what a user writes (``data:`` of a model file) and imports nothing heavy; ``load.LOADERS`` maps each
block class to its loader and is the one list of kinds. ``dataset`` holds what all kinds share: the two halves, the
fingerprint, the random stand-in of ``--quick``. ``files`` reads npz files; ``rows`` chooses rows.

Every loader keeps three promises: no test sample is used to scale or to train, samples that are alike (one recording,
one frame, one subject) share a cluster, and the same block over the same files gives the same arrays.
A file that is missing is an error that says what to get, from where, and where to put it.
"""
