"""SetFit's recipe: a sentence encoder fine-tuned on pairs of texts, then logistic regression on its vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.device import resolve_device
from skbalagen._torch.trainer import TrainingHistory, fine_tune
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import Interval, StrOptions, check_sample_weight, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts, merge_repeats
from skbalagen._utils.validation import TextClassifierTags, check_texts_and_labels
from skbalagen.classifiers._inputs import encode_tokens, mean_vectors
from skbalagen.models.catalog import MINILM
from skbalagen.models.load import load_encoder
from skbalagen.parallel import n_threads

if TYPE_CHECKING:
    import torch

__all__ = ["SetFitClassifier", "draw_groups", "pair_loss"]

_PAIRS_PER_GROUP = 4  # of one class; the texts of a group are all compared with each other


class SetFitClassifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Fine-tune a sentence encoder on pairs of texts, then fit logistic regression on its vectors.

    The recipe of SetFit for few rows: the vectors of two texts of one class are drawn together, those of two
    classes apart. A few rows make many pairs, and no new layer has to be learned by gradient steps.

    Parameters
    ----------
    model : str, default="all-MiniLM-L6-v2"
        The embedded sentence encoder, a hub id or a folder. Weights are read from safetensors only.
    n_iterations : int, default=5
        How often each distinct row is drawn with another one of its class; at least 1.
    batch_size : int, default=4
        Groups of eight texts per training step; at least 1.
    learning_rate : float, default=2e-5
        Peak learning rate of AdamW, above 0.
    C : float, default=100.0
        Inverse strength of the regularisation of the logistic regression, above 0.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, in the draws and in the logistic regression.
    max_tokens : int, default=64
        Longer texts are cut; at least 3.
    n_jobs : int or None, default=None
        Threads that fine-tune and encode on a CPU, as in :class:`skbalagen.TransformerClassifier`. The encoder and its
        vectors are the same, to the last bit, for any number.
    device : str, default="auto"
        A torch device; "auto" is an accelerator if there is one.
    random_state : int, RandomState instance or None, default=None
        Decides pairs, their order, and the dropout.
    verbose : int, default=0
        1 or more shows a progress bar of the fine-tuning.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    model_ : transformers.PreTrainedModel
        The fine-tuned encoder.
    tokenizer_ : transformers.PreTrainedTokenizerBase
    linear_ : LogisticRegression
    history_ : TrainingHistory
        Loss of the fine-tuning.

    Raises
    ------
    TypeError, ValueError
        Input that is not texts with one label each, a single class, or parameters out of range.

    See Also
    --------
    skbalagen.EmbeddingClassifier : Leaves the encoder as it is, and takes seconds.
    skbalagen.TransformerClassifier : Fine-tunes the encoder together with a linear layer.
    skbalagen.LogitAdjustedClassifier : Adjusts its predictions for the class shares.

    Notes
    -----
    The loss of a pair is the squared difference of the cosine from 1 (one class) or 0 (two classes); pairs of one class
    count as much together as those of two. Tunstall et al. encode both texts of each pair. Here eight texts, four
    of them drawn at random and for each another one of its class, are compared with each other: a text is
    encoded once for seven pairs. Rows are drawn in proportion to their weight. A text is not compared with itself, so
    that a class of one row is only pushed away from others.

    References
    ----------
    Tunstall et al. (2022), "Efficient Few-Shot Learning Without Prompts", arXiv:2209.11055, section 3.

    Examples
    --------
    >>> from skbalagen import SetFitClassifier
    >>> X, y = ["hi", "hello", "bye", "see you"], ["greeting", "greeting", "farewell", "farewell"]
    >>> SetFitClassifier(random_state=0).fit(X, y).predict(["good evening"])  # doctest: +SKIP
    array(['greeting'], dtype='<U8')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "n_iterations": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "max_tokens": [Interval(Integral, 3, None, closed="left")],
        "n_jobs": [Integral, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        model: str | Path = MINILM,
        n_iterations: int = 5,
        batch_size: int = 4,
        learning_rate: float = 2e-5,
        C: float = 100.0,
        class_weight: Mapping[Any, float] | str | None = None,
        max_tokens: int = 64,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.n_iterations = n_iterations
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.C = C
        self.class_weight = class_weight
        self.max_tokens = max_tokens
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on the texts `X`, labels `y` and weights, each of shape (n_samples,)."""
        rows, labels = check_texts_and_labels(X, y)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        weights = compute_sample_weight(self.class_weight, labels) * check_sample_weight(sample_weight, rows)
        texts, codes, weights = merge_repeats(rows, codes, weights)
        rng = np.random.default_rng(as_seed(self.random_state))
        self.model_, self.tokenizer_ = load_encoder(str(self.model))
        self.model_.to(resolve_device(self.device))
        self._fine_tune(texts, codes, weights, rng)
        self.linear_ = LogisticRegression(C=self.C, max_iter=1000)
        self.linear_.fit(self._vectors(texts), self.classes_[codes], sample_weight=weights)
        return self

    def _fine_tune(
        self, texts: list[str], codes: np.ndarray, weights: np.ndarray, rng: np.random.Generator
    ) -> None:
        import torch

        tokens = self._tokens(texts)
        same_text = np.unique(texts, return_inverse=True)[1]
        groups = draw_groups(codes, weights, self.n_iterations, rng)
        text_codes, classes = (torch.from_numpy(c).to(self.model_.device) for c in (same_text, codes))

        def loss(chosen: np.ndarray) -> torch.Tensor:
            rows = groups[chosen]
            vectors = mean_vectors(self.model_, self.tokenizer_, [tokens[r] for r in rows.ravel()])
            vectors = vectors.float().view(*rows.shape, -1)
            return pair_loss(vectors, classes[rows], text_codes[rows])

        widths = np.array([len(t) for t in tokens])
        self.history_: TrainingHistory = fine_tune(
            self.model_,
            loss,
            groups.shape[1] * widths[groups].max(axis=1),
            draws=lambda _: np.arange(len(groups)),
            epochs=1,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            n_threads=n_threads(self.n_jobs, self.model_.device),
            rng=rng,
            verbose=self.verbose,
        )
        self.model_.requires_grad_(False)

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the probability of each class, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.linear_.predict_proba(self._vectors(as_texts(X, allow_empty=True).tolist()))

    def predict(self, X: Texts) -> np.ndarray:
        """Return the likeliest class of each text, of shape (n_samples,)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer_(texts, truncation=True, max_length=self.max_tokens)["input_ids"]

    def _vectors(self, texts: list[str]) -> np.ndarray:
        """Return unit vectors, of shape (n_texts, hidden_size)."""
        import torch

        vectors = encode_tokens(self.model_, self.tokenizer_, self._tokens(texts), n_jobs=self.n_jobs)
        return torch.nn.functional.normalize(vectors.double(), dim=-1).cpu().numpy()


def draw_groups(
    codes: np.ndarray, weights: np.ndarray, n_iterations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return row numbers of the groups whose rows are compared, of shape (n_groups, 8).

    Each row is drawn as often as its weight says, `n_iterations` times on average, and with it a row of its class:
    another one if there is one. Four such pairs make a group.

    Parameters
    ----------
    codes : ndarray of int, of shape (n_rows,)
        Classes.
    weights : ndarray of shape (n_rows,)
    n_iterations : int
    rng : numpy.random.Generator

    Examples
    --------
    >>> draw_groups(np.array([0, 0, 1, 1]), np.ones(4), 1, np.random.default_rng(0)).tolist()
    [[3, 2, 2, 3, 0, 1, 1, 0]]
    """
    n_rows = len(codes)
    n_pairs = math.ceil(n_rows * n_iterations / _PAIRS_PER_GROUP) * _PAIRS_PER_GROUP
    # Points in equal steps, so that rows of equal weight are drawn equally often.
    points = (np.arange(n_pairs) + rng.random()) / n_pairs * weights.sum()
    anchors = np.minimum(np.searchsorted(np.cumsum(weights), points, side="right"), n_rows - 1)
    anchors = rng.permutation(anchors)
    partners = np.empty_like(anchors)
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        at = np.flatnonzero(codes[anchors] == code)
        # Gumbel noise on the log weights draws in proportion to the weights; the anchor itself comes last.
        scores = np.log(np.maximum(weights[members], 1e-300)) + rng.gumbel(size=(len(at), len(members)))
        scores[members == anchors[at, None]] = -np.inf
        partners[at] = members[scores.argmax(axis=1)]
    return np.column_stack([anchors, partners]).reshape(-1, 2 * _PAIRS_PER_GROUP)


def pair_loss(vectors: torch.Tensor, classes: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Return the mean over groups of the loss of their pairs.

    Parameters
    ----------
    vectors : torch.Tensor of shape (n_groups, n_texts, hidden_size)
    classes, texts : torch.Tensor of int, of shape (n_groups, n_texts)
        Pairs of the same text are left out.

    Returns
    -------
    torch.Tensor
        A half of the mean of ``(cosine - 1) ** 2`` over pairs of one class, and of ``cosine ** 2`` over those of
        two.
    """
    import torch

    unit = torch.nn.functional.normalize(vectors, dim=-1)
    cosines = unit @ unit.transpose(1, 2)
    alike = classes[:, :, None] == classes[:, None, :]
    compared = texts[:, :, None] != texts[:, None, :]
    losses = (cosines - alike.float()) ** 2

    def mean(pairs: torch.Tensor) -> torch.Tensor:
        return (losses * pairs).sum(dim=(1, 2)) / pairs.sum(dim=(1, 2)).clamp(min=1)

    return ((mean(alike & compared) + mean(~alike & compared)) / 2).mean()
