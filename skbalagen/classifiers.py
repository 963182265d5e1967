"""Text classifiers for scikit-learn: a fine-tuned encoder, and a linear model on a frozen one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.linear_model import LogisticRegression
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from skbalagen._text import Labels, Texts, as_texts, label_words, merge_repeats
from skbalagen.encoders import SentenceEncoder
from skbalagen.generators.base import as_seed
from skbalagen.metrics import macro_accuracy
from skbalagen.models import MINILM, load_encoder
from skbalagen.training import TrainingHistory, autocast, fine_tune, resolve_device, torch_seed

if TYPE_CHECKING:
    import torch

__all__ = ["EmbeddingClassifier", "TransformerClassifier"]


def _check_text_and_labels(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return texts and labels, both of shape (n_samples,), or raise a clear error."""
    X, y = as_texts(X), column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    check_classification_targets(y)
    if len(np.unique(y)) < 2:
        raise ValueError(
            f"y must hold at least two classes, got one class: {y.tolist()[0]!r}. Add rows of another class."
        )
    return X, y


class _TextClassifierTags:
    """Say to scikit-learn that the input is a column of texts."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


class EmbeddingClassifier(_TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Logistic regression on the vectors of a frozen sentence encoder.

    Parameters
    ----------
    encoder : SentenceEncoder, default=None
        A transformer from texts to vectors; None is the embedded encoder.
    C : float, default=10.0
        Inverse strength of the regularisation, above 0. Unit vectors are short, so that scikit-learn's
        default of 1 is strong here.
    class_weight : dict, "balanced" or None, default=None
        As in LogisticRegression.
    label_texts : bool, default=False
        Whether each label, in words, is learned as one more text of its class, if labels say what classes
        are about: if the label nearest to a row is its own more often than by chance, by at least a tenth
        of what chance leaves (mean over classes).
    max_iter : int, default=1000
        Most iterations of the solver.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    encoder_ : transformer
    linear_ : LogisticRegression
    label_texts_used_ : bool
        Whether labels were learned as texts.
    n_iter_ : int
        Iterations of its solver.

    Examples
    --------
    >>> from skbalagen import EmbeddingClassifier
    >>> EmbeddingClassifier().fit(["hi", "bye"], ["greeting", "farewell"]).predict(["hello"])  # doctest: +SKIP
    array(['greeting'], dtype='<U8')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "encoder": [None, HasMethods(["fit", "transform"])],
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_texts": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        encoder: SentenceEncoder | None = None,
        C: float = 10.0,
        class_weight: Mapping[Any, float] | str | None = None,
        label_texts: bool = False,
        max_iter: int = 1000,
    ) -> None:
        self.encoder = encoder
        self.C = C
        self.class_weight = class_weight
        self.label_texts = label_texts
        self.max_iter = max_iter

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Texts, y: Labels, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on the texts `X`, labels `y` and weights, each of shape (n_samples,)."""
        from sklearn.base import clone

        texts, labels = _check_text_and_labels(X, y)
        self.encoder_ = SentenceEncoder() if self.encoder is None else clone(self.encoder)
        self.linear_ = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        vectors = self.encoder_.fit_transform(texts)
        self.label_texts_used_ = False
        if self.label_texts:
            classes = np.unique(labels)
            names = self.encoder_.transform(np.array([label_words(c) for c in classes], dtype=object))
            self.label_texts_used_ = _tell_apart(classes, names, vectors, labels)
        if self.label_texts_used_:
            # A label counts like one distinct row of its class, however often rows are repeated.
            weights = _check_sample_weight(sample_weight, texts)
            each = [weights[labels == c].sum() / len(set(texts[labels == c])) for c in classes]
            vectors, labels = np.vstack([vectors, names]), np.concatenate([labels, classes])
            sample_weight = np.concatenate([weights, each])
        self.linear_.fit(vectors, labels, sample_weight=sample_weight)
        self.classes_ = self.linear_.classes_
        self.n_iter_ = int(self.linear_.n_iter_.max())
        return self

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the probability of each class, of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self.linear_.predict_proba(self.encoder_.transform(as_texts(X, allow_empty=True)))

    def predict(self, X: Texts) -> np.ndarray:
        """Return the likeliest class of each text, of shape (n_samples,)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _tell_apart(classes: np.ndarray, names: np.ndarray, vectors: np.ndarray, labels: np.ndarray) -> bool:
    """Return whether the nearest of `names`, a vector a class, tells the class of the rows `vectors`."""
    nearest = classes[(vectors @ names.T).argmax(axis=1)]
    chance = 1 / len(classes)
    return macro_accuracy(labels, nearest) >= chance + 0.1 * (1 - chance)


class TransformerClassifier(_TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Fine-tune a pretrained encoder: mean of the token vectors, then a linear layer.

    Repeated rows are encoded once and weighted by their number.

    Parameters
    ----------
    model : str, default="all-MiniLM-L6-v2"
        The embedded encoder, a hub id such as ``"bert-base-uncased"`` (the paper's), or a folder. Weights
        are read from safetensors only.
    epochs : int, default=8
        Passes over the distinct rows, at least 1.
    batch_size : int, default=32
        Rows a training step.
    learning_rate : float, default=2e-4
        Peak rate of AdamW. Small encoders want more than the 2e-5 usual for BERT.
    head_learning_rate_ratio : float, default=10.0
        How much faster the new linear layer learns.
    max_tokens : int, default=64
        Longer texts are cut.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss.
    device : str, default="auto"
        A torch device; "auto" is an accelerator where there is one.
    random_state : int, RandomState instance or None, default=None
        Order of rows, dropout and the new layer.
    verbose : int, default=0
        From 1, a progress bar of the fine-tuning is shown.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    model_ : transformers.PreTrainedModel
    tokenizer_ : transformers.PreTrainedTokenizerBase
    head_ : torch.nn.Linear
    history_ : TrainingHistory
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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on the texts `X`, labels `y` and weights, each of shape (n_samples,)."""
        import torch

        rows, labels = _check_text_and_labels(X, y)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        weights = compute_sample_weight(self.class_weight, labels) * _check_sample_weight(sample_weight, rows)
        texts, codes, weights = merge_repeats(rows, codes, weights)
        seed = as_seed(self.random_state)
        device = resolve_device(self.device)

        self.model_, self.tokenizer_ = load_encoder(str(self.model))
        self.model_.to(device)
        with torch_seed(seed):
            self.head_ = torch.nn.Linear(self.model_.config.hidden_size, len(self.classes_)).to(device)
        network = torch.nn.ModuleDict({"encoder": self.model_, "head": self.head_})
        tokens = self._tokens(texts)
        targets = torch.from_numpy(codes).to(device)
        row_weights = torch.from_numpy(weights / weights.mean()).float().to(device)

        def loss(rows: np.ndarray) -> torch.Tensor:
            each = torch.nn.functional.cross_entropy(
                self._logits([tokens[r] for r in rows]).float(), targets[rows], reduction="none"
            )
            return (each * row_weights[rows]).mean()

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
        batch = self.tokenizer_.pad({"input_ids": tokens}, return_tensors="pt").to(self.model_.device)
        hidden = self.model_(**batch).last_hidden_state  # (n_rows, n_tokens, hidden_size)
        seen = batch["attention_mask"][..., None]
        return self.head_((hidden * seen).sum(dim=1) / seen.sum(dim=1))
