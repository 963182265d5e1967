"""A causal language model, fine-tuned with the class label prepended to each text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.checkpoint import resumable
from skbalagen._torch.trainer import fine_tune
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import Interval, StrOptions, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts
from skbalagen._utils.validation import check_generator_rows
from skbalagen.generators._lm_best import likeliest
from skbalagen.generators._lm_model import freeze_model, load_to_train, read_generator, write_generator
from skbalagen.generators._lm_rows import TrainingRows, advised_share, class_prompts, warn_of_cut_rows
from skbalagen.generators._lm_scores import token_counts
from skbalagen.generators._lm_tokens import clean_text, special_tokens
from skbalagen.generators._lm_workers import ModelFolder, sample_in_workers
from skbalagen.generators._words import has_word
from skbalagen.generators.base import check_span_labels
from skbalagen.models.catalog import SMOLLM2
from skbalagen.parallel import n_threads

__all__ = ["CausalLMGenerator"]


class CausalLMGenerator(BaseEstimator):
    """Fine-tune a causal language model on "label: text" and sample texts for a label.

    The prompt is the label as a person reads it, or its entry in `label_descriptions`. The loss counts the
    text and the end-of-text token, not the prompt. A repeated row counts up to `max_copies` times: a small
    model recites what it reads too often.

    Parameters
    ----------
    model : str, default="SmolLM2-135M-Instruct"
        The embedded model, a hub id such as ``"gpt2-medium"`` (the paper's), or a folder of a model and its
        tokenizer. Weights are read from safetensors only.
    label_descriptions : dict of {label: str}, default=None
        Prompts that replace labels. How well the prompt names the class matters more than any other setting.
    label_as_text : bool, default=True
        Whether the first candidate of each class is its prompt, if that has a word in it.
    epochs : int, default=3
        Passes over the training rows, at least 1.
    max_copies : int or None, default=2
        Most that a repeated row counts, at least 1: it is read once per epoch, with that weight. None reads it
        as often as it is repeated, as the paper does.
    max_rows : int, default=256
        Upper bound on the distinct rows of a class per epoch, at least 1. Each epoch draws its own.
    batch_size : int, default=16
        Rows per training step, each as often as it counts (the paper: 10).
    learning_rate : float, default=1e-3
        Peak rate of AdamW, above 0. Training all weights needs about a tenth of it (the paper: 1e-4).
    lora_rank : int or None, default=16
        Rank of the adapters that are trained and then merged into the weights, at least 1. None trains all
        weights, as the paper does, in twice the time and three times the memory.
    validation_fraction : float, default=0.0
        Fraction of the distinct rows held out, in [0, 0.5], from classes of at least ten such rows. Above 0,
        training stops when their perplexity rises, and the weights of the best epoch are kept.
    patience : int, default=1
        Epochs without a better perplexity before training stops, at least 1.
    max_tokens : int or "auto", default="auto"
        Longest text, in tokens, the end-of-text token counted (the paper: 100), at least 2. Longer candidates fail,
        and longer rows are read up to their last sentence that fits, with a warning. "auto" is the length of the
        longest row, within 64 and 256 (some 180 words) and what the model reads.
    temperature : float, default=1.0
        Above 0. Below 1, likely tokens become more likely.
    top_p : float, default=0.95
        Probability mass of the nucleus that tokens are drawn from, in (0, 1].
    best_of : int, default=1
        Texts that are drawn for each candidate, at least 1; the one whose tokens are likeliest on average is kept. More
        texts are fluent and right then, and fewer are new, for more than so many times the time of sampling
        (``docs/text_quality.md``).
    sampling_batch_size : int, default=128
        Most texts that a worker samples at the same time, at least 1; fewer where their keys and values would take
        more than half a gigabyte.
    n_jobs : int or None, default=None
        Workers of one thread that fine-tune and sample on a CPU, by the conventions of joblib: -1 is all cores that
        this process may use, and so is None, unless torch has fewer threads, ``joblib.parallel_config`` says
        otherwise, or a worker of joblib runs this. They are threads of this process; another backend of
        ``parallel_config`` replaces them for sampling.
    device : str, default="auto"
        Name of a torch device; "auto" is the accelerator if there is one, else the CPU.
    random_state : int, RandomState instance or None, default=None
        Seed of the order of the rows, of dropout, of the adapters' first values and of the held-out rows.
    verbose : int, default=0
        From 1, a progress bar of the fine-tuning is shown.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    prompts_ : dict of {label: str}
        The text before each text of a class.
    model_ : transformers.PreTrainedModel
        The fine-tuned model, in evaluation mode, in the dtype it samples with.
    tokenizer_ : transformers.PreTrainedTokenizerBase
    max_tokens_ : int
        The longest text, in tokens.
    cut_share_ : float
        Fraction of the rows that are longer, in [0, 1].
    history_ : TrainingHistory
        Losses of each epoch, and why training stopped.
    validation_perplexity_ : float
        Per token, of the kept weights; nan if no rows were held out.

    Notes
    -----
    Pickles carry no weights, to stay small; :meth:`save` and :meth:`load` keep them.

    On a CPU, fine-tuned weights and candidates are the same, to the last bit, for any `n_jobs`, and a candidate for any
    `sampling_batch_size` and whatever is sampled beside it. On an accelerator, libraries sum in an order that depends
    on the number of rows: there, and on another kind of processor, a few texts may turn at a draw between two tokens.

    References
    ----------
    Tepper et al. (2020), "Balancing via Generation for Multi-Class Text Classification Improvement",
    Findings of EMNLP; Anaby-Tavor et al. (2020), "Do Not Have Enough Data? Deep Learning to the Rescue!",
    AAAI (LAMBADA); Holtzman et al. (2020), "The Curious Case of Neural Text Degeneration", ICLR (`top_p`);
    Adiwardana et al. (2020), "Towards a Human-like Open-Domain Chatbot" (`best_of`: sample-and-rank).

    Examples
    --------
    >>> generator = CausalLMGenerator(label_descriptions={"flight_no": "what number a flight has"})
    >>> generator = generator.fit(["which flight is it"], ["flight_no"])  # doctest: +SKIP
    >>> generator.sample({"flight_no": range(2)}, random_state=0)  # doctest: +SKIP
    {'flight_no': ['what is the flight number of ...', 'which flight ...']}
    """

    advised_share = staticmethod(advised_share)
    advised_rows = 100  # measured in docs/ablations.md

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "label_descriptions": [Mapping, None],
        "label_as_text": ["boolean"],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "max_copies": [Interval(Integral, 1, None, closed="left"), None],
        "max_rows": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "lora_rank": [Interval(Integral, 1, None, closed="left"), None],
        "validation_fraction": [Interval(Real, 0, 0.5, closed="both")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 2, None, closed="left"), StrOptions({"auto"})],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "top_p": [Interval(Real, 0, 1, closed="right")],
        "best_of": [Interval(Integral, 1, None, closed="left")],
        "sampling_batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        model: str | Path = SMOLLM2,
        label_descriptions: Mapping[Any, str] | None = None,
        label_as_text: bool = True,
        epochs: int = 3,
        max_copies: int | None = 2,
        max_rows: int = 256,
        batch_size: int = 16,
        learning_rate: float = 1e-3,
        lora_rank: int | None = 16,
        validation_fraction: float = 0.0,
        patience: int = 1,
        max_tokens: int | Literal["auto"] = "auto",
        temperature: float = 1.0,
        top_p: float = 0.95,
        best_of: int = 1,
        sampling_batch_size: int = 128,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.label_descriptions = label_descriptions
        self.label_as_text = label_as_text
        self.epochs = epochs
        self.max_copies = max_copies
        self.max_rows = max_rows
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.lora_rank = lora_rank
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.top_p = top_p
        self.best_of = best_of
        self.sampling_batch_size = sampling_batch_size
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Fine-tune the model.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts, none of them blank.
        y : array-like of shape (n_samples,)
            Their labels; a single class will do.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            `X` is one string or holds something that is not a text, or `y` holds labels of several types.
        ValueError
            `X` is empty or holds a blank text, `y` holds a missing label, they differ in length, or a prompt and
            `max_tokens` exceed what the model reads.
        OSError
            The model cannot be read.
        FloatingPointError
            The loss is infinite or no number: `learning_rate` is too high.
        """
        texts, labels = check_generator_rows(as_texts(X), y)
        seed = as_seed(self.random_state)
        rng = np.random.default_rng(seed)
        self.classes_ = np.unique(labels)
        self.prompts_ = class_prompts(self.classes_.tolist(), self.label_descriptions)
        self.model_, self.tokenizer_ = load_to_train(str(self.model), self.device, self.lora_rank, rng)
        rows = TrainingRows(
            self.tokenizer_,
            texts,
            labels,
            self.prompts_,
            self.max_tokens,
            self.max_copies,
            context=getattr(self.model_.config, "max_position_embeddings", None),
        )
        self.max_tokens_, self.cut_share_ = rows.max_tokens, rows.n_cut / len(texts)
        warn_of_cut_rows(rows.n_cut, len(texts), rows.max_tokens)
        rows.hold_out(self.validation_fraction, rng)
        self.history_ = fine_tune(
            self.model_,
            lambda part: rows.loss(self.model_, part),
            rows.lengths,
            draws=lambda epoch_rng: rows.draw(self.max_rows, epoch_rng),
            validation=(lambda: rows.validation_loss(self.model_)) if len(rows.held_out) else None,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            counts=rows.n_counted,
            places=rows.weights,
            patience=self.patience,
            rng=rng,
            n_threads=n_threads(self.n_jobs, self.model_.device),
            verbose=self.verbose,
            **resumable(self.get_params() | {"n_jobs": None}, texts.tolist(), labels.tolist(), seed),
        )
        self.validation_perplexity_ = math.exp(min(self.history_.validation_loss, default=math.nan))
        freeze_model(self.model_)
        self._folder = ModelFolder()
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Sample candidates of each label's stream.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1. All classes of a call share the batches.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: list of (str or None)}
            In the order of the ranges; None for a text that is empty, reached `max_tokens_`, or holds control
            characters or special tokens.

        Raises
        ------
        NotFittedError
            `fit` was not called, or the generator comes from a pickle, which carries no weights.
        ValueError
            A label that was not fitted.
        """
        check_is_fitted(self)
        if not hasattr(self, "model_"):
            raise NotFittedError(
                "This CausalLMGenerator must have its weights to sample, but it comes from a pickle, which leaves "
                "them out. Keep them with save(folder) and CausalLMGenerator.load(folder), or fit it again."
            )
        check_span_labels(spans, self.classes_.tolist())
        prompted = {label for label in spans if self.label_as_text and has_word(self.prompts_[label])}
        sampled = [(c, index) for c, span in spans.items() for index in span if index or c not in prompted]
        drawn = [(c, index * self.best_of + draw) for c, index in sampled for draw in range(self.best_of)]
        parts = (self.model_, self.tokenizer_, self.prompts_)
        workers: dict[str, Any] = {"folder": self._folder, "n_jobs": self.n_jobs}
        decoded = sample_in_workers(
            *parts,
            drawn,
            **workers,
            seed=as_seed(random_state),
            max_tokens=self.max_tokens_,
            top_p=self.top_p,
            temperature=self.temperature,
            batch_size=self.sampling_batch_size,
        )
        if self.best_of > 1:
            decoded = likeliest(*parts, [c for c, _ in drawn], decoded, best_of=self.best_of, **workers)
        texts = dict(zip(sampled, decoded, strict=True))
        special = special_tokens(self.tokenizer_)
        prompts = {label: clean_text(self.prompts_[label], special) for label in spans}
        return {
            label: [texts.get((label, index), prompts[label]) for index in span]
            for label, span in spans.items()
        }

    def count_tokens(self, words: Sequence[str]) -> list[int]:
        """Return in how many tokens the model reads each of the `words`: those that it does not know take several."""
        check_is_fitted(self, "tokenizer_")
        return token_counts(self.tokenizer_, words)

    def save(self, folder: str | Path) -> None:
        """Write the fitted generator to a folder, which is created if it does not exist.

        Parameters
        ----------
        folder : str or path-like
            It gets the model as safetensors, its tokenizer, and generator.json with the parameters and the
            other fitted attributes. transformers can load it too.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        TypeError
            A label that is no str, int, float or bool.
        """
        check_is_fitted(self, ["prompts_", "model_"])
        write_generator(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return the fitted generator that :meth:`save` wrote to `folder`.

        Parameters
        ----------
        folder : str or path-like
            Where :meth:`save` wrote it.

        Returns
        -------
        CausalLMGenerator

        Raises
        ------
        OSError
            The folder holds no such generator.
        """
        return read_generator(cls, folder)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the weights out of pickles; :meth:`save` keeps them as safetensors."""
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("model_", "tokenizer_")}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy the weights too, unlike a pickle."""
        copied = memo[id(self)] = type(self).__new__(type(self))
        copied.__dict__.update({name: deepcopy(value, memo) for name, value in vars(self).items()})
        return copied
