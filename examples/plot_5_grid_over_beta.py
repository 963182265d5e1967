"""
A grid over beta
================

How much to fill is a question for validation rows. With a cache, every grid point reads a prefix of the same streams
of candidates, so that a whole grid costs about one fit.
"""

# %%
# The search
# ----------
# Two things make the points of the grid share their work. ``memory`` keeps fitted generators, fitted labelers,
# candidates and verdicts in a folder. ``balance_generator="classes"`` and ``balance_labelers="classes"`` train both on
# rows that do not depend on the betas, so that there is one generator and one set of labelers for each training fold.
#
# The resampler sits in imbalanced-learn's pipeline, which resamples in ``fit`` alone: the validation rows of each fold
# stay real, and nothing is generated from them.
#
# The generator here is a Markov chain, which takes no time. With the language model the same code is where the cache
# pays; ``examples/grid_search_beta.py`` in the repository runs it and measures the ratio.

import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from imblearn.pipeline import Pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skbalagen import BalaGenResampler, ComponentCache, ShortfallWarning
from skbalagen.datasets import load_shop_intents

X, y = load_shop_intents(split="train", return_X_y=True)
folder = tempfile.TemporaryDirectory()
cache = ComponentCache(folder.name)

pipeline = Pipeline(
    [
        (
            "balance",
            BalaGenResampler(
                generator="markov-chain",
                balance_generator="classes",
                balance_labelers="classes",
                memory=cache,
                random_state=0,
            ),
        ),
        ("tfidf", TfidfVectorizer()),
        ("clf", LogisticRegression(C=10, max_iter=1000)),
    ]
)
betas = [0, 20, 40, 60, 80, 90, 100]
search = GridSearchCV(
    pipeline,
    {"balance__beta_low": betas},
    scoring={"macro": "balanced_accuracy", "micro": "accuracy"},
    refit=False,
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    search.fit(X, y)

# %%
# What it cost
# ------------
# Seven values and three folds are 21 fits of the pipeline. The cache holds one generator and one set of labelers for
# each fold: six fitted parts. Beside them lie the candidates of each generator, and what each set of labelers said.

kinds = pd.Series([Path(entry).name.split("-")[0] for entry in cache.entries()])
kinds.value_counts()

# %%
# What it found
# -------------
# Macro accuracy counts every class the same; micro accuracy counts every row the same. Dots are folds, lines their
# mean. Choose by the measure that you are judged by, and by the mean: the folds differ more than the betas do.

results = search.cv_results_
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharex=True, layout="constrained")
for ax, measure in zip(axes, ("macro", "micro"), strict=True):
    for fold in range(3):
        ax.scatter(betas, results[f"split{fold}_test_{measure}"], color="0.7", s=16)
    ax.plot(betas, results[f"mean_test_{measure}"], color="#d9822b", marker="o")
    ax.set(xlabel="beta_low", ylabel=f"{measure} accuracy")
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# ``beta_high`` goes into the same grid. So does ``balance__sampling_strategy``, with a list of policies.

folder.cleanup()
