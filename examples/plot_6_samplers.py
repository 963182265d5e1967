"""
Samplers compared
=================

Generated rows beside the free alternatives: nothing, class weights, random over- and under-sampling, SMOTE on the
vectors. Compare on your own rows before you generate anything: the free ones are hard to beat.
"""

# %%
# The contenders
# --------------
# All train the same classifier on the same rows. The samplers that add rows fill the smaller half of the classes up to
# the same size; class weights and under-sampling even out all of them, which is more. imbalanced-learn's samplers take
# two-dimensional input, which is what the ``reshape`` is for. SMOTE interpolates vectors, so that it
# comes after the vectorizer.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skbalagen import (
    BalaGenResampler,
    CausalLMGenerator,
    PercentilePolicy,
    ShortfallWarning,
)
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics.classification import macro_accuracy

X, y = load_shop_intents(split="train", return_X_y=True)
X_test, y_test = load_shop_intents(split="test", return_X_y=True)
fill = PercentilePolicy(beta_low=50)
smallest = min(pd.Series(y).value_counts())


def accuracy(X, y, *, class_weight=None, vector_sampler=None):
    """Return the macro accuracy of TF-IDF and logistic regression on the test rows."""
    vectorizer = TfidfVectorizer()
    vectors = vectorizer.fit_transform(X)
    if vector_sampler is not None:
        vectors, y = vector_sampler.fit_resample(vectors, y)
    classifier = LogisticRegression(C=10, max_iter=1000, class_weight=class_weight).fit(vectors, y)
    return macro_accuracy(y_test, classifier.predict(vectorizer.transform(X_test)))


def resampled(sampler):
    """Return the resampled texts and labels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        texts, labels = sampler.fit_resample(X.reshape(-1, 1), y)
    return texts.ravel(), labels


def balagen(generator, seed):
    return BalaGenResampler(beta_low=50, generator=generator, max_candidates=1.5, random_state=seed)


# %%
# Measure
# -------
# Three seeds each; the language model, which takes longer, has one. It is trained for a moment only, so that the page
# builds quickly.

seeds = range(3)
language_model = CausalLMGenerator(epochs=2, max_rows=12, max_copies=1, max_tokens=32, random_state=0)
scores = {
    "nothing": [accuracy(X, y)],
    "class weights": [accuracy(X, y, class_weight="balanced")],
    "random under-sampling": [accuracy(*resampled(RandomUnderSampler(random_state=seed))) for seed in seeds],
    "random over-sampling": [
        accuracy(*resampled(RandomOverSampler(sampling_strategy=fill, random_state=seed))) for seed in seeds
    ],
    "SMOTE on the vectors": [
        accuracy(
            X,
            y,
            vector_sampler=SMOTE(sampling_strategy=fill, k_neighbors=min(5, smallest - 1), random_state=seed),
        )
        for seed in seeds
    ],
    "BalaGen, Markov chain": [accuracy(*resampled(balagen("markov-chain", seed))) for seed in seeds],
    "BalaGen, language model": [accuracy(*resampled(balagen(language_model, 0)))],
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
# One corpus of a few hundred rows, one weak classifier, and a language model that was barely trained: this ranks
# nothing. It shows how to compare. Three things carry over:
#
# - Test rows must be real, and nothing may be generated from them.
# - Class weights and random over-sampling cost nothing. What costs minutes has to beat them, and by more than the seeds
#   differ.
# - Samplers and class weights can be combined, as the quickstart does.
