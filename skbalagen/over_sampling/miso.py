"""MISO: difficult rows of a small class, and their neighbours in other classes, re-embedded as rows of the class."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skbalagen._torch.device import torch_seed
from skbalagen._utils.sklearn_compat import Interval
from skbalagen.over_sampling._networks import as_tensor, mlp
from skbalagen.over_sampling.base import NewRows, VectorOverSampler

if TYPE_CHECKING:
    import torch

__all__ = ["MISO", "DifficultRows", "difficult_rows", "mutual_information"]

_WIDTH, _CODE, _HEADS = 64, 32, 4
_BATCH_SIZE = 256
# Added to the codes, so that a difficult row gives a new row each time it is drawn.
_NOISE = 0.1


class DifficultRows(NamedTuple):
    """The rows of a class that have rows of other classes among their nearest neighbours.

    Attributes
    ----------
    rows : ndarray of int, of shape (n_difficult,)
    neighbours : ndarray of int, of shape (n_difficult, k_neighbors)
        Row numbers, nearest first.
    foreign : ndarray of bool, of shape (n_difficult, k_neighbors)
        Which of them are of another class.
    """

    rows: np.ndarray
    neighbours: np.ndarray
    foreign: np.ndarray


def difficult_rows(X: np.ndarray, y: np.ndarray, label: Any, k_neighbors: int) -> DifficultRows:
    """Return the rows of class `label` with a row of another class among their `k_neighbors` nearest.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [1.5], [10.0], [11.0]]), np.array(["a", "a", "b", "a", "a"])
    >>> difficult_rows(X, y, "a", k_neighbors=1).rows.tolist()
    [1]
    """
    from sklearn.neighbors import NearestNeighbors

    own = np.flatnonzero(y == label)
    n_neighbors = min(k_neighbors + 1, len(X))
    near = NearestNeighbors(n_neighbors=n_neighbors).fit(X).kneighbors(X[own], return_distance=False)
    # A row is its own neighbour, though not always the first: equal rows tie. The farthest goes if it is missing.
    itself = near == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    near = near[~itself].reshape(len(own), n_neighbors - 1)
    foreign = y[near] != label
    difficult = foreign.any(axis=1)
    return DifficultRows(own[difficult], near[difficult], foreign[difficult])


def mutual_information(joint: torch.Tensor, marginal: torch.Tensor) -> torch.Tensor:
    """Return MINE's lower bound on the mutual information, in nats: mean T_joint - log mean exp T_marginal.

    Parameters
    ----------
    joint, marginal : tensor of shape (n,)
        A network's outputs T for pairs that belong together, and for pairs drawn at random.
    """
    import torch

    return joint.mean() - (torch.logsumexp(marginal, dim=0) - np.log(len(marginal)))


class MISO(VectorOverSampler):
    """Re-embed the difficult rows of a small class away from the large ones, and add the results as rows of the class.

    A row of the class is difficult if rows of other classes are among its nearest neighbours. It is fused with these by
    attention; a code of the two is trained to share information with the row and none with its foreign neighbours; a
    decoder turns codes into rows that a discriminator cannot tell from real rows of the class. The decoded rows are
    added: anchors that say on which side of the border the difficult rows belong.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    k_neighbors : int, default=5
        Nearest neighbours that make a row difficult, at least 1.
    n_steps : int, default=300
        Steps of training for each class, at least 1.
    random_state : int, RandomState instance or None, default=None
        Weights, batches and draws. The global random states are left alone.

    Attributes
    ----------
    n_difficult_ : dict of {label: int}
        Difficult rows of each class that grew.
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct, in (0, 1].
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a DataFrame.

    See Also
    --------
    imblearn.over_sampling.BorderlineSMOTE : Interpolates from difficult rows; nothing is trained.

    Notes
    -----
    Built from the paper's abstract: widths, the number of steps, the squared error of the decoder and the noise that
    lets a difficult row be used several times are ours. Several classes are grown one against the rest. The paper
    trains inside a classifier; here the vectors are given.

    References
    ----------
    Tian et al. (2021), "Re-embedding Difficult Samples via Mutual Information Constrained Semantically Oversampling for
    Imbalanced Text Classification", EMNLP. Belghazi et al. (2018), "Mutual Information Neural Estimation", ICML.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> X, y = make_blobs([60, 8], centers=[[0.0, 0], [1, 0]], random_state=0)
    >>> sampler = MISO(n_steps=2, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> X_new.shape, sampler.n_difficult_
    ((120, 2), {1: 8})
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        **VectorOverSampler._parameter_constraints,
        "k_neighbors": [Interval(Integral, 1, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        k_neighbors: int = 5,
        n_steps: int = 300,
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.k_neighbors = k_neighbors
        self.n_steps = n_steps

    def _learn(self, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> NewRows:
        found = {
            label: difficult_rows(X, y, label, self.k_neighbors)
            for label in np.unique(y).tolist()
            if self.sampling_strategy_.get(label, 0)
        }
        self.n_difficult_ = {label: len(difficult.rows) for label, difficult in found.items()}
        for label, n_difficult in self.n_difficult_.items():
            if not n_difficult:
                raise ValueError(
                    f"MISO re-embeds rows with a row of another class among their {self.k_neighbors} nearest "
                    f"neighbours, got none in class {label!r} of {(y == label).sum()} rows: it is well apart. Use "
                    "SMOTE for this class, or a larger k_neighbors."
                )
        mean, spread = X.mean(axis=0), X.std(axis=0)
        spread[spread == 0] = 1.0
        x = (X - mean) / spread

        def new_rows(label: Any, n: int, rng: np.random.Generator) -> np.ndarray:
            with torch_seed(int(rng.integers(2**31))):
                made = _re_embedded(x, y == label, found[label], n, self.n_steps, rng)
            return made * spread + mean

        return new_rows


def _re_embedded(
    x: np.ndarray,
    of_class: np.ndarray,
    difficult: DifficultRows,
    n: int,
    n_steps: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Train the networks of one class and return `n` rows, each difficult row equally often or one more time."""
    import torch
    from torch.nn.functional import mse_loss, softplus

    rows, real = as_tensor(x), as_tensor(x[of_class])
    n_features = x.shape[1]
    embed = torch.nn.Linear(n_features, _WIDTH)
    attention = torch.nn.MultiheadAttention(_WIDTH, _HEADS, batch_first=True)
    encoder = mlp(2 * _WIDTH, _WIDTH, _CODE)
    decoder = mlp(_CODE, _WIDTH, n_features)
    own_pairs, foreign_pairs = mlp(_CODE + n_features, _WIDTH, 1), mlp(_CODE + n_features, _WIDTH, 1)
    discriminator = mlp(n_features, _WIDTH, 1)
    learners = torch.nn.ModuleList([embed, attention, encoder, decoder])
    judges = torch.nn.ModuleList([own_pairs, foreign_pairs, discriminator])
    steps_of_learners = torch.optim.Adam(learners.parameters(), lr=1e-3, fused=True)
    steps_of_judges = torch.optim.Adam(judges.parameters(), lr=1e-3, fused=True)

    def code(chosen: np.ndarray) -> torch.Tensor:
        """Fuse difficult rows with their foreign neighbours by attention, and encode the two."""
        query = embed(rows[difficult.rows[chosen]])
        keys = embed(rows[difficult.neighbours[chosen]])
        hidden = torch.from_numpy(~difficult.foreign[chosen])
        seen, _ = attention(query[:, None], keys, keys, key_padding_mask=hidden, need_weights=False)
        d = encoder(torch.cat([query, seen[:, 0]], dim=1))
        return d + _NOISE * torch.randn_like(d)

    def information(network: torch.nn.Module, d: torch.Tensor, partners: torch.Tensor) -> torch.Tensor:
        joint = network(torch.cat([d, partners], dim=1))[:, 0]
        shuffled = partners[torch.from_numpy(rng.permutation(len(partners)))]
        return mutual_information(joint, network(torch.cat([d, shuffled], dim=1))[:, 0])

    for _ in range(n_steps):
        chosen = rng.permutation(len(difficult.rows))[:_BATCH_SIZE]
        own = rows[difficult.rows[chosen]]
        # One foreign neighbour of each, drawn among those it has.
        draw = np.where(difficult.foreign[chosen], rng.random(difficult.foreign[chosen].shape), -1).argmax(
            axis=1
        )
        foreign = rows[difficult.neighbours[chosen, draw]]
        some_real = real[torch.from_numpy(rng.integers(len(real), size=len(chosen)))]

        d = code(chosen).detach()
        told_apart = (
            softplus(-discriminator(some_real)).mean() + softplus(discriminator(decoder(d).detach())).mean()
        )
        loss = told_apart - information(own_pairs, d, own) - information(foreign_pairs, d, foreign)
        steps_of_judges.zero_grad()
        loss.backward()
        steps_of_judges.step()

        d = code(chosen)
        made = decoder(d)
        loss = information(foreign_pairs, d, foreign) - information(own_pairs, d, own)
        loss = loss + softplus(-discriminator(made)).mean() + mse_loss(made, own)
        steps_of_learners.zero_grad()
        loss.backward()
        steps_of_learners.step()

    with torch.no_grad():
        in_turn = np.concatenate(
            [rng.permutation(len(difficult.rows)) for _ in range(-(-n // len(difficult.rows)))]
        )
        return decoder(code(in_turn[:n])).numpy()
