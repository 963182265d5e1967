"""BalaGen, Algorithm 1 of Tepper et al. (2020), as an imbalanced-learn sampler."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from importlib import import_module
from math import ceil
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from imblearn.base import BaseSampler
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data

from skbalagen._utils.containers import is_table, rebuild, take, text_column_of
from skbalagen._utils.progress import progress_shown
from skbalagen._utils.sklearn_compat import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    StrOptions,
    callback_task,
    check_feature_names,
    check_sample_weight,
    fit_context,
)
from skbalagen._utils.text import as_texts, fold_text
from skbalagen.balagen.candidates import Stream, read_streams, read_unlabeled
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.policy import (
    PercentilePolicy,
    band_targets,
    class_sizes,
    percentile_band,
    resolve_targets,
)
from skbalagen.balagen.selection import required_votes
from skbalagen.balagen.tables import candidate_table, class_table
from skbalagen.balagen.training_set import rebalance_rows, repeat_rows
from skbalagen.cache.component_cache import ComponentCache, open_cache
from skbalagen.report.summary import summary_html

__all__ = ["BalaGenResampler", "ShortfallWarning"]

_GENERATORS = {
    "causal-lm": ("causal_lm", "CausalLMGenerator"),
    "eda": ("eda", "EDAGenerator"),
    "markov-chain": ("markov_chain", "MarkovChainGenerator"),
    "sample-copy": ("sample_copy", "SampleCopyGenerator"),
}


# A data set of fewer rows may be given as many candidates as one of this size: minutes on two cores. Classes grow
# beyond the largest until so many rows are generated.
_FEW_ROWS = 2000

# Small classes are not grown beyond so many times the largest.
_MOST_TIMES = 3


class ShortfallWarning(UserWarning):
    """Some classes could not be filled with generated texts."""


class BalaGenResampler(CallbackSupportMixin, BaseSampler):
    """Fill small classes with generated texts that read like them, and thin large ones.

    Parameters
    ----------
    beta_low : "auto" or float, default="auto"
        Percent of the classes, smallest first, that are filled up to B_low, the size of the next larger
        class; in [0, 100]. Above 100, ``B_low = beta_low / 100`` times the largest class. "auto" is 95,
        and more where classes are so small that the generator advises to grow them all: up to 100 rows with
        the language model, as far as 2000 generated rows go, and not beyond three times the largest class.
    beta_high : float, default=0
        Percent of the classes, largest first, that are thinned to B_high; in [0, 100 - beta_low].
    sampling_strategy : "auto", str, dict or callable, default="auto"
        "auto" is the percentile policy of the two betas. A dict {label: rows wanted} (classes that it does
        not name stay as they are), a callable from y to such a dict, or imbalanced-learn's "minority",
        "not minority", "not majority" or "all" replaces it.
    generator : str or TextGenerator, default=None
        None or "causal-lm" is the embedded language model; "eda", "markov-chain" and "sample-copy" are the
        others; an object with ``fit`` and ``sample`` is cloned.
    text_column : column label, default=None
        Column of a DataFrame that holds the texts, where it has several. The others are missing values in
        generated rows and copied in copies.
    labelers : list of classifiers or LabelerEnsemble, default=None
        scikit-learn classifiers on raw text that judge candidates; None is the default ensemble, ``[]``
        switches weak labeling off.
    min_votes : {"soft", "any", "majority", "all"} or int, default="soft"
        When a candidate is backed. "soft": no class has a higher mean probability over the labelers than the
        one that it was generated for, as in VotingClassifier(voting="soft") and with the weights of
        LabelerEnsemble; else how many labelers must assign it to that class.
    balance_generator, balance_labelers : {"band", "classes"} or None, default="band"
        What the generator, and the labelers, are trained on: "band" is D_S of the paper (small classes
        copied up to B_low, large ones thinned to B_high), "classes" has every class copied up to the
        largest, whatever the betas, and None is the rows as they are (its Table 7).
    generated_share : "auto" or float, default="auto"
        Most of the rows that a class lacks that are generated, in (0, 1]; the rest are copies of its rows.
        "auto" is what the generator advises: for the language model half in classes of up to 16 rows, a quarter
        in classes of 32 and more, ``8 / rows`` in between; all for generators that advise nothing. 1.0 is the
        paper's. More is better for a model of words, less for one of sentence vectors.
    max_candidates : "auto" or float, default="auto"
        Most candidates in all, in multiples of the largest class; 3.0 is the paper's number. "auto" is three
        times the larger of that class and of the rows wanted, of which no more are counted than X has (or
        2000, if it has fewer): with many small classes the paper's number is spent long before they are
        filled, and time stays proportional to the rows.
    shortfall : {"copy", "keep", "raise"}, default="copy"
        What to do where accepted candidates do not fill a class: add copies of its rows, leave it short,
        or raise. The first two warn once.
    memory : str, path-like, joblib.Memory or ComponentCache, default=None
        Where fitted generators, fitted labelers, candidates and their votes are kept, so that a later fit on
        the same rows, with the same parameters and seed, need not make them again. The key holds what a part
        is trained on, but neither the betas nor anything that comes after the part: with
        ``balance_generator="classes"`` and ``balance_labelers="classes"`` a grid over the betas costs about
        one fit. Bypassed, with a warning, if `random_state` is None.
    synthetic_weight : float, default=1.0
        What `sample_weight_` is for generated rows, in multiples of the mean weight of their class.
    n_jobs : int, default=None
        Labelers that are fitted side by side, in threads; None is one.
    random_state : int, RandomState instance or None, default=None
        Everything random derives from it: equal seeds give equal texts. Steps whose own `random_state` is
        set keep theirs.
    verbose : int, default=0
        From 1, progress bars are shown: for models that are fetched, the fitting of labelers and generator,
        and the rows accepted of those wanted.

    Attributes
    ----------
    beta_low_ : float or None
        The value of `beta_low`, or the one chosen; None if `sampling_strategy` is not "auto".
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
    sample_weight_ : ndarray of shape (n_samples_new,)
        Weight of each row; only if `sample_weight` was given, or `synthetic_weight` is not 1.
    groups_ : ndarray of shape (n_samples_new,)
        Group of each row; generated rows have -1 where groups are numbers, else None. Only if `groups` was
        given.
    n_features_in_ : int
        Columns of X; 1 for texts.
    feature_names_in_ : ndarray of str
        Names of the columns, if X is a DataFrame.

    See Also
    --------
    imblearn.over_sampling.RandomOverSampler : Copies rows, for nothing.
    skbalagen.PercentilePolicy : The default policy as a callable.

    Notes
    -----
    The candidates of a class are a stream: candidate i depends on the fitted generator, the class, i and
    the seed alone. Streams are read until a class is full or the budget is spent.

    With scikit-learn 1.9, `set_callbacks` takes its callbacks, such as ``sklearn.callback.ProgressBar()``. The
    steps they are told of are "labelers", "generator" and "candidates".

    A two-dimensional table of numbers has no texts: its small classes are filled with copies, and a warning
    says so.

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
        "beta_low": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "beta_high": [Interval(Real, 0, 100, closed="both")],
        "sampling_strategy": [
            StrOptions({"auto", "minority", "not minority", "not majority", "all"}),
            Mapping,
            callable,
        ],
        "generator": [StrOptions({*_GENERATORS, "unlabeled"}), None, object],
        "text_column": [None, object],
        "labelers": [list, tuple, LabelerEnsemble, None],
        "min_votes": [
            StrOptions({"soft", "any", "majority", "all"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "balance_generator": [StrOptions({"band", "classes"}), None],
        "balance_labelers": [StrOptions({"band", "classes"}), None],
        "generated_share": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="right")],
        "max_candidates": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "shortfall": [StrOptions({"copy", "keep", "raise"})],
        "memory": [str, PathLike, HasMethods("clear"), None],
        "synthetic_weight": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        beta_low: str | float = "auto",
        beta_high: float = 0,
        sampling_strategy: str | Mapping[Any, int] | Callable[[np.ndarray], Mapping[Any, int]] = "auto",
        generator: Any = None,
        text_column: Any = None,
        labelers: Sequence[Any] | LabelerEnsemble | None = None,
        min_votes: str | int = "soft",
        balance_generator: str | None = "band",
        balance_labelers: str | None = "band",
        generated_share: str | float = "auto",
        max_candidates: str | float = "auto",
        shortfall: str = "copy",
        memory: str | PathLike[str] | ComponentCache | Any = None,
        synthetic_weight: float = 1.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.beta_low = beta_low
        self.beta_high = beta_high
        self.generator = generator
        self.text_column = text_column
        self.labelers = labelers
        self.min_votes = min_votes
        self.balance_generator = balance_generator
        self.balance_labelers = balance_labelers
        self.generated_share = generated_share
        self.max_candidates = max_candidates
        self.shortfall = shortfall
        self.memory = memory
        self.synthetic_weight = synthetic_weight
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any) -> BalaGenResampler:
        """Check the input and set `beta_low_`, `band_` and `sampling_strategy_`; nothing is generated.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,) or (n_samples, 1)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : object
        """
        texts, labels = self._check_X_y(X, y)
        generator = self._unfitted_generator(has_texts=texts is not None)
        self._choose_targets(labels, class_sizes(labels), generator)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_resample(
        self, X: Any, y: Any, *, sample_weight: Any = None, groups: Any = None, unlabeled: Any = None
    ) -> tuple[Any, Any]:
        """Resample the data set.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,), (n_samples, 1) or (n_samples, n_columns)
            Texts: a list, tuple, ndarray, pandas or polars Series or DataFrame, or a column of a Hugging Face
            dataset. See `text_column` for a DataFrame of several columns.
        y : array-like of shape (n_samples,)
            One label a text, of at least two classes; or one column a class, with a single 1 a row.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, carried over to `sample_weight_`.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows, carried over to `groups_`.
        unlabeled : array-like of str, default=None
            Real texts without labels. Those that enough labelers assign to a class that is to be filled are
            taken before any are generated; with ``generator="unlabeled"`` none are generated.

        Returns
        -------
        X_resampled : container of the type of `X`, of n_samples_new rows
            The kept rows of `X` in their order, then added texts, then copies.
        y_resampled : container of the type of `y`, of n_samples_new rows

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each; the row is named. Parameters out of range.
        """
        texts, labels = self._check_X_y(X, y)
        if unlabeled is None and isinstance(self.generator, str) and self.generator == "unlabeled":
            raise ValueError(
                "generator='unlabeled' fills classes from unlabeled=, got none. Pass texts as "
                "fit_resample(X, y, unlabeled=texts), or choose another generator."
            )
        pool = None if unlabeled is None else as_texts(unlabeled, name="unlabeled", allow_empty=True)
        weights = None
        if sample_weight is not None or self.synthetic_weight != 1:
            weights = check_sample_weight(sample_weight, labels)
        groups = None if groups is None else column_or_1d(groups)
        check_consistent_length(labels, groups)

        with progress_shown(self.verbose), callback_task(self, "fit_resample", n_steps=3):
            X_resampled, y_resampled = self._fit_resample(texts, labels, unlabeled=pool)

        new, rows = self.is_synthetic_, self._representative_rows
        del self._representative_rows
        self.sample_weight_ = None if weights is None else self._weights(weights, labels, y_resampled)
        self.groups_ = None
        if groups is not None:
            numbers = np.issubdtype(groups.dtype, np.number)
            self.groups_ = groups[rows] if numbers else groups[rows].astype(object)
            self.groups_[new] = -1 if numbers else None
        if texts is None:
            return take(X, rows), take(y, rows)
        return rebuild(X, rows, X_resampled, new, self.text_column), take(y, rows)

    def _fit_resample(
        self, X: np.ndarray | None, y: np.ndarray, *, unlabeled: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        random_state = check_random_state(self.random_state)
        seeds = random_state.randint(np.iinfo(np.int32).max, size=4).tolist()
        generator, labelers = self._components(random_state, has_texts=X is not None)
        cache = self._cache()
        sizes = class_sizes(y)

        # 1. Policy: which classes are too small or too large, and how many rows each should have.
        targets = self._choose_targets(y, sizes, generator)
        quotas = {label: n - sizes[label] for label, n in targets.items() if n > sizes[label]}
        if X is None:
            X = self._row_numbers_for_texts(len(y), sum(quotas.values()))
        copies_rows = hasattr(generator, "sample_rows")

        found: dict[Any, Stream] = {}
        streams: dict[Any, Stream] = {}
        copied: dict[Any, np.ndarray] = {}
        self.generator_, self.labelers_ = generator, None
        if quotas and copies_rows:
            generator.fit(X, y)
            spans = {label: range(quota) for label, quota in quotas.items()}
            copied = generator.sample_rows(spans, random_state=seeds[1])
        elif quotas:
            # 2. D_S, the balanced training set of the generator and the labelers.
            rows_generator = self._training_rows(self.balance_generator, y, targets, seeds[0])
            rows_labelers = self._training_rows(self.balance_labelers, y, targets, seeds[0])
            known = {fold_text(text) for text in X}

            # 3. to 5. Generate candidates D*, have them labeled, and select D_syn, a round at a time.
            judges = None
            if labelers is not None:
                with callback_task(self, "labelers"):
                    labelers, key = _fitted(labelers, X[rows_labelers], y[rows_labelers], cache)
                self.labelers_ = labelers
                judges = cache.verdicts(labelers, key) if cache else labelers
            if unlabeled is not None:
                found = read_unlabeled(
                    unlabeled, labelers, quotas, known, min_votes=self.min_votes, seed=seeds[3]
                )
            lacking = {c: n - len(found[c].taken) if c in found else n for c, n in quotas.items()}
            wanted = {
                c: ceil(round(self._share(generator, sizes[c]) * n, 6))  # 0.1 * 30 exceeds 3
                for c, n in lacking.items()
            }
            streams = {c: Stream(n) for c, n in wanted.items()}
            if generator is not None and any(wanted.values()):
                with callback_task(self, "generator"):
                    self.generator_, key = _fitted(generator, X[rows_generator], y[rows_generator], cache)
                with callback_task(self, "candidates"):
                    streams = read_streams(
                        cache.candidates(self.generator_, key) if cache else self.generator_,
                        judges,
                        wanted,
                        known | {fold_text(text) for stream in found.values() for text in stream.taken},
                        min_votes=self.min_votes,
                        budget=self._budget(sizes, quotas),
                        seed=seeds[1],
                    )
            if any(stream.missing for stream in streams.values()):
                self._say_short(streams, {c: quotas[c] - lacking[c] + n for c, n in wanted.items()})
            filled = {c: len(s.taken) if self.shortfall == "copy" else s.quota for c, s in streams.items()}
            copies = {c: n - filled[c] for c, n in lacking.items()}
            rng = np.random.default_rng(seeds[2])
            copied = {c: repeat_rows(np.flatnonzero(y == c), n, rng) for c, n in copies.items() if n}

        # 6. Assemble: D thinned to B_high, D_syn, and the copies.
        kept = rebalance_rows(y, targets, np.random.default_rng(seeds[0]), over=False)
        self.candidates_ = candidate_table({"unlabeled": found, "generated": streams})
        self.report_ = class_table(
            sizes,
            targets,
            class_sizes(y[kept]),
            {label: len(rows) for label, rows in copied.items()},
            streams,
            found,
            getattr(self.generator_, "order_", None),
        )
        added = {c: (found[c].taken if c in found else []) + streams[c].taken for c in streams}
        return self._assemble(X, y, kept, added, copied)

    def _check_X_y(self, X: Any, y: Any) -> tuple[np.ndarray | None, np.ndarray]:
        """Return the texts, or None for a table of numbers, and the labels."""
        if hasattr(X, "tocsr"):
            raise TypeError(
                "X must be a sequence of texts, got a sparse matrix. Resample the texts before they are "
                "vectorised: put the resampler in front of the vectorizer."
            )
        column = text_column_of(X, self.text_column)
        if is_table(column):
            labels = _check_labels(y)
            # A sparse matrix was refused; columns of sparse dtype are copied as they are.
            check_consistent_length(validate_data(self, X, accept_sparse=True), labels)
            return None, labels
        texts = as_texts(column)
        if y is not None:
            check_consistent_length(texts, y)
        labels = _check_labels(y)
        check_feature_names(self, X, reset=True)
        self.n_features_in_ = len(getattr(X, "columns", [column]))
        return texts, labels

    @staticmethod
    def _row_numbers_for_texts(n_rows: int, n_wanted: int) -> np.ndarray:
        if n_wanted:
            warnings.warn(
                f"X is a table of numbers: there are no texts to learn from, so that the {n_wanted} rows wanted "
                "are copies. Pass texts, put the resampler in front of the vectorizer, or use imblearn's "
                "RandomOverSampler.",
                UserWarning,
                stacklevel=6,
            )
        return np.arange(n_rows).astype(str).astype(object)

    @staticmethod
    def _training_rows(
        balance: str | None, y: np.ndarray, targets: Mapping[Any, int], seed: int
    ) -> np.ndarray:
        if balance is None:
            return np.arange(len(y))
        if balance == "classes":
            sizes = class_sizes(y)
            targets = dict.fromkeys(sizes, max(sizes.values()))
        return rebalance_rows(y, targets, np.random.default_rng(seed))

    def _cache(self) -> ComponentCache | None:
        cache = open_cache(self.memory)
        if cache is not None and self.random_state is None:
            warnings.warn(
                "memory is not used, since random_state is None: what is kept would be the same each time. Set "
                "random_state to a number.",
                UserWarning,
                stacklevel=5,
            )
            return None
        return cache

    def _weights(self, weights: np.ndarray, y: np.ndarray, y_new: np.ndarray) -> np.ndarray:
        """Return the weights of the rows that come out."""
        new = self.is_synthetic_
        out = np.zeros(len(new))
        out[~new] = weights[self.source_indices_[~new]]
        for label in np.unique(y_new[new]):
            out[new & (y_new == label)] = self.synthetic_weight * weights[y == label].mean()
        return out

    def __getstate__(self) -> dict[str, Any]:
        """Leave the fitted labelers out of pickles: what they said is in `candidates_`."""
        state = dict(super().__getstate__())
        if state.get("labelers_") is not None:
            state["labelers_"] = clone(state["labelers_"])
        return state

    def __deepcopy__(self, memo: dict[int, Any]) -> BalaGenResampler:
        """Copy the fitted labelers too, unlike a pickle."""
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied.__dict__.update({name: deepcopy(value, memo) for name, value in vars(self).items()})
        return copied

    def _repr_html_inner(self) -> str:
        """Return scikit-learn's diagram, and below it what was done."""
        return super()._repr_html_inner() + (summary_html(self) if hasattr(self, "report_") else "")

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/html": self._repr_html_inner()} if "text/html" in bundle else bundle

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.one_d_array = False  # the check suites know 1-D input as numbers only
        tags.input_tags.dataframe = True
        tags.input_tags.sparse = False
        return tags

    def _choose_targets(self, y: np.ndarray, sizes: Mapping[Any, int], generator: Any) -> dict[Any, int]:
        """Set `beta_low_`, `band_` and `sampling_strategy_`, and return the last."""
        self.beta_low_: float | None = None
        self.band_: tuple[float, float] | None = None
        if isinstance(self.sampling_strategy, str) and self.sampling_strategy == "auto":
            self.beta_low_ = self._beta_low(list(sizes.values()), generator)
            self.band_ = percentile_band(list(sizes.values()), self.beta_low_, self.beta_high)
            self.sampling_strategy_ = band_targets(sizes, self.band_)
        else:
            self.sampling_strategy_ = resolve_targets(self.sampling_strategy, y)
        return self.sampling_strategy_

    def _beta_low(self, sizes: Sequence[int], generator: Any) -> float:
        """Return `beta_low`, or what the class sizes and the generator advise."""
        if not isinstance(self.beta_low, str):
            return self.beta_low
        shares = np.array([self._share(generator, n) for n in sizes])
        # With so many rows in every class, _FEW_ROWS are generated: the sum of shares * (affordable - sizes).
        affordable = float((_FEW_ROWS + shares @ sizes) / shares.sum())
        rows = min(getattr(generator, "advised_rows", 0), affordable)
        times = min(_MOST_TIMES, rows / max(sizes))
        if times > 1 and not self.beta_high:
            return 100 * times
        return min(PercentilePolicy.beta_low, 100 - self.beta_high)

    def _unfitted_generator(self, *, has_texts: bool) -> Any:
        """Return a new generator, or None where only unlabeled texts are taken."""
        generator = "causal-lm" if self.generator is None else self.generator
        if not has_texts:
            generator = "sample-copy"
        if isinstance(generator, str) and generator == "unlabeled":
            return None
        if isinstance(generator, str) and generator in _GENERATORS:
            module, name = _GENERATORS[generator]
            return getattr(import_module(f"skbalagen.generators.{module}"), name)()
        if isinstance(generator, type) or not (hasattr(generator, "fit") and hasattr(generator, "sample")):
            raise TypeError(
                f"generator must be one of {sorted([*_GENERATORS, 'unlabeled'])} or an object with fit(X, y) and "
                f"sample(spans, *, random_state), got {generator!r}. See skbalagen.TextGenerator."
            )
        return clone(generator, safe=False)

    def _components(
        self, random_state: np.random.RandomState, *, has_texts: bool
    ) -> tuple[Any, LabelerEnsemble | None]:
        """Return the unfitted generator and labelers, with their parameters checked and seeds set."""
        generator = self._unfitted_generator(has_texts=has_texts)
        ensemble = self.labelers
        if not isinstance(ensemble, LabelerEnsemble):
            ensemble = LabelerEnsemble(estimators=ensemble)
        members = ensemble.members()
        required_votes(self.min_votes, len(members))
        labelers = None
        if len(members):
            labelers = LabelerEnsemble(
                estimators=members, weights=ensemble.member_weights(), n_jobs=self.n_jobs
            )
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
            affordable = max(sum(sizes.values()), _FEW_ROWS)
            return 3 * max(largest, min(sum(quotas.values()), affordable))
        return int(self.max_candidates * largest)

    def _share(self, generator: Any, n_rows: int) -> float:
        """Return how much of what a class of `n_rows` lacks is to be generated."""
        if not isinstance(self.generated_share, str):
            return self.generated_share
        return generator.advised_share(n_rows) if hasattr(generator, "advised_share") else 1.0

    def _say_short(self, streams: Mapping[Any, Stream], wanted: Mapping[Any, int]) -> None:
        """Warn, or raise, that classes fell short of the rows that were wanted without copies."""
        short = {label: stream for label, stream in streams.items() if stream.missing}
        worst = sorted(short, key=lambda label: -short[label].missing)
        listed = ", ".join(f"{label!r} ({short[label].missing} of {wanted[label]})" for label in worst[:5])
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


def _check_labels(y: Any) -> np.ndarray:
    """Return the labels, of shape (n_samples,), or raise a clear error."""
    if y is None:
        raise ValueError("BalaGenResampler requires y to be passed, but the target y is None.")
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    missing = np.flatnonzero(pd.isna(labels).reshape(len(labels), -1).any(axis=1))
    if len(missing):
        raise ValueError(
            f"y must hold a label a text, got {labels[missing[0]]!r} in row {missing[0]}. Remove such rows."
        )
    if labels.dtype == object and not any(isinstance(label, str) for label in labels.flat):
        labels = np.array(labels.tolist())  # numbers and truth values in an array of objects
    if labels.ndim == 2 and np.isin(labels, [0, 1]).all() and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    if labels.ndim != 1 or type_of_target(labels, input_name="y").startswith("multilabel"):
        raise ValueError(
            "y must hold one label a text, got a multilabel or multioutput target. Resample one label at a "
            "time, or make each combination of labels a class."
        )
    check_classification_targets(labels)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"y must hold at least two classes, got one class: {labels.tolist()[0]!r}. There is nothing to balance."
        )
    return labels


def _fitted(estimator: Any, X: np.ndarray, y: np.ndarray, cache: ComponentCache | None) -> tuple[Any, str]:
    """Return the fitted estimator, and the key that a cache keeps it under."""
    return (estimator.fit(X, y), "") if cache is None else cache.fitted(estimator, X, y)
