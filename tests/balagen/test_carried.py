"""Weights and groups of the rows that come out."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen.balagen.carried import carried_groups, carried_weights, check_groups
from tests.fakes import CountingGenerator, make_resampler

Y = np.array(["a", "a", "b"])
ROWS, NEW = np.array([0, 1, 2, 2, 0]), np.array([False, False, False, True, True])


def test_new_texts_have_the_mean_weight_of_their_class():
    weights = carried_weights(np.array([1.0, 3.0, 5.0]), Y, ROWS, NEW)
    assert weights.tolist() == [1, 3, 5, 5, 2]


@pytest.mark.parametrize(
    ("groups", "carried"),
    [(np.array([7, 8, 9]), [7, 8, 9, -1, -1]), (np.array(["u", "v", "w"]), ["u", "v", "w", None, None])],
)
def test_new_texts_belong_to_no_group(groups, carried):
    assert carried_groups(groups, ROWS, NEW).tolist() == carried


def test_groups_of_numbers_stay_numbers_and_the_input_is_not_changed():
    groups = np.array([7, 8, 9])
    assert carried_groups(groups, ROWS, NEW).dtype == groups.dtype
    assert groups.tolist() == [7, 8, 9]


@pytest.mark.parametrize("kind", [np.uint8, np.uint64])
def test_unsigned_groups_get_a_sign_so_that_new_texts_have_one(kind):
    groups = check_groups(np.array([200, 0, 255], dtype=kind), Y)
    assert groups.dtype == np.int64
    assert carried_groups(groups, ROWS, NEW).tolist() == [200, 0, 255, -1, -1]


BAD_GROUPS = [
    (
        np.array([1, 2**63, 3], dtype=np.uint64),
        "numbers of at most 9223372036854775807, got 9223372036854775808",
    ),
    (
        [1, 2, -1],
        "groups must not hold -1, which is the group of new texts, got it in row 2. Give that group another",
    ),
    ([1, 2], "inconsistent numbers of samples"),
    ([[1, 2], [3, 4], [5, 6]], "1d array"),
]


@pytest.mark.parametrize(("groups", "message"), BAD_GROUPS)
def test_groups_that_cannot_be_carried_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        check_groups(groups, Y)


def test_groups_are_checked_before_anything_is_fitted(corpus, log):
    X, y = corpus
    resampler = make_resampler(generator=CountingGenerator(log=str(log)))
    with pytest.raises(ValueError, match="groups must not hold -1"):
        resampler.fit_resample(X, y, groups=np.arange(len(y)) - 1)
    assert log.read_text() == ""
    resampler.fit_resample(X, y, groups=np.arange(len(y), dtype=np.uint8))
    assert (resampler.groups_[resampler.is_synthetic_] == -1).all()


@pytest.mark.parametrize("place", ["text", "label"])
def test_half_characters_are_found_before_anything_is_fitted(corpus, log, place):
    X, y = map(list, corpus)
    (X if place == "text" else y)[3] = "half \ud83c"
    with pytest.raises(ValueError, match="in row 3"):
        make_resampler(generator=CountingGenerator(log=str(log))).fit_resample(X, y)
    assert log.read_text() == ""


def test_the_resampler_carries_weights_and_groups(corpus):
    X, y = corpus
    weights = np.arange(1.0, len(y) + 1)
    resampler = make_resampler()
    _, y_new = resampler.fit_resample(X, y, sample_weight=weights, groups=np.arange(len(y)))
    new = resampler.is_synthetic_
    assert resampler.sample_weight_[~new].tolist() == weights[resampler.source_indices_[~new]].tolist()
    for label in ("city", "meal"):
        mean = weights[[c == label for c in y]].mean()
        rows = new & (np.array(y_new) == label)
        assert rows.any()
        assert resampler.sample_weight_[rows] == pytest.approx(mean)
    assert (resampler.groups_[new] == -1).all()
    assert (resampler.groups_[~new] == resampler.source_indices_[~new]).all()


def test_without_weights_and_groups_there_are_none(corpus):
    resampler = make_resampler()
    resampler.fit_resample(*corpus)
    assert resampler.sample_weight_ is None
    assert resampler.groups_ is None
