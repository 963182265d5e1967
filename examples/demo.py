"""Balance the bundled corpus with the default resampler and see what it was good for.

python examples/demo.py
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skbalagen import BalaGenResampler
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics.classification import macro_accuracy, micro_accuracy


def accuracies(X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray) -> str:
    """Fit TF-IDF and logistic regression; return micro and macro accuracy in percent."""
    predicted = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)).fit(X, y).predict(X_test)
    return f"{100 * micro_accuracy(y_test, predicted):5.1f}  {100 * macro_accuracy(y_test, predicted):5.1f}"


def main() -> None:
    X, y = load_shop_intents(split="train", return_X_y=True)
    X_test, y_test = load_shop_intents(split="test", return_X_y=True)
    print(f"{len(X)} training and {len(X_test)} test rows of {len(set(y))} intents\n")

    resampler = BalaGenResampler(random_state=0, verbose=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X_new, y_new = resampler.fit_resample(X, y)

    columns = ["size_before", "generated", "backed", "added", "copied", "size_after"]
    print("\n" + resampler.report_[columns].to_string())
    for warning in caught:
        print(f"\n{warning.category.__name__}: {warning.message}")

    print("\nSome of the generated texts:")
    rng = np.random.default_rng(0)
    for label in resampler.report_.query("added > 0").index:
        rows = np.flatnonzero(resampler.is_synthetic_ & (y_new == label))
        for row in rng.permutation(rows)[:2]:
            print(f"  {label:16} {X_new[row]}")

    print("\nTF-IDF + logistic regression on the test rows, accuracy in percent")
    print(f"                micro  macro\n  before        {accuracies(X, y, X_test, y_test)}")
    print(f"  after         {accuracies(X_new, y_new, X_test, y_test)}")


if __name__ == "__main__":
    main()
