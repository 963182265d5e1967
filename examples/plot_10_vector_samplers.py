"""
Over-samplers of vectors
========================

SMOTE, ADASYN, GE3 and REPRINT add vectors to small classes, not texts. They stand behind an encoder and take no time.
The others of their family train a small network first.
"""

# %%
# Behind an encoder
# -----------------
# A sampler is a step of an imblearn pipeline between the encoder and the classifier. It acts in the fit alone: what is
# predicted are real texts. Inside :func:`~skbalagen.encoders.remember_vectors` each text is encoded once.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.over_sampling import ADASYN, SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression

from skbalagen import GE3, REPRINT, LogitAdjustedClassifier, SentenceEncoder
from skbalagen.datasets import load_shop_intents
from skbalagen.encoders import remember_vectors
from skbalagen.metrics import macro_accuracy

X, y = load_shop_intents(split="train", return_X_y=True)
X_test, y_test = load_shop_intents(split="test", return_X_y=True)
classifier = LogisticRegression(C=10, max_iter=2000)
n_neighbors = (
    min(pd.Series(y).value_counts()) - 1
)  # SMOTE and ADASYN need so many rows of each class, and one more

models = {
    "none": make_pipeline(SentenceEncoder(), classifier),
    "class weights": make_pipeline(
        SentenceEncoder(), LogisticRegression(C=10, max_iter=2000, class_weight="balanced")
    ),
    "logit adjustment": make_pipeline(SentenceEncoder(), LogitAdjustedClassifier(classifier)),
    "SMOTE": make_pipeline(SentenceEncoder(), SMOTE(k_neighbors=n_neighbors, random_state=0), classifier),
    "ADASYN": make_pipeline(SentenceEncoder(), ADASYN(n_neighbors=n_neighbors, random_state=0), classifier),
    "GE3": make_pipeline(SentenceEncoder(), GE3(random_state=0), classifier),
    "REPRINT": make_pipeline(SentenceEncoder(), REPRINT(random_state=0), classifier),
}
with remember_vectors():
    predicted = {name: model.fit(X, y).predict(X_test) for name, model in models.items()}
    vectors = SentenceEncoder().transform(X)

pd.Series({name: macro_accuracy(y_test, labels) for name, labels in predicted.items()}).round(3)

# %%
# What they add
# -------------
# The smallest class and the largest, in the plane of the two directions in which their rows differ most. SMOTE stays
# between real rows. GE3 and REPRINT go beyond them: their rows have the spread of other classes.

sizes = pd.Series(y).value_counts()
small, large = sizes.index[-1], sizes.index[0]
pair = np.isin(y, [small, large])
centered = vectors[pair] - vectors[pair].mean(axis=0)
axes_of_plane = np.linalg.svd(centered, full_matrices=False)[2][:2].T

samplers = {
    "SMOTE": SMOTE(k_neighbors=n_neighbors, random_state=0),
    "ADASYN": ADASYN(n_neighbors=n_neighbors, random_state=0),
    "GE3": GE3(random_state=0),
    "REPRINT": REPRINT(random_state=0),
}
fig, axes = plt.subplots(1, 4, figsize=(10, 3), sharex=True, sharey=True, layout="constrained")
for ax, (name, sampler) in zip(axes, samplers.items(), strict=True):
    vectors_new, y_new = sampler.fit_resample(vectors, y)
    added = vectors_new[len(y) :][y_new[len(y) :] == small]
    parts = {large: ("0.8", vectors[y == large]), "added": ("#4c78a8", added)}
    for label, (color, rows) in (parts | {small: ("#d9822b", vectors[y == small])}).items():
        ax.scatter(*(rows @ axes_of_plane).T, color=color, s=12, label=label)
    ax.set(title=name, xticks=[], yticks=[])
axes[0].legend(frameon=False, fontsize=8)
plt.show()

# %%
# How to read this
# ----------------
# One corpus and one seed rank nothing. Logit adjustment changes no row, takes no parameter, and is what a sampler of
# vectors has to beat. The formulas, and a table over several data sets with the samplers that train a network, are in
# the user guide: :doc:`over-samplers of vectors </user_guide/vector_samplers>`.
