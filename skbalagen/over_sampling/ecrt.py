"""ECRT: independent coordinates, learned on large classes and recombined within a small one."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from skbalagen._torch.device import torch_seed
from skbalagen._utils.sklearn_compat import Interval
from skbalagen.over_sampling._flow import CouplingFlow
from skbalagen.over_sampling._networks import as_tensor, row_batches
from skbalagen.over_sampling.base import NewRows, VectorOverSampler

if TYPE_CHECKING:
    import torch

__all__ = ["ECRT", "contrast", "recombine", "train_flow"]

_BATCH_SIZE = 256
_LEARNING_RATE = 1e-3


def recombine(s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` rows, each of whose coordinates is that of a row of `s` drawn for it alone.

    Parameters
    ----------
    s : ndarray of shape (n_rows, n_features)
    n : int
    rng : numpy.random.Generator

    Examples
    --------
    >>> rows = recombine(np.array([[1, 10], [2, 20]]), 50, np.random.default_rng(0))
    >>> np.unique(rows, axis=0).tolist()
    [[1, 10], [1, 20], [2, 10], [2, 20]]
    """
    drawn = rng.integers(len(s), size=(n, s.shape[1]))
    return np.take_along_axis(s, drawn, axis=0)


def contrast(right: torch.Tensor, wrong: torch.Tensor) -> torch.Tensor:
    """Return the contrast term of each row: log(1 + exp(-right)) + log(1 + exp(wrong)).

    Parameters
    ----------
    right, wrong : tensor of shape (n,)
        How well a row fits its own class, and a class drawn at random.
    """
    from torch.nn.functional import softplus

    return softplus(-right) + softplus(wrong)


def train_flow(x: np.ndarray, codes: np.ndarray, *, epochs: int, rng: np.random.Generator) -> CouplingFlow:
    """Train a flow whose coordinates are independent of each other within each class.

    The fit of a row to class u is a sum over its coordinates, ``sum_j a_uj s_j^2 + b_uj s_j + c_u``, so coordinates
    that depend on each other cannot tell classes apart as well as independent ones do.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Rows of at least two classes, with features of about unit variance.
    codes : ndarray of int, of shape (n_samples,)
        Class numbers from 0.
    epochs : int
    rng : numpy.random.Generator
        The seed of the weights is drawn from it.
    """
    import torch

    n_classes = int(codes.max()) + 1
    rows, classes = as_tensor(x), torch.from_numpy(codes)
    with torch_seed(int(rng.integers(2**31))):
        flow = CouplingFlow(x.shape[1])
        fit = torch.zeros(n_classes, 2 * x.shape[1] + 1, requires_grad=True)
    optimizer = torch.optim.Adam([*flow.parameters(), fit], lr=_LEARNING_RATE, fused=True)
    for _ in range(epochs):
        for batch in row_batches(len(rows), _BATCH_SIZE, rng):
            s, log_volume = flow.forward(rows[batch])
            terms = torch.cat([s**2, s, s.new_ones(len(s), 1)], dim=1)
            own = classes[batch]
            other = own[torch.from_numpy(rng.permutation(len(batch)))]
            contrasts = contrast((terms * fit[own]).sum(dim=1), (terms * fit[other]).sum(dim=1))
            surprise = (0.5 * (s**2).sum(dim=1) - log_volume) / s.shape[1]
            loss = (contrasts + surprise).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return flow


class ECRT(VectorOverSampler):
    """Recombine the independent coordinates of a small class, which an invertible network learns on large classes.

    A flow F turns rows into coordinates that are independent within each class. It is trained on large classes. A new
    row of a small class takes each coordinate from a row of the class drawn for it alone, and is turned back by the
    inverse of F. Two rows thus give many combinations.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class should have, as in imbalanced-learn: "auto" fills all classes up to the largest.
    n_components : int, default=32
        Principal components that the flow reads, at least 1; at most one less than there are rows.
    epochs : int, default=100
        Passes of the flow over the rows of the large classes, at least 1.
    random_state : int, RandomState instance or None, default=None
        Weights, batches and draws. The global random states are left alone.

    Attributes
    ----------
    source_classes_ : list
        The classes that the flow was trained on: those of at least the median size, and at least the two largest.
        Unset if no class was to grow.
    sampling_strategy_ : dict of {label: int}
        Rows to add to each class.
    distinct_share_ : dict of {label: float}
        Share of the new rows of each class that are distinct, in (0, 1].
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X is a DataFrame.

    See Also
    --------
    GE3 : Moves rows of other classes; nothing is trained.

    Notes
    -----
    The paper trains on classes with many rows, and needs two of them at least: of two classes, the small one takes part
    too. A class of one row gets copies, with a warning.

    Ours, since the paper learns inside the classifier: the likelihood of the flow is added to the contrast of the
    energies, these are quadratic in each coordinate, and what the principal components leave out of a row is taken
    whole from a row of the class drawn at random.

    References
    ----------
    Chen et al. (2021), "Supercharging Imbalanced Data Learning With Energy-based Contrastive Representation Transfer",
    NeurIPS. Dinh et al. (2017), "Density estimation using Real NVP", ICLR.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> X, y = make_blobs([60, 50, 4], n_features=5, random_state=0)
    >>> X_new, y_new = ECRT(epochs=2, random_state=0).fit_resample(X, y)
    >>> X_new.shape, int((y_new == 2).sum())
    ((180, 5), 60)
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        **VectorOverSampler._parameter_constraints,
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        n_components: int = 32,
        epochs: int = 100,
        random_state: Any = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.n_components = n_components
        self.epochs = epochs

    def _learn(self, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> NewRows:
        from sklearn.decomposition import PCA

        n_components = min(self.n_components, X.shape[1], len(X) - 1)
        components = PCA(n_components, whiten=True, svd_solver="full").fit(X)
        x = components.transform(X)
        left_out = X - components.inverse_transform(x)
        self.source_classes_ = _large_classes(y)
        source = np.isin(y, self.source_classes_)
        codes = np.unique(y[source], return_inverse=True)[1]
        flow = train_flow(x[source], codes, epochs=self.epochs, rng=rng)

        def new_rows(label: Any, n: int, rng: np.random.Generator) -> np.ndarray:
            import torch

            rows = np.flatnonzero(y == label)
            if len(rows) == 1:
                warnings.warn(
                    f"ECRT recombines the rows of a class, expected at least 2, got 1 row of class {label!r}: the {n} "
                    "rows that are added are copies of it. Use GE3, which learns from the other classes.",
                    UserWarning,
                    stacklevel=5,
                )
            with torch.no_grad():
                s = flow.forward(as_tensor(x[rows]))[0].numpy()
                made = flow.inverse(as_tensor(recombine(s, n, rng))).numpy()
            return components.inverse_transform(made) + left_out[rng.choice(rows, size=n)]

        return new_rows


def _large_classes(y: np.ndarray) -> list[Any]:
    """Return the classes of at least the median size, and at least two."""
    labels, sizes = np.unique(y, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    n_large = max(2, int((sizes >= np.median(sizes)).sum()))
    return labels[np.sort(order[:n_large])].tolist()
