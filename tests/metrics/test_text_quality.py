"""Novelty and variety of texts, counted by hand or computed a second way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams, novelty

words = st.sampled_from(["where", "is", "my", "parcel", "order"])
texts_of_words = st.lists(st.lists(words, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=8)


def test_novelty_ignores_case_and_spacing_and_counts_repeats():
    assert novelty(["Stop  IT\n", "go on", "go on", "stop it!"], ["stop it"]) == 3 / 4


def test_novelty_of_copies_is_zero():
    assert novelty(["a", "b"], iter(["b", "A"])) == 0


@given(texts_of_words, texts_of_words)
def test_novelty_is_one_exactly_if_no_text_is_shared(texts, reference):
    assert (novelty(texts, reference) == 1) == (not set(texts) & set(reference))


def test_distinct_n_counts_ngrams_within_texts():
    texts = ["The cat, the cat", "the CAT sat"]  # the-cat cat-the the-cat / the-cat cat-sat
    assert distinct_n(texts) == 3 / 5
    assert distinct_n(texts, n=1) == 3 / 7
    assert distinct_n(texts, n=3) == 1


@given(texts_of_words)
def test_distinct_n_of_the_same_texts_twice_is_half(texts):
    assert distinct_n(texts * 2, n=1) == distinct_n(texts, n=1) / 2


def test_new_ngrams_by_hand():
    texts = ["Where is the parcel", "where is", "hello", "?!", "where"]
    known = ["where is the order", "hello", "..."]
    fractions = [1 / 3, 0, 0, 0, 1]  # a text of one word is known if some text is that word
    np.testing.assert_allclose(new_ngrams(texts, known), fractions)
    np.testing.assert_allclose(new_ngrams(texts, known, n=1), [1 / 4, 0, 0, 0, 0])


@given(texts_of_words)
def test_new_ngrams_of_known_texts_is_zero(texts):
    assert not new_ngrams(texts, texts).any()
    assert (new_ngrams(["quite other words"], texts) == 1).all()


def test_nearest_similarity_of_a_copy_a_near_copy_and_a_stranger():
    known = ["where is my order", "cancel the subscription"]
    copy, near, stranger = nearest_similarity(["WHERE  is my order", "where is my orders", "zzz"], known)
    assert copy == pytest.approx(1)
    assert 0.8 < near < 1
    assert stranger == 0


def test_nearest_similarity_is_the_highest_of_all_cosines():
    known, texts = ["abcd", "efgh", "abgh"], ["abcx", "xxgh", "efgh"]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit(known)
    cosines = (vectorizer.transform(texts) @ vectorizer.transform(known).T).toarray()
    np.testing.assert_allclose(nearest_similarity(texts, known), cosines.max(axis=1))


@pytest.mark.parametrize("measure", [novelty, new_ngrams, nearest_similarity])
def test_measures_of_newness_reject_bad_input(measure):
    with pytest.raises(ValueError, match="texts must hold at least one text, got none"):
        measure([], ["a"])
    with pytest.raises(ValueError, match="reference must hold at least one text, got none"):
        measure(["a"], [])
    with pytest.raises(ValueError, match="reference must hold str, got float nan in row 1"):
        measure(["a"], ["a", float("nan")])


def test_distinct_n_rejects_bad_input():
    with pytest.raises(ValueError, match="texts must be several texts, got one str"):
        distinct_n("one text")
    with pytest.raises(ValueError, match=r"one text of n=3 words, got 2 texts of at most 2\. Lower n"):
        distinct_n(["a b", "c"], n=3)


def test_sizes_of_ngrams_below_one_are_rejected():
    with pytest.raises(ValueError, match="n must be an int >= 1"):
        distinct_n(["a b"], n=0)
    with pytest.raises(ValueError, match="n must be an int >= 1"):
        new_ngrams(["a b"], ["a b"], n=0)
