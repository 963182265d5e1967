"""Methods of the benchmark, made from their names."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skbalagen.benchmark import load_split, methods
from skbalagen.benchmark.methods import (
    FREE_REMEDIES,
    KnownTexts,
    Method,
    make_resampler,
    make_vector_sampler,
    parse_method,
)
from skbalagen.generators import eda


def test_resamplers_are_made_from_their_names():
    resampler = make_resampler(
        "balagen:beta_low=90,shortfall=keep,generator__epochs=2", seed=3, memory="pool"
    )
    assert (resampler.beta_low, resampler.shortfall, resampler.generator.epochs) == (90, "keep", 2)
    assert (resampler.random_state, resampler.memory) == (3, "pool")
    markov = make_resampler("markov:beta_low=50", seed=0, memory=None)
    assert (type(markov.generator).__name__, markov.beta_low, markov.labelers) == (
        "MarkovChainGenerator",
        50,
        [],
    )
    name = "balagen:voting=all,balance_training={'generator':'largest','labelers':None},beta_low=80"
    strict = make_resampler(name, seed=0, memory=None)
    assert strict.labelers.voting == "all"
    assert (strict.balance_training, strict.beta_low) == ({"generator": "largest", "labelers": None}, 80)
    assert make_resampler(None, seed=0, memory=None) is None
    assert type(make_resampler("rus", seed=0, memory=None)).__name__ == "RandomUnderSampler"


def test_generated_rows_alone(data, monkeypatch):
    # In place of WordNet, which may not be installed.
    monkeypatch.setattr(eda, "synonyms_of", lambda words: {word: (f"{word}ish",) for word in words})
    split = load_split("colours", 0)
    name = "generated-only:generator=eda,labelers=[],n_rows=5"
    X, y = make_resampler(name, seed=0, memory=None).fit_resample(split.X_train, split.y_train)
    assert not set(X) & set(split.X_train)
    assert set(Counter(y).values()) == {5}
    assert set(y) == set(split.y_train)


def test_smote_copies_classes_of_one_row_first():
    y = np.array(["a"] * 9 + ["b"])
    X = np.arange(20.0).reshape(10, 2)
    for sampler in make_vector_sampler(y, 0):
        X, y = sampler.fit_resample(X, y)
    assert Counter(y) == {"a": 9, "b": 9}


def test_a_method_has_the_parts_of_its_name():
    assert parse_method("none") == Method()
    assert parse_method("label-texts+class-weights") == Method(label_texts=True, class_weights=True)
    assert parse_method("logit-adjustment").taus == (1.0,)
    assert parse_method("ros+logit-adjustment:tau=0.5") == Method(resampler="ros", taus=(0.5,))
    assert parse_method("logit-adjustment:tau=chosen").taus == (0.5, 1.0, 1.5)
    balagen = parse_method("balagen:beta_low=95,shortfall=keep+logit-adjustment")
    assert balagen == Method(resampler="balagen:beta_low=95,shortfall=keep", taus=(1.0,))


@pytest.mark.parametrize("name", FREE_REMEDIES)
def test_the_free_remedies_are_methods(name):
    method = parse_method(name)
    assert (method == Method()) == (name == "none")
    assert method.resampler is None or "balagen" not in method.resampler


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("magic", r"got 'magic' in 'magic'. Correct the part"),
        ("ros+magic", r"method must be none, or parts joined by \+ .* got 'magic' in 'ros\+magic'"),
        ("ros+rus", r"got a second, 'rus', in 'ros\+rus'. Drop one"),
        ("smote+smote", "one part of a kind"),
    ],
)
def test_a_method_that_is_none_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        parse_method(name)


class LetterEncoder:
    """Vectors of one dimension per letter: texts are alike that have letters in common."""

    calls: list[list[str]] = []  # noqa: RUF012 - emptied by the fixture

    def fit_transform(self, texts):
        self.calls.append(list(texts))
        vectors = np.array([[text.count(letter) for letter in "abcdefghij"] for text in texts], dtype=float)
        return vectors / np.maximum(1, np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.fixture
def letters(monkeypatch):
    monkeypatch.setattr(methods, "SentenceEncoder", LetterEncoder)
    monkeypatch.setattr(methods, "_VECTORS", {})
    monkeypatch.setattr(LetterEncoder, "calls", [])
    return LetterEncoder


def test_each_text_is_encoded_once_and_vectors_can_be_kept(letters, tmp_path, monkeypatch):
    first = KnownTexts().fit(["a"]).transform(["a", "b", "a"])
    assert first.tolist() == [[1] + [0] * 9, [0, 1] + [0] * 8, [1] + [0] * 9]
    KnownTexts().transform(["b", "c"])
    assert letters.calls == [["a", "b"], ["c"]]
    KnownTexts.save(tmp_path / "vectors.npz")
    monkeypatch.setattr(methods, "_VECTORS", {})
    KnownTexts.load(tmp_path / "none.npz")
    KnownTexts.load(tmp_path / "vectors.npz")
    assert (KnownTexts().transform(["a", "b", "a"]) == first).all()
    assert letters.calls == [["a", "b"], ["c"]]
