"""A conditional variational autoencoder and a conditional adversarial network that write vectors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.device import torch_seed
from skbalagen._utils.sklearn_compat import Interval
from skbalagen.over_sampling._networks import as_tensor, mlp, one_hot, row_batches
from skbalagen.over_sampling.base import NewRows, VectorOverSampler

if TYPE_CHECKING:
    import torch

__all__ = ["GANOverSampler", "VAEOverSampler", "gradient_penalty", "kl_divergence"]

_HIDDEN, _BATCH_SIZE = 128, 64
# Generator and critic circle about where they should settle: the average over some hundred steps lies there.
_AVERAGING = 0.99


def kl_divergence(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Return the divergence of N(mu, exp(logvar)) from N(0, I), in nats, of shape (n,).

    Parameters
    ----------
    mu, logvar : tensor of shape (n, n_latent)
    """
    return 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum(dim=1)


def gradient_penalty(
    critic: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor, made: torch.Tensor
) -> torch.Tensor:
    """Return (|gradient of the critic| - 1)^2 at a random point between each real row and a made one, of shape (n,).

    Parameters
    ----------
    critic : callable
        From rows to a number for each.
    real, made : tensor of shape (n, n_features)
    """
    import torch

    between = torch.lerp(made, real, torch.rand(len(real), 1)).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.norm(dim=1) - 1) ** 2


