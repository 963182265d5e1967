"""Run a function in a process of its own that is killed, or meets a full disk, at its n-th change of a folder."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import sys
import time
import warnings
from pathlib import Path

# Names of Python's audit events that change a folder, apart from files that are opened to be written.
_CHANGES = {
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.remove",
    "os.link",
    "os.truncate",
    "os.utime",
    "os.chmod",
}


def is_thorough():
    """Return whether the tests run as for a release: all moments, a thousand damages."""
    return bool(os.environ.get("SKBALAGEN_THOROUGH"))


def some(numbers, few):
    """Return `few` of the numbers, evenly spread; all of them for a release."""
    numbers = list(numbers)
    return numbers if is_thorough() or len(numbers) <= few else numbers[:: -(-len(numbers) // few)]


def run_apart(function, *args, folder, stop_at=0, how="count"):
    """Run a function in another process; return what it returned and said, or None if it was killed.

    Parameters
    ----------
    function : callable
        At the top of a module; what it returns has to be what JSON can hold.
    folder : path-like
        Its changes are counted, from 1.
    stop_at : int
        The change at which things go wrong.
    how : {"count", "kill", "full", "readonly", "once"}
        SIGKILL at that change; that and all later changes fail, for want of room or of rights; it alone fails.

    Returns
    -------
    dict with "result", "warnings" and "changes", or None
    """
    answer = Path(f"{folder}.answer")
    answer.unlink(missing_ok=True)
    process = _started(function, args, str(folder), stop_at, how, str(answer))
    process.join(300)
    assert process.exitcode == 0 or (how == "kill" and process.exitcode == -signal.SIGKILL)
    return json.loads(answer.read_text()) if answer.exists() else None


def kill_after(function, *args, folder, is_time):
    """Run a function in another process, and kill it as soon as `is_time` returns true, unless it has ended."""
    process = _started(function, args, str(folder), 0, "count", f"{folder}.answer")
    while process.is_alive() and not is_time():
        time.sleep(0.01)
    process.kill()
    process.join()


def _started(*args):
    # Forked from a process that has imported what is slow and started no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.slow_imports", "pyarrow.parquet", "filelock", "tests.fakes"])
    process = context.Process(target=_child, args=args)
    process.start()
    return process


def _child(function, args, folder, stop_at, how, answer):
    changes = 0

    def hook(event, details):
        nonlocal changes
        if not _is_change(event, details, folder):
            return
        changes += 1
        if how == "count" or changes < stop_at or not stop_at:
            return
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how != "once" or changes == stop_at:
            raise OSError(errno.EROFS if how == "readonly" else errno.ENOSPC, f"no way to {event}")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sys.addaudithook(hook)
        result = function(*args)
    said = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    Path(answer).write_text(json.dumps({"result": result, "warnings": said, "changes": changes}))


def _is_change(event, details, folder):
    if not details or (not str(details[0]).startswith(f"{folder}{os.sep}") and str(details[0]) != folder):
        return False
    if event != "open":
        return event in _CHANGES
    _, mode, flags = details
    return bool(set(mode or "") & set("wax+")) or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
