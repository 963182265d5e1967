"""
Training in stages
==================

A head that is trained once more on balanced rows, class weights that come late, balanced rows last: each is a list of
stages of :class:`~skbalagen.TransformerClassifier`. The encoder is frozen here, so that a fit takes seconds.
"""

# %%
# Fit
# ---
# Inside :func:`~skbalagen.encoders.remember_vectors` each text is encoded once. ``tau`` and ``logit_adjustment`` are read
# when predicting, so they need no fit of their own. The list of stages at the end is our own: the last third of the
# epochs sees rows of small classes more often.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone

from skbalagen import TransformerClassifier
from skbalagen.classifiers.stages import Stage
from skbalagen.datasets import load_shop_intents
from skbalagen.encoders import remember_vectors
from skbalagen.metrics import class_accuracy, macro_accuracy

X, y = load_shop_intents(split="train", return_X_y=True)
X_test, y_test = load_shop_intents(split="test", return_X_y=True)

plain = TransformerClassifier(freeze_encoder=True, epochs=30, random_state=0)
stages = {
    "one stage": None,
    "cRT": "crt",
    "deferred re-weighting": "drw",
    "sequential targeting": "sequential-targeting",
    "square root at the end": [Stage(0.7), Stage(0.3, sampler="square-root")],
}
with remember_vectors():
    models = {name: clone(plain).set_params(stages=of_it).fit(X, y) for name, of_it in stages.items()}
    predicted = {name: model.predict(X_test) for name, model in models.items()}
    one_stage = models["one stage"]
    predicted["one stage, tau 1"] = one_stage.set_params(tau=1.0).predict(X_test)
    predicted["one stage, logit adjustment"] = one_stage.set_params(tau=0.0, logit_adjustment=1.0).predict(
        X_test
    )

pd.Series({name: macro_accuracy(y_test, labels) for name, labels in predicted.items()}).round(3)

# %%
# What a stage does to the loss
# -----------------------------
# cRT starts the head anew. Deferred re-weighting only lets rows of small classes count for more, which raises the mean
# for an epoch. Sequential targeting goes from skewed rows to balanced ones: small classes are what it has not learned.

fig, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
for name, model in models.items():
    ax.plot(np.arange(len(model.history_.train_loss)) + 1, model.history_.train_loss, label=name)
ax.set(xlabel="epoch", ylabel="loss of the training rows")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Whom it helps
# -------------
# Recall of each class, from the smallest to the largest.

sizes = pd.Series(y).value_counts(ascending=True)
table = pd.DataFrame({name: class_accuracy(y_test, labels) for name, labels in predicted.items()})
table = table.loc[sizes.index]

fig, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
image = ax.imshow(table.T, aspect="auto", cmap="Blues", vmin=0, vmax=1)
ax.set_yticks(range(table.shape[1]), table.columns)
ax.set_xticks(
    range(len(sizes)), [f"{label} ({n})" for label, n in sizes.items()], rotation=60, ha="right", fontsize=8
)
fig.colorbar(image, label="recall on the test rows")
plt.show()

# %%
# How to read this
# ----------------
# One corpus and one seed rank nothing. Each of the remedies moves recall to the left of the picture. Compare with
# "one stage, logit adjustment", which trains no longer than "one stage". The formulas are in the user guide:
# :doc:`a fine-tuned encoder, and training in stages </user_guide/stages>`.
