"""The autoencoder and the adversarial network: their terms by hand, and what their rows look like."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import GANOverSampler, VAEOverSampler
from skbalagen.over_sampling._networks import as_tensor
from skbalagen.over_sampling.latent import gradient_penalty, kl_divergence


def two_gaussians():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(60, 2)), rng.normal(loc=[3, -3], scale=0.5, size=(40, 2))])
    return X, np.repeat([0, 1], [60, 40])


def test_kl_divergence_by_hand():
    mu, logvar = as_tensor([[1.0, 0.0]]), as_tensor([[0.0, np.log(0.25)]])
    assert kl_divergence(mu, logvar).tolist() == pytest.approx([0.818147], abs=1e-6)
    assert kl_divergence(as_tensor([[0.0, 0.0]]), as_tensor([[0.0, 0.0]])).tolist() == [0.0]


def test_gradient_penalty_by_hand():
    # The gradient of 3 a + 4 b is (3, 4), of norm 5, wherever it is taken: (5 - 1)^2.
    weights = as_tensor([3.0, 4.0])
    penalty = gradient_penalty(lambda x: x @ weights, as_tensor(np.zeros((2, 2))), as_tensor(np.ones((2, 2))))
    assert penalty.tolist() == pytest.approx([16.0, 16.0], abs=1e-5)


@pytest.mark.parametrize("sampler", [VAEOverSampler(epochs=60), GANOverSampler(n_steps=150)], ids=repr)
def test_new_rows_have_the_mean_of_their_class(sampler):
    X, y = two_gaussians()
    sampler.set_params(sampling_strategy={0: 2060, 1: 2040}, random_state=0)
    X_new, y_new = sampler.fit_resample(X, y)
    new, labels = X_new[100:], y_new[100:]
    for label in (0, 1):
        assert new[labels == label].mean(axis=0) == pytest.approx(X[y == label].mean(axis=0), abs=0.1)
    # The wide class is wider than the narrow one, and neither is a point.
    spreads = [new[labels == label].std() for label in (0, 1)]
    assert new[labels == 0].std(axis=0).mean() > new[labels == 1].std(axis=0).mean() > 0.1
    assert min(spreads) > 0.1
    assert sampler.distinct_share_ == {0: 1.0, 1: 1.0}


@pytest.mark.parametrize("sampler", [VAEOverSampler(epochs=1), GANOverSampler(n_steps=1)], ids=repr)
def test_a_class_of_one_row_is_an_error(sampler):
    X, y = np.arange(10.0).reshape(5, 2), ["a", "a", "a", "a", "rare"]
    message = rf"{type(sampler).__name__} learns how.*at least 2 rows of each class.*got 1 of class 'rare'. Leave it"
    with pytest.raises(ValueError, match=message):
        sampler.fit_resample(X, y)


def test_a_class_of_one_row_that_does_not_grow_is_no_error():
    X, y = np.arange(14.0).reshape(7, 2), ["a"] * 4 + ["b"] * 2 + ["rare"]
    sampler = VAEOverSampler(sampling_strategy={"b": 4}, epochs=1, random_state=0)
    assert len(sampler.fit_resample(X, y)[0]) == 9


def test_features_without_spread_stay_as_they_are():
    X, y = two_gaussians()
    X = np.column_stack([X, np.where(y == 1, 7.0, 5.0)])
    X_new, _ = VAEOverSampler(sampling_strategy={1: 60}, epochs=40, random_state=0).fit_resample(X, y)
    assert X_new[100:, 2] == pytest.approx(np.full(20, 7.0), abs=0.5)


def test_without_divergence_the_latent_numbers_spread_less_like_noise():
    X, y = two_gaussians()
    rows = [
        VAEOverSampler(beta=beta, n_latent=2, epochs=20, random_state=0).fit_resample(X, y)[0][100:]
        for beta in (0.0, 10.0)
    ]
    # A heavy divergence leaves nothing to decode: all rows near the mean.
    assert rows[1].std(axis=0).mean() < 0.5 * rows[0].std(axis=0).mean()


@pytest.mark.parametrize(
    ("sampler", "name"),
    [
        (VAEOverSampler(n_latent=0), "n_latent"),
        (VAEOverSampler(beta=-1), "beta"),
        (VAEOverSampler(epochs=0), "epochs"),
        (GANOverSampler(n_noise=0), "n_noise"),
        (GANOverSampler(n_critic_steps=0), "n_critic_steps"),
        (GANOverSampler(penalty=-1), "penalty"),
        (GANOverSampler(n_steps=0), "n_steps"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_parameters_out_of_range_are_refused(sampler, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of {type(sampler).__name__} must be"):
        sampler.fit_resample(*two_gaussians())
