"""Grid search over beta_low with the language model, at about the price of one fit.

    python examples/grid_search_beta.py DATA.csv [--folds 3] [--compare]

With ``memory=``, and training sets that do not depend on beta, every grid point reads a prefix of the same streams of
candidates: the model is fine-tuned once per training fold. The classifier has logit adjustment, a free remedy, so that
``beta_low=0`` is the best that costs nothing. ``--compare`` first times the search over the largest value alone,
without the cache, and prints the ratio.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path

from imblearn.pipeline import Pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skbalagen import BalaGenResampler, LogitAdjustedClassifier, ShortfallWarning
from skbalagen.datasets import load_csv

BETAS = [0, 10, 30, 50, 70, 80, 90, 95, 100]


def search(X, y, betas, folds: int, memory: str | None) -> tuple[GridSearchCV, float]:
    """Return the fitted search over `betas` and the seconds it took."""
    balance = BalaGenResampler(
        balance_training={"generator": "largest", "labelers": "largest"}, memory=memory, random_state=0
    )
    classifier = LogitAdjustedClassifier(LogisticRegression(C=10, max_iter=1000))
    pipeline = Pipeline([("balance", balance), ("tfidf", TfidfVectorizer()), ("clf", classifier)])
    grid = GridSearchCV(
        pipeline,
        {"balance__beta_low": betas},
        scoring="balanced_accuracy",
        cv=StratifiedKFold(folds, shuffle=True, random_state=0),
        refit=False,
        error_score="raise",
    )
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        grid.fit(X, y)
    return grid, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="CSV file with the columns text and label")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*left out", category=UserWarning)
        X, y = load_csv(options.data, drop_empty=True)
    single = None
    if options.compare:
        _, single = search(X, y, BETAS[-1:], options.folds, memory=None)
        print(f"beta_low={BETAS[-1]} alone, without the cache: {single:.0f} seconds", flush=True)
    with tempfile.TemporaryDirectory() as memory:
        grid, seconds = search(X, y, BETAS, options.folds, memory)
    print(f"{len(BETAS)} values of beta_low with the cache: {seconds:.0f} seconds")
    if single is not None:
        print(f"ratio {seconds / single:.2f}")
    results = grid.cv_results_
    print("\nbeta_low  macro accuracy (mean and standard deviation over the folds)")
    for beta, mean, deviation in zip(
        BETAS, results["mean_test_score"], results["std_test_score"], strict=True
    ):
        print(f"{beta:8}  {100 * mean:.1f} +- {100 * deviation:.1f}")
    print(f"\nbest: {grid.best_params_}")


if __name__ == "__main__":
    main()
