"""Balance the bundled corpus with the language model and compare the result with the free remedies.

python examples/demo.py
"""

from __future__ import annotations

import time
import warnings

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from skbalagen import BalaGenResampler, LogitAdjustedClassifier
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics import macro_accuracy, mcnemar, micro_accuracy

# The smallest 70 percent of the classes grow, the largest 30 percent are thinned: 42 rows each. With beta_low=95 alone,
# the default, the language model would learn from four times as many rows, and the demo would take four times as long.
BETA_LOW, BETA_HIGH = 70, 30


def tfidf(class_weight: str | None = None) -> Pipeline:
    """Return TF-IDF and logistic regression."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression(class_weight=class_weight, max_iter=1000))


def main() -> None:
    X, y = load_shop_intents(split="train", return_X_y=True)
    X_test, y_test = load_shop_intents(split="test", return_X_y=True)
    sizes = np.unique(y, return_counts=True)[1]
    print(f"{len(X)} training rows of {len(sizes)} intents, {sizes.min()} to {sizes.max()} rows each")
    print(f"{len(X_test)} test rows, equally many of each intent\n")

    resampler = BalaGenResampler(beta_low=BETA_LOW, beta_high=BETA_HIGH, random_state=0, verbose=1)
    start = time.perf_counter()  # with verbose=1, it says how long it is going to take
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X_new, y_new = resampler.fit_resample(X, y)
    print(f"\nBalanced in {time.perf_counter() - start:.0f} seconds, one row per class:\n")

    columns = ["n_before", "n_target", "n_candidates", "n_accepted", "n_generated", "n_copied", "n_after"]
    print(resampler.report_[columns].to_string())
    for warning in caught:
        print(f"\n{warning.category.__name__}: {warning.message}")

    print("\nSome of the generated texts:")
    rng = np.random.default_rng(0)
    for label in resampler.report_.query("n_generated > 0").index:
        rows = np.flatnonzero(resampler.is_synthetic_ & (y_new == label))
        for row in rng.permutation(rows)[:2]:
            print(f"  {label:16} {X_new[row]}")

    print("\nTF-IDF and logistic regression on the test rows, accuracy in percent, one seed:\n")
    predictions = {
        "as they are": tfidf().fit(X, y).predict(X_test),
        "class weights": tfidf("balanced").fit(X, y).predict(X_test),
        "logit adjustment": LogitAdjustedClassifier(tfidf()).fit(X, y).predict(X_test),
        "balanced by generation": tfidf().fit(X_new, y_new).predict(X_test),
    }
    print(f"{'':24}  micro  macro")
    for name, predicted in predictions.items():
        micro, macro = micro_accuracy(y_test, predicted), macro_accuracy(y_test, predicted)
        print(f"{name:24}  {100 * micro:5.1f}  {100 * macro:5.1f}")
    print()
    *free, balanced = predictions
    for name in free:
        test = mcnemar(y_test, predictions[balanced], predictions[name])
        print(
            f"{balanced} against {name}: right where the other is wrong on {test.n_a_only} rows, "
            f"wrong where it is right on {test.n_b_only} (McNemar p = {test.p_value:.2g})"
        )
    print("\nOn your own rows: skbalagen compare FILE.csv")


if __name__ == "__main__":
    main()
