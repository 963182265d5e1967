"""MISO: difficult rows, the bound on mutual information, and anchors."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import MISO
from skbalagen.over_sampling._networks import as_tensor
from skbalagen.over_sampling.miso import difficult_rows, mutual_information


@pytest.mark.parametrize(
    ("joint", "marginal", "bound"),
    [
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([1.0, 3.0], [0.0, 2.0], 0.566219),  # 2 - log((1 + e^2) / 2)
    ],
)
def test_mutual_information_by_hand(joint, marginal, bound):
    assert float(mutual_information(as_tensor(joint), as_tensor(marginal))) == pytest.approx(bound, abs=1e-6)


def test_mutual_information_of_large_outputs_does_not_overflow():
    assert float(mutual_information(as_tensor([500.0]), as_tensor([500.0, 400.0]))) == pytest.approx(
        np.log(2), abs=1e-4
    )


def test_difficult_rows_have_other_classes_near():
    X = np.array([[0.0], [1.0], [1.4], [10.0], [11.0], [12.0]])
    y = np.array(["small", "small", "large", "small", "small", "small"])
    found = difficult_rows(X, y, "small", k_neighbors=2)
    assert found.rows.tolist() == [0, 1]
    assert found.neighbours.tolist() == [[1, 2], [2, 0]]
    assert found.foreign.tolist() == [[False, True], [True, False]]


def test_a_row_is_not_its_own_neighbour_though_others_equal_it():
    X, y = np.array([[0.0], [0.0], [0.0], [5.0]]), np.array([1, 1, 1, 0])
    found = difficult_rows(X, y, 1, k_neighbors=3)
    assert all(row not in near for row, near in zip(found.rows, found.neighbours, strict=True))
    assert difficult_rows(X, y, 1, k_neighbors=2).rows.tolist() == []


def test_no_difficult_row_is_an_error_that_names_smote():
    X = np.concatenate([np.linspace(0, 1, 20), np.linspace(100, 101, 8)])[:, None]
    y = np.repeat(["far", "apart"], [20, 8])
    message = r"among their 5 nearest neighbours, got none in class 'apart' of 8 rows.*Use SMOTE"
    with pytest.raises(ValueError, match=message):
        MISO(random_state=0).fit_resample(X, y)


def overlapping(n_small=6):
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(40, 2)), rng.normal([1.0, 0.0], size=(n_small, 2))])
    return X, np.repeat([0, 1], [40, n_small])


def test_more_rows_than_difficult_ones_are_all_distinct():
    sampler = MISO(n_steps=2, random_state=0)
    X_new, _ = sampler.fit_resample(*overlapping())
    assert sampler.n_difficult_ == {1: 6}
    assert len(X_new) == 80
    assert sampler.distinct_share_ == {1: 1.0}


def test_training_moves_anchors_to_the_class():
    X, y = overlapping(20)
    distances = []
    for n_steps in (1, 60):
        X_new, _ = MISO(n_steps=n_steps, random_state=0).fit_resample(X, y)
        distances.append(np.linalg.norm(X_new[60:].mean(axis=0) - X[y == 1].mean(axis=0)))
    assert distances[1] < distances[0]
    assert distances[1] < 0.5


@pytest.mark.parametrize("parameters", [{"k_neighbors": 0}, {"n_steps": 0}])
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter of MISO must be an int"):
        MISO(**parameters).fit_resample(*overlapping())
