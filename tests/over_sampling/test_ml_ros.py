"""ML-ROS: ratios by hand, which rows are copied and when it stops, containers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from skbalagen.over_sampling.ml_ros import MLROS, imbalance_ratios

# Labels in 58, 8 and 2 rows; one row of the last has the first as well.
Y = np.zeros((67, 3), dtype=int)
Y[:58, 0] = Y[58:66, 1] = Y[[66, 57], 2] = 1
X = [f"text number{i}" for i in range(67)]


def test_ratios_have_the_values_worked_out_by_hand():
    assert imbalance_ratios(Y).tolist() == [1, 7.25, 29]
    sampler = MLROS(random_state=0)
    sampler.fit_resample(X, Y)
    assert sampler.imbalance_ratios_.tolist() == [1, 7.25, 29]
    assert sampler.mean_ratio_ == pytest.approx(12.416667, abs=1e-6)


def test_rows_of_labels_above_the_mean_are_copied_until_they_are_not():
    sampler = MLROS(portion=1.0, random_state=0)
    X_new, y_new = sampler.fit_resample(X, Y)
    copies = sampler.sample_indices_[67:]
    assert set(copies) <= {57, 66}  # only the last label is above the mean
    assert imbalance_ratios(y_new)[2] <= sampler.mean_ratio_
    assert imbalance_ratios(np.vstack([Y, Y[copies[:-1]]]))[2] > sampler.mean_ratio_
    assert X_new == X + [X[row] for row in copies]
    assert (y_new == Y[sampler.sample_indices_]).all()


def test_no_more_rows_are_added_than_the_portion():
    sampler = MLROS(portion=0.03, random_state=0)
    X_new, _ = sampler.fit_resample(X, Y)
    assert len(X_new) == 67 + 2


def test_rare_labels_take_turns():
    y = np.zeros((110, 4), dtype=int)
    y[:100, 0] = y[:100, 1] = y[100:105, 2] = y[105:, 3] = 1
    sampler = MLROS(portion=0.05, random_state=0)
    _, y_new = sampler.fit_resample(np.zeros((110, 1)), y)
    assert y_new.sum(axis=0).tolist() == [100, 100, 8, 7]


def test_equal_labels_are_left_as_they_are():
    y = np.eye(3, dtype=int)
    X_new, y_new = MLROS().fit_resample(["a", "b", "c"], y)
    assert X_new == ["a", "b", "c"]
    assert (y_new == y).all()


def test_the_seed_decides():
    copies = []
    for seed in (0, 0, 1):
        sampler = MLROS(portion=0.2, random_state=seed)
        sampler.fit_resample(X, Y)
        copies.append(sampler.sample_indices_[67:].tolist())
    assert copies[0] == copies[1] != copies[2]


def test_containers_come_out_as_they_went_in():
    frame = pd.DataFrame(Y, columns=["joy", "anger", "grief"])
    X_new, y_new = MLROS(random_state=0).fit_resample(pd.Series(X, name="text"), frame)
    assert isinstance(X_new, pd.Series)
    assert list(y_new.columns) == ["joy", "anger", "grief"]
    assert len(X_new) == len(y_new) > 67
    vectors, _ = MLROS(random_state=0).fit_resample(csr_matrix(np.arange(67.0)[:, None]), Y)
    assert vectors.shape[0] == len(y_new)
    array, _ = MLROS(random_state=0).fit_resample(np.arange(67)[:, None], Y)
    assert array.shape == (len(y_new), 1)


def test_it_is_a_step_of_a_pipeline():
    pipeline = make_pipeline(
        MLROS(random_state=0), CountVectorizer(), OneVsRestClassifier(LogisticRegression())
    )
    assert clone(pipeline).fit(X, Y).predict(X).shape == (67, 3)


@pytest.mark.parametrize(
    "y", [np.zeros(67), np.ones((67, 1)), np.full((67, 2), 2), np.full((67, 2), "a")], ids=str
)
def test_other_targets_are_refused(y):
    with pytest.raises(ValueError, match=r"y must be an indicator matrix .*With one label per row, take"):
        MLROS().fit_resample(X, y)


def test_a_label_without_rows_is_refused():
    y = Y.copy()
    y[:, 1] = 0
    with pytest.raises(ValueError, match=r"got none of the label in column 1\. Leave the column out"):
        MLROS().fit_resample(X, y)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        MLROS().fit_resample(X[:5], Y)


def test_a_portion_of_zero_is_refused():
    with pytest.raises(ValueError, match="The 'portion' parameter of MLROS"):
        MLROS(portion=0).fit_resample(X, Y)
