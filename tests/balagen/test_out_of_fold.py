"""Predictions for texts that were not seen, nor their copies."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skbalagen.balagen.out_of_fold import out_of_fold

SEEN: list[list[str]] = []


class Notes(ClassifierMixin, BaseEstimator):
    """Notes the texts of each fit, and predicts "seen" for those among them."""

    def fit(self, X, y):
        self.texts_, self.labels_ = set(X), set(y)
        SEEN.append(sorted(X))
        return self

    def predict(self, X):
        return np.array(["seen" if text in self.texts_ else "new" for text in X], dtype=object)


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    monkeypatch.setattr("tests.balagen.test_out_of_fold.SEEN", [], raising=False)
    SEEN.clear()


def texts(*sizes):
    X = np.array([f"{c} {i}" for c, n in enumerate(sizes) for i in range(n)], dtype=object)
    return X, np.repeat(np.array([f"class {c}" for c in range(len(sizes))], dtype=object), sizes)


def test_no_text_is_seen_and_every_row_is_tested():
    X, y = texts(7, 4)
    rows, predicted = out_of_fold(Notes(), X, y, n_splits=3, seed=0)
    assert rows.tolist() == list(range(11))
    assert set(predicted) == {"new"}


def test_copies_of_a_text_are_left_out_with_it():
    X = np.array(["a b", "A  b", "c", "c", "d", "e"], dtype=object)
    y = np.array(["x", "x", "x", "x", "y", "y"], dtype=object)
    rows, predicted = out_of_fold(Notes(), X, y, n_splits=2, seed=0)
    assert rows.tolist() == [0, 2, 4, 5]
    assert set(predicted) == {"new"}
    assert all(("a b" in seen) == ("A  b" in seen) for seen in SEEN)
    assert any(seen.count("c") == 2 for seen in SEEN)


def test_a_class_of_one_text_is_learned_from_and_never_tested():
    X, y = texts(5, 1)
    rows, _ = out_of_fold(Notes(), X, y, n_splits=5, seed=0)
    assert rows.tolist() == [0, 1, 2, 3, 4]
    assert len(SEEN) == 5
    assert all("1 0" in seen for seen in SEEN)


def test_every_fold_learns_from_every_class():
    X, y = texts(9, 2, 3)
    out_of_fold(Notes(), X, y, n_splits=5, seed=0)
    assert all({text[0] for text in seen} == {"0", "1", "2"} for seen in SEEN)


def test_classes_of_one_text_each_leave_nothing_to_test():
    rows, predicted = out_of_fold(Notes(), *texts(1, 1), n_splits=3, seed=0)
    assert (len(rows), len(predicted), SEEN) == (0, 0, [])


def test_the_seed_chooses_the_folds():
    X, y = texts(8, 4)
    runs = []
    for seed in (0, 0, 1):
        SEEN.clear()
        out_of_fold(Notes(), X, y, n_splits=2, seed=seed)
        runs.append([*SEEN])
    assert runs[0] == runs[1] != runs[2]
