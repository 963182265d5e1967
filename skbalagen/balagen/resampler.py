"""BalaGenResampler: the parameters, the checks and the fitted attributes around Algorithm 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from sklearn.base import clone

from skbalagen._utils.containers import is_table, rebuild, take, text_column_of
from skbalagen._utils.progress import progress_shown
from skbalagen._utils.sklearn_compat import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    StrOptions,
    callback_task,
    check_sample_weight,
    fit_context,
)
from skbalagen._utils.text import as_texts
from skbalagen._utils.validation import check_texts_or_table
from skbalagen.balagen.assembly import Assembled
from skbalagen.balagen.carried import carried_groups, carried_weights, check_groups
from skbalagen.balagen.fitted import fitted_attributes
from skbalagen.balagen.label_sets import LabelSets, is_indicator
from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.balagen.leak_gate import LeakGate
from skbalagen.balagen.paper import paper_parameters
from skbalagen.balagen.parts import make_generator
from skbalagen.balagen.policy import SamplingStrategy
from skbalagen.balagen.precautions import warn_of_generated_rows
from skbalagen.balagen.run import choose_policy, run
from skbalagen.balagen.shortfall import ShortfallWarning
from skbalagen.balagen.text_quality import TextRules
from skbalagen.cache import ComponentCache
from skbalagen.report.summary import summary_html

__all__ = ["BalaGenResampler", "ShortfallWarning"]


class BalaGenResampler(CallbackSupportMixin, BaseSampler):
    """Fill small classes with generated texts that read like them, and thin large ones.

    Parameters
    ----------
    sampling_strategy : {"auto", "grow", "minority", "not minority", "not majority", "all"}, dict or callable, \
