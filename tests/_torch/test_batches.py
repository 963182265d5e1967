"""Batches of similar length, and their parts."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen._torch.batches import batch_parts, length_buckets


def test_length_buckets_hold_each_row_once_and_like_lengths_together():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 50, size=100)
    batches = length_buckets(np.arange(100), lengths, 10, rng)
    assert sorted(np.concatenate(batches).tolist()) == list(range(100))
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    shuffled = np.mean([np.ptp(part) for part in np.array_split(rng.permutation(lengths), 10)])
    assert spread < shuffled / 3


def test_length_buckets_keep_repeated_rows_and_leave_out_the_others():
    rng = np.random.default_rng(0)
    batches = length_buckets(np.array([3, 3, 7, 1]), np.arange(10) + 1, 3, rng)
    assert sorted(np.concatenate(batches).tolist()) == [1, 3, 3, 7]
    assert sorted(map(len, batches)) == [1, 3]


def test_length_buckets_count_the_places_of_each_row():
    places = np.array([2, 2, 1, 1, 1, 1, 9])
    lengths = np.arange(7) + 1  # which fixes the order within the only pool
    batches = length_buckets(np.arange(7), lengths, 4, np.random.default_rng(0), places)
    assert sorted(batch.tolist() for batch in batches) == [[0, 1], [2, 3, 4, 5], [6]]
    ones = length_buckets(np.arange(7), lengths, 4, np.random.default_rng(0), np.ones(7, dtype=int))
    assert sorted(batch.tolist() for batch in ones) == [[0, 1, 2, 3], [4, 5, 6]]


def test_length_buckets_are_a_function_of_the_rng_and_differ_between_epochs():
    lengths = np.arange(60) % 7 + 1

    def epochs(seed):
        rng = np.random.default_rng(seed)
        return [[b.tolist() for b in length_buckets(np.arange(60), lengths, 4, rng)] for _ in range(2)]

    assert epochs(0) == epochs(0)
    assert epochs(0) != epochs(1)
    first, second = epochs(0)
    assert sorted(map(sorted, first)) != sorted(map(sorted, second))


def test_length_buckets_of_no_rows_are_no_batches():
    assert length_buckets(np.array([], dtype=int), np.ones(3), 4, np.random.default_rng(0)) == []


@pytest.mark.parametrize("tokens_at_once", [1, 8, 20, 64, 10**6])
def test_batch_parts_bound_the_padded_tokens(tokens_at_once):
    lengths = np.random.default_rng(0).integers(1, 30, size=40)
    rows = np.arange(5, 25)
    parts = batch_parts(rows, lengths, tokens_at_once)
    assert sorted(np.concatenate(parts).tolist()) == rows.tolist()
    for part in parts:
        assert len(part) == 1 or len(part) * lengths[part].max() <= tokens_at_once
    ordered = lengths[np.concatenate(parts)]
    assert (np.diff(ordered) >= 0).all()


def test_batch_parts_are_as_few_as_the_longest_row_allows():
    lengths = np.array([2, 4, 4, 2, 4, 4])
    assert [p.tolist() for p in batch_parts(np.arange(6), lengths, 8)] == [[0, 3], [1, 2], [4, 5]]
    assert len(batch_parts(np.arange(6), lengths, 24)) == 1


@pytest.mark.parametrize(
    ("n_rows", "tokens_at_once", "n_parts"),
    [(1, 100, 1), (2, 100, 2), (16, 100, 2), (16, 30, 4), (5, 8, 5), (12, 12, 8)],
)
def test_batch_parts_to_share_are_a_power_of_two_or_as_many_as_rows(n_rows, tokens_at_once, n_parts):
    lengths = np.full(20, 5)
    parts = batch_parts(np.arange(n_rows), lengths, tokens_at_once, to_share=True)
    assert len(parts) == n_parts
    assert sorted(np.concatenate(parts).tolist()) == list(range(n_rows))
    assert all(len(part) == 1 or 5 * len(part) <= tokens_at_once for part in parts)
