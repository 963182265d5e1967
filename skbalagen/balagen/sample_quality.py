"""A policy that grows classes as far as the generator writes usable texts of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts
from skbalagen._utils.validation import check_texts_and_labels
from skbalagen.balagen.candidates import Candidates, Rules
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.parts import make_generator, make_labelers, set_seeds
from skbalagen.balagen.policy import PercentilePolicy, SamplingStrategy, class_sizes, resolve_targets
from skbalagen.balagen.training_set import balance_of, training_rows

__all__ = ["SampleQualityPolicy"]


class SampleQualityPolicy(BaseEstimator):
    """Grow each class as far as a trial shows that the generator writes new texts that read like it.

    The trial runs the steps 2 to 4 of the algorithm once, with a few candidates per class. A class whose share q of
    candidates is new and accepted by the labelers gets q times the rows that another policy would add. So rows go where
    the generator is good, and nowhere is a class filled with repeats and copies.

    BalaGenResampler fits it on the texts. It costs one more fit of the generator and the labelers.

    Parameters
    ----------
    generator : str, TextGenerator or nlpaug augmenter, default=None
        As in BalaGenResampler; give both the same.
    labelers : list of classifiers or LabelerEnsemble, default=None
        As in BalaGenResampler.
    policy : dict, callable or str, default=None
        The rows that each class would have if all candidates were usable; None is ``PercentilePolicy()``.
    n_candidates : int, default=32
        Candidates of each class in the trial, at least 1.
    random_state : int, RandomState instance or None, default=None
        Of the trial. None in a resampler is the resampler's.

    Attributes
    ----------
    quality_ : dict of {label: float}
        Share of the candidates of each class that are new and accepted, in [0, 1]; classes that `policy` would grow.

    See Also
    --------
    WeakClassPolicy : Looks at what a classifier recognises.

    References
    ----------
    Tepper et al. (2020) name such policies as future work; the formula is ours.

    Examples
    --------
    >>> from skbalagen import SampleQualityPolicy
    >>> X = [f"where is my parcel {i}" for i in range(8)] + ["send my money back", "is my money back yet"]
    >>> y = ["order"] * 8 + ["refund"] * 2
    >>> policy = SampleQualityPolicy("markov-chain", labelers=[], random_state=0).fit(X, y)
    >>> 0 < policy.quality_["refund"] < 1, policy(y)["refund"] < 8
    (True, True)
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "generator": [None, object],
        "labelers": [list, tuple, LabelerEnsemble, None],
        "policy": [None, object],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        generator: Any = None,
        *,
        labelers: Sequence[Any] | LabelerEnsemble | None = None,
        policy: SamplingStrategy | None = None,
        n_candidates: int = 32,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.generator = generator
        self.labelers = labelers
        self.policy = policy
        self.n_candidates = n_candidates
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Run the trial.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            A generator that copies rows, whose texts have no quality of their own.
        """
        texts, labels = check_texts_and_labels(X, y)
        generator = make_generator(self.generator)
        if hasattr(generator, "sample_rows"):
            raise ValueError(
                f"SampleQualityPolicy tries a generator that writes new texts, got {type(generator).__name__}, which "
                "copies rows. Use PercentilePolicy with it."
            )
        labelers = make_labelers(self.labelers, n_jobs=None)
        random_state = check_random_state(self.random_state)
        seed = int(random_state.randint(np.iinfo(np.int32).max))
        set_seeds(
            [generator, *(labelers.members() if isinstance(labelers, LabelerEnsemble) else [])], random_state
        )

        targets = self._base(labels)
        to_generate, to_judge = training_rows(labels, targets, balance_of("both"), seed=seed)
        candidates = Candidates(texts, labels, targets, Rules(lambda n_rows: 1.0))
        self.quality_: dict[Any, float] = {}
        spans = {label: range(self.n_candidates) for label in candidates.lacking}
        if spans:
            labelers.fit(texts[to_judge], labels[to_judge])
            generator.fit(texts[to_generate], labels[to_generate])
            judged = candidates.judge(spans, generator.sample(spans, random_state=seed), labelers)
            for label in spans:
                usable = [
                    ok
                    for ok, of_class in zip(judged.accepted, judged.labels, strict=True)
                    if of_class == label
                ]
                self.quality_[label] = float(np.mean(usable))
        return self

    def __call__(self, y: Sequence[Any] | np.ndarray) -> dict[Any, int]:
        """Return {label: rows wanted} for the labels `y`, of shape (n_samples,).

        A class that the trial did not try, since it was large enough, stays as it is or is thinned as `policy` says.
        """
        check_is_fitted(self)
        labels = np.asarray(y)
        sizes = class_sizes(labels)
        targets = self._base(labels)
        for label, n in targets.items():
            if n > sizes[label]:
                usable = self.quality_.get(label, 0.0) * (n - sizes[label])
                targets[label] = sizes[label] + floor(usable + 0.5)
        return targets

    def _base(self, y: np.ndarray) -> dict[Any, int]:
        return resolve_targets(PercentilePolicy() if self.policy is None else self.policy, y)
