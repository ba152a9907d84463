"""What can go wrong on a disk: damaged files, two writers, no room, no permission, other formats, clocks that jump."""

import errno
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from cells_made_up import contents, folder_of, made_up
from small import Told, three_cells, tree_bytes

from simulator.errors import RunFolderError
from simulator.scenario.identity import digest
from simulator.seeds import Streams
from simulator.study import disk, lock
from simulator.study.cell_files import NAME_LENGTH, labelled, read_cell
from simulator.study.disk import SUMS, TornError
from simulator.study.lock import LOCK, Holder, take
from simulator.study.run import run
from simulator.study.store import ASIDE, HALF_WRITTEN, RunFolder

DAMAGES = 100


def damaged(content, draw):
    """Return a file with one bit turned over, cut short, or with bytes added."""
    kind, place = draw.integers(4), int(draw.integers(len(content)))
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + bytes(draw.integers(0, 256, 3, dtype=np.uint8)) + content[place:]
    turned = bytearray(content)
    turned[place] ^= 1 << int(draw.integers(8))
    return bytes(turned)


@pytest.mark.parametrize("is_timed", [False, True])
def test_a_cell_in_which_any_byte_has_changed_is_never_read(tmp_path, is_timed):
    folder = folder_of(tmp_path, [1], is_timed=is_timed)
    cell_hash = digest("1")
    cell = folder.path / "cells" / cell_hash[:NAME_LENGTH]
    whole, draw = contents(cell), Streams(1).of("", "damages")
    assert len(whole) == (4 if is_timed else 2)
    for _ in range(DAMAGES):
        name = sorted(whole)[int(draw.integers(len(whole)))]
        (cell / name).write_bytes(damaged(whole[name], draw))
        with pytest.raises(TornError):
            read_cell(cell, cell_hash)
        (cell / name).write_bytes(whole[name])
    assert read_cell(cell, cell_hash).record == made_up(1, is_timed=is_timed).record


@pytest.mark.parametrize("name", [SUMS, "record.json", "requests.parquet", "events.parquet"])
def test_a_file_that_is_missing_is_named(tmp_path, name):
    folder = folder_of(tmp_path, [1], is_timed=True)
    cell = folder.path / "cells" / digest("1")[:NAME_LENGTH]
    (cell / name).unlink()
    with pytest.raises(TornError, match=name):
        read_cell(cell, digest("1"))


def test_what_is_damaged_is_named_and_set_aside_again_and_again_and_nothing_is_lost(tmp_path):
    said = []
    folder = folder_of(tmp_path, [1, 2])
    folder.tell = said.append
    cell = folder.path / "cells" / digest("1")[:NAME_LENGTH]
    for number in (1, 2):
        (cell / "record.json").write_text(f"{number}")
        assert folder.find(digest("1")) is None
        assert (folder.path / ASIDE / f"{cell.name}-{number}" / "record.json").read_text() == f"{number}"
        assert "record.json is not as it was written" in said[-1]
        assert str(folder.path / ASIDE / f"{cell.name}-{number}") in said[-1]
        folder.keep(made_up(1))
    assert folder.find(digest("1")).record == made_up(1).record
    assert folder.find(digest("2")).record == made_up(2).record


def test_another_writer_is_told_who_writes_and_changes_nothing(tmp_path):
    folder = folder_of(tmp_path, [1])
    with folder.claimed():
        before = contents(tmp_path)
        with pytest.raises(RunFolderError, match=rf"is being written by process {os.getpid()} on \S+; wait for it"):
            RunFolder(tmp_path, folder.hash, folder.title).claim()
        assert contents(tmp_path) == before
    with RunFolder(tmp_path, folder.hash, folder.title).claimed():
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()


def test_shards_write_side_by_side_but_the_whole_and_each_of_them_have_one_writer(tmp_path):
    def writer(shard=""):
        return RunFolder(tmp_path, "abc", "a title", shard=shard)

    with writer("1-of-2-").claimed(), writer("2-of-2-").claimed():
        for refused in ("", "1-of-2-"):
            with pytest.raises(RunFolderError, match="is being written"):
                writer(refused).claim()
    with writer().claimed(), pytest.raises(RunFolderError, match="is being written"):
        writer("1-of-2-").claim()


