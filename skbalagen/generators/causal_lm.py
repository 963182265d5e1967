"""A causal language model, fine-tuned with the class label prepended to each text."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unicodedata import category

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.decoding import sample_tokens
from skbalagen._torch.device import compute_dtype, resolve_device
from skbalagen._torch.lora import add_adapters, merge_adapters
from skbalagen._torch.token_loss import token_loss
from skbalagen._torch.trainer import TrainingHistory, fine_tune
from skbalagen._utils.random import as_seed, stream_rng
from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts, label_words
from skbalagen.generators.base import check_span_labels
from skbalagen.models.catalog import SMOLLM2
from skbalagen.models.load import load_causal_lm
from skbalagen.models.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch

__all__ = ["CausalLMGenerator"]

_STATE_FILE = "generator.json"
_IGNORED = -100  # torch's own mark for a position without a target
_WORD = re.compile(r"[^\W\d_]{2}")  # two letters side by side


class CausalLMGenerator(BaseEstimator):
    """Fine-tune a causal language model on "label: text" and sample texts for a label.

    The prompt is the label as a person reads it, or what `label_descriptions` says of it. The loss counts
    the text and the end-of-text token, not the label. A row that occurs several times (D_S copies the rows
    of small classes) is encoded once and drawn up to `max_copies` times an epoch: what a small model reads
    too often it recites.

    Parameters
    ----------
    model : str, default="SmolLM2-135M-Instruct"
        The embedded model, a hub id such as ``"gpt2"`` or ``"gpt2-medium"`` (the paper's), or a folder that
        holds a model and its tokenizer. Weights are read from safetensors only.
    label_descriptions : dict of {label: str}, default=None
        What the prompt says instead of the label. How well the prompt names the class matters more than
        any other setting.
    label_as_text : bool, default=True
        Whether the first candidate of each class is its prompt, if that has a word in it: the cheapest text
        that is certain to be about the class. The labelers judge it as they do the others.
    epochs : int, default=3
        Passes over the training rows, at least 1.
    max_copies : int, default=2
        Most times that one row is drawn an epoch, at least 1.
    max_rows : int, default=256
        Most distinct rows of one class an epoch, drawn anew for each, at least 1: a class of thousands would
        cost most of the time to learn what is seldom generated.
    batch_size : int, default=16
        Rows a training step (the paper: 10).
    learning_rate : float, default=1e-3
        Peak rate of AdamW. Full fine-tuning wants a tenth of what adapters do (the paper: 1e-4).
    lora_rank : int or None, default=16
        Rank of the adapters that are trained beside the frozen weights and added to them afterwards; None
        trains all weights, as the paper does, in twice the time and three times the memory.
    validation_fraction : float, default=0.0
        Share of the distinct rows held out, in [0, 0.5], from classes that have at least ten of them. Above
        0, training stops when the validation perplexity rises, and the best epoch is kept.
    patience : int, default=1
        Epochs without a better perplexity before training stops.
    max_tokens : int, default=64
        Longest text, in tokens, the end-of-text token counted (the paper: 100). Longer candidates fail.
    temperature : float, default=1.0
        Above 0; below 1 the likely tokens become likelier.
    top_p : float, default=0.95
        Mass of the nucleus that tokens are drawn from, in (0, 1].
    sampling_batch_size : int, default=128
        Texts that are sampled side by side.
    device : str, default="auto"
        A torch device; "auto" is an accelerator where there is one.
    random_state : int, RandomState instance or None, default=None
        Order of the training rows, dropout and held-out rows.
    verbose : int, default=0
        From 1, a progress bar of the fine-tuning is shown.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    prompts_ : dict of {label: str}
        What the model reads before a text of each class.
    model_ : transformers.PreTrainedModel
        The fine-tuned model, in evaluation mode, in the dtype it samples with.
    tokenizer_ : transformers.PreTrainedTokenizerBase
        Its tokenizer.
    history_ : TrainingHistory
        Losses of each epoch, and why training stopped.
    validation_perplexity_ : float
        Of the kept weights, a token; nan where nothing was held out.

    Notes
    -----
    A pickled generator carries no weights, so that a fitted resampler stays small: use :meth:`save` and
    :meth:`load`.

    References
    ----------
    Tepper et al. (2020), section on the generator; Anaby-Tavor et al. (2020), "Do Not Have Enough Data?
    Deep Learning to the Rescue!" (LAMBADA).

    Examples
    --------
    >>> from skbalagen import CausalLMGenerator
    >>> texts, labels = ["which flight is it", "book a table"], ["flight_no", "booking"]
    >>> generator = CausalLMGenerator(label_descriptions={"flight_no": "what number a flight has"})
    >>> generator = generator.fit(texts, labels)  # doctest: +SKIP
    >>> generator.sample({"flight_no": range(2)}, random_state=0)  # doctest: +SKIP
    {'flight_no': ['what is the flight number of ...', 'which flight ...']}
    """

    # The rows of a class, measured in docs/ablations.md.
    advised_rows = 100

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "label_descriptions": [Mapping, None],
        "label_as_text": ["boolean"],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "max_copies": [Interval(Integral, 1, None, closed="left")],
        "max_rows": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "lora_rank": [Interval(Integral, 1, None, closed="left"), None],
        "validation_fraction": [Interval(Real, 0, 0.5, closed="both")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 2, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "top_p": [Interval(Real, 0, 1, closed="right")],
        "sampling_batch_size": [Interval(Integral, 1, None, closed="left")],
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
        max_copies: int = 2,
        max_rows: int = 256,
        batch_size: int = 16,
        learning_rate: float = 1e-3,
        lora_rank: int | None = 16,
        validation_fraction: float = 0.0,
        patience: int = 1,
        max_tokens: int = 64,
        temperature: float = 1.0,
        top_p: float = 0.95,
        sampling_batch_size: int = 128,
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
        self.sampling_batch_size = sampling_batch_size
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @staticmethod
    def advised_share(n_rows: int) -> float:
        """Return how much of what a class lacks is better generated than copied.

        Few rows lack the words that a class is asked about with, many have them. The numbers are measured
        (``docs/ablations.md``).

        Parameters
        ----------
        n_rows : int
            Rows of the class, at least 1.

        Returns
        -------
        float
            A half for up to 16 rows, a quarter from 32 on, ``8 / n_rows`` in between.

        Examples
        --------
        >>> [CausalLMGenerator.advised_share(n) for n in (1, 16, 20, 32, 1000)]
        [0.5, 0.5, 0.4, 0.25, 0.25]
        """
        return min(max(8 / n_rows, 0.25), 0.5)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Fine-tune the model.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; repeated rows are drawn up to `max_copies` times an epoch.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object
        """
        rng = np.random.default_rng(as_seed(self.random_state))
        self.classes_ = np.unique(np.asarray(y))
        self.prompts_ = self._prompts(self.classes_.tolist())
        device = resolve_device(self.device)
        # Frozen weights need no float32 copy; weights that are trained do.
        dtype = "float32" if self.lora_rank is None else compute_dtype(device)
        self.model_, self.tokenizer_ = load_causal_lm(str(self.model), dtype=dtype)
        self.model_.to(device)
        if self.lora_rank is not None:
            add_adapters(self.model_, rank=self.lora_rank, seed=int(rng.integers(2**31)))

        counts: dict[tuple[str, Any], int] = {}
        for row in zip(map(str, X), np.asarray(y).tolist(), strict=True):
            counts[row] = counts.get(row, 0) + 1
        sequences, n_prompt = self._encode(list(counts))
        exposures = np.minimum(list(counts.values()), self.max_copies)
        held_out = _held_out([label for _, label in counts], self.validation_fraction, rng)
        exposures[held_out] = 0
        codes = np.searchsorted(self.classes_, [label for _, label in counts])

        # Texts are short: plain products beat the fused attention kernel, whose backward pass is slow.
        self.model_.set_attn_implementation("eager")
        self.history_ = fine_tune(
            self.model_,
            lambda rows: self._loss([sequences[r] for r in rows], n_prompt[rows]),
            [len(s) for s in sequences],
            draws=lambda epoch_rng: _draw(exposures, codes, self.max_rows, epoch_rng),
            validation=(lambda: self._mean_loss(sequences, n_prompt, held_out)) if len(held_out) else None,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            counts=np.array([len(s) for s in sequences]) - n_prompt,
            patience=self.patience,
            rng=rng,
            verbose=self.verbose,
        )
        best = min(self.history_.validation_loss, default=math.nan)
        self.validation_perplexity_ = math.exp(best)
        merge_adapters(self.model_)
        self.model_.requires_grad_(False)
        self.model_.to(compute_dtype(device))
        self.model_.set_attn_implementation("sdpa")
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Sample candidates of each label's stream.

        Parameters
        ----------
        spans : mapping of label to range
            Which candidates of each class; all classes of one call share the batches.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: list of (str or None)}
            In the order of the ranges; None for an empty text, one that reached `max_tokens`, and one with
            control characters or special tokens, which are no text.

        Raises
        ------
        ValueError
            A label that was not fitted.
        """
        check_is_fitted(self)
        if not hasattr(self, "model_"):
            raise NotFittedError(
                "This CausalLMGenerator was pickled, and pickles leave its weights out. Keep them with save(folder) "
                "and CausalLMGenerator.load(folder), or fit it again."
            )
        check_span_labels(spans, self.classes_.tolist())
        seed = as_seed(random_state)
        given = {label for label in spans if self.label_as_text and _WORD.search(self.prompts_[label])}
        numbers = {label: number for number, label in enumerate(spans)}
        written = [(c, index) for c, span in spans.items() for index in span if index or c not in given]
        tokens = sample_tokens(
            self.model_,
            [self._prompt_tokens(label) for label in spans],
            [(numbers[c], stream_rng(seed, c, index).random(self.max_tokens)) for c, index in written],
            end_token=self.tokenizer_.eos_token_id,
            top_p=self.top_p,
            temperature=self.temperature,
            batch_size=self.sampling_batch_size,
        )
        decoded = self.tokenizer_.batch_decode([t or [] for t in tokens])
        texts = dict(zip(written, decoded, strict=False))  # of no tokens batch_decode makes one empty text
        special = self.tokenizer_.all_special_tokens
        return {
            label: [_clean(texts.get((label, index), self.prompts_[label]), special) for index in span]
            for label, span in spans.items()
        }

    def save(self, folder: str | Path) -> None:
        """Write the fitted generator to a folder, which is made if it is not there.

        Parameters
        ----------
        folder : str or path-like
            It gets the model as safetensors, its tokenizer, and generator.json with the parameters and the
            other fitted attributes. transformers can load it too. Labels must be str, int, float or bool.
        """
        check_is_fitted(self)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        parameters = self.get_params() | {
            "model": str(self.model),
            "label_descriptions": list((self.label_descriptions or {}).items()) or None,
            # Another's random state cannot be written down, and is not needed to sample.
            "random_state": self.random_state if isinstance(self.random_state, int) else None,
        }
        state = {
            "parameters": parameters,
            "prompts": list(self.prompts_.items()),
            "history": asdict(self.history_),
            "validation_perplexity": self.validation_perplexity_,
        }
        with quiet_transformers():
            self.model_.save_pretrained(folder)
            self.tokenizer_.save_pretrained(folder)
        (folder / _STATE_FILE).write_text(json.dumps(state, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return the fitted generator that :meth:`save` wrote to `folder`.

        Raises
        ------
        OSError
            The folder holds no such generator.
        """
        path = Path(folder) / _STATE_FILE
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder} holds no {_STATE_FILE}, expected a folder written by CausalLMGenerator.save. To start "
                "from a model of transformers, pass the folder as model= and fit."
            )
        state = json.loads(path.read_text(encoding="utf-8"))
        parameters = state["parameters"]
        if parameters["label_descriptions"] is not None:
            parameters["label_descriptions"] = dict(parameters["label_descriptions"])
        generator = cls(**parameters)
        generator.prompts_ = dict(state["prompts"])
        generator.classes_ = np.array(list(generator.prompts_))
        generator.history_ = TrainingHistory(**state["history"])
        generator.validation_perplexity_ = state["validation_perplexity"]
        generator.model_, generator.tokenizer_ = load_causal_lm(str(folder), dtype="auto")
        device = resolve_device(generator.device)
        generator.model_.to(device, compute_dtype(device)).requires_grad_(False)
        generator.model_.set_attn_implementation("sdpa")
        return generator

    def __getstate__(self) -> dict[str, Any]:
        """Leave the weights out of pickles: :meth:`save` keeps them, without running code on loading."""
        state = dict(super().__getstate__())
        state.pop("model_", None)
        state.pop("tokenizer_", None)
        return state

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy the weights too, unlike a pickle."""
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied.__dict__.update({name: deepcopy(value, memo) for name, value in vars(self).items()})
        return copied

    def _prompts(self, labels: list[Any]) -> dict[Any, str]:
        described = dict(self.label_descriptions or {})
        unknown = [label for label in described if label not in labels]
        if unknown:
            warnings.warn(
                f"label_descriptions names classes that are not in y: {unknown!r}. They are ignored; the "
                f"classes are {labels!r}.",
                UserWarning,
                stacklevel=3,
            )
        return {label: described.get(label, label_words(label)) for label in labels}

    def _prompt_tokens(self, label: Any) -> list[int]:
        return self.tokenizer_(f"{self.prompts_[label]}:", add_special_tokens=False)["input_ids"]

    def _encode(self, rows: list[tuple[str, Any]]) -> tuple[list[list[int]], np.ndarray]:
        """Return the tokens of "label: text", end token last, and how many of them are the prompt."""
        prompts = {label: self._prompt_tokens(label) for label in {label for _, label in rows}}
        texts = self.tokenizer_([f" {text.strip()}" for text, _ in rows], add_special_tokens=False)[
            "input_ids"
        ]
        end = [self.tokenizer_.eos_token_id]
        sequences = [
            prompts[label] + (tokens + end)[: self.max_tokens]
            for (_, label), tokens in zip(rows, texts, strict=True)
        ]
        return sequences, np.array([len(prompts[label]) for _, label in rows])

    def _loss(self, sequences: list[list[int]], n_prompt: np.ndarray) -> torch.Tensor:
        """Mean cross-entropy of the text tokens; the vocabulary projection is computed for these alone."""
        import torch

        width = max(map(len, sequences))
        ids = torch.zeros(len(sequences), width, dtype=torch.long)
        targets = torch.full((len(sequences), width), _IGNORED)
        seen = torch.zeros(len(sequences), width, dtype=torch.long)
        for i, (tokens, n) in enumerate(zip(sequences, n_prompt, strict=True)):
            ids[i, : len(tokens)] = torch.tensor(tokens)
            seen[i, : len(tokens)] = 1
            targets[i, n - 1 : len(tokens) - 1] = ids[i, n : len(tokens)]  # each position predicts the next
        device = self.model_.device
        counted = targets != _IGNORED
        hidden = self.model_.base_model(
            input_ids=ids.to(device), attention_mask=seen.to(device), use_cache=False
        ).last_hidden_state[counted.to(device)]
        return token_loss(hidden, self.model_.get_output_embeddings(), targets[counted].to(device))

    def _mean_loss(self, sequences: list[list[int]], n_prompt: np.ndarray, rows: np.ndarray) -> float:
        total, n_tokens = 0.0, 0
        for part in np.array_split(rows, math.ceil(len(rows) / 32)):
            n = sum(len(sequences[r]) - n_prompt[r] for r in part)
            total += n * float(self._loss([sequences[r] for r in part], n_prompt[part]))
            n_tokens += n
        return total / n_tokens


def _clean(text: str, special: Sequence[str]) -> str | None:
    """Return the text with single spaces, or None where it is none."""
    text = " ".join(text.split())
    broken = any(category(c) in ("Cc", "Cn", "Co", "Cs") or c == "\ufffd" for c in text)
    return None if not text or broken or any(token in text for token in special) else text


def _draw(exposures: np.ndarray, codes: np.ndarray, max_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Return the rows of one epoch: each as often as `exposures` says, of `max_rows` of its class at most."""
    order = rng.permutation(np.flatnonzero(exposures))
    order = order[np.argsort(codes[order], kind="stable")]
    starts = np.searchsorted(codes[order], codes[order])  # where the class of each row begins
    rows = order[np.arange(len(order)) - starts < max_rows]
    return np.repeat(rows, exposures[rows])


def _held_out(labels: list[Any], fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Draw that share of the rows of every class that has at least ten."""
    if fraction == 0:
        return np.array([], dtype=int)
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    parts = [np.flatnonzero(codes == c) for c in range(codes.max() + 1)]
    return np.sort(
        np.concatenate(
            [
                rng.permutation(rows)[: round(fraction * len(rows))] if len(rows) >= 10 else rows[:0]
                for rows in parts
            ]
        )
    )
