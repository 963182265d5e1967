"""Translate a row into another language and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

Translation = Callable[[list[str]], Sequence[str | None]]


class BackTranslationGenerator(RowEditingGenerator):
    """Translate a random row of the class into another language and back, and so reword it.

    Translations of models are sampled, so that a row has many candidates. A candidate that differs from its row in case
    and white space only fails, as does a row of more than `max_tokens` tokens.

    Parameters
    ----------
    forward, backward : str, path-like or callable
        Two translation models that take a text as it is and are each other's inverse, such as the Marian models
        ``"Helsinki-NLP/opus-mt-en-de"`` and ``"Helsinki-NLP/opus-mt-de-en"``: hub ids, or folders with safetensors.
        Their tokenizers need the package sentencepiece. Or functions from a list of texts to the list of their
        translations (None where there is none), such as of a service or of another program. They are called once for
        all rows of a call of `sample`. If they always translate alike, a row has one candidate.
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

    With functions of one's own:

    >>> words = {"late": "spaet", "tardy": "spaet"}
    >>> def to_german(texts):
    ...     return [" ".join(words.get(word, word) for word in text.split()) for text in texts]
    >>> def to_english(texts):
    ...     return [text.replace("spaet", "tardy") for text in texts]
    >>> generator = BackTranslationGenerator(forward=to_german, backward=to_english)
    >>> generator.fit(["my parcel is late"], ["delivery"]).sample({"delivery": range(1)}, random_state=0)
    {'delivery': ['my parcel is tardy']}
    """

    _parameter_constraints: dict = {  # noqa: RUF012 - scikit-learn's own form
        "forward": [str, Path, callable],
        "backward": [str, Path, callable],
        "top_p": [Interval(Real, 0, 1, closed="right")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "max_tokens": [Interval(Integral, 2, None, closed="left")],
        "device": [str],
    }

    def __init__(
        self,
        *,
        forward: str | Path | Translation = "Helsinki-NLP/opus-mt-en-de",
        backward: str | Path | Translation = "Helsinki-NLP/opus-mt-de-en",
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
        self.translators_ = self._load()
        return self

    def _load(self) -> list[Any]:
        """Return what translates in each direction: a function, or a model and its tokenizer."""
        return [
            given if callable(given) else self._load_model(given) for given in (self.forward, self.backward)
        ]

    def _load_model(self, name: str | Path) -> tuple[Any, Any]:
        model, tokenizer = load_seq2seq_lm(str(name))
        return model.to(resolve_device(self.device)), tokenizer

    def __getstate__(self) -> dict[str, Any]:
        """Leave the models out of pickles: nothing in them was learned here."""
        state = dict(super().__getstate__())
        state.pop("translators_", None)
        return state

    def _edit_all(self, texts: Sequence[str], rngs: Sequence[np.random.Generator]) -> list[str | None]:
        if not hasattr(self, "translators_"):  # models are left out of pickles
            self.translators_ = self._load()
        translated: list[str | None] = list(texts)
        for translator in self.translators_:
            # A seed for each direction, whether or not the one before gave a text.
            seeds = [int(rng.integers(2**31)) for rng in rngs]
            rows = [i for i, text in enumerate(translated) if text and text.strip()]
            given = [str(translated[i]) for i in rows]
            if callable(translator):
                answers = _ask(translator, given)
            else:
                model, tokenizer = translator
                answers = [
                    self._translate(text, model, tokenizer, seeds[i])
                    for i, text in zip(rows, given, strict=True)
                ]
            translated = [None] * len(texts)
            for i, answer in zip(rows, answers, strict=True):
                translated[i] = answer
        return [
            text if text and fold_text(text) != fold_text(row) else None
            for row, text in zip(texts, translated, strict=True)
        ]

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


def _ask(translate: Translation, texts: list[str]) -> list[str | None]:
    """Return what a function makes of texts; it is shown each of them once."""
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return []
    answers = list(translate(distinct))
    if len(answers) != len(distinct):
        raise ValueError(
            f"forward and backward of BackTranslationGenerator must return one translation per text, got {len(answers)} "
            f"for {len(distinct)}. Return None for a text that has none."
        )
    for text, answer in zip(distinct, answers, strict=True):
        if not (answer is None or isinstance(answer, str)):
            raise TypeError(
                f"forward and backward of BackTranslationGenerator must return texts or None, got {answer!r} "
                f"({type(answer).__name__}) for {text!r}. Return the text of the translation."
            )
    found = dict(zip(distinct, answers, strict=True))
    return [(found[text] or "").strip() or None for text in texts]