def test_a_shard_leaves_alone_what_another_one_is_writing(tmp_path):
    with RunFolder(tmp_path, "abc", "a title", shard="1-of-2-").claimed():
        (tmp_path / "cells" / f"{HALF_WRITTEN}1-of-2-x").mkdir()
        (tmp_path / "cells" / f"{HALF_WRITTEN}2-of-2-x").mkdir()
        with RunFolder(tmp_path, "abc", "a title", shard="2-of-2-").claimed():
            assert [path.name for path in (tmp_path / "cells").iterdir()] == [f"{HALF_WRITTEN}1-of-2-x"]


@cache
def gone():
    """Return the number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def lock_text(**change):
    """Return the lock of this process with changes; a ``pid`` is that of a process that is gone."""
    return json.dumps(asdict(replace(Holder.me(), **change | ({"pid": gone()} if "pid" in change else {}))))


@pytest.mark.parametrize("change", [
    {"pid": 0},
    {"started": "1"},  # the number of the process has been given to another one
    {"boot": "another start of this machine"},
])
def test_a_lock_of_a_process_that_is_gone_is_taken_over(tmp_path, change):
    (tmp_path / LOCK).write_text(lock_text(**change))
    take(tmp_path)
    assert json.loads((tmp_path / LOCK).read_text()) == asdict(Holder.me())
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


@pytest.mark.parametrize("change", [{"host": "another"}, {"space": "another container", "pid": 0}])
def test_a_lock_of_a_process_that_nobody_can_ask_for_stands_and_says_the_way_out(tmp_path, change):
    (tmp_path / LOCK).write_text(lock_text(**change))
    with pytest.raises(RunFolderError, match=f"if nothing is at work there, remove {tmp_path / LOCK}"):
        take(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "host": "y"}', '{"who": 1}'])
def test_a_lock_that_says_nothing_stands(tmp_path, text):
    (tmp_path / LOCK).write_text(text)
    with pytest.raises(RunFolderError, match="is being written"):
        take(tmp_path)
    assert (tmp_path / LOCK).read_text() == text


def test_a_file_system_without_links_has_one_writer_too(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(lock.Path, "hardlink_to", refused)
    take(tmp_path)
    with pytest.raises(RunFolderError):
        take(tmp_path)


def test_of_many_processes_that_find_a_stale_lock_at_once_one_writes(tmp_path):
    (tmp_path / LOCK).write_text(lock_text(pid=0))
    code = f"""
import sys, time
from pathlib import Path
from simulator.errors import RunFolderError
from simulator.study.lock import take
while not Path({str(tmp_path / "go")!r}).exists():
    time.sleep(0.001)
try:
    take(Path({str(tmp_path)!r}))
except RunFolderError:
    print("refused")
else:
    print("writes", flush=True)
    sys.stdin.read()
