"""
Several labels per row
======================

A review may be about the taste and the packaging at once. Labels are then a table with one column of 0 and 1 per label.
A row that is added for a rare label carries a whole label set, frequent labels included.
"""

# %%
# A small corpus
# --------------
# Made of parts, so that the page needs no file: a sentence per label, two of them for two labels. Test rows hold
# sentences that no training row has. One label is rare.

import warnings
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

from skbalagen import MLROS, BalaGenResampler, ShortfallWarning
from skbalagen.metrics import multilabel_report

things = {
    "taste": ["the soup", "the rice", "the curry", "the salad", "the bread"],
    "delivery": ["the driver", "the courier", "our order", "the man with the food", "dinner"],
    "price": ["the bill", "the menu", "our order", "the fee for two", "lunch"],
    "packaging": ["the box", "the bag", "the lid", "our order", "the paper around it"],
}
verdicts = {
    "taste": ["was too salty", "had no taste", "was burnt", "was just right", "tasted of smoke"],
    "delivery": ["came late", "came an hour early", "went to the wrong door", "never came", "was on time"],
    "price": ["was too high", "went up again", "was wrong by a lot", "was fair", "is not worth it"],
    "packaging": ["was torn", "was wet", "leaked on the stairs", "came open", "fell apart"],
}
rng = np.random.default_rng(0)
sentences = {
    label: rng.permutation([" ".join(pair) for pair in product(things[label], verdicts[label])])
    for label in things
}


def rows_of(part, n_rows):
    """Return texts and their labels: for each label so many rows, half of which have a frequent label as well."""
    texts, sets = [], []
    for label, n in n_rows.items():
        for i in range(n):
            others = rng.choice([other for other in ("taste", "delivery") if other != label], size=i % 2)
            labels = [label, *others]
            texts.append(" and ".join(rng.choice(sentences[one][part]) for one in labels))
            sets.append([int(one in labels) for one in things])
    return np.array(texts, dtype=object), pd.DataFrame(sets, columns=list(things))


X, y = rows_of(slice(0, 15), {"taste": 80, "delivery": 40, "price": 20, "packaging": 12})
X_test, y_test = rows_of(slice(15, 25), dict.fromkeys(things, 40))
y.sum()

# %%
# Rows to add
# -----------
# A classifier per label behind three resamplers: none, :class:`~skbalagen.MLROS`, which copies rows with rare labels, and
# :class:`~skbalagen.BalaGenResampler`, whose Markov chains write new ones for each label set. A dozen short sentences
# leave a Markov chain little to say that is new; copies fill what is missing, and the report says so.

words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10))
weighted = make_pipeline(
    TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, class_weight="balanced")
)
resampler = BalaGenResampler(generator="markov-chain", labelers=[weighted], random_state=0)
resampled = {"as they are": (X, y), "MLROS": MLROS(random_state=0).fit_resample(X, y)}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    resampled["Markov chains"] = resampler.fit_resample(X, y)
counts = pd.DataFrame({name: np.asarray(labels).sum(axis=0) for name, (_, labels) in resampled.items()})
counts.index = list(things)
counts

# %%
resampler.report_[["n_before", "n_target", "n_generated", "n_copied", "n_after"]]

# %%
# Fit and score
# -------------
# F1 of each label on the test rows. Class weights and a lower threshold are free: the threshold of a label is put where
# its odds are those of its share, which is logit adjustment for several labels.

predicted = {
    name: MultiOutputClassifier(words).fit(texts, np.asarray(labels)).predict(X_test)
    for name, (texts, labels) in resampled.items()
}
predicted["class weights"] = MultiOutputClassifier(weighted).fit(X, y.to_numpy()).predict(X_test)
plain = MultiOutputClassifier(words).fit(X, y.to_numpy())
probabilities = np.column_stack([of_label[:, 1] for of_label in plain.predict_proba(X_test)])
predicted["thresholds"] = (probabilities > y.to_numpy().mean(axis=0)).astype(int)

f1 = pd.DataFrame(
    {name: multilabel_report(y_test, found)["f1"].to_numpy() for name, found in predicted.items()}
)
f1.index = list(things)
f1.loc["macro F1"] = f1.mean()
f1.round(3)

# %%
fig, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
f1.plot.bar(ax=ax, rot=0, colormap="tab10")
ax.set(ylabel="F1 on the test rows", ylim=(0, 1))
ax.legend(ncols=3, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# What was written
# ----------------
# A new row has a label set that was seen: the rare label alone, or with the frequent one that came with it.

texts, labels = (np.asarray(part)[resampler.is_synthetic_] for part in resampled["Markov chains"])
for i in np.flatnonzero(labels[:, -1]):
    print([label for label, one in zip(things, labels[i], strict=True) if one], texts[i])

# %%
# How to read this
# ----------------
# A made corpus ranks nothing. It shows the forms: a table of labels goes into a resampler and comes out of it, and any
# classifier of several labels stands behind. Thresholds and class weights change no row. Try them first. More is in the
# user guide: :doc:`several labels </user_guide/several_labels>`.
