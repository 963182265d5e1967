"""BalaGen, Algorithm 1 of Tepper et al. (2020), as an imbalanced-learn sampler."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from numbers import Integral, Real
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from sklearn.base import _fit_context, clone
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length

from skbalagen._containers import rebuild, take
from skbalagen._text import as_texts, fold_text
from skbalagen.labelers import LabelerEnsemble
from skbalagen.policy import PercentilePolicy, class_sizes, rebalance_rows, repeat_rows, resolve_targets
from skbalagen.report import candidate_table, class_table
from skbalagen.selection import required_votes
from skbalagen.streams import Stream, read_streams

__all__ = ["BalaGenResampler", "ShortfallWarning"]

_GENERATORS = {
    "causal-lm": ("causal_lm", "CausalLMGenerator"),
    "eda": ("eda", "EDAGenerator"),
    "markov-chain": ("markov_chain", "MarkovChainGenerator"),
    "sample-copy": ("sample_copy", "SampleCopyGenerator"),
}


class ShortfallWarning(UserWarning):
    """Some classes could not be filled with generated texts."""


class BalaGenResampler(BaseSampler):
    """Fill small classes with generated texts that read like them, and thin large ones.

    Parameters
    ----------
    beta_low : float, default=80
        Percent of the classes, smallest first, that are filled up to B_low, the size of the next larger
        class; in [0, 100]. Above 100, ``B_low = beta_low / 100`` times the largest class.
    beta_high : float, default=0
        Percent of the classes, largest first, that are thinned to B_high; in [0, 100 - beta_low].
    sampling_strategy : "auto", str, dict or callable, default="auto"
        "auto" is the percentile policy of the two betas. A dict {label: rows wanted} (classes that it does
        not name stay as they are), a callable from y to such a dict, or imbalanced-learn's "minority",
        "not minority", "not majority" or "all" replaces it.
    generator : str or TextGenerator, default=None
        None or "causal-lm" is the embedded language model; "eda", "markov-chain" and "sample-copy" are the
        others; an object with ``fit`` and ``sample`` is cloned.
    labelers : list of classifiers or LabelerEnsemble, default=None
        scikit-learn classifiers on raw text that judge candidates; None is the default ensemble, ``[]``
        switches weak labeling off.
    min_votes : {"any", "majority", "all"} or int, default="majority"
        How many labelers must assign a candidate to the class that it was generated for.
    balance_generator, balance_labelers : {"band"} or None, default="band"
        What the generator, and the labelers, are trained on: "band" is D_S of the paper (small classes
        copied up to B_low, large ones thinned to B_high), None the rows as they are (its Table 7).
    max_candidates : "auto" or float, default="auto"
        Most candidates in all, in multiples of the largest class; 3.0 is the paper's number. "auto" is three
        times the larger of that class and of all rows wanted: with many small classes the paper's number is
        spent long before they are filled.
    shortfall : {"copy", "keep", "raise"}, default="copy"
        What to do where accepted candidates do not fill a class: add copies of its rows, leave it short,
        or raise. The first two warn once.
    memory : None
        Reserved.
    n_jobs : int, default=None
        Labelers that are fitted side by side, in threads; None is one.
    random_state : int, RandomState instance or None, default=None
        Everything random derives from it: equal seeds give equal texts. Steps whose own `random_state` is
        set keep theirs.
    verbose : int, default=0
        From 1, a line a step is printed.

    Attributes
    ----------
    band_ : tuple of (float, float) or None
        B_low and B_high; None if `sampling_strategy` is not "auto".
    sampling_strategy_ : dict of {label: int}
        Rows wanted of each class.
    generator_ : TextGenerator
        The fitted generator; unfitted where no class is to be filled.
    labelers_ : LabelerEnsemble or None
        The fitted labelers; None where none were needed.
    is_synthetic_ : ndarray of bool, of shape (n_samples_new,)
        Which rows were generated. Copies are not.
    source_indices_ : ndarray of int, of shape (n_samples_new,)
        The row of X that each row is, or is a copy of; -1 where it was generated.
    report_ : DataFrame of shape (n_classes, n_columns)
        A row a class, smallest first: size before, target, rows kept, candidates generated and backed,
        rows added and copied, size after, shortfall, why its stream ended, and how often two labelers
        agreed about its candidates. ``report_.attrs["labeler_agreement"]`` has the agreement of each pair
        of labelers over all candidates.
    candidates_ : DataFrame of shape (n_candidates, 5)
        text, label, votes (a list of bool), confidence and verdict: "accepted", "surplus" (backed, but the
        class was full), "refused", "duplicate" (of a row of X or of another candidate) or "failed".
    n_features_in_ : int
        1.

    See Also
    --------
    imblearn.over_sampling.RandomOverSampler : Copies rows, for nothing.
    skbalagen.PercentilePolicy : The default policy as a callable.

    Notes
    -----
    The candidates of a class are a stream: candidate i depends on the fitted generator, the class, i and
    the seed alone. Streams are read until a class is full or the budget is spent.

    References
    ----------
    Tepper et al. (2020), "Balancing via Generation for Multi-Class Text Classification Improvement",
    Findings of EMNLP.

    Examples
    --------
    >>> from collections import Counter
    >>> from skbalagen import BalaGenResampler
    >>> X = ["red wine", "white wine please", "a beer", "some water now", "rain today", "snow tomorrow today"]
    >>> y = ["drink", "drink", "drink", "drink", "weather", "weather"]
    >>> resampler = BalaGenResampler(generator="sample-copy", random_state=0)
    >>> X_new, y_new = resampler.fit_resample(X, y)
    >>> sorted(Counter(y_new).items())
    [('drink', 4), ('weather', 4)]
    """

    _sampling_type = "bypass"
    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "beta_low": [Interval(Real, 0, None, closed="left")],
        "beta_high": [Interval(Real, 0, 100, closed="both")],
        "sampling_strategy": [
            StrOptions({"auto", "minority", "not minority", "not majority", "all"}),
            Mapping,
            callable,
        ],
        "generator": [StrOptions(set(_GENERATORS)), None, object],
        "labelers": [list, tuple, LabelerEnsemble, None],
        "min_votes": [
            StrOptions({"any", "majority", "all"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "balance_generator": [StrOptions({"band"}), None],
        "balance_labelers": [StrOptions({"band"}), None],
        "max_candidates": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "shortfall": [StrOptions({"copy", "keep", "raise"})],
        "memory": [None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        beta_low: float = 80,
        beta_high: float = 0,
        sampling_strategy: str | Mapping[Any, int] | Callable[[np.ndarray], Mapping[Any, int]] = "auto",
        generator: Any = None,
        labelers: Sequence[Any] | LabelerEnsemble | None = None,
        min_votes: str | int = "majority",
        balance_generator: str | None = "band",
        balance_labelers: str | None = "band",
        max_candidates: str | float = "auto",
        shortfall: str = "copy",
        memory: None = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.beta_low = beta_low
        self.beta_high = beta_high
        self.generator = generator
        self.labelers = labelers
        self.min_votes = min_votes
        self.balance_generator = balance_generator
        self.balance_labelers = balance_labelers
        self.max_candidates = max_candidates
        self.shortfall = shortfall
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any) -> BalaGenResampler:
        """Check the input and set `band_` and `sampling_strategy_`; nothing is generated.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,) or (n_samples, 1)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : object
        """
        _, labels = self._check_X_y(X, y)
        self.band_, self.sampling_strategy_ = self._policy(labels)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Resample the data set.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,) or (n_samples, 1)
            Texts: a list, tuple, ndarray, pandas or polars Series or one-column DataFrame.
        y : array-like of shape (n_samples,)
            One label a text, of at least two classes.

        Returns
        -------
        X_resampled : container of the type of `X`, of n_samples_new rows
            The kept rows of `X` in their order, then generated texts, then copies.
        y_resampled : container of the type of `y`, of n_samples_new rows

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each; the row is named. Parameters out of range.
        """
        texts, labels = self._check_X_y(X, y)
        X_resampled, _ = self._fit_resample(texts, labels)
        generated = self.is_synthetic_
        # A generated row takes its label's container value from any row of its class.
        rows = np.where(generated, self._representative_rows, self.source_indices_)
        del self._representative_rows
        return rebuild(X, rows, X_resampled, generated), take(y, rows)

    def _fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        random_state = check_random_state(self.random_state)
        seeds = random_state.randint(np.iinfo(np.int32).max, size=3).tolist()
        generator, labelers = self._components(random_state)
        sizes = class_sizes(y)

        # 1. Policy: which classes are too small or too large, and how many rows each should have.
        self.band_, targets = self._policy(y)
        self.sampling_strategy_ = targets
        quotas = {label: n - sizes[label] for label, n in targets.items() if n > sizes[label]}
        self._say(f"policy: {len(quotas)} of {len(sizes)} classes to fill with {sum(quotas.values())} rows")
        copies_rows = hasattr(generator, "sample_rows")

        # 2. D_S, the balanced training set of the generator and the labelers.
        balanced = rebalance_rows(y, targets, np.random.default_rng(seeds[0])) if quotas else np.arange(0)
        everything = np.arange(len(y))
        rows_generator = balanced if self.balance_generator == "band" and not copies_rows else everything
        rows_labelers = balanced if self.balance_labelers == "band" else everything

        self.generator_, self.labelers_ = generator, None
        streams: dict[Any, Stream] = {}
        copied: dict[Any, np.ndarray] = {}
        if quotas:
            self._say(f"generator: fitting {type(generator).__name__} on {len(rows_generator)} rows")
            generator.fit(X[rows_generator], y[rows_generator])
        if quotas and copies_rows:
            spans = {label: range(quota) for label, quota in quotas.items()}
            copied = generator.sample_rows(spans, random_state=seeds[1])
        elif quotas:
            # 3. to 5. Generate candidates D*, have them labeled, and select D_syn, a round at a time.
            if labelers is not None:
                self._say(f"labelers: fitting {len(labelers.members())} on {len(rows_labelers)} rows")
                self.labelers_ = labelers.fit(X[rows_labelers], y[rows_labelers])
            streams = read_streams(
                generator,
                self.labelers_,
                quotas,
                {fold_text(text) for text in X},
                min_votes=self.min_votes,
                budget=self._budget(sizes, quotas),
                seed=seeds[1],
                progress=self._say,
            )
            copied = self._fill_up(streams, y, seeds[2])

        # 6. Assemble: D thinned to B_high, D_syn, and copies where D_syn fell short.
        kept = rebalance_rows(y, targets, np.random.default_rng(seeds[0]), over=False)
        self.candidates_ = candidate_table(streams)
        self.report_ = class_table(
            sizes,
            targets,
            class_sizes(y[kept]),
            {label: len(rows) for label, rows in copied.items()},
            streams,
            getattr(generator, "order_", None),
        )
        return self._assemble(X, y, kept, {label: stream.taken for label, stream in streams.items()}, copied)

    def _check_X_y(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        texts = as_texts(X)
        if type_of_target(y, input_name="y").startswith("multilabel"):
            raise ValueError(
                "y must hold one label a text, got a multilabel target. Resample one label at a time, or make "
                "each combination of labels a class."
            )
        labels = np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        check_consistent_length(texts, labels)
        check_classification_targets(labels)
        if len(np.unique(labels)) < 2:
            raise ValueError(
                f"y must hold at least two classes, got one: {labels.tolist()[0]!r}. There is nothing to balance."
            )
        self.n_features_in_ = 1
        return texts, labels

    def _policy(self, y: np.ndarray) -> tuple[tuple[float, float] | None, dict[Any, int]]:
        if isinstance(self.sampling_strategy, str) and self.sampling_strategy == "auto":
            policy = PercentilePolicy(beta_low=self.beta_low, beta_high=self.beta_high)
            return policy.band(y), policy(y)
        return None, resolve_targets(self.sampling_strategy, y)

    def _members(self) -> Sequence[Any]:
        if isinstance(self.labelers, LabelerEnsemble):
            return self.labelers.members()
        return LabelerEnsemble(estimators=self.labelers).members()

    def _components(self, random_state: np.random.RandomState) -> tuple[Any, LabelerEnsemble | None]:
        """Return the unfitted generator and labelers, with their parameters checked and seeds set."""
        generator = "causal-lm" if self.generator is None else self.generator
        if isinstance(generator, str) and generator in _GENERATORS:
            module, name = _GENERATORS[generator]
            generator = getattr(import_module(f"skbalagen.generators.{module}"), name)()
        elif isinstance(generator, type) or not (hasattr(generator, "fit") and hasattr(generator, "sample")):
            raise TypeError(
                f"generator must be one of {sorted(_GENERATORS)} or an object with fit(X, y) and sample(spans, "
                f"*, random_state), got {generator!r}. See skbalagen.TextGenerator."
            )
        else:
            generator = clone(generator, safe=False)
        members = self._members()
        required_votes(self.min_votes, len(members))
        labelers = LabelerEnsemble(estimators=members, n_jobs=self.n_jobs) if len(members) else None
        for part in (generator, *members):
            if hasattr(part, "_parameter_constraints"):
                part._validate_params()
            if hasattr(part, "get_params"):
                names = [
                    k
                    for k, v in part.get_params().items()
                    if k.split("__")[-1] == "random_state" and v is None
                ]
                part.set_params(**{name: random_state.randint(2**31 - 1) for name in sorted(names)})
        return generator, labelers

    def _budget(self, sizes: Mapping[Any, int], quotas: Mapping[Any, int]) -> int:
        """Return the most candidates that may be generated in all."""
        largest = max(sizes.values())
        if isinstance(self.max_candidates, str):
            return 3 * max(largest, sum(quotas.values()))
        return int(self.max_candidates * largest)

    def _fill_up(self, streams: Mapping[Any, Stream], y: np.ndarray, seed: int) -> dict[Any, np.ndarray]:
        """Say which classes fell short; return the rows to copy for them."""
        short = {label: stream for label, stream in streams.items() if stream.missing}
        if not short:
            return {}
        worst = sorted(short, key=lambda label: -short[label].missing)
        listed = ", ".join(
            f"{label!r} ({short[label].missing} of {short[label].quota})" for label in worst[:5]
        )
        listed += f" and {len(worst) - 5} more" if len(worst) > 5 else ""
        said = (
            f"{len(short)} of {len(streams)} classes got fewer generated rows than wanted; missing: {listed}."
        )
        cure = (
            "Lower beta_low or min_votes, raise max_candidates, or describe the classes to the generator "
            "(label_descriptions)."
        )
        if self.shortfall == "raise":
            raise ValueError(f"{said} {cure} Or set shortfall='copy' or 'keep'.")
        done = "Copies of their rows fill them" if self.shortfall == "copy" else "They stay short"
        warnings.warn(f"{said} {done} (see report_). {cure}", ShortfallWarning, stacklevel=5)
        if self.shortfall == "keep":
            return {}
        rng = np.random.default_rng(seed)
        return {label: repeat_rows(np.flatnonzero(y == label), s.missing, rng) for label, s in short.items()}

    def _assemble(
        self,
        X: np.ndarray,
        y: np.ndarray,
        kept: np.ndarray,
        added: Mapping[Any, list[str]],
        copied: Mapping[Any, np.ndarray],
    ) -> tuple[np.ndarray, np.ndarray]:
        labels, first_rows = np.unique(y, return_index=True)
        first = dict(zip(labels.tolist(), first_rows.tolist(), strict=True))
        generated = np.array([text for texts in added.values() for text in texts], dtype=object)
        stand_ins = np.array([first[c] for c, texts in added.items() for _ in texts], dtype=np.intp)
        copies = np.concatenate([*copied.values(), np.array([], dtype=np.intp)]).astype(np.intp)
        rows = np.concatenate([kept, stand_ins, copies])
        self.is_synthetic_ = np.zeros(len(rows), dtype=bool)
        self.is_synthetic_[len(kept) : len(kept) + len(generated)] = True
        self.source_indices_ = np.where(self.is_synthetic_, -1, rows)
        self._representative_rows = rows
        texts = X[rows]
        texts[self.is_synthetic_] = generated
        return texts, y[rows]

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)  # noqa: T201 - what verbose asks for
