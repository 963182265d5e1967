"""Work in pieces: the same results in the same order for any number of workers and any backend."""

from __future__ import annotations

import os
import threading

import pytest
from joblib import parallel_config

from skbalagen.parallel import map_pieces


def squares(numbers):
    return [n * n for n in numbers]


def places(numbers):
    return [(os.getpid(), threading.get_ident())] * len(numbers)


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 50, -1, None])
@pytest.mark.parametrize("n_items", [0, 1, 7, 12])
def test_map_pieces_gives_one_result_per_item_in_order(n_jobs, n_items):
    with parallel_config(backend="threading"):
        assert map_pieces(squares, range(n_items), n_jobs=n_jobs) == [n * n for n in range(n_items)]


def test_map_pieces_gives_each_worker_every_nth_item():
    pieces = []

    def noted(items):
        pieces.append(list(items))
        return list(items)

    with parallel_config(backend="threading"):
        map_pieces(noted, list("abcdefg"), n_jobs=3)
        assert sorted(pieces) == [["a", "d", "g"], ["b", "e"], ["c", "f"]]
        pieces.clear()
        map_pieces(noted, list("ab"), n_jobs=3)
        assert sorted(pieces) == [["a"], ["b"]]


@pytest.mark.parametrize("n_jobs", [1, None])
def test_map_pieces_of_one_worker_runs_here(n_jobs):
    here = (os.getpid(), threading.get_ident())
    assert map_pieces(places, range(3), n_jobs=n_jobs) == [here] * 3


def test_map_pieces_asks_joblib_how_many_workers_none_is():
    pieces = []

    def noted(items):
        pieces.append(len(items))
        return list(items)

    with parallel_config(backend="threading", n_jobs=4):
        map_pieces(noted, range(8), n_jobs=None)
    assert pieces == [2, 2, 2, 2]


def test_map_pieces_runs_in_processes_by_default():
    found = map_pieces(places, range(4), n_jobs=2)
    assert os.getpid() not in {process for process, _ in found}


def test_map_pieces_lets_errors_through():
    def failing(items):
        raise KeyError(f"no {items[0]}")

    with parallel_config(backend="threading"), pytest.raises(KeyError, match="no "):
        map_pieces(failing, range(4), n_jobs=2)
    with pytest.raises(KeyError, match="no 0"):
        map_pieces(failing, range(4), n_jobs=1)
