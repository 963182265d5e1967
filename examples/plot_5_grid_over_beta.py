"""
A grid over beta
================

How many classes to fill is a question for validation rows. With a cache, every grid point reads a prefix of the same
streams of candidates, so a whole grid costs about one fit.
"""

# %%
# The search
# ----------
# Two parameters make the points of the grid share their work. ``memory`` keeps fitted generators, fitted labelers,
# candidates and verdicts in a folder. ``balance_training={"generator": "largest", "labelers": "largest"}`` trains both
# on rows that do not depend on the betas, so there is one generator and one set of labelers per training fold.
#
# The resampler is in imbalanced-learn's pipeline, which resamples in ``fit`` only: the validation rows of each fold stay
# real, and nothing is generated from them. ``beta_low=0`` generates nothing. The classifier is tried as it is and with
# logit adjustment, a free remedy: what generation adds is what it adds to the better of the two.
#
# The generator here is a Markov chain, which takes no time. With the language model the cache saves most of the time:
# ``examples/grid_search_beta.py`` in the repository runs it and measures the ratio.

import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from imblearn.pipeline import Pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skbalagen import BalaGenResampler, ComponentCache, LogitAdjustedClassifier, ShortfallWarning
from skbalagen.datasets import load_shop_intents

X, y = load_shop_intents(split="train", return_X_y=True)
folder = tempfile.TemporaryDirectory()
cache = ComponentCache(folder.name)

plain = LogisticRegression(C=10, max_iter=1000)
classifiers = {"plain": plain, "logit adjustment": LogitAdjustedClassifier(plain)}
pipeline = Pipeline(
    [
        (
            "balance",
            BalaGenResampler(
                generator="markov-chain",
                balance_training={"generator": "largest", "labelers": "largest"},
                memory=cache,
                random_state=0,
            ),
        ),
        ("tfidf", TfidfVectorizer()),
        ("clf", plain),
    ]
)
betas = [0, 20, 40, 60, 80, 90, 100]
search = GridSearchCV(
    pipeline,
    {"balance__beta_low": betas, "clf": list(classifiers.values())},
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
# Seven values, two classifiers and three folds are 42 fits of the pipeline. The cache holds one generator and one set of
# labelers per fold: six fitted parts. It also holds the candidates of each generator, and the verdicts of the labelers.

kinds = pd.Series([Path(entry).name.split("-")[0] for entry in cache.entries()])
kinds.value_counts()

# %%
# What it found
# -------------
# Macro accuracy counts every class the same; micro accuracy counts every row the same. Dots are folds, lines their
# mean. Choose by the metric that matters to you, and by the mean: the folds differ more than the betas do.

results = pd.DataFrame(search.cv_results_)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharex=True, layout="constrained")
for ax, measure in zip(axes, ("macro", "micro"), strict=True):
    for (name, classifier), colour in zip(classifiers.items(), ("#d9822b", "#4c6a92"), strict=True):
        points = results[[type(value) is type(classifier) for value in results["param_clf"]]]
        for fold in range(3):
            ax.scatter(betas, points[f"split{fold}_test_{measure}"], color=colour, alpha=0.3, s=16)
        ax.plot(betas, points[f"mean_test_{measure}"], color=colour, marker="o", label=name)
    ax.set(xlabel="beta_low", ylabel=f"{measure} accuracy")
    ax.spines[["top", "right"]].set_visible(False)
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
plt.show()

# %%
# The free remedy is far ahead in macro accuracy, and rows of a Markov chain with copies take its lead away: the more
# equal the classes are, the less there is to adjust. In micro accuracy it is the other way round.
#
# ``beta_high`` goes into the same grid, and so does ``balance__sampling_strategy`` with a list of policies. To compare
# samplers, put them into the grid themselves: ``{"balance": ["passthrough", ...]}``, as in the next example.

folder.cleanup()
