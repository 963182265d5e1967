"""
Remedies compared
=================

What costs nothing beside what costs minutes: class weights, logit adjustment, label texts, random over- and
under-sampling, SMOTE on the vectors, and generated rows. Compare on your own rows before you generate anything: the
free remedies are hard to beat.
"""

# %%
# One step of a pipeline
# ----------------------
# Samplers are alternatives of the same step, in front of the vectorizer: imbalanced-learn's samplers of whole rows with
# :class:`~skbalagen.TextSampler`, :class:`~skbalagen.LabelTextOverSampler`, and
# :class:`~skbalagen.BalaGenResampler`. SMOTE interpolates vectors, so it comes after the vectorizer. The classifier is
# the last step: as it is, with class weights, or with logit adjustment.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen import (
    BalaGenResampler,
    CausalLMGenerator,
    LabelTextOverSampler,
    LogitAdjustedClassifier,
    ShortfallWarning,
    TextSampler,
)
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics import macro_accuracy

X, y = load_shop_intents(split="train", return_X_y=True)
X_test, y_test = load_shop_intents(split="test", return_X_y=True)
smallest = min(pd.Series(y).value_counts())

plain = LogisticRegression(C=10, max_iter=1000)
weighted = LogisticRegression(C=10, max_iter=1000, class_weight="balanced")
adjusted = LogitAdjustedClassifier(plain)
pipeline = Pipeline(
    [("rows", "passthrough"), ("tfidf", TfidfVectorizer()), ("vectors", "passthrough"), ("clf", plain)]
)


def accuracy(**steps):
    """Return the macro accuracy of the pipeline with these steps on the test rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        model = clone(pipeline).set_params(**steps).fit(X, y)
    return macro_accuracy(y_test, model.predict(X_test))


# %%
# Measure
# -------
# Three seeds each for what is random. The language model takes longer and has one seed. It is trained for a few seconds
# only, so that the page builds quickly. Generated rows fill the smaller half of the classes, without copies
# (``shortfall="keep"``), since the classifier behind them is adjusted for the class sizes.

seeds = range(3)
labels = LabelTextOverSampler(when="always")
language_model = CausalLMGenerator(epochs=2, max_rows=12, max_copies=1, max_tokens=40, random_state=0)


def generated(generator, seed):
    return BalaGenResampler(
        beta_low=50,
        generator=generator,
        generated_share=1.0,
        max_candidates=1.5,
        shortfall="keep",
        random_state=seed,
    )


scores = {
    "none": [accuracy()],
    "class weights": [accuracy(clf=weighted)],
    "random under-sampling": [
        accuracy(rows=TextSampler(RandomUnderSampler(random_state=seed))) for seed in seeds
    ],
    "random over-sampling": [
        accuracy(rows=TextSampler(RandomOverSampler(random_state=seed))) for seed in seeds
    ],
    "SMOTE on the vectors": [
        accuracy(vectors=SMOTE(k_neighbors=min(5, smallest - 1), random_state=seed)) for seed in seeds
    ],
    "logit adjustment": [accuracy(clf=adjusted)],
    "label texts + logit adjustment": [accuracy(rows=labels, clf=adjusted)],
    "Markov chain + logit adjustment": [
        accuracy(rows=generated("markov-chain", seed), clf=adjusted) for seed in seeds
    ],
    "language model + logit adjustment": [accuracy(rows=generated(language_model, 0), clf=adjusted)],
}

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for place, values in enumerate(scores.values()):
    ax.scatter(values, np.full(len(values), place), color="0.7", s=20)
    ax.scatter(np.mean(values), place, color="#d9822b", marker="|", s=200, linewidths=2)
ax.set_yticks(range(len(scores)), [f"{name} ({len(values)})" for name, values in scores.items()])
ax.invert_yaxis()
ax.set(xlabel="macro accuracy on the test rows", ylabel="(number of seeds)")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Dots are seeds, bars their means.

pd.DataFrame(
    {
        "mean": {name: np.mean(values) for name, values in scores.items()},
        "standard deviation": {name: np.std(values) for name, values in scores.items()},
    }
).round(3)

# %%
# How to read this
# ----------------
# One corpus of a few hundred rows, one weak classifier, and a language model that was trained for a few seconds: this
# ranks nothing. It shows how to compare. Three things carry over:
#
# - Test rows must be real, and nothing may be generated from them.
# - Compare with the best of the free remedies, not with "none". What costs minutes has to be better, and by more than
#   the seeds differ.
# - Samplers can be combined with logit adjustment. It takes the class shares from the rows that come out of the sampler,
#   so it does less the more the sampler has balanced.
