"""A fine-tuned encoder as a scikit-learn classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.device import autocast, resolve_device, torch_seed
from skbalagen._torch.trainer import TrainingHistory, fine_tune
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import Interval, StrOptions, check_sample_weight, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import TextClassifierTags, check_texts_and_labels
from skbalagen.models.catalog import MINILM
from skbalagen.models.load import load_encoder

if TYPE_CHECKING:
    import torch

__all__ = ["TransformerClassifier", "mean_vectors"]


class TransformerClassifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Fine-tune a pretrained encoder: the mean of the token vectors, then a linear layer.

    A text that occurs several times is encoded once an epoch, and weighted by how often it occurs; if it occurs in
    several classes, its target is what each of them has of its weight.

    Parameters
    ----------
    model : str, default="all-MiniLM-L6-v2"
        The embedded encoder, a hub id such as ``"bert-base-uncased"`` (the paper's), or a folder. Weights
        are read from safetensors only.
    epochs : int, default=8
        Passes over the distinct rows; at least 1.
    batch_size : int, default=32
        Rows per training step; at least 1.
    learning_rate : float, default=2e-4
        Peak learning rate of AdamW, above 0. Small encoders need more than the 2e-5 that is usual for BERT.
    head_learning_rate_ratio : float, default=10.0
        Learning rate of the new linear layer, in multiples of `learning_rate`; above 0.
    max_tokens : int, default=64
        Longer texts are cut; at least 3.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, as in LogisticRegression.
    device : str, default="auto"
        A torch device; "auto" is an accelerator if there is one.
    random_state : int, RandomState instance or None, default=None
        Decides the order of rows, the dropout and the start of the new layer.
    verbose : int, default=0
        1 or more shows a progress bar of the fine-tuning.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    model_ : transformers.PreTrainedModel
    tokenizer_ : transformers.PreTrainedTokenizerBase
    head_ : torch.nn.Linear
    history_ : TrainingHistory
        Loss per epoch.

    Raises
    ------
    TypeError, ValueError
        Input that is not texts with one label each, a single class, or parameters out of range.

    See Also
    --------
    skbalagen.EmbeddingClassifier : Leaves the encoder as it is, and takes seconds.
    skbalagen.LogitAdjustedClassifier : Adjusts its predictions for the class shares.

    Examples
    --------
    >>> from skbalagen import TransformerClassifier
    >>> classifier = TransformerClassifier(epochs=20, random_state=0)
    >>> classifier.fit(["hi", "bye"], ["greeting", "farewell"]).predict(["hello"])  # doctest: +SKIP
    array(['greeting'], dtype='<U8')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "head_learning_rate_ratio": [Interval(Real, 0, None, closed="neither")],
        "max_tokens": [Interval(Integral, 3, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        model: str | Path = MINILM,
        epochs: int = 8,
        batch_size: int = 32,
        learning_rate: float = 2e-4,
        head_learning_rate_ratio: float = 10.0,
        max_tokens: int = 64,
        class_weight: Mapping[Any, float] | str | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.head_learning_rate_ratio = head_learning_rate_ratio
        self.max_tokens = max_tokens
        self.class_weight = class_weight
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on the texts `X`, labels `y` and weights, each of shape (n_samples,)."""
        import torch

        rows, labels = check_texts_and_labels(X, y)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        weights = compute_sample_weight(self.class_weight, labels) * check_sample_weight(sample_weight, rows)
        texts, targets = _merge_texts(rows, codes, weights)
        seed = as_seed(self.random_state)
        device = resolve_device(self.device)

        self.model_, self.tokenizer_ = load_encoder(str(self.model))
        self.model_.to(device)
        with torch_seed(seed):
            self.head_ = torch.nn.Linear(self.model_.config.hidden_size, len(self.classes_)).to(device)
        network = torch.nn.ModuleDict({"encoder": self.model_, "head": self.head_})
        tokens = self._tokens(texts)
        weighted = torch.from_numpy(targets / targets.sum(axis=1).mean()).float().to(device)

        def loss(rows: np.ndarray) -> torch.Tensor:
            logs = self._logits([tokens[r] for r in rows]).float().log_softmax(dim=-1)
            return -(weighted[rows] * logs).sum(dim=-1).mean()

        self.history_: TrainingHistory = fine_tune(
            network,
            loss,
            [len(t) for t in tokens],
            draws=lambda _: np.arange(len(tokens)),
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            faster={id(p): self.head_learning_rate_ratio for p in self.head_.parameters()},
            rng=np.random.default_rng(seed),
            verbose=self.verbose,
        )
        network.requires_grad_(False)
        return self

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the probability of each class, of shape (n_samples, n_classes)."""
        import torch

        check_is_fitted(self)
        tokens = self._tokens(as_texts(X, allow_empty=True).tolist())
        order = np.argsort([len(t) for t in tokens], kind="stable")
        proba = np.empty((len(tokens), len(self.classes_)))
        with torch.inference_mode(), autocast(self.model_.device):
            for rows in np.array_split(order, math.ceil(len(order) / 128)):
                logits = self._logits([tokens[r] for r in rows])
                proba[rows] = logits.double().softmax(dim=-1).cpu().numpy()
        return proba

    def predict(self, X: Texts) -> np.ndarray:
        """Return the likeliest class of each text, of shape (n_samples,)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer_(texts, truncation=True, max_length=self.max_tokens)["input_ids"]

    def _logits(self, tokens: list[list[int]]) -> torch.Tensor:
        return self.head_(mean_vectors(self.model_, self.tokenizer_, tokens))


def _merge_texts(X: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the distinct texts, as they first occur, and the weight of each in each class, (n_texts, n_classes)."""
    row_of = {text: i for i, text in enumerate(dict.fromkeys(X.tolist()))}
    targets = np.zeros((len(row_of), codes.max() + 1))
    np.add.at(targets, ([row_of[text] for text in X.tolist()], codes), weights)
    return list(row_of), targets


def mean_vectors(model: Any, tokenizer: Any, tokens: list[list[int]]) -> torch.Tensor:
    """Return the mean of the token vectors of each text, of shape (n_texts, hidden_size)."""
    batch = tokenizer.pad({"input_ids": tokens}, return_tensors="pt").to(model.device)
    hidden = model(**batch).last_hidden_state  # (n_texts, n_tokens, hidden_size)
    seen = batch["attention_mask"][..., None]
    return (hidden * seen).sum(dim=1) / seen.sum(dim=1)
