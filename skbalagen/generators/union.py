"""Several generators whose streams are read in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import BaseComposition
from skbalagen._utils.streams import check_candidates
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import check_generator_rows
from skbalagen.generators.base import check_span_labels

__all__ = ["GeneratorUnion"]


def _every(name: str) -> Callable[[Any], bool]:
    """Return whether all members have a method."""
    return lambda union: all(hasattr(generator, name) for _, generator in union.generators)


def _some(name: str) -> Callable[[Any], bool]:
    return lambda union: any(hasattr(generator, name) for _, generator in union.generators)


class GeneratorUnion(BaseComposition):
    """Read the streams of several generators in turn, or in given shares.

    Candidate `i` of a class is a candidate of one of the members: with equal shares, members take turns. Each member
    writes what it would write alone; so its candidates do not depend on the others, and a cache serves it here and
    there.

    Parameters
    ----------
    generators : list of (str, TextGenerator)
        Names and generators, which are cloned. Parameters of a generator are set as in a Pipeline: ``lm__epochs``.
    shares : list of float, default=None
        Of the candidates, one per generator, above 0; they need not sum to 1. None is equal shares.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    generators_ : list of (str, TextGenerator)
        The fitted generators.
    dropped_ : list of str
        The generators that are no longer read, since their candidates were refused: see :meth:`drop`.

    See Also
    --------
    skbalagen.BalaGenResampler : Takes a list of generators too.

    References
    ----------
    Zou et al. (2024), "FuseGen: PLM Fusion for Data-generation based Zero-shot Learning", EMNLP: candidates of several
    generators, judged together.

    Examples
    --------
    >>> from skbalagen import EDAGenerator, GeneratorUnion, MarkovChainGenerator
    >>> union = GeneratorUnion(
    ...     [("chain", MarkovChainGenerator()), ("edits", EDAGenerator(operations=("swap",)))], shares=[1, 2]
    ... )
    >>> X = ["red wine please", "white wine now", "rain today", "snow today"]
    >>> union = union.fit(X, ["drink", "drink", "air", "air"])
    >>> len(union.sample({"drink": range(4)}, random_state=0)["drink"]), union.origins("drink")
    (4, ['edits', 'chain', 'edits', 'edits'])
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "generators": ["array-like"],
        "shares": ["array-like", None],
    }
    _wrap: Callable[[Any], Any] | None = None

    def __init__(
        self, generators: Sequence[tuple[str, Any]], *, shares: Sequence[float] | None = None
    ) -> None:
        self.generators = generators
        self.shares = shares

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, and with `deep` those of the generators: ``NAME`` and ``NAME__PARAMETER``."""
        return self._get_params("generators", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters: own ones, a whole generator by its name, or one of its parameters as ``NAME__PARAMETER``."""
        self._set_params("generators", **params)
        return self

    def _validate_params(self) -> None:
        """Check the parameters of the union and of each member.

        Raises
        ------
        TypeError, ValueError
            Members that are no pairs of a name and a generator, or share a name; generators that copy rows; shares
            that are not one positive number for each of them.
        """
        pairs = self.generators
        if isinstance(pairs, str) or not isinstance(pairs, Sequence) or not len(pairs):
            raise TypeError(
                f"generators of GeneratorUnion must be a list of (name, generator), one at least, got {pairs!r}. "
                'Name them, as in [("lm", CausalLMGenerator()), ("chain", MarkovChainGenerator())].'
            )
        for number, pair in enumerate(pairs):
            if not (isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], str)):
                raise TypeError(
                    f"generators of GeneratorUnion must be a list of (name, generator), got {pair!r} as number {number}. "
                    "Put it in a pair with a name."
                )
            if isinstance(pair[1], type) or not (hasattr(pair[1], "fit") and hasattr(pair[1], "sample")):
                raise TypeError(
                    f"generators of GeneratorUnion must have fit and sample, got {pair[1]!r} for {pair[0]!r}. See "
                    "skbalagen.TextGenerator."
                )
            if hasattr(pair[1], "sample_rows"):
                raise ValueError(
                    f"generators of GeneratorUnion must write new texts, got {type(pair[1]).__name__} for {pair[0]!r}, "
                    "which copies rows. Leave it out: copies fill what is missing."
                )
        self._validate_names([name for name, _ in pairs])
        shares = [1.0] * len(pairs) if self.shares is None else list(self.shares)
        if len(shares) != len(pairs) or not all(_is_share(share) for share in shares):
            raise ValueError(
                f"shares of GeneratorUnion must be one number above 0 for each of the {len(pairs)} generators, got "
                f"{self.shares!r}. Leave them at None for equal shares."
            )
        for _, generator in pairs:
            if hasattr(generator, "_parameter_constraints"):
                generator._validate_params()

    def fit(self, X: Texts, y: Labels) -> Self:
        """Fit a clone of each generator.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each, or wrong parameters.
        """
        self._validate_params()
        texts, labels = check_generator_rows(as_texts(X), y)
        parts = [(name, clone(generator, safe=False)) for name, generator in self.generators]
        wrapped = [(name, self._wrap(part)) for name, part in parts] if self._wrap else parts
        self.generators_ = [(name, part.fit(texts, labels)) for name, part in wrapped]
        self.classes_ = np.unique(labels)
        self.dropped_: list[str] = []
        self._order: dict[Any, list[int]] = {label: [] for label in self.classes_.tolist()}
        self._turns: dict[Any, Counter[int]] = {}
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Sample candidates of each label's stream from the members whose turn it is.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams of all members.

        Returns
        -------
        dict of {label: list of (str or None)}
            In the order of the ranges.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        TypeError, ValueError
            A label that was not fitted; a member that does not return what it was asked for.
        """
        check_is_fitted(self, "generators_")
        check_span_labels(spans, self.classes_.tolist())
        seed = as_seed(random_state)
        members = {label: self._members(label, span) for label, span in spans.items()}
        texts: dict[Any, list[str | None]] = {label: [None] * len(span) for label, span in spans.items()}
        for number, (_, generator) in enumerate(self.generators_):
            places = {label: np.flatnonzero(of_label == number) for label, of_label in members.items()}
            own = {
                label: range(start, start + len(places[label]))
                for label, span in spans.items()
                if len(places[label])
                for start in [self._order[label][: span.start].count(number)]
            }
            if not own:
                continue
            written = generator.sample(own, random_state=seed)
            check_candidates(written, own)
            for label in own:
                for place, text in zip(places[label].tolist(), written[label], strict=True):
                    texts[label][place] = text
        return texts

    def origins(self, label: Any) -> list[str]:
        """Return the name of the generator of each candidate of a class, as far as they were sampled."""
        names = [name for name, _ in self.generators]
        return [names[number] for number in getattr(self, "_order", {}).get(label, ())]

    def drop(self, name: str) -> None:
        """Read no more of a generator; the others take its turns. Candidates that were sampled stay what they are."""
        self.dropped_.append(name)
        self._turns = {}

    @available_if(_every("count_tokens"))
    def count_tokens(self, words: Sequence[str]) -> list[int]:
        """Return in how many tokens the model that knows a word best reads each of the `words`."""
        counts = [generator.count_tokens(words) for _, generator in self._unwrapped()]
        return np.min(counts, axis=0).tolist() if len(words) else []

    @available_if(_some("advised_share"))
    def advised_share(self, n_rows: int) -> float:
        """Return the mean of the shares that the generators advise, weighted by their own; 1 where one advises none."""
        advised = [
            generator.advised_share(n_rows) if hasattr(generator, "advised_share") else 1.0
            for _, generator in self.generators
        ]
        return float(np.average(advised, weights=self.shares))

    def wrap(self, wrapper: Callable[[Any], Any]) -> Self:
        """Have `fit` put each clone in a wrapper, which has the clone as `generator`."""
        self._wrap = wrapper
        return self

    def unwrap(self) -> Self:
        """Take the fitted generators out of their wrappers."""
        if hasattr(self, "generators_"):
            self.generators_ = self._unwrapped()
        self._wrap = None
        return self

    def _unwrapped(self) -> list[tuple[str, Any]]:
        return [(name, part.generator if self._wrap else part) for name, part in self.generators_]

    def _members(self, label: Any, span: range) -> np.ndarray:
        """Return the number of the member that each candidate of a span belongs to; give out turns that are not yet."""
        order = self._order[label]
        turns = self._turns.setdefault(label, Counter())
        shares = [1.0] * len(self.generators) if self.shares is None else self.shares
        left = [number for number, (name, _) in enumerate(self.generators) if name not in self.dropped_]
        while len(order) < span.stop:
            # Whoever is furthest behind its share; of equal ones, the first.
            number = min(left, key=lambda number: (turns[number] + 0.5) / shares[number])
            turns[number] += 1
            order.append(number)
        return np.array(order[span.start : span.stop], dtype=int)


def _is_share(share: Any) -> bool:
    return isinstance(share, Real) and not isinstance(share, bool) and 0 < float(share) < np.inf
