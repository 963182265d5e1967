"""ECRT: combinations of coordinates, the contrast term, and what the flow is trained on."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import ECRT
from skbalagen.over_sampling._networks import as_tensor
from skbalagen.over_sampling.ecrt import contrast, recombine, train_flow


def blobs(*sizes, n_features=4, seed=0):
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(size=(n, n_features)) + 3 * c for c, n in enumerate(sizes)])
    return X, np.repeat(np.arange(len(sizes)), sizes)


def test_recombined_rows_are_only_the_four_combinations():
    rows = recombine(np.array([[1, 10], [2, 20]]), 200, np.random.default_rng(0))
    combinations, times = np.unique(rows, axis=0, return_counts=True)
    assert combinations.tolist() == [[1, 10], [1, 20], [2, 10], [2, 20]]
    assert times.min() > 30  # all are as likely


def test_contrast_term_by_hand():
    # log(1 + exp(-2)) + log(1 + exp(-1)) = 0.126928 + 0.313262
    assert contrast(as_tensor([2.0]), as_tensor([-1.0])).tolist() == pytest.approx([0.440190], abs=1e-6)


def test_one_row_gives_itself_with_a_warning():
    X, y = blobs(20, 10, 1)
    sampler = ECRT(epochs=1, random_state=0, sampling_strategy={2: 5})
    with pytest.warns(UserWarning, match=r"expected at least 2, got 1 row of class 2: the 4 rows.*Use GE3"):
        X_new, _ = sampler.fit_resample(X, y)
    assert X_new[-4:] == pytest.approx(np.repeat(X[-1:], 4, axis=0), abs=1e-4)
    assert sampler.distinct_share_ == {2: 0.25}


def test_two_rows_give_their_combinations_in_the_coordinates_of_the_flow():
    X, y = blobs(30, 20, 2, n_features=2)
    X_new, _ = ECRT(epochs=1, random_state=0, sampling_strategy={2: 60}).fit_resample(X, y)
    assert len(np.unique(X_new[-58:].round(3), axis=0)) == 4


def test_what_the_components_leave_out_comes_from_rows_of_the_class():
    # One component is kept; the second feature is left out, and constant in each class.
    X = np.column_stack([np.linspace(-50, 50, 36), np.repeat([0.0, 1.0, 2.0], [20, 12, 4])])
    y = np.repeat([0, 1, 2], [20, 12, 4])
    X_new, _ = ECRT(n_components=1, epochs=1, random_state=0).fit_resample(X, y)
    real = X[y == 2]
    # With one coordinate nothing can be recombined, so new rows are real ones along the component.
    slope = np.polyfit(X[:, 0], X[:, 1], 1)[0]
    left_out = real[:, 1] - slope * real[:, 0]
    made = X_new[-16:, 1] - slope * X_new[-16:, 0]
    assert made.min() >= left_out.min() - 0.05
    assert made.max() <= left_out.max() + 0.05


@pytest.mark.parametrize(
    ("sizes", "source"),
    [((20, 10, 3), [0, 1]), ((20, 3), [0, 1]), ((20, 18, 12, 3), [0, 1]), ((3, 20, 20, 20), [1, 2, 3])],
)
def test_the_flow_learns_from_large_classes_and_two_at_least(sizes, source):
    sampler = ECRT(epochs=1, random_state=0)
    sampler.fit_resample(*blobs(*sizes))
    assert sampler.source_classes_ == source


def test_training_makes_dependent_coordinates_independent():
    rng = np.random.default_rng(0)
    a = rng.normal(size=400)
    x = np.column_stack([a, a + 0.3 * rng.normal(size=400)])
    codes = rng.integers(2, size=400)
    x[codes == 1, 0] += 1
    flow = train_flow(x, codes, epochs=40, rng=rng)
    s = flow.forward(as_tensor(x))[0].detach().numpy()
    before, after = (np.corrcoef(z[codes == 0].T)[0, 1] for z in (x, s))
    assert before > 0.9
    assert abs(after) < 0.5


def test_a_trained_flow_keeps_new_rows_among_the_real_ones():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(92, 4)), np.repeat([0, 1, 2], [60, 20, 12])
    X[:, 0] += 1.5 * (y == 1)
    X[:, 1] += 1.5 * (y == 2)
    farthest = [
        np.abs(ECRT(epochs=epochs, random_state=0).fit_resample(X, y)[0][92:]).max() for epochs in (1, 20)
    ]
    assert farthest[1] < 1.5 * np.abs(X).max() < farthest[0]


@pytest.mark.parametrize("parameters", [{"epochs": 0}, {"n_components": 0}])
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter of ECRT must be an int"):
        ECRT(**parameters).fit_resample(*blobs(5, 3))
