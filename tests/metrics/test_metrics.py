"""Every formula is recomputed by hand or checked against a second way to the same number."""

from math import comb, erfc, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from skbalagen._utils.text import fold_text
from skbalagen.metrics.classification import class_accuracy, macro_accuracy, micro_accuracy
from skbalagen.metrics.imbalance import balance_ratio, entropy, imbalance_ratio
from skbalagen.metrics.significance import mcnemar
from skbalagen.metrics.text_quality import distinct_n, nearest_similarity, new_ngrams, novelty

Y_TRUE = ["a"] * 6 + ["b"] * 3 + ["c"]
Y_PRED = ["a", "a", "a", "a", "a", "b", "b", "a", "a", "d"]


def test_micro_accuracy_is_the_share_of_rows_right():
    assert micro_accuracy(Y_TRUE, Y_PRED) == 6 / 10


def test_class_accuracy_lists_the_true_classes_only():
    assert class_accuracy(Y_TRUE, Y_PRED) == {"a": 5 / 6, "b": 1 / 3, "c": 0.0}


def test_macro_accuracy_weighs_classes_equally_and_ignores_a_class_that_is_only_predicted():
    assert macro_accuracy(Y_TRUE, Y_PRED) == pytest.approx((5 / 6 + 1 / 3 + 0) / 3)


def test_macro_accuracy_equals_micro_accuracy_for_classes_of_one_size():
    y_true, y_pred = [1, 1, 2, 2], [1, 2, 2, 2]
    assert macro_accuracy(y_true, y_pred) == micro_accuracy(y_true, y_pred) == 0.75


@pytest.mark.parametrize(
    "container",
    [np.array, pd.Series, lambda y: np.array(y, dtype=object), lambda y: pd.Series(y, dtype="category")],
)
def test_accuracies_take_any_container(container):
    numbers = {"a": 0, "b": 1, "c": 2, "d": 3}
    assert macro_accuracy(container(Y_TRUE), container(Y_PRED)) == macro_accuracy(Y_TRUE, Y_PRED)
    true, pred = ([numbers[label] for label in y] for y in (Y_TRUE, Y_PRED))
    assert class_accuracy(container(true), container(pred)) == {0: 5 / 6, 1: 1 / 3, 2: 0.0}


def test_entropy_matches_the_formula():
    assert entropy(Y_TRUE) == pytest.approx(-(0.6 * log(0.6) + 0.3 * log(0.3) + 0.1 * log(0.1)))
    assert entropy(["a", "b", "c", "d"]) == pytest.approx(log(4))
    assert entropy(["a", "a"]) == 0


def test_balance_ratio_is_entropy_over_its_maximum():
    assert balance_ratio(Y_TRUE) == pytest.approx(entropy(Y_TRUE) / log(3))
    assert balance_ratio(["a", "a"]) == 1


@given(st.integers(1, 40), st.integers(1, 5))
def test_balance_ratio_of_equal_classes_is_one_and_never_more(n_classes, size):
    ratio = balance_ratio(list(range(n_classes)) * size)
    assert ratio <= 1
    assert ratio == pytest.approx(1)


def test_imbalance_ratio_is_largest_over_smallest():
    assert imbalance_ratio(Y_TRUE) == 6
    assert imbalance_ratio(["a"]) == 1


def predictions(a_only: int, b_only: int, both: int = 4, neither: int = 3) -> tuple[list, list, list]:
    """Return (y_true, pred_a, pred_b) with the given numbers of rows that each gets right."""
    a = [1] * a_only + [0] * b_only + [1] * both + [0] * neither
    b = [0] * a_only + [1] * b_only + [1] * both + [0] * neither
    return [1] * len(a), a, b


@pytest.mark.parametrize(("a_only", "b_only"), [(5, 0), (2, 9), (12, 12), (20, 4)])
def test_mcnemar_below_25_discordant_rows_is_the_binomial_tail(a_only, b_only):
    n, low = a_only + b_only, min(a_only, b_only)
    by_hand = min(1, 2 * sum(comb(n, k) for k in range(low + 1)) / 2**n)
    result = mcnemar(*predictions(a_only, b_only))
    assert result[:3] == (a_only, b_only, low)
    assert result.p_value == pytest.approx(by_hand)
    assert result.exact


@pytest.mark.parametrize(("a_only", "b_only"), [(20, 5), (11, 30), (13, 13)])
def test_mcnemar_from_25_discordant_rows_is_chi_square_with_correction(a_only, b_only):
    statistic = max(abs(a_only - b_only) - 1, 0) ** 2 / (a_only + b_only)
    result = mcnemar(*predictions(a_only, b_only))
    assert result.statistic == pytest.approx(statistic)
    assert result.p_value == pytest.approx(erfc(sqrt(statistic / 2)))  # one degree of freedom
    assert not result.exact


