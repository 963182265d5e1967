"""Stand-ins for slow parts, and texts that several tests share."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

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
