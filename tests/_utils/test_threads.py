"""Work in threads: results in order, and an end that is soon where something goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextvars import ContextVar

import pytest

from skbalagen._utils.threads import StoppedError, check_stopped, in_worker_thread, map_threads

NAME: ContextVar[str] = ContextVar("name", default="nobody")


def test_results_are_in_the_order_of_the_pieces_and_each_has_a_thread():
    barrier = threading.Barrier(3, timeout=10)  # passes when all three run at once

    def work(piece):
        barrier.wait()
        return piece * 2, threading.get_ident()

    results, threads = zip(*map_threads(work, [3, 1, 2]), strict=True)
    assert results == (6, 2, 4)
    assert len({*threads, threading.get_ident()}) == 4
    assert map_threads(work, []) == []


def test_threads_see_the_context_variables_and_change_copies_of_their_own():
    def work(piece):
        seen = NAME.get()
        NAME.set(piece)
        return seen, NAME.get(), in_worker_thread()

    token = NAME.set("somebody")
    try:
        assert map_threads(work, ["a", "b"]) == [("somebody", "a", True), ("somebody", "b", True)]
        assert NAME.get() == "somebody"
    finally:
        NAME.reset(token)
    assert not in_worker_thread()
    check_stopped()  # outside, nothing stops


def test_an_error_in_one_thread_ends_the_others_and_is_raised():
    ended = []

    def work(piece):
        if piece == "bad":
            raise KeyError("no such piece")
        try:
            while True:
                check_stopped()
                time.sleep(0.001)
        except StoppedError:
            ended.append(piece)
            raise

    with pytest.raises(KeyError, match="no such piece"):
        map_threads(work, ["first", "bad", "last"])
    assert sorted(ended) == ["first", "last"]


def test_an_interrupted_wait_ends_the_threads_and_the_process_cleanly():
    script = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
        "from skbalagen._utils.threads import check_stopped, map_threads\n"
        "def work(piece):\n"
        "    os.write(1, b'started\\n')\n"
        "    while True:\n"
        "        check_stopped()\n"
        "        time.sleep(0.001)\n"
        "try:\n"
        "    map_threads(work, [1, 2])\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert [process.stdout.readline() for _ in range(2)] == ["started\n"] * 2
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (out, errors, process.returncode) == ("interrupted\n", "", 0)