class _LatentOverSampler(VectorOverSampler):
    """Train a network on how rows differ from the mean of their class, and have it write such deviations.

    A small class has its mean from the start, and borrows from the others how rows scatter about it.
    """

    @abstractmethod
    def _train(
        self, rows: torch.Tensor, classes: torch.Tensor, rng: np.random.Generator
    ) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return what makes deviations, of shape (n, n_features), for classes as one-hot rows.

        `rows` are deviations in units of their spread within classes; torch's random state is seeded.
        """

    def _learn(self, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> NewRows:
        labels, codes, sizes = np.unique(y, return_inverse=True, return_counts=True)
        for label, size in zip(labels.tolist(), sizes.tolist(), strict=True):
            if size < 2 and self.sampling_strategy_.get(label, 0):
                raise ValueError(
                    f"{type(self).__name__} learns how the rows of a class differ, expected at least 2 rows of each "
                    f"class that is to grow, got {size} of class {label!r}. Leave it out of sampling_strategy, or use "
                    "GE3, which learns from the other classes."
                )
        means = np.array([X[codes == c].mean(axis=0) for c in range(len(labels))])
        deviations = X - means[codes]
        spread = deviations.std(axis=0)
        spread[spread == 0] = 1.0
        with torch_seed(int(rng.integers(2**31))):
            make = self._train(as_tensor(deviations / spread), one_hot(codes, len(labels)), rng)

        def new_rows(label: Any, n: int, rng: np.random.Generator) -> np.ndarray:
            import torch

            code = int(np.searchsorted(labels, label))
            with torch_seed(int(rng.integers(2**31))), torch.no_grad():
                made = make(one_hot(np.full(n, code), len(labels)))
            return made.numpy() * spread + means[code]

        return new_rows


class VAEOverSampler(_LatentOverSampler):
    """Write rows of small classes with a conditional variational autoencoder.

    An encoder turns a row and its class into a normal distribution of a few latent numbers, a decoder turns a draw from
    it and the class back into the row. New rows are decoded from draws of N(0, I).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    n_latent : int, default=32
        Latent numbers, at least 1.
    beta : float, default=0.1
        Weight of the divergence from N(0, I), at least 0, beside the squared error summed over features.
    epochs : int, default=200
        Passes over the rows, at least 1.
    random_state : int, RandomState instance or None, default=None
        Weights, batches and draws. The global random states are left alone.

    Attributes
    ----------
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct, in (0, 1].
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a DataFrame.

    See Also
    --------
    GANOverSampler : The same with a critic in place of a decoder's error.

    Notes
    -----
    Widths and `beta` are common choices, of no paper. Rows are learned as deviations from the mean of their class, which
    is ours. A decoded row is a mean, so new rows scatter less than real ones.

    References
    ----------
    Kingma and Welling (2014), "Auto-Encoding Variational Bayes", ICLR. Sohn et al. (2015), "Learning Structured Output
    Representation using Deep Conditional Generative Models", NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> X, y = make_blobs([60, 50, 4], n_features=5, random_state=0)
    >>> X_new, y_new = VAEOverSampler(epochs=2, random_state=0).fit_resample(X, y)
    >>> X_new.shape, int((y_new == 2).sum())
    ((180, 5), 60)
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        **VectorOverSampler._parameter_constraints,
        "n_latent": [Interval(Integral, 1, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        n_latent: int = 32,
        beta: float = 0.1,
        epochs: int = 200,
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.n_latent = n_latent
        self.beta = beta
        self.epochs = epochs

    def _train(
        self, rows: torch.Tensor, classes: torch.Tensor, rng: np.random.Generator
    ) -> Callable[[torch.Tensor], torch.Tensor]:
        import torch

        n_features, n_classes = rows.shape[1], classes.shape[1]
        encoder = mlp(n_features + n_classes, _HIDDEN, 2 * self.n_latent)
        decoder = mlp(self.n_latent + n_classes, _HIDDEN, n_features)
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, fused=True)
        for _ in range(self.epochs):
            for batch in row_batches(len(rows), _BATCH_SIZE, rng):
                x, c = rows[batch], classes[batch]
                mu, logvar = encoder(torch.cat([x, c], dim=1)).chunk(2, dim=1)
                z = mu + (0.5 * logvar).exp() * torch.randn_like(mu)
                error = 0.5 * ((decoder(torch.cat([z, c], dim=1)) - x) ** 2).sum(dim=1)
                loss = (error + self.beta * kl_divergence(mu, logvar)).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return lambda c: decoder(torch.cat([torch.randn(len(c), self.n_latent), c], dim=1))


class GANOverSampler(_LatentOverSampler):
    """Write rows of small classes with a conditional Wasserstein adversarial network with gradient penalty (WGAN-GP).

    A generator turns noise and a class into a row; a critic learns to score real rows above made ones; the generator
    learns to be scored higher.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    n_noise : int, default=64
        Numbers of noise, at least 1.
    n_critic_steps : int, default=5
        Steps of the critic for each step of the generator, at least 1.
    penalty : float, default=10.0
        Weight of the gradient penalty, at least 0.
    n_steps : int, default=500
        Steps of the generator, at least 1.
    random_state : int, RandomState instance or None, default=None
        Weights, batches and draws. The global random states are left alone.

    Attributes
    ----------
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct, in (0, 1].
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a DataFrame.

    See Also
    --------
    VAEOverSampler : Easier to train.

    Notes
    -----
    Penalty and critic steps are those of the paper, from memory and not checked against the authors' code; the widths
    are common choices. Ours: rows are learned as deviations from the mean of their class, the critic sees all classes
    equally often, and the running average of the generator's weights writes the new rows. The critic sees the few rows
    of a small class very often: expect little on classes of a handful of rows.

    References
    ----------
    Gulrajani et al. (2017), "Improved Training of Wasserstein GANs", NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> X, y = make_blobs([60, 50, 4], n_features=5, random_state=0)
    >>> X_new, y_new = GANOverSampler(n_steps=2, random_state=0).fit_resample(X, y)
    >>> X_new.shape, int((y_new == 2).sum())
    ((180, 5), 60)
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        **VectorOverSampler._parameter_constraints,
        "n_noise": [Interval(Integral, 1, None, closed="left")],
        "n_critic_steps": [Interval(Integral, 1, None, closed="left")],
        "penalty": [Interval(Real, 0, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        n_noise: int = 64,
        n_critic_steps: int = 5,
        penalty: float = 10.0,
        n_steps: int = 500,
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.n_noise = n_noise
        self.n_critic_steps = n_critic_steps
        self.penalty = penalty
        self.n_steps = n_steps

    def _train(
        self, rows: torch.Tensor, classes: torch.Tensor, rng: np.random.Generator
    ) -> Callable[[torch.Tensor], torch.Tensor]:
        import torch

        n_features, n_classes = rows.shape[1], classes.shape[1]
        # All classes alike: the critic would hardly ever see a small one.
        share = (classes / classes.sum(dim=0)).sum(dim=1).double().numpy() / n_classes
        share /= share.sum()
        generator = mlp(self.n_noise + n_classes, _HIDDEN, n_features)
        critic = mlp(n_features + n_classes, _HIDDEN, 1)
        steps_of_generator = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.0, 0.9), fused=True)
        averaged = mlp(self.n_noise + n_classes, _HIDDEN, n_features)
        averaged.load_state_dict(generator.state_dict())
        steps_of_critic = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.0, 0.9), fused=True)

        def make(c: torch.Tensor, generator: torch.nn.Module = generator) -> torch.Tensor:
            return generator(torch.cat([torch.randn(len(c), self.n_noise), c], dim=1))

        for step in range(self.n_steps * (self.n_critic_steps + 1)):
            batch = torch.from_numpy(rng.choice(len(rows), size=_BATCH_SIZE, p=share))
            x, c = rows[batch], classes[batch]

            def score(x: torch.Tensor, c: torch.Tensor = c) -> torch.Tensor:
                return critic(torch.cat([x, c], dim=1))[:, 0]

            made = make(c)
            if step % (self.n_critic_steps + 1) < self.n_critic_steps:
                made = made.detach()
                loss = (score(made) - score(x) + self.penalty * gradient_penalty(score, x, made)).mean()
                optimizer = steps_of_critic
            else:
                loss, optimizer = -score(made).mean(), steps_of_generator
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if optimizer is steps_of_generator:
                _follow(averaged, generator, _AVERAGING)
        return partial(make, generator=averaged)


def _follow(averaged: torch.nn.Module, network: torch.nn.Module, momentum: float) -> None:
    """Move the weights of one network towards those of another, in place."""
    import torch

    with torch.no_grad():
        for mean, weight in zip(averaged.parameters(), network.parameters(), strict=True):
            mean.lerp_(weight, 1 - momentum)
