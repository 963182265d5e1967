"""Conditional BERT: words of a row are masked and written anew by a model that sees the class."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skbalagen._torch.device import resolve_device, torch_seed
from skbalagen._torch.threads import one_thread
from skbalagen._torch.trainer import TrainingHistory, fine_tune
from skbalagen._utils.random import as_seed, stream_rng
from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts, merge_repeats
from skbalagen._utils.threads import check_stopped
from skbalagen.generators.base import check_span_labels
from skbalagen.generators.sample_copy import SampleCopyGenerator
from skbalagen.models.load import load_masked_lm
from skbalagen.models.quiet import quiet_transformers
from skbalagen.parallel import map_pieces, n_threads

if TYPE_CHECKING:
    import torch

__all__ = ["MaskedLMGenerator"]

_STATE_FILE = "masked_lm.json"


class MaskedLMGenerator(BaseEstimator):
    """Mask some words of a random row of the class, and let a masked language model that knows the class fill them.

    The classes take the place of BERT's two segments: each has an embedding, which is added to that of every token. The
    model is fine-tuned on the rows, and so learns which words belong to which class.

    Parameters
    ----------
    model : str, default="bert-base-uncased"
        A BERT with its language model head: a hub id, or a folder with safetensors. The embedded encoder has no such
        head.
    epochs : int, default=10
        Passes over the distinct rows, at least 1. The masks are new in each.
    batch_size : int, default=32
        Rows per training step, at least 1.
    learning_rate : float, default=5e-5
        Peak learning rate of AdamW, above 0.
    mask_share : float, default=0.15
        Of the tokens of a row, how many are masked in training, in (0, 1): at least one, at most 20.
    tokens_per_mask : int, default=7
        A candidate has one token of so many written anew, and at least one; at least 1.
    max_tokens : int, default=64
        Longer rows are cut; at least 3.
    n_jobs : int or None, default=None
        Threads that fine-tune and write on a CPU, as in :class:`CausalLMGenerator`; weights and candidates are the
        same, to the last bit, for any number.
    device : str, default="auto"
        A torch device; "auto" is an accelerator if there is one.
    random_state : int, RandomState instance or None, default=None
        Of the new embeddings, the masks, the order of rows and the dropout.
    verbose : int, default=0
        From 1, a progress bar is shown.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the row that is edited.
    model_ : transformers.PreTrainedModel
    tokenizer_ : transformers.PreTrainedTokenizerBase
    history_ : TrainingHistory
        Loss per epoch.

    References
    ----------
    Wu, Lv, Zang, Han & Hu (2019), "Conditional BERT Contextual Augmentation", ICCS, section 3.

    Examples
    --------
    >>> from skbalagen import MaskedLMGenerator
    >>> generator = MaskedLMGenerator(epochs=5, random_state=0)
    >>> generator.fit(["a great film", "a dull film"], ["good", "bad"])  # doctest: +SKIP
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "model": [str, Path],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "mask_share": [Interval(Real, 0, 1, closed="neither")],
        "tokens_per_mask": [Interval(Integral, 1, None, closed="left")],
        "max_tokens": [Interval(Integral, 3, None, closed="left")],
        "n_jobs": [Integral, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        model: str | Path = "bert-base-uncased",
        epochs: int = 10,
        batch_size: int = 32,
        learning_rate: float = 5e-5,
        mask_share: float = 0.15,
        tokens_per_mask: int = 7,
        max_tokens: int = 64,
        n_jobs: int | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.mask_share = mask_share
        self.tokens_per_mask = tokens_per_mask
        self.max_tokens = max_tokens
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Fine-tune the model on masked rows.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed. Repeated rows are learned once, with their number as weight.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            As :meth:`~skbalagen.generators.RowEditingGenerator.fit`; and if no row has a token to mask.
        OSError
            The model cannot be read, has no language model head, or no segments.
        """
        import torch

        self.copies_ = SampleCopyGenerator().fit(X, y)
        self.classes_ = self.copies_.classes_
        rng = np.random.default_rng(as_seed(self.random_state))
        self.model_, self.tokenizer_ = load_masked_lm(str(self.model))
        self._give_classes(int(rng.integers(2**31)))
        self.model_.to(resolve_device(self.device))
        codes = np.empty(len(self.copies_.texts_), dtype=int)
        for code, rows in enumerate(self.copies_.rows_.values()):
            codes[rows] = code
        texts, codes, weights = merge_repeats(self.copies_.texts_, codes, np.ones(len(codes)))
        tokens = [self._tokens(text) for text in texts]
        kept = [i for i, ids in enumerate(tokens) if len(self._maskable(ids))]
        if not kept:
            raise ValueError(
                f"X must have a row with a token to mask, got {len(tokens)} rows without any. Add texts."
            )
        tokens = [tokens[i] for i in kept]
        labels, weights = codes[kept], weights[kept] / weights[kept].mean()
        masks: list[tuple[list[int], list[int]]] = []  # of the rows in this epoch
        mask_seed = int(rng.integers(2**31))

        def mask_all(epoch: int) -> None:
            epoch_rng = np.random.default_rng([mask_seed, epoch])
            masks[:] = [self._mask(ids, epoch_rng) for ids in tokens]

        def loss(rows: np.ndarray) -> torch.Tensor:
            masked, wanted = zip(*(masks[r] for r in rows), strict=True)
            logits = self._logits(list(masked), labels[rows])
            targets = _padded(list(wanted), -100, logits.shape[1]).to(logits.device)
            each = torch.nn.functional.cross_entropy(
                logits.float().transpose(1, 2), targets, ignore_index=-100, reduction="none"
            )
            per_row = each.sum(dim=1) / (targets != -100).sum(dim=1)
            return (per_row * torch.from_numpy(weights[rows]).to(per_row)).mean()

        self.history_: TrainingHistory = fine_tune(
            self.model_,
            loss,
            [len(ids) for ids in tokens],
            draws=lambda _: np.arange(len(tokens)),
            on_epoch_start=mask_all,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            n_threads=n_threads(self.n_jobs, self.model_.device),
            rng=rng,
            verbose=self.verbose,
        )
        self.model_.requires_grad_(False)
        return self

    def sample(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, list[str | None]]:
        """Return candidates of each label's stream; None for a blank row, or one whose words all stayed the same.

        Parameters
        ----------
        spans : mapping of {label: range}
            Which candidates of each class; ranges of step 1.
        random_state : int, RandomState instance or None, default=None
            Seed of the streams.

        Returns
        -------
        dict of {label: list of (str or None)}

        Raises
        ------
        NotFittedError
            `fit` was not called, or the generator comes from a pickle, which carries no weights.
        ValueError, TypeError
            A label that was not fitted, or a span that is no range from 0 on.
        """
        check_is_fitted(self)
        if not hasattr(self, "model_"):
            raise NotFittedError(
                "This MaskedLMGenerator must have its weights to sample, but it comes from a pickle, which leaves them "
                "out. Keep them with save(folder) and MaskedLMGenerator.load(folder), or fit it again."
            )
        check_span_labels(spans, self.classes_.tolist())
        seed = as_seed(random_state)
        drawn = self.source_rows(spans, random_state=seed)
        sources = [
            (text, label, index)
            for label, span in spans.items()
            for index, text in zip(span, self.copies_.texts_[drawn[label]], strict=True)
        ]
        rewrite = partial(self._rewrite_all, seed)
        n_jobs = n_threads(self.n_jobs, self.model_.device) or 1
        with one_thread():  # and never processes, to which the weights would have to be sent
            written = iter(map_pieces(rewrite, sources, n_jobs=n_jobs, worth_sending=None))
        return {label: list(islice(written, len(span))) for label, span in spans.items()}

    def source_rows(
        self, spans: Mapping[Any, range], *, random_state: int | np.random.RandomState | None = None
    ) -> dict[Any, np.ndarray]:
        """Return the training row of each candidate.

        As :meth:`~skbalagen.generators.RowEditingGenerator.source_rows` does.
        """
        check_is_fitted(self)
        return self.copies_.sample_rows(spans, random_state=random_state)

    def save(self, folder: str | Path) -> None:
        """Write the fitted generator to a folder: weights as safetensors, the rest as JSON."""
        check_is_fitted(self)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with quiet_transformers():
            self.model_.save_pretrained(folder)
            self.tokenizer_.save_pretrained(folder)
        parameters = self.get_params() | {
            "model": str(self.model),
            "random_state": self.random_state if isinstance(self.random_state, int) else None,
        }
        rows = {
            str(i): [label, numbers.tolist()] for i, (label, numbers) in enumerate(self.copies_.rows_.items())
        }
        state = {"parameters": parameters, "texts": self.copies_.texts_.tolist(), "rows": rows}
        state["history"] = vars(self.history_)
        (folder / _STATE_FILE).write_text(json.dumps(state), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return the generator that :meth:`save` wrote to a folder.

        Raises
        ------
        OSError
            There is none.
        """
        path = Path(folder) / _STATE_FILE
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder} must be a folder that MaskedLMGenerator.save wrote, got one without {_STATE_FILE}."
            )
        state = json.loads(path.read_text(encoding="utf-8"))
        generator = cls(**state["parameters"])
        labels = np.empty(len(state["texts"]), dtype=object)
        for label, numbers in state["rows"].values():
            labels[numbers] = label
        generator.copies_ = SampleCopyGenerator().fit(state["texts"], labels)
        generator.classes_ = generator.copies_.classes_
        generator.history_ = TrainingHistory(**state["history"])
        generator.model_, generator.tokenizer_ = load_masked_lm(str(folder))
        generator.model_.to(resolve_device(generator.device)).requires_grad_(False)
        return generator

    def __getstate__(self) -> dict[str, Any]:
        """Leave the weights out of pickles."""
        state = dict(super().__getstate__())
        for name in ("model_", "tokenizer_"):
            state.pop(name, None)
        return state

    def _give_classes(self, seed: int) -> None:
        """Put embeddings of the classes, N(0, 0.02), in the place of those of the segments."""
        import torch

        embeddings: Any = getattr(self.model_.base_model, "embeddings", None)
        old = getattr(embeddings, "token_type_embeddings", None)
        if old is None:
            raise OSError(
                f"MaskedLMGenerator needs a BERT with segment embeddings, got {self.model!r}, a "
                f"{type(self.model_).__name__} without. Use a BERT, such as bert-base-uncased."
            )
        with torch_seed(seed), torch.no_grad():
            new = torch.nn.Embedding(len(self.classes_), old.embedding_dim)
            new.weight.normal_(0.0, 0.02)
        embeddings.token_type_embeddings = new
        self.model_.config.type_vocab_size = len(self.classes_)

    def _tokens(self, text: str) -> list[int]:
        return self.tokenizer_(text, truncation=True, max_length=self.max_tokens)["input_ids"]

    def _maskable(self, ids: list[int]) -> np.ndarray:
        """Return the places of tokens that are not special."""
        return np.flatnonzero(~np.isin(ids, self.tokenizer_.all_special_ids))

    def _mask(self, ids: list[int], rng: np.random.Generator) -> tuple[list[int], list[int]]:
        """Return tokens with some masked, and what was there; -100 elsewhere."""
        places = self._maskable(ids)
        n = min(20, max(1, round(self.mask_share * len(places))))
        masked, wanted = list(ids), [-100] * len(ids)
        for place in rng.choice(places, n, replace=False).tolist():
            masked[place], wanted[place] = self.tokenizer_.mask_token_id, ids[place]
        return masked, wanted

    def _logits(self, tokens: list[list[int]], codes: np.ndarray) -> torch.Tensor:
        """Return logits of shape (n_rows, n_tokens, n_vocabulary)."""
        import torch

        device = self.model_.device
        ids = _padded(tokens, self.tokenizer_.pad_token_id)
        seen = _padded([[1] * len(row) for row in tokens], 0)
        types = torch.from_numpy(codes)[:, None].expand(ids.shape)
        return self.model_(
            input_ids=ids.to(device), attention_mask=seen.to(device), token_type_ids=types.to(device)
        ).logits

    def _rewrite_all(self, seed: int, sources: Sequence[tuple[str, Any, int]]) -> list[str | None]:
        """Return the candidate that each (text, label, place in the stream) becomes."""
        codes = {label: code for code, label in enumerate(self.classes_.tolist())}
        written = []
        for text, label, index in sources:
            check_stopped()
            written.append(self._rewrite(text, codes[label], stream_rng(seed, label, index)))
        return written

    def _rewrite(self, text: str, code: int, rng: np.random.Generator) -> str | None:
        import torch

        ids = self._tokens(text)
        places = self._maskable(ids)
        if not len(places):
            return None
        chosen = rng.choice(places, max(1, len(places) // self.tokens_per_mask), replace=False)
        masked = list(ids)
        for place in chosen.tolist():
            masked[place] = self.tokenizer_.mask_token_id
        # One row at a time: what is beside it in a batch would change the last bits, and so a draw now and then.
        with torch.inference_mode():
            logits = self._logits([masked], np.array([code]))[0].double()
            logits[:, self.tokenizer_.all_special_ids] = -torch.inf
            shares = logits[torch.from_numpy(chosen)].softmax(dim=-1).cumsum(dim=-1).cpu().numpy()
        for place, cumulative in zip(chosen.tolist(), shares, strict=True):
            masked[place] = min(int(np.searchsorted(cumulative, rng.random())), len(cumulative) - 1)
        if masked == ids:
            return None
        return self.tokenizer_.decode(masked, skip_special_tokens=True).strip() or None


def _padded(rows: list[list[int]], value: int, width: int = 0) -> torch.Tensor:
    """Return rows of different length as one tensor, filled up with `value`."""
    import torch

    width = max(width, max(map(len, rows)))
    return torch.tensor([row + [value] * (width - len(row)) for row in rows])
