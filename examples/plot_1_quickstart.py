"""
Quickstart
==========

Balance a small corpus with the language model, look at what was added, and see what it was good for.

The settings here are small, so that the page builds in under a minute. ``BalaGenResampler(random_state=0)``, all
defaults, trains longer and fills more classes.
"""

# %%
# The data
# --------
# Questions to an online shop, labelled with what the customer wants. A few intents have most of the rows. The test
# rows are a split of their own, with the same number of rows of every intent.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skbalagen import BalaGenResampler, BalanceDisplay, CausalLMGenerator, ShortfallWarning
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics.classification import class_accuracy, macro_accuracy

X, y = load_shop_intents(split="train", return_X_y=True)
X_test, y_test = load_shop_intents(split="test", return_X_y=True)
pd.Series(y).value_counts()

# %%
# Balance
# -------
# ``beta_low=50`` fills the smaller half of the classes. The generator is the embedded language model; two passes over
# at most 12 rows of each class is little training, but enough to show what it does.
#
# Where the accepted texts do not fill a class, copies do, and a :class:`~skbalagen.ShortfallWarning` says so. It is
# silenced here, since the report below says the same.

resampler = BalaGenResampler(
    beta_low=50,
    generator=CausalLMGenerator(epochs=2, max_rows=12, max_copies=1, max_tokens=32, random_state=0),
    max_candidates=1.5,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    X_new, y_new = resampler.fit_resample(X, y)

BalanceDisplay.from_estimator(resampler)
plt.show()

# %%
# The same as a table. ``generated`` counts the candidates that were written, ``backed`` those that the weak labelers
# assigned to their class, ``added`` the ones that were taken, and ``copied`` the copies that filled the rest.

resampler.report_[["size_before", "target", "generated", "backed", "added", "copied", "size_after"]]

# %%
# What was written
# ----------------
# The original rows come first, in their order. ``is_synthetic_`` marks the generated ones. Read some before you
# train on them.

generated = pd.DataFrame({"label": y_new, "text": X_new})[resampler.is_synthetic_]
generated.groupby("label").head(3).sort_values("label").style.hide(axis="index")

# %%
# What it was good for
# --------------------
# The same classifier on each set of training rows, and the free alternative beside them: class weights, which let a
# row of a small class count for more. All are measured on test rows that nothing was generated from. Macro accuracy
# is the mean over the classes of the share of their rows that are right; micro accuracy is equal to it here, because
# all classes have the same number of test rows.


def fit_and_predict(X, y, class_weight=None):
    linear = LogisticRegression(C=10, max_iter=1000, class_weight=class_weight)
    return make_pipeline(TfidfVectorizer(), linear).fit(X, y).predict(X_test)


predictions = {
    "as they are": fit_and_predict(X, y),
    "class weights": fit_and_predict(X, y, "balanced"),
    "balanced": fit_and_predict(X_new, y_new),
    "balanced, class weights": fit_and_predict(X_new, y_new, "balanced"),
}
pd.Series({name: macro_accuracy(y_test, predicted) for name, predicted in predictions.items()}).round(3)

# %%
# One run says little about small differences: repeat it with other seeds before you believe one. By class, smallest
# first:

accuracy = pd.DataFrame({name: class_accuracy(y_test, p) for name, p in predictions.items()})
accuracy = accuracy.loc[resampler.report_.index, ["as they are", "balanced"]]
places = np.arange(len(accuracy))
fig, ax = plt.subplots(figsize=(7, 5), layout="constrained")
ax.hlines(places, accuracy.min(axis=1), accuracy.max(axis=1), color="0.8", zorder=1)
ax.scatter(accuracy["as they are"], places, color="0.5", label="as they are")
ax.scatter(accuracy["balanced"], places, color="C1", label="balanced")
ax.set_yticks(places, [f"{label} ({n})" for label, n in resampler.report_["size_before"].items()])
ax.invert_yaxis()
ax.set(
    xlabel="share of the class's test rows that are right",
    ylabel="intent (training rows)",
    xlim=(-0.03, 1.03),
)
ax.spines[["top", "right"]].set_visible(False)
fig.legend(loc="outside upper right", ncols=2, frameon=False)
plt.show()
