"""
Weak labelers at work
=====================

Some generated texts stray from their class. An ensemble of classifiers, trained on the real rows, rejects those that it
would not assign to the class they were written for. How well does it do this, and how strict should it be?
"""

# %%
# Candidates and verdicts
# -----------------------
# The embedded language model, trained for a few seconds only, writes for four small classes; many texts stray.
# ``candidates_`` has one row per candidate: its votes, the labelers' mean probability of the wanted class, and the
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
from skbalagen.datasets import load_shop_intents

X, y = load_shop_intents(split="train", return_X_y=True)
resampler = BalaGenResampler(
    sampling_strategy=dict.fromkeys(["gift_wrapping", "account_login", "damaged_item", "delivery_cost"], 30),
    generator=CausalLMGenerator(epochs=2, max_rows=12, max_copies=1, max_tokens=40, random_state=0),
    max_candidates=1.5,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    resampler.fit_resample(X, y)

CandidateDisplay.from_estimator(resampler, X)
plt.show()

# %%
# Some that were rejected, and some that were accepted. The votes are those of the three default labelers: words,
# characters, meaning.

candidates = resampler.candidates_
chosen = [
    candidates[candidates["verdict"] == verdict].groupby("label").head(1).head(5)
    for verdict in ("rejected", "accepted")
]
pd.concat(chosen)[["verdict", "label", "text", "votes", "confidence"]].style.format(precision=2).hide(
    axis="index"
)

# %%
# How often do they err?
# ----------------------
# Generated texts have no true label, but test rows do. Show the labelers each test row twice: once as a member of its
# own class, which they should accept, and once as a member of another class, which they should reject. The other class
# is the one that they find most likely themselves, so this is the hardest case. ``voting`` says what acceptance takes.

X_test, y_test = load_shop_intents(split="test", return_X_y=True)
labelers = LabelerEnsemble().fit(X, y)
proba = labelers.predict_proba(X_test)
proba[labelers.classes_ == y_test[:, None]] = -1
next_door = labelers.classes_[proba.argmax(axis=1)]

rules = ["any", "soft", "majority", "all"]
rates = pd.DataFrame(index=rules, columns=["right rows accepted", "wrong rows accepted"], dtype=float)
for column, labels in zip(rates.columns, (y_test, next_door), strict=True):
    for rule in rules:
        _, _, accepted = labelers.set_params(voting=rule).judge(X_test, labels)
        rates.loc[rule, column] = accepted.mean()

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
places = np.arange(len(rules))
for shift, column, colour in zip((-0.2, 0.2), rates.columns, ("#d9822b", "#b8b8b8"), strict=True):
    bars = ax.bar(places + shift, rates[column], width=0.4, color=colour, label=column)
    ax.bar_label(bars, fmt="{:.2f}", fontsize="small")
ax.set_xticks(places, rules)
ax.set(xlabel="voting", ylabel="fraction of the rows", ylim=(0, 1.05))
ax.spines[["top", "right"]].set_visible(False)
fig.legend(loc="outside upper right", ncols=2, frameon=False)
plt.show()

# %%
# Counting votes trades one error for the other: "any" lets most of the wrong rows through, "all" rejects most of the
# right ones, so more candidates are needed. "soft" also weighs how sure each labeler is. Its two fractions add up to one
# here, because exactly one class is the most likely. These labelers were trained on the rows as they are; in the
# resampler they see a more balanced set.

# %%
# Each labeler alone
# ------------------
# An ensemble is useful if its members err in different places. The agreement of each pair over the candidates above:

names = ["words", "characters", "meaning"]
pd.DataFrame(resampler.report_.attrs["labeler_agreement"], index=names, columns=names).round(2)

# %%
# Any scikit-learn classifier on raw text can be a member. ``labelers=[...]`` of the resampler takes a list of them,
# ``labelers=LabelerEnsemble(voting="majority")`` a voting rule, and ``labelers=[]`` switches the step off.
