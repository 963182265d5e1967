"""
Generators compared
===================

Five generators write for the same small classes: what the texts look like, how new they are, and how many of them the
weak labelers accept.
"""

# %%
# Five generators
# ---------------
# - :class:`~skbalagen.SampleCopyGenerator` copies rows of the class.
# - :class:`~skbalagen.EDAGenerator` copies a row and edits a few words. Two of its four operations need WordNet; the
#   other two are used here.
# - :class:`~skbalagen.NlpaugGenerator` copies a row and edits it with an augmenter of nlpaug, here typing errors.
#   ``BalaGenResampler(generator=)`` takes the augmenter itself, too.
# - :class:`~skbalagen.MarkovChainGenerator` walks a chain over the words of the class.
# - :class:`~skbalagen.CausalLMGenerator` is a pretrained language model, fine-tuned on the rows with the label before
#   each text. Only this one knows words that are in none of the rows.
#
# Six small classes are enough for a comparison.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from nlpaug.augmenter.char import KeyboardAug

from skbalagen import (
    CausalLMGenerator,
    EDAGenerator,
    LabelerEnsemble,
    MarkovChainGenerator,
    NlpaugGenerator,
    SampleCopyGenerator,
)
from skbalagen.balagen.policy import class_sizes
from skbalagen.datasets import load_shop_intents
from skbalagen.metrics import distinct_n, nearest_similarity, novelty

X, y = load_shop_intents(split="train", return_X_y=True)
sizes = class_sizes(y)
small = [label for label, n in sizes.items() if 7 <= n <= 24]
rows = np.isin(y, small)
X_small, y_small = X[rows], y[rows]
print({label: sizes[label] for label in small})

generators = {
    "sample-copy": SampleCopyGenerator(),
    "eda": EDAGenerator(operations=("swap", "delete"), alpha=0.2),
    "nlpaug": NlpaugGenerator(KeyboardAug(aug_word_p=0.2)),
    "markov-chain": MarkovChainGenerator(),
    "causal-lm": CausalLMGenerator(epochs=2, max_tokens=40, random_state=0),
}

# %%
# Write
# -----
# Every generator has the same two methods. ``sample`` takes a range of candidate numbers per class. Candidate 7 of a
# class is the same text however many are asked for. ``None`` stands for a candidate that failed: it was empty, too
# long, or not new.

spans = {label: range(20) for label in small}
texts = {
    name: generator.fit(X_small, y_small).sample(spans, random_state=0)
    for name, generator in generators.items()
}
shown = {name: written["gift_wrapping"][:6] for name, written in texts.items()}
pairs = [(name, text or "(failed)") for name, said in shown.items() for text in said]
pd.DataFrame(pairs, columns=["generator", "text"]).style.hide(axis="index")

# %%
# The rows of that class, for comparison:

X[y == "gift_wrapping"].tolist()

# %%
# How new are they?
# -----------------
# :func:`~skbalagen.metrics.novelty` is the fraction of texts that are not among the training rows,
# :func:`~skbalagen.metrics.distinct_n` the fraction of word pairs that do not repeat another, and
# :func:`~skbalagen.metrics.nearest_similarity` the similarity of a text to the nearest row (1: a copy).

written = {
    name: [(label, text) for label, said in by_label.items() for text in said if text is not None]
    for name, by_label in texts.items()
}
only_texts = {name: [text for _, text in pairs] for name, pairs in written.items()}
measures = pd.DataFrame(
    {
        "failed": {name: len(small) * 20 - len(said) for name, said in only_texts.items()},
        "novelty": {name: novelty(said, X) for name, said in only_texts.items()},
        "distinct word pairs": {name: distinct_n(said) for name, said in only_texts.items()},
        "similarity to a row": {
            name: nearest_similarity(said, X).mean() for name, said in only_texts.items()
        },
    }
).round(2)
measures

# %%
# Are they of their class?
# ------------------------
# The default labelers, trained on all fourteen classes, judge the candidates. Copies are their training rows, so nearly
# all of them are accepted: a high acceptance rate alone says nothing. A generator is useful if the rate is high and the
# texts are new.

labelers = LabelerEnsemble().fit(X, y)
acceptance = {}
for name, pairs in written.items():
    labels, said = zip(*pairs, strict=True)
    _, _, accepted = labelers.judge(list(said), np.array(labels, dtype=object))
    acceptance[name] = accepted.mean()

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.scatter(measures["similarity to a row"], list(acceptance.values()), color="#d9822b")
for name, share in acceptance.items():
    below = name == "eda"  # its point is next to that of sample-copy
    ax.annotate(
        name,
        (measures.loc[name, "similarity to a row"], share),
        xytext=(0, -16 if below else 7),
        textcoords="offset points",
        ha="center",
    )
ax.set(
    xlabel="similarity to the nearest real text",
    ylabel="acceptance rate of the labelers",
    xlim=(0, 1.1),
    ylim=(0, 1.1),
)
ax.spines[["top", "right"]].set_visible(False)
plt.show()
