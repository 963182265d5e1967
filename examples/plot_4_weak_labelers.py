"""
Weak labelers at work
=====================

Generated texts stray from their class. An ensemble of classifiers, trained on the real rows, refuses those that it
would not assign to the class they were written for. How good is it at that, and how strict should it be?
"""

# %%
# Candidates and verdicts
# -----------------------
# The embedded language model, trained for a moment only, writes for four small classes; much of it strays.
# ``candidates_`` has a row for each candidate: its votes, the labelers' mean probability of the wanted class, and the
# verdict.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skbalagen import (
    BalaGenResampler,
    CandidateDisplay,
    CausalLMGenerator,
    LabelerEnsemble,
    ShortfallWarning,
)
from skbalagen.balagen.selection import is_backed
from skbalagen.datasets import load_shop_intents

X, y = load_shop_intents(split="train", return_X_y=True)
resampler = BalaGenResampler(
    sampling_strategy=dict.fromkeys(["gift_wrapping", "account_login", "damaged_item", "delivery_cost"], 30),
    generator=CausalLMGenerator(epochs=2, max_rows=12, max_copies=1, max_tokens=32, random_state=0),
    max_candidates=1.5,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    resampler.fit_resample(X, y)

CandidateDisplay.from_estimator(resampler, X)
plt.show()

# %%
# Some that were refused, and some that were taken. The votes are those of the three default labelers: words,
# characters, meaning.

candidates = resampler.candidates_
chosen = [
    candidates[candidates["verdict"] == verdict].groupby("label").head(1).head(5)
    for verdict in ("refused", "accepted")
]
pd.concat(chosen)[["verdict", "label", "text", "votes", "confidence"]].style.format(precision=2).hide(
    axis="index"
)

# %%
# How often do they err?
# ----------------------
# Generated texts carry no true label, but the test rows do. Show the labelers each test row twice: once as a member of
# its own class, which they should back, and once as a member of another, which they should refuse. The other is the one
# that they find likeliest themselves, so that this is the hardest case. ``min_votes`` says what backing takes.

X_test, y_test = load_shop_intents(split="test", return_X_y=True)
labelers = LabelerEnsemble().fit(X, y)
proba = labelers.predict_proba(X_test)
proba[labelers.classes_ == y_test[:, None]] = -1
next_door = labelers.classes_[proba.argmax(axis=1)]

rules = ["any", "soft", "majority", "all"]
rates = pd.DataFrame(index=rules, columns=["right rows backed", "wrong rows backed"], dtype=float)
for column, labels in zip(rates.columns, (y_test, next_door), strict=True):
    votes, _, likeliest = labelers.judge(X_test, labels)
    rates[column] = [is_backed(votes, likeliest, rule).mean() for rule in rules]

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
places = np.arange(len(rules))
for shift, column, colour in zip((-0.2, 0.2), rates.columns, ("#d9822b", "#b8b8b8"), strict=True):
    bars = ax.bar(places + shift, rates[column], width=0.4, color=colour, label=column)
    ax.bar_label(bars, fmt="{:.2f}", fontsize="small")
ax.set_xticks(places, rules)
ax.set(xlabel="min_votes", ylabel="share", ylim=(0, 1.05))
ax.spines[["top", "right"]].set_visible(False)
fig.legend(loc="outside upper right", ncols=2, frameon=False)
plt.show()

# %%
# Counting votes trades one share for the other: "any" lets most of the wrong rows through, "all" refuses most of the
# right ones, so that more candidates have to be written. "soft" also weighs how sure each labeler is. Its two shares
# add up to one here, because exactly one class is the likeliest. These labelers were trained on the rows as they are;
# in the resampler they see a more balanced set.

# %%
# Each labeler alone
# ------------------
# The members err in different places, which is what an ensemble lives on. The agreement of each pair over the
# candidates above:

names = ["words", "characters", "meaning"]
pd.DataFrame(resampler.report_.attrs["labeler_agreement"], index=names, columns=names).round(2)

# %%
# Any scikit-learn classifier on raw text can be a member: ``labelers=[...]`` of the resampler takes a list of them,
# and ``labelers=[]`` switches the step off.
