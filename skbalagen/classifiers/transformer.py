"""A fine-tuned encoder as a scikit-learn classifier."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.device import resolve_device
from skbalagen._torch.trainer import TrainingHistory
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import HasMethods, Interval, StrOptions, check_sample_weight, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import TextClassifierTags
from skbalagen.classifiers._fit_plan import FitPlan, plan_fit
from skbalagen.classifiers._inputs import FrozenReader, TokenReader
from skbalagen.classifiers._linear_layer import prior_logits, set_prior_bias, tau_normalized_logits
from skbalagen.classifiers._remedies import Remedies, check_after_fit, resolve_remedies
from skbalagen.classifiers._stage_training import FitOptions, train_stages
from skbalagen.classifiers._training_rows import check_texts_and_targets, encode_classes
from skbalagen.classifiers.heads import HEAD_NAMES, Head
from skbalagen.classifiers.logits import log_shares
from skbalagen.classifiers.row_samplers import SAMPLER_NAMES, RowSampler
from skbalagen.classifiers.stages import STAGE_NAMES, Stage
from skbalagen.classifiers.token_augmentation import TextCut
from skbalagen.losses import LOSS_NAMES, Loss, named_loss
from skbalagen.models.catalog import MINILM

__all__ = ["TransformerClassifier"]

# Epochs and learning rate by `freeze_encoder`: a head alone needs more of both, and takes seconds all the same.
_EPOCHS = {False: 8, True: 50}
_LEARNING_RATE = {False: 2e-4, True: 1e-3}
_PATIENCE = {False: 2, True: 10}
_ROWS_AT_ONCE = 1024  # whose logits are computed together


class TransformerClassifier(TextClassifierTags, ClassifierMixin, BaseEstimator):
    """Fine-tune a pretrained encoder and a head on the mean of the token vectors, with remedies for imbalance.

    A text that occurs several times is encoded once per epoch, and weighted by how often it occurs; if it occurs
    in several classes, its target is what each of them has of its weight. Where a `sampler` or `stages` choose
    rows, a text of several classes is a row for each, and how often it occurs counts in how often it is drawn.

    Parameters
    ----------
    model : str, default="all-MiniLM-L6-v2"
        The embedded encoder, a hub id such as ``"bert-base-uncased"`` (the paper's), or a folder. Weights
        are read from safetensors only.
    epochs : int or None, default=None
        Passes over the distinct rows; at least 1. None is 8, or 50 with `freeze_encoder`.
    batch_size : int, default=32
        Rows per training step; at least 1.
    learning_rate : float or None, default=None
        Peak learning rate of AdamW, above 0. None is 2e-4, or 1e-3 with `freeze_encoder`: small encoders need
        more than the 2e-5 that is usual for BERT.
    head_learning_rate_ratio : float, default=10.0
        Learning rate of the head, in multiples of `learning_rate`; above 0.
    max_tokens : int, default=64
        Longer texts are cut; at least 3. A frozen encoder cuts at its own length.
    class_weight : dict, "balanced", "effective-number" or None, default=None
        Weights of the classes in the loss, as in LogisticRegression, or inverse to the effective number of rows
        (Cui et al. 2019); with an indicator y, factors of the terms of the labels that a row has.
    loss : str or Loss, default="cross-entropy"
        A loss or its name: see :mod:`skbalagen.losses`. An indicator y needs a binary one.
    sampler : str, RowSampler or None, default=None
        Which rows an epoch draws: a sampler or its name, see :mod:`skbalagen.classifiers.row_samplers`. None is
        each row once.
    head : str or Head, default="linear"
        A head or its name: see :mod:`skbalagen.classifiers.heads`.
    bias_init : {"prior"} or None, default=None
        "prior" starts the head with weights of 0 and the log shares of the classes as its bias.
    stages : {"crt", "drw", "sequential-targeting"}, list of Stage or None, default=None
        Train in stages: see :mod:`skbalagen.classifiers.stages`.
    augment : {"textcut"}, TextCut or None, default=None
        Change token vectors of the classes that are smaller than the mean, in training.
    catch_all : label or None, default=None
        The class of everything else, for losses and heads that treat it apart.
    freeze_encoder : bool, default=False
        Whether only the head is trained, on the sentence vectors of `model`, which takes seconds. Inside
        :func:`skbalagen.encoders.remember_vectors` each text is encoded once, however many classifiers are fitted.
    tau : float, default=0.0
        ``predict`` divides the weights of each class by their length to the power of tau, and drops the bias; at
        least 0. 1 makes them equally long. Only for the linear head. Read when predicting.
    logit_adjustment : float, default=0.0
        ``predict`` subtracts it times the log of the class share from the log probability; at least 0. 1 is
        optimal for macro accuracy if probabilities are calibrated. Read when predicting.
    validation_fraction : float or None, default=None
        Fraction of the distinct rows of each class, rounded down, that is held out, in (0, 1). Training stops
        when their macro accuracy (with an indicator y, macro F1) does not rise, and the best weights are kept.
    patience : int or None, default=None
        Epochs without a rise before training stops, at least 1. Only with `validation_fraction`. None is 2, or 10 with
        `freeze_encoder`: a head that starts at random predicts the largest class for some epochs.
    n_jobs : int or None, default=None
        Threads that train and predict on a CPU, by the conventions of joblib: -1 is all cores that this process may
        use, and so is None, unless torch has fewer threads, ``joblib.parallel_config`` says otherwise, or a worker of
        joblib runs this. Weights and predictions are the same, to the last bit, for any number.
    device : str, default="auto"
        A torch device; "auto" is an accelerator if there is one.
    random_state : int, RandomState instance or None, default=None
        Decides the order of rows, the dropout and the start of the head.
    verbose : int, default=0
        1 or more shows a progress bar of the training.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted; the column numbers of an indicator y.
    model_ : transformers.PreTrainedModel
        Only without `freeze_encoder`, as the next.
    tokenizer_ : transformers.PreTrainedTokenizerBase
    encoder_ : SentenceEncoder
        Only with `freeze_encoder`.
    head_ : torch.nn.Module
        From vectors to logits. Its columns are the classes in the order in which they first occur in y, so that
        results do not depend on the names of the classes.
    history_ : TrainingHistory
        Loss per epoch, of all stages.
    class_shares_ : ndarray of shape (n_classes,)
        Share of each class in the weights of the rows; of an indicator y, the share of rows with the label.
    class_weight_ : ndarray of shape (n_classes,)
        Weights of the classes in the last stage.
    n_held_out_ : ndarray of int, of shape (n_classes,)
        Rows of each class that were held out, for `validation_fraction` or a sampler that asks for scores; 0 for
        classes that are too small.

    Raises
    ------
    TypeError, ValueError
        Input that is not texts with labels, a single class, a label without rows, parameters out of range, or
        parameters that do not go together.
    FloatingPointError
        The loss is no longer finite: `learning_rate` is too high.

    See Also
    --------
    skbalagen.EmbeddingClassifier : Logistic regression on the vectors of a frozen encoder.
    skbalagen.LogitAdjustedClassifier : Adjusts the predictions of any classifier, and tunes the strength.

    Notes
    -----
    ``predict_proba`` is the softmax, or with an indicator y the sigmoid, of the logits: without margins, priors
    or adjustments. It is calibrated at best if classes are neither weighted nor drawn more often.

    References
    ----------
    Henning et al. (2023), "A Survey of Methods for Addressing Class Imbalance in Deep-Learning Based Natural
    Language Processing", EACL. Kang et al. (2020), "Decoupling Representation and Classifier for Long-Tailed
    Recognition", ICLR (`tau`). Menon et al. (2021), "Long-tail learning via logit adjustment", ICLR.

    Examples
    --------
    >>> from skbalagen import TransformerClassifier
    >>> classifier = TransformerClassifier(epochs=20, random_state=0)
    >>> classifier.fit(["hi", "bye"], ["greeting", "farewell"]).predict(["hello"])  # doctest: +SKIP
    array(['greeting'], dtype='<U8')
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "head_learning_rate_ratio": [Interval(Real, 0, None, closed="neither")],
        "max_tokens": [Interval(Integral, 3, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced", "effective-number"}), None],
        "loss": [StrOptions(set(LOSS_NAMES)), HasMethods(["start", "__call__"])],
        "sampler": [StrOptions(set(SAMPLER_NAMES)), HasMethods(["draw", "weights"]), None],
        "head": [StrOptions(set(HEAD_NAMES)), HasMethods(["build", "start", "finish"])],
        "bias_init": [StrOptions({"prior"}), None],
        "stages": [StrOptions(set(STAGE_NAMES)), list, tuple, None],
        "augment": [StrOptions({"textcut"}), HasMethods(["mix"]), None],
        "catch_all": "no_validation",
        "freeze_encoder": ["boolean"],
        "tau": [Interval(Real, 0, None, closed="left")],
        "logit_adjustment": [Interval(Real, 0, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        model: str | Path = MINILM,
        epochs: int | None = None,
        batch_size: int = 32,
        learning_rate: float | None = None,
        head_learning_rate_ratio: float = 10.0,
        max_tokens: int = 64,
        class_weight: Mapping[Any, float] | str | None = None,
        loss: str | Loss = "cross-entropy",
        sampler: str | RowSampler | None = None,
        head: str | Head = "linear",
        bias_init: str | None = None,
        stages: str | Sequence[Stage] | None = None,
        augment: str | TextCut | None = None,
        catch_all: Any = None,
        freeze_encoder: bool = False,
        tau: float = 0.0,
        logit_adjustment: float = 0.0,
        validation_fraction: float | None = None,
        patience: int | None = None,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.head_learning_rate_ratio = head_learning_rate_ratio
        self.max_tokens = max_tokens
        self.class_weight = class_weight
        self.loss = loss
        self.sampler = sampler
        self.head = head
        self.bias_init = bias_init
        self.stages = stages
        self.augment = augment
        self.catch_all = catch_all
        self.freeze_encoder = freeze_encoder
        self.tau = tau
        self.logit_adjustment = logit_adjustment
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels, sample_weight: np.ndarray | None = None) -> Self:
        """Fit the encoder and the head, or the head alone.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
        y : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
            One label per row, or 1 for each label that a row has and 0 for the others.
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts; None is once.

        Returns
        -------
        self : object
        """
        texts, labels = check_texts_and_targets(X, y)
        weights = check_sample_weight(sample_weight, texts)
        self.classes_, targets, self._code_of_class = encode_classes(labels)
        remedies = resolve_remedies(self, indicator=labels.ndim == 2, classes=self.classes_)
        self._warn_of_two_adjustments()
        seed = as_seed(self.random_state)
        names = self.classes_.tolist()
        catch_all = None if self.catch_all is None else int(self._code_of_class[names.index(self.catch_all)])
        plan = plan_fit(
            remedies,
            texts,
            targets,
            weights,
            classes=self.classes_[np.argsort(self._code_of_class)],
            catch_all=catch_all,
            epochs=self.epochs or _EPOCHS[bool(self.freeze_encoder)],
            validation_fraction=self.validation_fraction,
            seed=seed,
        )
        reader = self._reader = self._new_reader()
        inputs = reader.inputs(plan.rows.texts, augment=remedies.augment, rare=plan.rare())
        self._head = remedies.head
        module = self._head.build(reader.n_features, len(names), catch_all=catch_all, seed=seed)
        self.head_: Any = module.to(resolve_device(self.device))
        if self.bias_init is not None:
            counts, n_rows = plan.rows.counts(plan.stages[0].rows)
            set_prior_bias(self.head_, prior_logits(counts, n_rows, link=remedies.link))
        self.history_: TrainingHistory = train_stages(
            inputs, self._head, plan.rows, plan.stages, plan.held_out, self._options(seed)
        )
        self._set_fitted(plan, remedies)
        return self

    def predict_proba(self, X: Texts) -> np.ndarray:
        """Return the probability of each class, or of each label, of shape (n_samples, n_classes)."""
        return self._proba(X, tau=0.0)

    def predict(self, X: Texts) -> np.ndarray:
        """Return the class of each text, of shape (n_samples,): the likeliest after `tau` and `logit_adjustment`.

        Of an indicator y, the labels of a probability of at least 0.5, of shape (n_samples, n_labels).
        """
        check_is_fitted(self)
        indicator = self.link_ == "sigmoid"
        check_after_fit(self, self._head, self._losses, indicator=indicator)
        # Without tau by way of predict_proba, so that a subclass that changes it is followed.
        proba = self.predict_proba(X) if self.tau == 0 else self._proba(X, tau=self.tau)
        if indicator:
            return (proba >= 0.5).astype(int)
        adjusted = proba * np.exp(-self.logit_adjustment * log_shares(self.class_shares_))
        return self.classes_[adjusted.argmax(axis=1)]

    def _new_reader(self) -> TokenReader | FrozenReader:
        """Load what reads the texts, and set its public attributes."""
        for name in ("model_", "tokenizer_", "encoder_"):
            self.__dict__.pop(name, None)  # of a fit before
        if self.freeze_encoder:
            frozen = FrozenReader(str(self.model), self.device, self.n_jobs)
            self.encoder_ = frozen.encoder
            return frozen
        reader = TokenReader(str(self.model), self.max_tokens, self.device, self.n_jobs)
        self.model_, self.tokenizer_ = reader.encoder, reader.tokenizer
        return reader

    def _options(self, seed: int) -> FitOptions:
        return FitOptions(
            batch_size=self.batch_size,
            learning_rate=self.learning_rate or _LEARNING_RATE[bool(self.freeze_encoder)],
            head_learning_rate_ratio=self.head_learning_rate_ratio,
            early_stopping=self.validation_fraction is not None,
            patience=self.patience or _PATIENCE[bool(self.freeze_encoder)],
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            seed=seed,
        )

    def _set_fitted(self, plan: FitPlan, remedies: Remedies) -> None:
        """Set what is known after the training, by class in the order of `classes_`."""
        if not self.freeze_encoder:
            self.model_.requires_grad_(False)
        self.head_.requires_grad_(False)
        self.link_ = remedies.link
        self._losses = [stage.loss for stage in plan.stages]
        counts, n_rows = plan.rows.counts(np.arange(len(plan.rows)))
        self.class_shares_ = counts[self._code_of_class] / n_rows
        self.class_weight_ = plan.stages[-1].class_weight[self._code_of_class]
        self.n_held_out_ = plan.n_held_out[self._code_of_class]

    def _proba(self, X: Texts, *, tau: float) -> np.ndarray:
        import torch

        check_is_fitted(self)
        texts = as_texts(X, allow_empty=True).tolist()
        self._reader.n_jobs = self.n_jobs  # set anew, perhaps
        with torch.inference_mode():
            vectors = self._reader.vectors(texts)
            parts = vectors.split(_ROWS_AT_ONCE)
            if tau == 0:
                logits = torch.cat([self.head_(part) for part in parts])
            else:
                logits = torch.cat([tau_normalized_logits(part, self.head_.weight, tau) for part in parts])
            logits = logits.double()
            proba = logits.softmax(dim=-1) if self.link_ == "softmax" else logits.sigmoid()
        return proba.cpu().numpy()[:, self._code_of_class]

    def _warn_of_two_adjustments(self) -> None:
        for name in ("class_weight", "sampler", "stages"):
            if self.logit_adjustment > 0 and getattr(self, name) is not None:
                warnings.warn(
                    f"{name}={getattr(self, name)!r} already balances the classes, and logit_adjustment="
                    f"{self.logit_adjustment} adjusts for their shares once more. Set one of the two.",
                    UserWarning,
                    stacklevel=4,
                )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        loss = named_loss(self.loss) if self.loss in LOSS_NAMES else self.loss
        if getattr(loss, "link", "softmax") == "sigmoid":
            tags.classifier_tags.multi_class, tags.classifier_tags.multi_label = False, True
        return tags
