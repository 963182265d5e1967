"""Text estimators behind a thin shell that writes a row of numbers as a sentence, for scikit-learn's check suite.

The suite feeds tables of numbers and would skip all but one check of an estimator of texts.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data


def failed(estimator: Any, expected: dict[str, str] | None = None) -> tuple[list[str], int]:
    """Run scikit-learn's suite; return the names of the checks that failed, and how many passed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = check_estimator(estimator, expected_failed_checks=expected, on_fail=None, on_skip=None)
    names = [f"{o['check_name']}: {o['exception']}" for o in outcomes if o["status"] == "failed"]
    return names, sum(o["status"] == "passed" for o in outcomes)


class OnNumbers:
    """Write each row of a table as a sentence, so that a text estimator can read it."""

    def _sentences(self, X):
        return [" ".join(f"{ascii_lowercase[j % 26]}{v:.0f}" for j, v in enumerate(row)) for row in X]

    def fit(self, X, y=None, **weights):
        if y is None and (hasattr(self, "predict") or hasattr(self, "sample")):
            validate_data(self, X, y, accept_sparse=False)
        several = np.asarray(y).ndim == 2
        X = validate_data(self, X) if y is None else validate_data(self, X, y, multi_output=several)[0]
        return super().fit(self._sentences(X), y, **weights)

    def _read(self, X):
        return self._sentences(validate_data(self, X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = False, True, False
        return tags


class OnNumbersWithProba(OnNumbers):
    """For estimators whose predict goes by way of predict_proba, which must not read the sentences twice."""

    def predict_proba(self, X):
        return super().predict_proba(X if isinstance(X, list) else self._read(X))


class OnNumbersWithBoth(OnNumbers):
    """For estimators whose predict and predict_proba do not call each other."""

    def predict(self, X):
        return super().predict(self._read(X))

    def predict_proba(self, X):
        return super().predict_proba(self._read(X))


class HashedWords(TransformerMixin, BaseEstimator):
    """Stands in for the sentence encoder, whose weights would make the suite take an hour."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return HashingVectorizer(n_features=256, token_pattern=r"\S+").transform(X).toarray()


def on_numbers(estimator: type, shell: type = OnNumbers) -> type:
    """Return a class of the estimator behind a shell, which pickles find under its name here."""
    name = f"{estimator.__name__}{shell.__name__}"
    globals()[name] = type(name, (shell, estimator), {"__module__": __name__})
    return globals()[name]


def save_number_model(folder: Path) -> str:
    """Save an untrained GPT-2 whose words are those of the sentences, such as "a1" and "b-2"; return its folder."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = [
        "<end>",
        "<unk>",
        *(f"{c}{sign}{n}" for c in ascii_lowercase for sign in ("", "-") for n in range(10)),
    ]
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>")
    fast.save_pretrained(folder)
    config = GPT2Config(
        vocab_size=len(words),
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=64,
        initializer_range=0.2,
        bos_token_id=0,
        eos_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        GPT2LMHeadModel(config).save_pretrained(folder)
    return str(folder)