def test_mcnemar_of_classifiers_that_agree_finds_nothing():
    assert mcnemar(*predictions(0, 0)) == (0, 0, 0.0, 1.0, True)


def test_mcnemar_two_different_wrong_labels_are_no_difference():
    assert mcnemar(["a", "a"], ["b", "a"], ["c", "a"]).p_value == 1


def test_novelty_folds_case_and_spacing_and_counts_repeats():
    assert novelty(["Stop  IT\n", "go on", "go on", "stop it!"], ["stop it"]) == 3 / 4


def test_novelty_of_copies_is_zero():
    assert novelty(["a", "b"], iter(["b", "A"])) == 0


def test_distinct_n_counts_ngrams_within_texts():
    texts = ["The cat, the cat", "the CAT sat"]  # the-cat cat-the the-cat / the-cat cat-sat
    assert distinct_n(texts) == 3 / 5
    assert distinct_n(texts, n=1) == 3 / 7
    assert distinct_n(texts, n=3) == 1


@given(st.text(), st.text())
def test_fold_text_is_idempotent_and_blind_to_spacing(left, right):
    folded = fold_text(f"{left} {right}")
    assert fold_text(f"\t{left} \n {right} ") == folded
    assert fold_text(folded) == folded
    assert "  " not in folded


@pytest.mark.parametrize("metric", [micro_accuracy, macro_accuracy, class_accuracy])
def test_accuracies_reject_bad_input(metric):
    with pytest.raises(ValueError, match="same number of rows, got y_true 2, y_pred 1"):
        metric(["a", "b"], ["a"])
    with pytest.raises(ValueError, match=r"y_true must hold one label a row.*got shape \(0,\)"):
        metric([], [])
    with pytest.raises(ValueError, match=r"y_pred must hold one label a row.*got shape \(2, 1\)"):
        metric(["a", "b"], [["a"], ["b"]])


def test_mcnemar_rejects_bad_input():
    with pytest.raises(ValueError, match="got y_true 1, pred_a 1, pred_b 2"):
        mcnemar([1], [1], [1, 1])
    with pytest.raises(ValueError, match="Mix of label input types"):
        mcnemar(["1"], ["1"], [1])


@pytest.mark.parametrize("measure", [entropy, balance_ratio, imbalance_ratio])
def test_balance_measures_reject_no_rows(measure):
    with pytest.raises(ValueError, match=r"y must hold one label a row.*Pass a non-empty"):
        measure([])


def test_text_measures_reject_bad_input():
    with pytest.raises(ValueError, match="texts must hold at least one text, got none"):
        novelty([], ["a"])
    with pytest.raises(ValueError, match="reference must hold at least one text, got none"):
        novelty(["a"], [])
    with pytest.raises(ValueError, match="texts must be several texts, got one str"):
        distinct_n("one text")
    with pytest.raises(ValueError, match="reference must hold str, got float nan in row 1"):
        novelty(["a"], ["a", float("nan")])
    with pytest.raises(ValueError, match="n must be an int >= 1"):
        distinct_n(["a b"], n=0)
    with pytest.raises(ValueError, match=r"one text of n=3 words, got 2 texts of at most 2\. Lower n"):
        distinct_n(["a b", "c"], n=3)


def test_new_ngrams_by_hand():
    texts = ["Where is the parcel", "where is", "hello", "?!", "where"]
    known = ["where is the order", "hello", "..."]
    shares = [1 / 3, 0, 0, 0, 1]  # a text of one word is known where a text is that word
    np.testing.assert_allclose(new_ngrams(texts, known), shares)
    np.testing.assert_allclose(new_ngrams(texts, known, n=1), [1 / 4, 0, 0, 0, 0])
    with pytest.raises(ValueError, match="n must be an int >= 1"):
        new_ngrams(texts, known, n=0)


def test_nearest_similarity_of_a_copy_a_near_copy_and_a_stranger():
    known = ["where is my order", "cancel the subscription"]
    copy, near, stranger = nearest_similarity(["WHERE  is my order", "where is my orders", "zzz"], known)
    assert copy == pytest.approx(1)
    assert 0.8 < near < 1
    assert stranger == 0
    with pytest.raises(ValueError, match="reference must hold at least one text"):
        nearest_similarity(["a"], [])


def test_nearest_similarity_is_the_highest_of_all_cosines():
    known, texts = ["abcd", "efgh", "abgh"], ["abcx", "xxgh", "efgh"]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit(known)
    cosines = (vectorizer.transform(texts) @ vectorizer.transform(known).T).toarray()
    np.testing.assert_allclose(nearest_similarity(texts, known), cosines.max(axis=1))
