"""
Policies
========

How many rows each class should have: the five balancing policies of the paper on one corpus. Nothing is generated
here. A policy only counts.
"""

# %%
# The policies
# ------------
# A policy is a callable from the labels to ``{label: rows wanted}``. A, C, D and E are points of the percentile
# policy: ``beta_low`` percent of the classes are filled, ``beta_high`` percent are thinned. B adds the same number of
# rows to each class.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skbalagen import BalaGenResampler
from skbalagen.balagen.policy import augment_only, baseline, class_sizes, naive_os, partial_os, partial_os_us
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics import balance_ratio

X, y = load_shop_intents(split="train", return_X_y=True)
sizes = class_sizes(y)
policies = {
    "A: as they are": baseline(),
    "B: 20 rows for each": augment_only(20),
    "C: up to the largest": naive_os(),
    "D: fill 70 %": partial_os(70),
    "E: fill 70 %, thin 10 %": partial_os_us(70, 10),
}

# %%
# What each would do
# ------------------
# What is kept, what is to be generated, and what is removed (hatched).

fig, axes = plt.subplots(1, len(policies), figsize=(11, 4), sharex=True, sharey=True, layout="constrained")
places = np.arange(len(sizes))
for ax, (name, policy) in zip(axes, policies.items(), strict=True):
    targets = policy(y)
    before = np.array(list(sizes.values()))
    after = np.array([targets[label] for label in sizes])
    kept = np.minimum(before, after)
    ax.barh(places, kept, color="#4c6a92", label="kept")
    ax.barh(places, after - kept, left=kept, color="#d9822b", label="generated")
    ax.barh(
        places, before - kept, left=kept, color="white", edgecolor="#8a9099", hatch="////", label="removed"
    )
    ax.set_title(name, fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_yticks(places, list(sizes))
fig.supxlabel("rows")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=3, frameon=False)
plt.show()

# %%
# What each would cost
# --------------------
# Rows to generate are what takes time. The balance ratio is the entropy of the class sizes over its maximum: 1 if all
# classes have the same size.

rows = []
for policy in policies.values():
    targets = policy(y)
    rows.append(
        {
            "rows to generate": sum(max(0, targets[label] - n) for label, n in sizes.items()),
            "rows to remove": sum(max(0, n - targets[label]) for label, n in sizes.items()),
            "rows in all": sum(targets.values()),
            "balance ratio": round(balance_ratio(np.repeat(list(targets), list(targets.values()))), 2),
        }
    )
pd.DataFrame(rows, index=list(policies))

# %%
# In the resampler
# ----------------
# ``beta_low`` and ``beta_high`` are parameters of the resampler, so a grid search can set them. Their defaults are 95
# and 0. ``fit`` only counts. ``band_`` holds the two sizes between which a class is left alone.

resampler = BalaGenResampler(beta_low=70, beta_high=10).fit(X, y)
print("band:", resampler.band_)
print("gift_wrapping:", sizes["gift_wrapping"], "->", resampler.sampling_strategy_["gift_wrapping"])
print("order_status:", sizes["order_status"], "->", resampler.sampling_strategy_["order_status"])

# %%
# Any policy goes in ``sampling_strategy``, and so does a dict of the classes that you care about. ``"grow"`` fills all
# classes beyond the largest, as far as the generator advises.

resampler = BalaGenResampler(sampling_strategy={"gift_wrapping": 40}).fit(X, y)
print("gift_wrapping:", resampler.sampling_strategy_["gift_wrapping"])
print("account_login:", resampler.sampling_strategy_["account_login"])
