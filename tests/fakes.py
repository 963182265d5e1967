"""Stand-ins for slow parts, and texts that several tests share."""

from __future__ import annotations

import time

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from skbalagen import BalaGenResampler, LabelerEnsemble

ORDERS = [
    "where is my parcel", "track my order please", "has my package shipped yet", "when will my order arrive",
    "my delivery is late where is it", "can you tell me the status of order 4411", "is my parcel on its way",
    "order still not here",
]  # fmt: skip
REFUNDS = [
    "when do i get my money back", "has my refund been processed", "i still wait for the refund",
    "how long does a refund take", "the refund is less than i paid", "did you send my money back",
    "refund not on my card yet", "where is my refund",
]  # fmt: skip


class NumberedGenerator(BaseEstimator):
    """Candidate i of class c is the text "c candidate i"; every `fail_every`-th one fails."""

    def __init__(self, *, fail_every=None, random_state=None):
        self.fail_every = fail_every
        self.random_state = random_state

    def fit(self, X, y):
        self.fitted_on_ = list(zip(X, y, strict=True))
        return self

    def sample(self, spans, *, random_state=None):
        self.seeds_ = [*getattr(self, "seeds_", []), random_state]
        self.asked_ = {
            label: [*getattr(self, "asked_", {}).get(label, []), *span] for label, span in spans.items()
        } | {k: v for k, v in getattr(self, "asked_", {}).items() if k not in spans}
        return {
            label: [
                None
                if self.fail_every and i % self.fail_every == 0
                else f"{label} candidate {i} of {random_state}"
                for i in span
            ]
            for label, span in spans.items()
        }


class FirstWordLabeler(ClassifierMixin, BaseEstimator):
    """Predict a text's first word; refuse (predict another class) when the text holds `veto`."""

    def __init__(self, *, veto=None):
        self.veto = veto

    def fit(self, X, y):
        self.fitted_on_ = list(zip(X, y, strict=True))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        def label(text):
            first = text.split()[0]
            if self.veto is not None and self.veto in text.split():
                return next(c for c in self.classes_ if c != first)
            return first

        return np.array([label(text) for text in X], dtype=object)


def make_resampler(**kwargs):
    """A resampler on fakes; the corpus has sizes 12, 6, 3, 2, so that beta_low=50 makes the band [6, 12]."""
    defaults = {
        "beta_low": 50,
        "generator": NumberedGenerator(),
        "labelers": [FirstWordLabeler()],
        "random_state": 0,
    }
    return BalaGenResampler(**(defaults | kwargs))


def voting(rule, *members):
    return LabelerEnsemble(estimators=list(members), voting=rule)


class Mute(NumberedGenerator):
    def sample(self, spans, *, random_state=None):
        return {label: [None for _ in span] for label, span in spans.items()}


class Sure(FirstWordLabeler):
    """Gives the first class a fixed probability."""

    def __init__(self, proba=0.5):
        self.proba = proba

    def predict_proba(self, X):
        return np.array([[self.proba, 1 - self.proba]] * len(X))


class CountingGenerator(NumberedGenerator):
    """Write a line to `log` for every fit and every candidate generated."""

    def __init__(self, *, log=None, delay=0.0, random_state=None):
        super().__init__(random_state=random_state)
        self.log = log
        self.delay = delay

    def _note(self, line):
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def fit(self, X, y):
        self._note("fit")
        time.sleep(self.delay)
        return super().fit(X, y)

    def sample(self, spans, *, random_state=None):
        for label, span in spans.items():
            for i in span:
                self._note(f"{random_state} {label} {i}")
        return super().sample(spans, random_state=random_state)


def word_labeler():
    return make_pipeline(CountVectorizer(), MultinomialNB())


def make_counted(log, memory, **params):
    defaults = {
        "beta_low": 50,
        "generator": CountingGenerator(log=str(log)),
        "labelers": [word_labeler()],
        "balance_training": {"generator": "largest", "labelers": "largest"},
        "random_state": 0,
        "memory": memory,
    }
    return BalaGenResampler(**(defaults | params))
