"""Word-level Markov chains, one per class."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.random import as_seed, stream_rng
from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts, fold_text
from skbalagen.generators._words import join_words, split_words
from skbalagen.generators.base import check_span_labels
from skbalagen.generators.sample_copy import SampleCopyGenerator

__all__ = ["MarkovChainGenerator"]

# Candidates that a chain may fail on before its class backs off to a lower order.
_TRIALS = 5

# {state: (words that may follow, their cumulative counts)}
_Transitions = dict[tuple[str, ...], tuple[list[str], list[int]]]


class MarkovChainGenerator(BaseEstimator):
    """Walk a Markov chain over the words of a class.

    In scripts without spaces, such as Chinese, characters take the place of words: raise `order` and `max_words` there.
    A walk that is blank, too long or equal to a training row of the class is discarded and tried again. If
    the chain of a class gives no new text in `fit`, its order is lowered by one, down to 1; if order 1 gives
    none either, the candidates of the class are copies of its rows.

    Parameters
    ----------
    order : int, default=2
        Number of words that the next word depends on, at least 1 (the paper: 2).
    max_words : int, default=50
        Longest text, in words, at least 1. A class whose texts are all longer gets copies.
    tries : int, default=10
        Walks per candidate, at least 1.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    order_ : dict of {label: int}
        The order of each class's chain; 0 means copies.
    transitions_ : dict of {label: dict}
        For each class, the words that follow each state and their cumulative counts; empty at order 0.
    known_ : dict of {label: frozenset of str}
        The training rows of each class, case and white space folded.
    copies_ : SampleCopyGenerator
        Draws the copies.

    References
    ----------
    Tepper et al. (2020), "Balancing via Generation for Multi-Class Text Classification Improvement",
    Findings of EMNLP: the Markov chain among its generators.

    Examples
    --------
    >>> from skbalagen import MarkovChainGenerator
    >>> X = ["i want red wine now", "you want red wine cold", "cheers"]
    >>> generator = MarkovChainGenerator().fit(X, ["order", "order", "toast"])
    >>> generator.order_
    {'order': 2, 'toast': 0}
    >>> generator.sample({"order": range(2)}, random_state=0)
    {'order': ['you want red wine now', 'you want red wine now']}
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "order": [Interval(Integral, 1, None, closed="left")],
        "max_words": [Interval(Integral, 1, None, closed="left")],
        "tries": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, order: int = 2, max_words: int = 50, tries: int = 10) -> None:
        self.order = order
        self.max_words = max_words
        self.tries = tries

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Build a chain for each class.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            `X` is one string, or holds something that is not a text; labels of several types.
        ValueError
            `X` is empty, a label is missing, or `X` and `y` differ in length.
        """
        self.copies_ = SampleCopyGenerator().fit(X, y)
        self.classes_ = self.copies_.classes_
        self.order_: dict[Any, int] = {}
        self.transitions_: dict[Any, _Transitions] = {}
        self.known_: dict[Any, frozenset[str]] = {}
        for label, rows in self.copies_.rows_.items():
            texts = self.copies_.texts_[rows].tolist()
            self.known_[label] = frozenset(map(fold_text, texts))
            self._fit_class(label, [words for text in texts if (words := split_words(text))])
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates of each label's stream.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: list of (str or None)}
            In the order of the ranges; None where none of `tries` walks was new and short enough.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        ValueError, TypeError
            A label that was not fitted, or a span that is no range from 0 on.
        """
        check_is_fitted(self)
        check_span_labels(spans, self.classes_.tolist())
        seed = as_seed(random_state)
        copied = {label: span for label, span in spans.items() if self.order_[label] == 0}
        copies = self.copies_.sample(copied, random_state=seed)
        return {
            label: copies[label] if label in copies else [self._text(label, seed, index) for index in span]
            for label, span in spans.items()
        }

    def _fit_class(self, label: Any, corpus: list[list[str]]) -> None:
        """Set the highest order whose chain gives a new text, and its transitions."""
        from markovify import Chain

        for order in range(self.order if corpus else 0, 0, -1):
            self.order_[label] = order
            self.transitions_[label] = {
                state: (list(following), list(accumulate(following.values())))
                for state, following in Chain(corpus, order).model.items()
            }
            # A fixed seed: the order must not depend on the random state of a later `sample`.
            if any(self._text(label, 0, index) is not None for index in range(_TRIALS)):
                return
        self.order_[label], self.transitions_[label] = 0, {}

    def _text(self, label: Any, seed: int, index: int) -> str | None:
        """Return the first walk that is a new text, or None after `tries` walks."""
        rng = stream_rng(seed, label, index)
        for _ in range(self.tries):
            text = self._walk(self.transitions_[label], self.order_[label], rng)
            if text and fold_text(text) not in self.known_[label]:
                return text
        return None

    # Not markovify's own walk, which draws from Python's global random state and sums the counts of a state
    # at every step.
    def _walk(self, transitions: _Transitions, order: int, rng: np.random.Generator) -> str | None:
        """Return the words of one walk, or None if it did not end within `max_words` words."""
        from markovify.chain import BEGIN, END

        state = (BEGIN,) * order
        words: list[str] = []
        for u in rng.random(self.max_words + 1).tolist():
            following, counts = transitions[state]
            word = following[bisect(counts, u * counts[-1])]
            if word == END:
                return join_words(words)
            words.append(word)
            state = (*state[1:], word)
        return None
