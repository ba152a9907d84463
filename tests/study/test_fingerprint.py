"""Another data set is another cell: a file by its bytes, a folder by the names, sizes and bytes of its files."""

import hashlib

import pytest

from simulator.study.fingerprint import file_hash, path_hash


def folder_of(path, **files):
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def test_a_file_is_its_bytes(tmp_path):
    folder_of(tmp_path, a="one")
    assert path_hash(tmp_path / "a") == file_hash(tmp_path / "a") == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "a").write_text("another")
    assert file_hash(tmp_path / "a") == hashlib.sha256(b"another").hexdigest()
    assert path_hash(tmp_path / "none") == "missing"


@pytest.mark.parametrize("files", [
    {"train/a": "one", "test/b": "2wo"},  # bytes
    {"train/a": "one", "test/c": "two"},  # a name
    {"train/a": "onet", "test/b": "wo"},  # sizes
    {"train/a": "one"},
    {"train/a": "one", "test/b": "two", "test/empty": ""},
])
def test_a_folder_is_the_names_sizes_and_bytes_of_its_files(files, tmp_path):
    first, again = (folder_of(tmp_path / name, **{"train/a": "one", "test/b": "two"}) for name in ("first", "again"))
    other = folder_of(tmp_path / "other", **files)
    assert path_hash(first) == path_hash(again) != path_hash(other)
