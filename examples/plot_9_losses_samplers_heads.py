"""
Losses, row samplers and heads
==============================

What a fine-tuned encoder can do about imbalance in its training: count rows otherwise, see rows of small classes more
often, or turn vectors into scores otherwise. Each is a parameter of :class:`~skbalagen.TransformerClassifier`.
"""

# %%
# A frozen encoder
# ----------------
# With ``freeze_encoder=True`` only the head is trained, on sentence vectors. Inside
# :func:`~skbalagen.encoders.remember_vectors` each text is encoded once, however many classifiers follow. So a fit takes
# a few seconds on a CPU.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone

from skbalagen import TransformerClassifier
from skbalagen.datasets import load_shop_intents
from skbalagen.encoders import remember_vectors
from skbalagen.metrics import macro_accuracy

X, y = load_shop_intents(split="train", return_X_y=True)
X_test, y_test = load_shop_intents(split="test", return_X_y=True)

plain = TransformerClassifier(freeze_encoder=True, random_state=0)
remedies = {
    "none": {},
    "logit adjustment": {"logit_adjustment": 1.0},
    "balanced weights": {"class_weight": "balanced"},
    "logit-adjusted loss": {"loss": "logit-adjusted"},
    "focal loss": {"loss": "focal"},
    "dice loss": {"loss": "dice"},
    "LDAM, class weights late": {"loss": "ldam", "head": "cosine", "stages": "drw"},
    "class-aware sampler": {"sampler": "class-aware"},
    "progressive sampler": {"sampler": "progressive"},
    "performance sampler": {"sampler": "performance"},
    "cosine head": {"head": "cosine"},
    "prototype head": {"head": "prototype"},
}

with remember_vectors():
    models = {name: clone(plain).set_params(**remedy).fit(X, y) for name, remedy in remedies.items()}
    predicted = {name: model.predict(X_test) for name, model in models.items()}

# %%
# Who gains, who loses
# --------------------
# Macro accuracy is the mean of the per-class recalls. Beside it, the mean recall of the smaller half of the classes and
# that of the larger half.

sizes = pd.Series(y).value_counts(ascending=True)
small, large = sizes.index[: len(sizes) // 2], sizes.index[len(sizes) // 2 :]


def mean_recall(labels, classes):
    """Return the mean of the per-class recalls of some classes."""
    return np.mean([np.mean(labels[y_test == c] == c) for c in classes])


table = pd.DataFrame(
    {
        "macro accuracy": {name: macro_accuracy(y_test, labels) for name, labels in predicted.items()},
        "small classes": {name: mean_recall(labels, small) for name, labels in predicted.items()},
        "large classes": {name: mean_recall(labels, large) for name, labels in predicted.items()},
    }
)
table.round(3)

# %%
fig, ax = plt.subplots(figsize=(7, 5), layout="constrained")
places = np.arange(len(table))
ax.hlines(places, table["small classes"], table["large classes"], color="0.8", linewidth=3)
ax.scatter(table["small classes"], places, color="#d9822b", label="smaller half of the classes", zorder=2)
ax.scatter(table["large classes"], places, color="#4c78a8", label="larger half", zorder=2)
ax.scatter(
    table["macro accuracy"], places, color="black", marker="|", s=150, label="macro accuracy", zorder=3
)
ax.set_yticks(places, table.index)
ax.invert_yaxis()
ax.set(xlabel="recall on the test rows")
ax.legend(loc="lower left", frameon=False)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# How to read this
# ----------------
# One corpus and one seed rank nothing; the picture shows what remedies do. They move recall from large classes to small
# ones. A good one gives more than it takes. Compare with "logit adjustment", which changes nothing in training, before
# you choose one that does.
#
# Each of them has parameters, such as ``FocalLoss(gamma=1.0)``, that a grid search reaches as ``loss__gamma``. Formulas
# and advice are in the user guide: :doc:`losses </user_guide/losses>`, :doc:`row samplers </user_guide/row_samplers>` and
# :doc:`heads </user_guide/heads>`.
