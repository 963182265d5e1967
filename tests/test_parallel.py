"""Work in pieces: the same results in the same order for any number of workers and any backend."""

from __future__ import annotations

import os
import threading

import pytest
import torch
from joblib import Parallel, delayed, parallel_config

from skbalagen import parallel
from skbalagen.parallel import map_pieces, n_threads, n_workers


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


def test_map_pieces_of_one_worker_runs_here():
    here = (os.getpid(), threading.get_ident())
    assert map_pieces(places, range(3), n_jobs=1) == [here] * 3


def test_map_pieces_asks_joblib_how_many_workers_none_is():
    pieces = []

    def noted(items):
        pieces.append(len(items))
        return list(items)

    with parallel_config(backend="threading", n_jobs=4):
        map_pieces(noted, range(8), n_jobs=None)
    assert pieces == [2, 2, 2, 2]


def test_map_pieces_runs_in_threads_of_this_process_by_default():
    found = map_pieces(places, range(4), n_jobs=2)
    assert {process for process, _ in found} == {os.getpid()}
    assert threading.get_ident() not in {thread for _, thread in found}


def test_map_pieces_runs_in_processes_where_joblib_is_told_to_and_the_pieces_are_worth_it():
    with parallel_config(backend="loky"):
        there = map_pieces(places, range(4), n_jobs=2, worth_sending=2)
        here = map_pieces(places, range(4), n_jobs=2, worth_sending=3)
        never = map_pieces(places, range(4), n_jobs=2, worth_sending=None)
    assert os.getpid() not in {process for process, _ in there}
    assert {process for process, _ in here} == {os.getpid()}
    assert {process for process, _ in never} == {os.getpid()}


@pytest.mark.parametrize(
    ("n_items", "sizes"), [(5, [5]), (6, [3, 3]), (8, [4, 4]), (9, [3, 3, 3]), (50, [17, 17, 16])]
)
def test_map_pieces_leaves_no_worker_with_fewer_items_than_the_smallest_piece(n_items, sizes):
    pieces = []

    def noted(items):
        pieces.append(len(items))
        return list(items)

    assert map_pieces(noted, range(n_items), n_jobs=3, smallest=3) == list(range(n_items))
    assert sorted(pieces, reverse=True) == sizes


@pytest.mark.parametrize(("cores", "threads", "workers"), [(4, 8, 4), (8, 4, 4), (4, 1, 1), (1, 4, 1)])
def test_n_workers_is_all_cores_that_torch_and_the_process_may_use(monkeypatch, cores, threads, workers):
    monkeypatch.setattr(parallel, "cpu_count", lambda: cores)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert n_workers(None) == workers


def test_n_workers_heeds_joblib(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    with parallel_config(n_jobs=3):
        assert n_workers(None) == 3
        assert n_workers(2) == 2
    with parallel_config(backend="threading", n_jobs=1):
        assert n_workers(None) == 1
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert (n_workers(None), n_workers(-1)) == (1, 1)


def test_n_workers_is_one_within_a_worker(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(parallel, "cpu_count", lambda: 8)
    assert n_workers(None) == 8
    for backend in ("threading", "loky"):
        with parallel_config(backend=backend):
            assert Parallel(n_jobs=2)(delayed(n_workers)(None) for _ in range(2)) == [1, 1]
    assert map_pieces(lambda items: [n_workers(None) for _ in items], range(2), n_jobs=2) == [1, 1]
    # Of one worker, this process: no reason to use less.
    assert Parallel(n_jobs=1)(delayed(n_workers)(None) for _ in range(2)) == [8, 8]


def test_map_pieces_lets_errors_through():
    def failing(items):
        raise KeyError(f"no {items[0]}")

    with parallel_config(backend="threading"), pytest.raises(KeyError, match="no "):
        map_pieces(failing, range(4), n_jobs=2)
    with pytest.raises(KeyError, match="no 0"):
        map_pieces(failing, range(4), n_jobs=1)


def test_threads_are_no_more_than_the_cores_here_and_none_of_an_accelerator(monkeypatch):
    monkeypatch.setattr(parallel, "cpu_count", lambda: 3)
    cpu = torch.device("cpu")
    assert [n_threads(n, cpu) for n in (1, 2, 50)] == [1, 2, 3]
    with parallel_config(backend="threading", n_jobs=40):  # as a cluster may have
        assert n_threads(None, cpu) == 3
    assert n_threads(2, torch.device("meta")) is None