"""
    many = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(4)]
    (tmp_path / "go").write_text("")
    said = [process.stdout.readline().strip() for process in many]
    for process in many:
        process.communicate()
    assert sorted(said) == ["refused"] * 3 + ["writes"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_refuses_is_told_and_what_was_finished_is_still_there(tmp_path, monkeypatch, code):
    folder = folder_of(tmp_path, [1])
    before = contents(tmp_path)

    def refused(*_):
        raise OSError(code, os.strerror(code))

    with folder.claimed():
        monkeypatch.setattr(disk.os, "fsync", refused)
        with pytest.raises(RunFolderError, match=os.strerror(code)) as told:
            folder.keep(made_up(2))
        monkeypatch.undo()
    assert str(tmp_path) in str(told.value)
    assert ("make room" in str(told.value)) == (code in disk.FULL)
    assert contents(tmp_path) == before


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit of the sizes of files here")
def test_where_files_may_grow_no_further_the_cell_is_told_of_and_those_before_it_stay(tmp_path):
    folder = folder_of(tmp_path, [1])
    before, (soft, hard) = contents(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(RunFolderError, match=r"File too large\); make room there or give another folder"):
            folder.keep(made_up(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(tmp_path) == before
    assert folder.find(digest("2")) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    folder_of(tmp_path / "run", [1])
    (tmp_path / "run").chmod(0o555)
    try:
        with pytest.raises(RunFolderError, match="Permission denied"):
            RunFolder(tmp_path / "run", digest("run"), "title").claim()
    finally:
        (tmp_path / "run").chmod(0o755)


def test_a_clock_that_jumps_back_changes_nothing(tmp_path, monkeypatch):
    now = iter(range(10**9, 0, -(10**5)))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    done = run(three_cells(**{"workload.requests": 20}), tmp_path / "run")
    assert json.loads((tmp_path / "run" / "volatile.json").read_text())["seconds"] >= 0
    monkeypatch.undo()
    assert run(three_cells(**{"workload.requests": 20}), tmp_path / "run").was_found
    assert done.record.cells


def test_a_folder_of_the_format_before_is_upgraded_and_its_cells_are_found(tmp_path):
    loaded, out, told = three_cells(**{"workload.requests": 20}), tmp_path / "run", Told()
    run(loaded, out)
    before = tree_bytes(out)
    (out / "run.json").write_text(json.dumps(json.loads((out / "run.json").read_text()) | {"format": 1}))
    for path in (*out.glob("cells/*/SHA256SUMS"), out / "SHA256SUMS", *out.glob("index/*")):
        path.unlink()
    assert run(loaded, out, progress=told).was_found
    assert tree_bytes(out) == before
    assert "upgraded from an older format, 3 cells" in told.aside[0]
    assert json.loads((out / "run.json").read_text())["format"] == 2


def test_a_folder_of_a_later_format_is_refused_with_the_way_out(tmp_path):
    folder = folder_of(tmp_path, [1])
    owner = tmp_path / "run.json"
    owner.write_text(owner.read_text().replace('"format": 2', '"format": 3'))
    before = contents(tmp_path)
    with pytest.raises(RunFolderError, match=r"format 3; known: up to 2.*; update the package"):
        folder.claim()
    assert contents(tmp_path) == before


def test_two_processes_that_make_the_same_cell_keep_it_once(tmp_path):
    folder = folder_of(tmp_path, [1])
    before = contents(tmp_path)
    folder.keep(made_up(1))
    assert contents(tmp_path) == before


def test_the_cost_of_a_cell_does_not_grow_with_their_number(tmp_path, monkeypatch):
    calls = []
    for name in ("open", "scandir", "listdir", "stat", "mkdir", "rename", "fsync"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, real=real, **more: calls.append(1) or real(*args, **more))

    def cost(count):
        folder = RunFolder(tmp_path / str(count), "abc", "a title")
        cells = [made_up(number) for number in range(count)]
        with folder.claimed():
            calls.clear()
            for cell in cells:
                folder.keep(cell)
            kept = len(calls)
            for cell in cells:
                folder.find(cell.record.hash)
        return kept, len(calls) - kept

    few, many = cost(10), cost(100)
    assert few[0] > 0
    assert many == (10 * few[0], 10 * few[1])


def test_a_lock_that_another_process_takes_over_in_the_meantime_is_given_back_to_it(tmp_path, monkeypatch):
    (tmp_path / LOCK).write_text(lock_text(pid=0))
    quicker, real = json.dumps(asdict(replace(Holder.me(), host="another"))), lock.Path.rename

    def rename(path, target):
        if path.name == LOCK:
            path.write_text(quicker)
        return real(path, target)

    monkeypatch.setattr(lock.Path, "rename", rename)
    with pytest.raises(RunFolderError, match="on another"):
        take(tmp_path)
    assert (tmp_path / LOCK).read_text() == quicker


@pytest.mark.parametrize("is_timed", [False, True])
def test_what_is_kept_of_a_cell_does_not_depend_on_its_label(tmp_path, is_timed):
    kept = []
    for label in ({"strategy": "dfg"}, {"policy.deadline": "8 s"}):
        folder = RunFolder(tmp_path / next(iter(label.values())), "abc", "a title")
        with folder.claimed():
            folder.keep(labelled(made_up(1, is_timed=is_timed), label, ", ".join(label.values())))
        kept.append(contents(folder.path / "cells"))
    assert kept[0] == kept[1]
