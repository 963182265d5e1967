"""
Your own generator
==================

Anything that writes texts for a class can fill it: templates, a paraphraser, a service. The resampler needs two methods
and one promise.
"""

# %%
# The contract
# ------------
# ``fit(X, y)`` learns from texts and labels and returns the generator. ``sample(spans, random_state=...)`` gets a range
# of candidate numbers per class and returns one text for each, ``None`` for a candidate that failed.
#
# The promise: candidate ``i`` of a class depends on the fitted generator, the class, ``i`` and the seed only, not on how
# many are asked for or in what order. :func:`~skbalagen.generators.stream_rng` returns a random generator that is a
# function of just these.
#
# A generator that derives from scikit-learn's ``BaseEstimator`` can be cloned and searched over. This one fills the
# slots of a few hand-written sentences: an hour of writing can be the best generator for a class of five rows. If you
# only edit rows, derive from :class:`~skbalagen.generators.RowEditingGenerator` and write one method.

import warnings
from itertools import islice
from string import Formatter

import pandas as pd
from sklearn.base import BaseEstimator

from skbalagen import BalaGenResampler, ShortfallWarning, TextGenerator
from skbalagen.datasets import load_shop_intents
from skbalagen.generators import as_seed, check_span_labels, stream_rng


class TemplateGenerator(BaseEstimator):
    """Fill the slots of hand-written sentences.

    Parameters
    ----------
    templates : dict of {label: list of str}
        Sentences of each class, with slots in braces.
    words : dict of {str: list of str}
        What each slot can hold.
    """

    def __init__(self, templates, words):
        self.templates = templates
        self.words = words

    def fit(self, X, y):
        self.classes_ = sorted(set(y))
        return self

    def sample(self, spans, *, random_state=None):
        check_span_labels(spans, self.classes_)
        seed = as_seed(random_state)
        return {
            label: [self._write(label, stream_rng(seed, label, i)) for i in span]
            for label, span in spans.items()
        }

    def _write(self, label, rng):
        if label not in self.templates:
            return None
        template = rng.choice(self.templates[label])
        slots = [name for _, name, _, _ in Formatter().parse(template) if name]
        return str(template).format(**{name: rng.choice(self.words[name]) for name in slots})


generator = TemplateGenerator(
    templates={
        "warranty_claim": [
            "the {thing} broke after {time}, is it still under warranty?",
            "how do I claim the guarantee on a {thing}",
            "my {thing} stopped working within {time}, who repairs it",
            "Does the warranty cover a {thing} that I bought {time} ago?",
        ],
        "invoice_request": [
            "{please} send me the invoice for the {thing}",
            "I need a receipt with VAT for the {thing} I bought {time} ago",
            "where can I download the bill for my {thing}",
        ],
    },
    words={
        "thing": ["kettle", "desk lamp", "blender", "pair of headphones", "coat", "watch"],
        "time": ["a week", "two months", "half a year", "a year"],
        "please": ["please", "could you", "can somebody"],
    },
)
isinstance(generator, TextGenerator)

# %%
# The promise, checked
# --------------------
# Candidates 5 to 7, asked for alone, are the same as among the first ten. The resampler, its cache and early stopping
# rely on this.

X, y = load_shop_intents(split="train", return_X_y=True)
generator.fit(X, y)
ten = generator.sample({"warranty_claim": range(10)}, random_state=0)["warranty_claim"]
three = generator.sample({"warranty_claim": range(5, 8)}, random_state=0)["warranty_claim"]
assert three == list(islice(ten, 5, 8))
ten

# %%
# In the resampler
# ----------------
# The labelers judge these texts like any others. Repeats are thrown away, and a class that runs out of sentences is
# topped up with copies.

resampler = BalaGenResampler(
    sampling_strategy={"warranty_claim": 30, "invoice_request": 30},
    generator=generator,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    X_new, y_new = resampler.fit_resample(X, y)

columns = ["n_before", "n_target", "n_candidates", "n_accepted", "n_generated", "n_copied"]
resampler.report_.query("n_candidates > 0")[columns]

# %%
# What became of each candidate:

pd.crosstab(resampler.candidates_["label"], resampler.candidates_["verdict"])

# %%
resampler.candidates_.groupby("verdict").head(3)[["verdict", "label", "text"]].sort_values(
    "verdict"
).style.hide(axis="index")
