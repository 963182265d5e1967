"""A frozen encoder without a model: texts are vectors in writing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skbalagen import TransformerClassifier


def written(vectors):
    """Write each vector as a text."""
    return [" ".join(f"{x:.4f}" for x in vector) for vector in vectors]


class WrittenVectors:
    """Stands in for SentenceEncoder: reads the vector that a text spells out."""

    def __init__(self, *, model=None, device=None):
        self.model = model

    def transform(self, X):
        return np.array([[float(x) for x in text.split()] for text in X], dtype=np.float32)


def clouds(sizes, *, seed, spread=0.5, centre=(2.75, 0.75)):
    """Points around the corners of a square, one cloud per class; return texts and class numbers.

    The square lies beside the origin: what a class has in common with all others outweighs what it has alone.
    """
    rng = np.random.default_rng(seed)
    corners = 0.75 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]) + centre
    centres = corners[: len(sizes)]
    y = np.repeat(np.arange(len(sizes)), sizes)
    return written(centres[y] + spread * rng.standard_normal((len(y), 2))), y


@pytest.fixture
def frozen(monkeypatch):
    """Return a maker of classifiers that train a head on written vectors, in well under a second."""
    monkeypatch.setattr("skbalagen.classifiers._inputs.SentenceEncoder", WrittenVectors)

    def make(**parameters):
        defaults = {"freeze_encoder": True, "epochs": 4, "learning_rate": 2e-3, "random_state": 0}
        return TransformerClassifier(**(defaults | parameters))

    return make


@pytest.fixture(scope="session")
def two_clouds():
    """A class of 285 rows and one of 15, and 100 test rows of each."""
    X, y = clouds([285, 15], seed=0)
    X_test, y_test = clouds([100, 100], seed=1)
    return SimpleNamespace(X=X, y=y, X_test=X_test, y_test=y_test)
