"""One writer for a run folder: a file that says who it is, made in one step that network file systems know too.

No clock is asked, so that none can be wrong: a lock is stale where its process is known to be gone. Of a process on
another machine nobody knows, so that the lock stands until a person removes it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.errors import Problem, RunFolderError
from simulator.study.disk import HALF_TEXT, write_bytes

LOCK = "lock"
START = 19  # of the fields of /proc/PID/stat after the name
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES}


@dataclass(frozen=True)
class Holder:
    """A process that writes.

    Args:
        pid: Its number.
        host: Its machine.
        boot: What names this start of the machine, "" where nothing does.
        space: What names the space of process numbers (a container has its own), "" where nothing does.
        started: When it started, in the machine's own ticks: another process of that number has another one.
    """

    pid: int
    host: str
    boot: str = ""
    space: str = ""
    started: str = ""

    @staticmethod
    def me() -> Holder:
        """Return this process."""
        return Holder(os.getpid(), socket.gethostname(), _text("/proc/sys/kernel/random/boot_id"), _space(),
                      _started(os.getpid()))

    def is_gone(self) -> bool:
        """Return whether the process is known to be gone; of one that nobody can ask it is not known."""
        me = Holder.me()
        if self.host != me.host:
            return False
        if self.boot != me.boot:
            return True
        if self.space != me.space:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return self.started != _started(self.pid)

    def __str__(self) -> str:
        """Return the holder in words."""
        return f"process {self.pid} on {self.host}"


def take(folder: Path, shard: str = "") -> Path:
    """Make this process the one that writes a folder, or a shard of it, and return the file that says so.

    Raises:
        RunFolderError: another process writes it.
    """
    mine = folder / (f"{LOCK}-{shard}" if shard else LOCK)
    while not _made(mine):
        _move_stale(folder, mine)
    against = [folder / LOCK] if shard else sorted(folder.glob(f"{LOCK}-*"))
    try:
        for other in against:
            if other.exists():
                _move_stale(folder, other)
    except RunFolderError:
        mine.unlink()
        raise
    return mine


def _made(path: Path) -> bool:
    """Make a lock with all that it says, in one step; return whether there was none."""
    handle, name = tempfile.mkstemp(prefix=HALF_TEXT, dir=path.parent)
    os.close(handle)
    half = Path(name)
    try:
        content = json.dumps(asdict(Holder.me())).encode()
        write_bytes(half, content)
        half.chmod(0o644)
        return _linked(half, path, content)
    finally:
        half.unlink()


def _linked(half: Path, path: Path, content: bytes) -> bool:
    try:
        path.hardlink_to(half)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return _written(path, content)  # a file system without links
    return True


def _written(path: Path, content: bytes) -> bool:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return True


def _move_stale(folder: Path, lock: Path) -> None:
    """Remove a lock whose process is gone.

    Raises:
        RunFolderError: it is at work, or nobody knows.
    """
    try:
        content = lock.read_bytes()
    except FileNotFoundError:
        return
    if not _is_stale(folder, lock, content):
        return
    moved = Path(tempfile.mkdtemp(prefix=HALF_TEXT, dir=folder)) / LOCK
    try:
        lock.rename(moved)
        if moved.read_bytes() != content:  # another process was quicker, and what was moved is its lock
            lock.hardlink_to(moved)
    except (FileNotFoundError, FileExistsError):
        pass
    finally:
        moved.unlink(missing_ok=True)
        moved.parent.rmdir()


def _is_stale(folder: Path, lock: Path, content: bytes) -> bool:
    way_out = f"wait for it or give another folder; if nothing is at work there, remove {lock}"
    try:
        holder = Holder(**json.loads(content))
        is_gone = holder.is_gone()
    except (ValueError, TypeError, OverflowError):
        told = "is being written, but its lock does not say by whom"
        raise RunFolderError(Problem(str(folder), told, way_out)) from None
    if not is_gone:
        raise RunFolderError(Problem(str(folder), f"is being written by {holder}", way_out))
    return True


def _text(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text(encoding="ascii").strip()
    return ""


def _space() -> str:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").readlink().name
    return ""


def _started(pid: int) -> str:
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[START] if len(fields) > START else ""