default="auto"
        How many rows each class should have. "auto" is the percentile policy of the two betas. "grow" grows all
        classes beyond the largest, to as many rows as the generator advises (100 for the language model), but at
        most to three times the largest class and by 2000 generated rows; where a class has as many rows already,
        it is "auto". A dict {label: rows}, a callable from y to such a dict, and imbalanced-learn's strings
        leave the classes that they do not name as they are. A callable with a method `fit`, such as
        :class:`WeakClassPolicy`, is cloned and fitted on the texts first.
    beta_low : float, default=95
        Percentage of the classes, smallest first, that are filled up to B_low, the size of the next larger
        class; in [0, 100]. Above 100, ``B_low = beta_low / 100`` times the largest class.
    beta_high : float, default=0
        Percentage of the classes, largest first, that are thinned to B_high; in [0, 100 - beta_low].
    generator : str, TextGenerator, nlpaug augmenter or list of them, default=None
        None or "causal-lm" is the embedded language model; the other strings are "eda", "markov-chain" and
        "sample-copy" (copies of rows). An object with ``fit`` and ``sample`` is cloned. Of a list, with or
        without names, the streams are read in turn: see :class:`GeneratorUnion`. One that is refused nearly always is
        no longer asked, with a warning.
    labelers : list of classifiers or LabelerEnsemble, default=None
        scikit-learn classifiers on raw text that judge candidates. None is the default ensemble, ``[]``
        switches weak labeling off. The voting rule is a parameter of LabelerEnsemble.
    balance_training : {"both", "generator", "labelers"}, None or dict, default="both"
        Which parts are trained on the balanced set D_S, in which small classes are copied up to B_low and large
        ones thinned to B_high; the other parts learn from the rows as they are (Table 7 of the paper). A dict
        such as ``{"generator": "largest", "labelers": "band"}`` says for each what balanced means: "band" is D_S,
        "largest" has every class copied up to the largest, whatever the betas. Of more than 20,000 rows, so many are
        learned from, drawn evenly from the classes, with a warning; ``"max_rows"`` of such a dict is another number.
    generated_share : float, default=None
        Upper bound on the fraction of missing rows filled by generation, in (0, 1]; copies fill the rest. None
        is what the generator advises for each class size: see :meth:`CausalLMGenerator.advised_share`. 1.0 is
        the paper's.
    max_candidates : "auto" or float, default="auto"
        Upper bound on the number of candidates, in multiples of the largest class; 3.0 is the paper's. "auto" is
        three times the larger of that class and the missing rows, of which at most as many count as X has rows
        (or 2000, if it has fewer).
    max_minutes : float, default=None
        Above 0; None is no limit. When time is up, fine-tuning ends with the last epoch that fits into 60 % of it, no
        more candidates are read, and `shortfall` says what becomes of classes that are not full. With a limit, equal
        seeds need not give equal rows. With `memory`, what was done is kept, and a later run goes on from there.
    shortfall : {"copy", "keep", "raise"}, default="copy"
        What to do if the accepted candidates do not fill a class: top it up with copies of its rows, leave it
        short, or raise. The first two issue one `ShortfallWarning`.
    text_rules : TextRules, list of str or callables, or callable, default=None
        Which new candidates are refused before the labelers are asked, since they are no utterance: template braces,
        words run together, repeats, other scripts, by what the rows of X are like. None is all rules of
        :class:`TextRules`, ``[]`` is none; a callable refuses the texts for which it returns True.
    near_duplicates : {"count", "refuse"} or LeakGate, default="count"
        Whether accepted texts that nearly repeat a row of X are counted or refused. Those that carry over a long
        number, an e-mail address or a URL of a row are refused; a :class:`LeakGate` says otherwise.
    text_column : column label, default=None
        Column of a DataFrame that holds the texts, if it has several columns. The others are missing values in
        generated rows and copied in copies.
    memory : str, path-like, joblib.Memory or ComponentCache, default=None
        Folder that keeps fitted generators and labelers, candidates and verdicts, so that a later fit on the same
        rows with the same parameters and seed does not compute them again. With
        ``balance_training={"generator": "largest", "labelers": "largest"}`` a grid over the betas costs about one
        fit. A run that was killed goes on where it was. Not used, with a warning, if `random_state` is None. Labelers
        and most generators are kept as pickles, so whoever can write to the folder can run code here; it is created
        for its owner alone. See :class:`ComponentCache`.
    n_jobs : int, default=None
        Labelers that are fitted in parallel, unless LabelerEnsemble has its own `n_jobs`; None is 1.
    random_state : int, RandomState instance or None, default=None
        Source of all randomness: equal seeds give equal texts. Parts whose own `random_state` is set keep it.
    verbose : int, default=0
        From 1, progress bars are shown, and before the language model begins, how long the run is going to take.

    Attributes
    ----------
    band_ : tuple of (float, float) or None
        B_low and B_high; None unless the percentile policy applies.
    sampling_strategy_ : dict of {label: int}
        Rows wanted of each class.
    rows_per_class_ : int or None
        Most rows of a class that parts learned from; None if they learned from all, or from none.
    generator_ : TextGenerator
        The fitted generator; unfitted if no class was to be filled.
    labelers_ : LabelerEnsemble or None
        The fitted labelers; None if none were needed.
    is_synthetic_ : ndarray of bool, of shape (n_samples_new,)
        Which rows are new texts. Copies are not.
    source_indices_ : ndarray of int, of shape (n_samples_new,)
        The row of X that each row is or copies; -1 for new texts.
    report_ : DataFrame of shape (n_classes, n_columns)
        One row per class, smallest first: n_before, n_target, n_kept, n_candidates, n_malformed (refused by
        `text_rules`; ``report_.attrs["malformed"]`` has {rule: {label: count}}), n_accepted (by the labelers),
        n_near_duplicates and n_leaks (accepted texts that nearly repeat a row, or carry over a number, e-mail
        address or URL of one, added or not), n_generated (rows added), n_copied, n_after, n_missing, why its
        stream `stopped`, and the agreement of its labelers; n_unlabeled if `unlabeled` was given.
        ``report_.attrs["labeler_agreement"]`` has the agreement of each pair of labelers, and
        ``report_.attrs["generators"]`` the counts of each generator if there are several.
    candidates_ : DataFrame of shape (n_candidates, 10)
        text, label, votes (list of bool), confidence, verdict, reason (the rule of `text_rules` that refused it, or ""),
        near_duplicate_of (row of X, -1 for none), secret ("number", "e-mail address", "URL" or ""), source
        ("generated" or "unlabeled") and generator (its name in a list, or its class). Verdicts are "accepted", "surplus"
        (accepted, but the class was full), "leak" and "near-duplicate" (accepted by the labelers, but refused),
        "rejected", "malformed" (by `text_rules`), "duplicate" (of a row of X or of another candidate) and "failed".
    stopped_ : {"done", "time"}
        Whether `max_minutes` ended the fine-tuning or the candidates of a class early.
    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weight of each row, if `sample_weight` was given; new texts have the mean weight of their class.
    groups_ : ndarray of shape (n_samples_new,) or None
        Group of each row, if `groups` was given; new texts have -1 if groups are numbers, else None.
    n_features_in_ : int
        Number of columns of X; 1 for texts.
    feature_names_in_ : ndarray of str
        Names of the columns, if X is a DataFrame.

    See Also
    --------
    imblearn.over_sampling.RandomOverSampler : Copies rows, at no cost.
    skbalagen.LogitAdjustedClassifier : Corrects a classifier for the class sizes, at no cost.

    Notes
    -----
    The candidates of a class are a stream: candidate i depends on the fitted generator, the class, i and
    the seed alone. Streams are read until a class is full or the budget is spent.

    With scikit-learn 1.9, `set_callbacks` takes callbacks such as ``sklearn.callback.ProgressBar()``. They are told
    of the steps "labelers" and "generator", and of "candidates" for each round.

    Several threads may use one resampler: each gets the rows of its own call, and the attributes are those of the
    call that ended last. With callbacks, give each thread a clone.

    A two-dimensional table of numbers has no texts: its small classes are filled with copies, with a warning.

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
        "sampling_strategy": [
            StrOptions({"auto", "grow", "minority", "not minority", "not majority", "all"}),
            Mapping,
            callable,
        ],
        "beta_low": [Interval(Real, 0, None, closed="left")],
        "beta_high": [Interval(Real, 0, 100, closed="both")],
        "generator": [None, object],
        "labelers": [list, tuple, LabelerEnsemble, None],
        "balance_training": [StrOptions({"both", "generator", "labelers"}), Mapping, None],
        "generated_share": [Interval(Real, 0, 1, closed="right"), None],
        "max_candidates": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "max_minutes": [Interval(Real, 0, None, closed="neither"), None],
        "shortfall": [StrOptions({"copy", "keep", "raise"})],
        "text_rules": [TextRules, list, tuple, callable, None],
        "near_duplicates": [StrOptions({"count", "refuse"}), LeakGate],
        "text_column": [None, object],
        "memory": [str, PathLike, HasMethods("clear"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        sampling_strategy: SamplingStrategy = "auto",
        beta_low: float = 95,
        beta_high: float = 0,
        generator: Any = None,
        labelers: Sequence[Any] | LabelerEnsemble | None = None,
        balance_training: str | Mapping[str, Any] | None = "both",
        generated_share: float | None = None,
        max_candidates: str | float = "auto",
        max_minutes: float | None = None,
        shortfall: str = "copy",
        text_rules: TextRules | Sequence[Any] | Callable[[str], bool] | None = None,
        near_duplicates: str | LeakGate = "count",
        text_column: Any = None,
        memory: str | PathLike[str] | ComponentCache | Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.beta_low = beta_low
        self.beta_high = beta_high
        self.generator = generator
        self.labelers = labelers
        self.balance_training = balance_training
        self.generated_share = generated_share
        self.max_candidates = max_candidates
        self.max_minutes = max_minutes
        self.shortfall = shortfall
        self.text_rules = text_rules
        self.near_duplicates = near_duplicates
        self.text_column = text_column
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def paper(cls, **parameters: Any) -> BalaGenResampler:
        """Return the resampler of the paper: see :func:`skbalagen.balagen.paper.paper_parameters`.

        Parameters
        ----------
        **parameters
            Those of :func:`~skbalagen.balagen.paper.paper_parameters`, and any parameter of the resampler, which
            then replaces the paper's.
        """
        return cls(**paper_parameters(**parameters))

    @fit_context(prefer_skip_nested_validation=False)
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
        texts, labels, sets = self._checked(X, y)
        generator = make_generator("sample-copy" if texts is None else self.generator)
        labels = labels if sets is None else sets.flat
        policy, self.band_ = choose_policy(self, texts if sets is None else None, labels, generator)
        self.sampling_strategy_ = dict(policy(labels))
        return self

    def _checked(self, X: Any, y: Any) -> tuple[np.ndarray | None, np.ndarray, LabelSets | None]:
        """Return texts (None for a table of numbers), labels, and the label sets where rows have several."""
        several = is_indicator(y) and not is_table(text_column_of(X, self.text_column))
        sets = LabelSets.from_indicator(y) if several else None
        return *check_texts_or_table(self, X, y if sets is None else sets.y, self.text_column), sets

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
            One label per text, of at least two classes; or one column of 0 and 1 per label. Where rows have several
            labels, targets count the rows of each label, a new row has a label set that was seen, and `report_` has
            one row per label.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, carried over to `sample_weight_`.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows, carried over to `groups_`.
        unlabeled : array-like of str, default=None
            Real texts without labels. Those that the labelers assign to a class that lacks rows are taken before
            any are generated; with ``generator="sample-copy"`` none are generated.

        Returns
        -------
        X_resampled : container of the type of `X`, with n_samples_new rows
            The kept rows of `X` in their order, then new texts, then copies.
        y_resampled : container of the type of `y`, with n_samples_new rows

        Raises
        ------
        TypeError, ValueError
            Input that is not texts with one label each; the row is named. Parameters out of range.
        """
        texts, labels, sets = self._checked(X, y)
        pool = None if unlabeled is None else as_texts(unlabeled, name="unlabeled", allow_empty=True)
        weights = None if sample_weight is None else check_sample_weight(sample_weight, labels)
        groups = None if groups is None else check_groups(groups, labels)
        warn_of_generated_rows(X)

        with progress_shown(self.verbose), callback_task(self, "fit_resample", n_steps=None):
            made, fitted = self._fit_resample(texts, labels, unlabeled=pool, sets=sets)

        rows, new = made.rows, made.is_synthetic
        fitted["sample_weight_"] = None if weights is None else carried_weights(weights, labels, rows, new)
        fitted["groups_"] = None if groups is None else carried_groups(groups, rows, new)
        self.__dict__.update(fitted)  # all at once: another thread may use the same resampler
        if texts is None:
            return take(X, rows), take(y, rows)
        return rebuild(X, rows, made.texts, new, self.text_column), take(y, rows)

    def _fit_resample(
        self,
        X: np.ndarray | None,
        y: np.ndarray,
        *,
        unlabeled: np.ndarray | None = None,
        sets: LabelSets | None = None,
    ) -> tuple[Assembled, dict[str, Any]]:
        """Run the algorithm; return what it made, and the fitted attributes. X is None for a table of numbers."""
        done = run(self, X, y, unlabeled, sets)
        return done.made, fitted_attributes(done, sets, stacklevel=4)

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
