"""Seeds, and the streams that candidates are drawn from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skbalagen._utils.random import as_seed, stream_rng, stream_uniforms

labels = st.one_of(st.text(), st.integers(), st.booleans())
seeds = st.integers(0, 2**31 - 2)


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), np.int32(2**31 - 1)])
def test_as_seed_keeps_an_integer(seed):
    assert as_seed(seed) == int(seed)
    assert type(as_seed(seed)) is int


def test_as_seed_advances_a_random_state_by_one_draw():
    state, reference = np.random.RandomState(3), np.random.RandomState(3)
    largest = np.iinfo(np.int32).max
    assert as_seed(state) == reference.randint(largest)
    assert as_seed(state) == reference.randint(largest)


def test_as_seed_of_none_draws_from_the_global_state():
    before = np.random.get_state()  # noqa: NPY002 - what None stands for
    try:
        np.random.seed(5)  # noqa: NPY002
        first = as_seed(None)
        assert as_seed(None) != first
        np.random.seed(5)  # noqa: NPY002
        assert as_seed(None) == first
    finally:
        np.random.set_state(before)  # noqa: NPY002


def test_as_seed_rejects_what_is_no_random_state():
    with pytest.raises(ValueError, match="cannot be used to seed"):
        as_seed("seed")


@given(seeds, labels, st.integers(0, 2**40))
def test_a_candidate_has_the_same_draws_every_time(seed, label, index):
    first, again = (stream_rng(seed, label, index).random(3).tolist() for _ in range(2))
    assert first == again


@given(seeds, labels, st.integers(0, 2**40))
def test_candidates_classes_and_seeds_have_draws_of_their_own(seed, label, index):
    draws = stream_rng(seed, label, index).random()
    assert draws != stream_rng(seed, label, index + 1).random()
    assert draws != stream_rng(seed, f"{label} too", index).random()
    assert draws != stream_rng(seed + 1, label, index).random()


def test_neighbouring_candidates_do_not_overlap():
    streams = [set(stream_rng(0, "a", i).random(500).tolist()) for i in range(4)]
    assert not any(one & other for one, other in pairwise(streams))


def test_stream_does_not_depend_on_the_type_of_the_label():
    # The text of a label counts, so that numpy's numbers and Python's have the same stream.
    assert stream_rng(0, 7, 1).random() == stream_rng(0, "7", 1).random()
    assert stream_rng(0, np.int64(7), 1).random() == stream_rng(0, 7, 1).random()


def test_streams_stay_as_they_are():
    # A change of these numbers changes every text that was ever generated from a seed.
    assert stream_rng(0, "a", 0).integers(2**32, size=2).tolist() == [1388410858, 1725857375]
    assert stream_uniforms(0, "a", range(2)).round(12).tolist() == [0.598872985254, 0.68357016287]


@given(seeds, labels, st.integers(0, 10**6), st.integers(0, 30), st.integers(0, 30))
def test_uniforms_of_a_span_are_those_of_a_longer_one(seed, label, start, skipped, length):
    whole = stream_uniforms(seed, label, range(start, start + skipped + length))
    part = stream_uniforms(seed, label, range(start + skipped, start + skipped + length))
    np.testing.assert_array_equal(part, whole[skipped:])


def test_uniforms_are_uniform_and_apart_from_those_of_the_candidates():
    draws = stream_uniforms(1, "a", range(4000))
    assert draws.shape == (4000,)
    assert draws.min() >= 0
    assert draws.max() < 1
    assert abs(draws.mean() - 0.5) < 0.02
    assert len(np.unique(draws)) == 4000
    assert not set(draws) & set(stream_rng(1, "a", 0).random(4000))


def test_uniforms_of_an_empty_span_are_none():
    assert stream_uniforms(0, "a", range(5, 5)).shape == (0,)
