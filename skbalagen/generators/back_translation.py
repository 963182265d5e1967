"""Translate a row into another language and back."""

from __future__ import annotations

from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

import numpy as np

from skbalagen._torch.device import resolve_device, torch_seed
from skbalagen._utils.sklearn_compat import Interval, fit_context
from skbalagen._utils.text import Labels, Texts, fold_text
from skbalagen.generators.row_editing import RowEditingGenerator
from skbalagen.models.load import load_seq2seq_lm

__all__ = ["BackTranslationGenerator"]


class BackTranslationGenerator(RowEditingGenerator):
    """Translate a random row of the class into another language and back, and so reword it.

    Both translations are sampled, so that a row has many candidates. A candidate that differs from its row in case and
    white space only fails, as does a row of more than `max_tokens` tokens.

    Parameters
    ----------
    forward, backward : str
        Two translation models that take a text as it is and are each other's inverse, such as the Marian models
        ``"Helsinki-NLP/opus-mt-en-de"`` and ``"Helsinki-NLP/opus-mt-de-en"``: hub ids, or folders with safetensors.
        Their tokenizers need the package sentencepiece.
    top_p : float, default=0.9
        Words are drawn from the likeliest ones, which have this probability together; in (0, 1].
    temperature : float, default=1.0
        Above 0; below 1 likely words are drawn even more often.
    max_tokens : int, default=256
        Most tokens of a row and of a translation, at least 2.
    device : str, default="auto"
        A torch device; "auto" is an accelerator if there is one.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the row that is translated.

    References
    ----------
    Sennrich, Haddow & Birch (2016), "Improving Neural Machine Translation Models with Monolingual Data", ACL, section
    3; as augmentation of text classification in Xie et al. (2020), "Unsupervised Data Augmentation for Consistency
    Training", NeurIPS.

    Examples
    --------
    >>> from skbalagen import BackTranslationGenerator
    >>> generator = BackTranslationGenerator(
    ...     forward="Helsinki-NLP/opus-mt-en-de", backward="Helsinki-NLP/opus-mt-de-en", top_p=0.95
    ... )
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "forward": [str, Path],
        "backward": [str, Path],
        "top_p": [Interval(Real, 0, 1, closed="right")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "max_tokens": [Interval(Integral, 2, None, closed="left")],
        "device": [str],
    }

    def __init__(
        self,
        *,
        forward: str | Path = "Helsinki-NLP/opus-mt-en-de",
        backward: str | Path = "Helsinki-NLP/opus-mt-de-en",
        top_p: float = 0.9,
        temperature: float = 1.0,
        max_tokens: int = 256,
        device: str = "auto",
    ) -> None:
        self.forward = forward
        self.backward = backward
        self.top_p = top_p
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.device = device

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Load the models, and remember the training rows.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError, ValueError
            As :meth:`~skbalagen.generators.RowEditingGenerator.fit`.
        OSError
            A model cannot be read.
        """
        super().fit(X, y)
        self._load()
        return self

    def _load(self) -> list[tuple[Any, Any]]:
        """Return both models with their tokenizers; they are read again after a pickle, which leaves them out."""
        if not hasattr(self, "translators_"):
            device = resolve_device(self.device)
            self.translators_ = []
            for name in (self.forward, self.backward):
                model, tokenizer = load_seq2seq_lm(str(name))
                self.translators_.append((model.to(device), tokenizer))
        return self.translators_

    def __getstate__(self) -> dict[str, Any]:
        """Leave the models out of pickles: nothing in them was learned here."""
        state = dict(super().__getstate__())
        state.pop("translators_", None)
        return state

    def _edit(self, text: str, rng: np.random.Generator) -> str | None:
        translated: str | None = text
        for model, tokenizer in self._load():
            # A seed for each direction, whether or not the one before gave a text.
            seed = int(rng.integers(2**31))
            translated = translated and self._translate(translated, model, tokenizer, seed)
        return translated if translated and fold_text(translated) != fold_text(text) else None

    def _translate(self, text: str, model: Any, tokenizer: Any, seed: int) -> str | None:
        import torch

        batch = tokenizer([text], return_tensors="pt").to(model.device)
        batch.pop("token_type_ids", None)
        if batch["input_ids"].shape[1] > self.max_tokens:
            return None
        # One row at a time: what is beside it in a batch would change the last bits, and so a draw now and then.
        with torch_seed(seed), torch.inference_mode():
            ids = model.generate(
                **batch,
                do_sample=True,
                num_beams=1,
                top_k=0,
                top_p=self.top_p,
                temperature=self.temperature,
                max_new_tokens=self.max_tokens,
            )
        return tokenizer.decode(ids[0], skip_special_tokens=True).strip() or None
