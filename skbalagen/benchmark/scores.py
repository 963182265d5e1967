"""Fit a classifier on resampled rows; score it, with the logit adjustment of the method after the fit."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from scipy.sparse import vstack as stack_sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score

from skbalagen._utils.text import merge_repeats
from skbalagen.benchmark.methods import CLASSIFIERS, Method, make_linear, make_vector_sampler
from skbalagen.benchmark.tasks import Split
from skbalagen.classifiers.logits import adjust_scores, best_class, class_shares
from skbalagen.classifiers.row_samplers import named_sampler
from skbalagen.classifiers.self_training import BalancedSelfTrainingClassifier
from skbalagen.losses import named_loss
from skbalagen.metrics.calibration import brier_score, expected_calibration_error
from skbalagen.metrics.classification import class_accuracy, macro_accuracy, micro_accuracy

__all__ = ["Fitted", "fit_and_score", "measures"]

_LEAST = 1e-12  # probability, lest its logarithm be infinite


@dataclass
class Fitted:
    """A classifier's log probabilities, and what it was fitted on.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
    priors : ndarray of shape (n_classes,)
        Each class's share of the weight that the classifier was fitted on.
    valid, test : ndarray of shape (n_samples, n_classes)
        Log probabilities of the validation and the test rows.
    parameters : dict
        What it was fitted with, to be written beside the scores.
    model : TransformerClassifier or None
    """

    classes: np.ndarray
    priors: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    parameters: dict[str, Any]
    model: Any = None

    def predict(self, log_proba: np.ndarray, tau: float) -> np.ndarray:
        """Return the class of the highest log probability less `tau` times the log share."""
        return best_class(adjust_scores(log_proba, self.priors, tau), self.classes)


def fit_and_score(
    split: Split,
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    method: Method,
    name: str,
    seed: int,
) -> dict[str, Any]:
    """Return the measures on the test rows of the fit and the tau that are best on the validation rows.

    Parameters
    ----------
    split : Split
        Its validation rows choose, its test rows are scored.
    X, y : ndarrays of shape (n_samples,)
        Texts and labels to fit on, resampled.
    weights : ndarray of shape (n_samples,) or None
        None is 1 each.
    method : Method
        What happens to vectors, in the loss and after the fit.
    name : str
        One of `CLASSIFIERS`.
    seed : int
        Of what is random in the fit.
    """
    start = time.perf_counter()
    # Vectors that were over-sampled have no texts for a TransformerClassifier: logistic regression learns them.
    features = "embedding" if method.needs_linear and name == "encoder-frozen" else name
    fit = _fit_linear if "C" in CLASSIFIERS[features] else _fit_estimator
    fits = fit(split, X, y, np.ones(len(y)) if weights is None else weights, method, features, seed)
    best, tau, valid_macro = choose(fits, split.y_valid, method.taus or (0.0,))
    # Remedies of the training may change how the model itself predicts.
    decides = method.training and best.model.link_ == "softmax"
    predicted = best.model.predict(split.X_test) if decides else best.predict(best.test, tau)
    row = measures(split.y_test, predicted, best.classes, np.exp(best.test))
    row |= {"fit_seconds": time.perf_counter() - start, "valid_macro": valid_macro} | best.parameters
    return row | ({"tau": tau} if method.taus else {})


def choose(fits: Sequence[Fitted], y_valid: np.ndarray, taus: Sequence[float]) -> tuple[Fitted, float, float]:
    """Return the fit and the tau of the highest macro accuracy on the validation rows, and it; first of equal ones."""

    def valid_macro(pair: tuple[Fitted, float]) -> float:
        fitted, tau = pair
        return macro_accuracy(y_valid, fitted.predict(fitted.valid, tau))

    best = max(itertools.product(fits, taus), key=valid_macro)
    return *best, valid_macro(best)


def _fit_linear(
    split: Split, X: np.ndarray, y: np.ndarray, weights: np.ndarray, method: Method, name: str, seed: int
) -> list[Fitted]:
    """Fit a linear model with each C."""
    features = CLASSIFIERS[name]["features"]().fit(X)
    if method.pseudo_labels:
        return _fit_pseudo_labels(split, X, y, features, name)
    if method.samples_vectors:
        vectors, labels = features.transform(X), y
        for sampler in make_vector_sampler(y, seed, method.vector_sampler):
            vectors, labels = sampler.fit_resample(vectors, labels)
        weights = np.ones(len(labels))
    else:
        # A row that occurs n times counts as one of n times the weight: the same optimum in less time.
        texts, labels, weights = merge_repeats(X, y, weights)
        vectors = features.transform(texts)
    if method.class_weights:
        weights = _balanced(labels, weights)
    priors = class_shares(labels, weights, np.unique(labels))
    valid, test = features.transform(split.X_valid), features.transform(split.X_test)
    fits = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for C in CLASSIFIERS[name]["C"]:
            model = make_linear(C).fit(vectors, labels, sample_weight=weights)
            known = [model.predict_log_proba(rows) for rows in (valid, test)]
            fits.append(Fitted(model.classes_, priors, known[0], known[1], {"C": C}))
    return fits


def _fit_pseudo_labels(split: Split, X: np.ndarray, y: np.ndarray, features: Any, name: str) -> list[Fitted]:
    """Fit with each C on the rows and on those that were left out, without their labels."""
    if not len(split.X_rest):
        raise ValueError(
            "Pseudo-labels need rows without a label, got none: nothing was left out of this task. Choose a task "
            "whose imbalance is made."
        )
    parts = [features.transform(part) for part in (X, split.X_rest)]
    vectors = stack_sparse(parts) if issparse(parts[0]) else np.vstack(parts)
    labels = np.concatenate([y, np.full(len(split.X_rest), -1, dtype=object)])
    valid, test = features.transform(split.X_valid), features.transform(split.X_test)
    fits = []
    for C in CLASSIFIERS[name]["C"]:
        model = BalancedSelfTrainingClassifier(make_linear(C)).fit(vectors, labels)
        priors = class_shares(y, np.ones(len(y)), model.classes_)
        known = [np.log(model.predict_proba(rows) + _LEAST) for rows in (valid, test)]
        fits.append(Fitted(model.classes_, priors, known[0], known[1], {"C": C}))
    return fits


def _fit_estimator(
    split: Split, X: np.ndarray, y: np.ndarray, weights: np.ndarray, method: Method, name: str, seed: int
) -> list[Fitted]:
    if method.class_weights:
        weights = _balanced(y, weights)
    parameters = dict(method.training)
    if parameters.pop("reweight", False):
        parameters["sampler"] = named_sampler(parameters["sampler"]).set_params(reweight=True)
    model = CLASSIFIERS[name]["estimator"](random_state=seed, **parameters)
    classes, codes = np.unique(y, return_inverse=True)
    one_of_several = named_loss(parameters.get("loss", "cross-entropy")).link == "sigmoid"
    model.fit(X, np.eye(len(classes), dtype=int)[codes] if one_of_several else y, sample_weight=weights)
    proba = [model.predict_proba(rows) + _LEAST for rows in (split.X_valid, split.X_test)]
    # Those of labels need not add up to 1: as of one class against the rest.
    known = [np.log(p / p.sum(axis=1, keepdims=True)) for p in proba]
    return [Fitted(classes, class_shares(y, weights, classes), known[0], known[1], {}, model)]


def _balanced(y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scale weights so that each class has the same sum, and all together the sum that they had."""
    codes = np.unique(y, return_inverse=True)[1]
    sums = np.bincount(codes, weights)
    return weights * (sums.sum() / len(sums) / sums)[codes]


def measures(
    y_test: np.ndarray, predicted: np.ndarray, classes: np.ndarray, proba: np.ndarray
) -> dict[str, Any]:
    """Return the measures of a row: accuracies from what was predicted, calibration from the probabilities.

    Parameters
    ----------
    y_test, predicted : ndarrays of shape (n_samples,)
    classes : ndarray of shape (n_classes,)
    proba : ndarray of shape (n_samples, n_classes)
        The classifier's own, without logit adjustment.
    """
    return {
        "micro": micro_accuracy(y_test, predicted),
        "macro": macro_accuracy(y_test, predicted),
        "macro_f1": float(f1_score(y_test, predicted, average="macro", zero_division=0)),
        "brier": brier_score(y_test, proba, labels=classes),
        "ece": expected_calibration_error(y_test, proba, labels=classes),
        "class_accuracy": {
            label: round(value, 4) for label, value in class_accuracy(y_test, predicted).items()
        },
        # One digit per test row: what McNemar's test needs, in a thousandth of the room of the predictions.
        "correct": "".join("1" if right else "0" for right in y_test == predicted),
    }
