"""Ask a language model on this machine for new texts, with rows of the class in the prompt."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.device import resolve_device
from skbalagen._utils.random import as_seed
from skbalagen._utils.sklearn_compat import Interval, StrOptions, fit_context
from skbalagen._utils.text import Labels, Texts, as_texts, fold_text
from skbalagen._utils.validation import check_generator_rows
from skbalagen.generators._lm_model import freeze_model
from skbalagen.generators._lm_rows import warn_of_cut_rows
from skbalagen.generators._lm_scores import token_counts
from skbalagen.generators._lm_tokens import encode_texts, longest_allowed, passages
from skbalagen.generators._lm_workers import ModelFolder, map_in_workers
from skbalagen.generators._prompt_sampling import PromptedLines, encode_framed, prompt_frame, sample_lines
from skbalagen.generators._prompts import (
    COMPLETION_PROMPT,
    LINES_PROMPT,
    RowPrompts,
    check_prompt,
    nearest_classes,
)
from skbalagen.generators.base import check_span_labels
from skbalagen.models.catalog import SMOLLM2
from skbalagen.models.load import load_causal_lm

__all__ = ["PromptGenerator"]

_SMALLEST_PIECE = 16  # texts below which a worker gains too little


class PromptGenerator(BaseEstimator):
    """Ask a language model on this machine for new texts, showing it rows of the class.

    Nothing is trained, and no row leaves the machine. Each prompt shows other rows of the class, drawn at random, and
    rows of the nearest class as what is not meant. `n_texts` candidates share a prompt, whose keys and values are
    computed once. Each is the line that the model writes next.

    Parameters
    ----------
    model : str or path-like, default="SmolLM2-135M-Instruct"
        The embedded model, a hub id such as ``"Qwen/Qwen2.5-1.5B-Instruct"``, or a folder of a model and its
        tokenizer. Weights are read from safetensors only. Larger models, and those that were taught to chat, follow
        a prompt far better.
    chat : bool or "auto", default="auto"
        Whether the prompt is put to the model as a message, by the chat template of its tokenizer, or is the beginning
        of a list that the model goes on with. "auto" is a message where there is a template.
    prompt : str, default=None
        What is asked, with the places {label}, {description}, {examples}, {avoid} and {n}; :meth:`prompt_for` shows it
        filled in, also for None. Without `chat`, it ends where the new text begins.
    label_descriptions : mapping of {label: str}, default=None
        What the classes are about.
    n_examples : int, default=8
        Rows of the class in a prompt, at least 1; all of a class that has fewer.
    n_avoid : int, default=3
        Rows of the class whose words are most alike, as texts that are not meant; at least 0.
    n_texts : int, default=10
        Candidates that share a prompt, at least 1. More are faster and more alike.
    max_tokens : int or "auto", default="auto"
        Longest text, in tokens, its end counted, at least 2. Longer candidates fail, and longer rows are shown up to
        their last sentence that fits, with a warning. "auto" is the length of the longest row, within 64 and 256.
    temperature : float, default=1.0
        Above 0. Below 1, likely tokens become more likely.
    top_p : float, default=0.95
        Probability mass of the nucleus that tokens are drawn from, in (0, 1].
    sampling_batch_size : int, default=128
        Most texts that a worker samples at the same time, at least 1.
    n_jobs : int or None, default=None
        Workers of one thread that sample, as in :class:`~skbalagen.CausalLMGenerator`.
    device : str, default="auto"
        Name of a torch device; "auto" is the accelerator if there is one, else the CPU.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    nearest_class_ : dict of {label: label}
        The other class whose words are most alike, by the cosine of summed TF-IDF vectors.
    chat_ : bool
        Whether prompts are messages.
    max_tokens_ : int
        The longest text, in tokens.
    cut_share_ : float
        Fraction of the rows that are longer, in [0, 1].
    n_examples_, n_avoid_ : int
        Rows in a prompt: as many as the model reads, at most `n_examples` and `n_avoid`.

    See Also
    --------
    EndpointGenerator : The same prompts to a model behind a server.
    CausalLMGenerator : A model that is fine-tuned on the rows.

    Notes
    -----
    Candidate i of a class belongs to its prompt ``i // n_texts``, whose rows depend on the class, that number and the
    seed alone. How far texts are the same on several threads and on other machines is said in
    :class:`~skbalagen.CausalLMGenerator`. Pickles carry no weights: the model is read again when it is needed.

    References
    ----------
    Juuti, Gröndahl, Flanagan & Asokan (2020), "A little goes a long way: Improving toxic language classification despite
    data scarcity", Findings of EMNLP (generation from rows of the class); Brown et al. (2020), "Language Models are
    Few-Shot Learners", NeurIPS, section 2.

    Examples
    --------
    >>> from skbalagen import PromptGenerator
    >>> generator = PromptGenerator()
    >>> generator = generator.fit(["my card is lost", "hello"], ["lost_card", "greeting"])  # doctest: +SKIP
    >>> generator.sample({"lost_card": range(2)}, random_state=0)  # doctest: +SKIP
    {'lost_card': ['i cannot find my card', None]}
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "chat": ["boolean", StrOptions({"auto"})],
        "prompt": [str, None],
        "label_descriptions": [Mapping, None],
        "n_examples": [Interval(Integral, 1, None, closed="left")],
        "n_avoid": [Interval(Integral, 0, None, closed="left")],
        "n_texts": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 2, None, closed="left"), StrOptions({"auto"})],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "top_p": [Interval(Real, 0, 1, closed="right")],
        "sampling_batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "device": [str],
    }

    def __init__(
        self,
        *,
        model: str | Path = SMOLLM2,
        chat: bool | Literal["auto"] = "auto",
        prompt: str | None = None,
        label_descriptions: Mapping[Any, str] | None = None,
        n_examples: int = 8,
        n_avoid: int = 3,
        n_texts: int = 10,
        max_tokens: int | Literal["auto"] = "auto",
        temperature: float = 1.0,
        top_p: float = 0.95,
        sampling_batch_size: int = 128,
        n_jobs: int | None = None,
        device: str = "auto",
    ) -> None:
        self.model = model
        self.chat = chat
        self.prompt = prompt
        self.label_descriptions = label_descriptions
        self.n_examples = n_examples
        self.n_avoid = n_avoid
        self.n_texts = n_texts
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.top_p = top_p
        self.sampling_batch_size = sampling_batch_size
        self.n_jobs = n_jobs
        self.device = device

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Load the model, remember the rows, and find the nearest class of each class.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts, none of them blank.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            `X` and `y` are not one text and one label per row; the prompt has a place that is unknown, or none for the
            rows; `chat` is True and the tokenizer has no chat template; a prompt with one row exceeds what the model
            reads.
        OSError
            The model cannot be read.

        Warns
        -----
        UserWarning
            Rows are longer than `max_tokens_`, or fewer of them than wanted fit into what the model reads.
        """
        if self.prompt is not None:
            check_prompt(self.prompt)
        texts, self.labels_ = check_generator_rows(as_texts(X), y)
        self.classes_ = np.unique(self.labels_)
        self.nearest_class_ = nearest_classes(texts, self.labels_, self.classes_)
        self._load()
        has_template = bool(getattr(self._tokenizer, "chat_template", None))
        if self.chat is True and not has_template:
            raise ValueError(
                f"chat=True needs a model whose tokenizer has a chat template, got {str(self.model)!r}, which has none. "
                "Leave chat at 'auto', or name a model that was taught to chat."
            )
        self.chat_ = has_template if self.chat == "auto" else bool(self.chat)
        self._frame = prompt_frame(self._tokenizer, self.chat_)
        self._context = getattr(self._model.config, "max_position_embeddings", None)
        self._lengths = np.array([len(tokens) for tokens in encode_texts(self._tokenizer, texts.tolist())])
        self.max_tokens_ = longest_allowed(
            self.max_tokens, int(self._lengths.max()) + 1, "", 0, self._context
        )
        shown, n_cut = passages(self._tokenizer, texts.tolist(), self.max_tokens_)
        self.texts_ = np.array(shown, dtype=object)
        self.cut_share_ = n_cut / len(texts)
        warn_of_cut_rows(n_cut, len(texts), self.max_tokens_)
        self._fit_context()
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
            Seed of the rows that are shown, and of the streams.

        Returns
        -------
        dict of {label: list of (str or None)}
            In the order of the ranges; None for a line that is empty, reached `max_tokens_`, holds control characters or
            special tokens, or repeats a row of its prompt.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        ValueError
            A label that was not fitted.
        OSError
            The generator comes from a pickle, and its model cannot be read here.
        """
        check_is_fitted(self)
        check_span_labels(spans, self.classes_.tolist())
        if not hasattr(self, "_model"):
            self._load()
        seed = as_seed(random_state)
        prompts = self._prompts(self.n_examples_, self.n_avoid_)
        asked, known = [], []
        for label, span in spans.items():
            for number in range(
                span.start // self.n_texts, -(-span.stop // self.n_texts) if len(span) else 0
            ):
                first = number * self.n_texts
                prompt = prompts.draw(label, number, seed)
                shared = range(max(first, span.start), min(first + self.n_texts, span.stop))
                asked.append(PromptedLines(prompt.text, label, shared))
                known.append(prompt.known)
        options = {
            "top_p": self.top_p,
            "temperature": self.temperature,
            "batch_size": self.sampling_batch_size,
        }
        written = map_in_workers(
            partial(sample_lines, self._frame, options, seed, self.max_tokens_),
            asked,
            self._model,
            self._tokenizer,
            folder=self._folder,
            n_jobs=self.n_jobs,
            smallest=max(1, _SMALLEST_PIECE // self.n_texts),
        )
        found: dict[Any, list[str | None]] = {label: [] for label in spans}
        for lines, texts, rows in zip(asked, written, known, strict=True):
            found[lines.label] += [
                None if text is None or fold_text(text) in rows else text for text in texts
            ]
        return found

    def prompt_for(self, label: Any, number: int = 0, *, random_state: int = 0) -> str:
        """Return a prompt as the model reads it, chat template included.

        Parameters
        ----------
        label : object
            A class.
        number : int, default=0
            Of the prompt, from 0: candidate i of the class belongs to prompt ``i // n_texts``.
        random_state : int, default=0
            Seed of the rows that are shown.
        """
        check_is_fitted(self)
        check_span_labels({label: range(0)}, self.classes_.tolist())
        prompt = self._prompts(self.n_examples_, self.n_avoid_).draw(label, number, random_state)
        return prompt.text.join(self._frame)

    def count_tokens(self, words: Sequence[str]) -> list[int]:
        """Return in how many tokens the model reads each of the `words`: those that it does not know take several."""
        check_is_fitted(self)
        if not hasattr(self, "_tokenizer"):
            self._load()
        return token_counts(self._tokenizer, words)

    def _load(self) -> None:
        self._model, self._tokenizer = load_causal_lm(str(self.model), dtype="auto")
        self._model.to(resolve_device(self.device))
        freeze_model(self._model)
        self._folder = ModelFolder()

    def _prompts(self, n_examples: int, n_avoid: int) -> RowPrompts:
        return RowPrompts(
            texts=self.texts_,
            labels=self.labels_,
            nearest=self.nearest_class_,
            template=self.prompt or (LINES_PROMPT if self.chat_ else COMPLETION_PROMPT),
            descriptions=self.label_descriptions,
            n_examples=n_examples,
            n_avoid=n_avoid,
            n_texts=self.n_texts,
        )

    def _fit_context(self) -> None:
        """Set how many rows a prompt shows: so many that the longest rows of any class fit beside a text."""
        self.n_examples_, self.n_avoid_ = self.n_examples, self.n_avoid
        if self._context is None:
            return
        room, prompts = self._context - self.max_tokens_, self._prompts(self.n_examples, self.n_avoid)
        for label in self.classes_.tolist():
            while (n_tokens := self._n_longest(prompts, label)) > room:
                if self.n_avoid_:
                    self.n_avoid_ -= 1
                elif self.n_examples_ > 1:
                    self.n_examples_ -= 1
                else:
                    raise ValueError(
                        f"A prompt and max_tokens must fit into the {self._context} tokens that the model reads, got "
                        f"{n_tokens} tokens of a prompt with one row of class {label!r} and max_tokens="
                        f"{self.max_tokens_}. Lower max_tokens, or shorten prompt or label_descriptions."
                    )
        if (self.n_examples_, self.n_avoid_) != (self.n_examples, self.n_avoid):
            warnings.warn(
                f"n_examples={self.n_examples} and n_avoid={self.n_avoid} rows should fit into the {self._context} "
                f"tokens that the model reads, got longer ones: prompts show {self.n_examples_} and {self.n_avoid_}. "
                "Lower max_tokens, which shortens them, or name a model that reads more.",
                UserWarning,
                stacklevel=4,  # past fit and scikit-learn's wrapper of it
            )

    def _n_longest(self, prompts: RowPrompts, label: Any) -> int:
        """Return the tokens of a prompt that shows the longest rows of a class and of its nearest."""

        def longest(of: Any, n: int) -> list[int]:
            return sorted(prompts.rows[of], key=lambda row: -self._lengths[row])[:n]

        other = self.nearest_class_.get(label)
        avoided = [] if other is None else longest(other, self.n_avoid_)
        prompt = prompts.showing(label, longest(label, self.n_examples_), avoided)
        return len(encode_framed(self._tokenizer, self._frame, prompt.text))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the weights out of pickles: the model is read again when it is needed."""
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_model", "_tokenizer")}
