"""No public estimator is without scikit-learn's checks; here those that no other file runs, and what is no text."""

from __future__ import annotations

import inspect
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.base import BaseEstimator, clone
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

import skbalagen
from skbalagen import (
    BackTranslationGenerator,
    BalaGenResampler,
    CausalLMGenerator,
    EDAGenerator,
    EmbeddingClassifier,
    EmbeddingSubstitutionGenerator,
    EndpointGenerator,
    GeneratorUnion,
    LabelerEnsemble,
    LabelTextOverSampler,
    LogitAdjustedClassifier,
    MarkovChainGenerator,
    MaskedLMGenerator,
    NlpaugGenerator,
    PromptGenerator,
    RemedyClassifier,
    RemedySearchCV,
    SampleCopyGenerator,
    SentenceInsertionGenerator,
    SentenceShuffleGenerator,
    TextSampler,
)
from skbalagen.compare import Remedy
from tests.generators.tiny_letters import build_letters_model
from tests.on_numbers import HashedWords, OnNumbersWithBoth, failed, on_numbers

TESTS = Path(__file__).parent

# Files that run the suite for estimators which need more than this one has.
ELSEWHERE = {
    "test_estimator_checks.py": (
        "BalaGenResampler", "EmbeddingClassifier", "LabelTextOverSampler", "LabelerEnsemble",
        "LogitAdjustedClassifier", "SentenceEncoder", "SetFitClassifier", "TextSampler", "TransformerClassifier",
    ),
    "over_sampling/test_base.py": ("ECRT", "GANOverSampler", "GE3", "MISO", "REPRINT", "VAEOverSampler"),
    "classifiers/test_self_training.py": ("BalancedSelfTrainingClassifier",),
}  # fmt: skip

# The suite fits one label per row, or calls methods that these have not.
NOT_CHECKED = {
    "MLROS": "takes several labels per row only",
    "SampleQualityPolicy": "a policy: it has no fit",
    "WeakClassPolicy": "a policy: it has no fit",
}


class Longer(BaseEstimator):
    """An augmenter."""

    def augment(self, text):
        return text + " x"


def words():
    return make_pipeline(HashingVectorizer(n_features=256, token_pattern=r"\S+"), LogisticRegression(C=10.0))


class Anywhere:
    """A model that is never asked."""

    def to(self, device):
        return self


REMEDIES = [Remedy(name="none")]
ON_NUMBERS = {
    "EDAGenerator": on_numbers(EDAGenerator)(operations=("swap", "delete")),
    "EmbeddingSubstitutionGenerator": on_numbers(EmbeddingSubstitutionGenerator)(n_neighbors=1),
    "EndpointGenerator": on_numbers(EndpointGenerator)(base_url="http://localhost:1/v1", model="none"),
    "GeneratorUnion": on_numbers(GeneratorUnion)([("chain", MarkovChainGenerator())]),
    "MarkovChainGenerator": on_numbers(MarkovChainGenerator)(),
    "NlpaugGenerator": on_numbers(NlpaugGenerator)(Longer()),
    "RemedyClassifier": on_numbers(RemedyClassifier, OnNumbersWithBoth)(words(), class_weights=True),
    "RemedySearchCV": on_numbers(RemedySearchCV, OnNumbersWithBoth)(
        words(), remedies=REMEDIES, cv=2, n_repeats=1, random_state=0
    ),
    "SampleCopyGenerator": on_numbers(SampleCopyGenerator)(),
    "SentenceInsertionGenerator": on_numbers(SentenceInsertionGenerator)(),
    "SentenceShuffleGenerator": on_numbers(SentenceShuffleGenerator)(),
}
WITH_MODELS = {
    "BackTranslationGenerator": on_numbers(BackTranslationGenerator)(forward="there", backward="back"),
    "CausalLMGenerator": on_numbers(CausalLMGenerator)(epochs=1, max_tokens=12, random_state=0),
    "MaskedLMGenerator": on_numbers(MaskedLMGenerator)(epochs=1, max_tokens=12, random_state=0),
    "PromptGenerator": on_numbers(PromptGenerator)(n_examples=1, n_avoid=1, n_texts=2, max_tokens=12),
}


def test_every_public_estimator_is_checked_somewhere():
    public = {name: getattr(skbalagen, name) for name in skbalagen.__all__}
    estimators = {n for n, o in public.items() if inspect.isclass(o) and issubclass(o, BaseEstimator)}
    elsewhere = {name for names in ELSEWHERE.values() for name in names}
    assert estimators == {*ON_NUMBERS, *WITH_MODELS, *elsewhere, *NOT_CHECKED}


@pytest.mark.parametrize("file", ELSEWHERE)
def test_the_other_files_name_their_estimators(file):
    source = (TESTS / file).read_text(encoding="utf-8")
    assert [name for name in ELSEWHERE[file] if name not in source] == []
    assert "check_estimator" in source or "failed(" in source


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_estimators_of_texts_pass_the_checks_of_scikit_learn(monkeypatch, name):
    rows = np.random.default_rng(0).normal(size=(50, 3))
    monkeypatch.setattr(
        "skbalagen.generators.substitution.word_embeddings",
        lambda model: ([f"w{i}" for i in range(50)], rows),
    )
    names, n_passed = failed(ON_NUMBERS[name])
    assert names == []
    assert n_passed >= 40


@pytest.mark.parametrize("name", WITH_MODELS)
def test_generators_with_models_pass_the_checks_of_scikit_learn(
    monkeypatch, tmp_path, tiny_gpt2, tiny_bert, name
):
    monkeypatch.setattr(
        "skbalagen.generators.back_translation.load_seq2seq_lm", lambda name: (Anywhere(), None)
    )
    generator = clone(WITH_MODELS[name])
    if name == "CausalLMGenerator":
        generator.set_params(model=str(tiny_gpt2))
    if name == "PromptGenerator":
        generator.set_params(model=str(build_letters_model(tmp_path, [string.printable])))
    if name == "MaskedLMGenerator":
        import torch
        from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

        pieces = [*"abcdefghijklmnopqrstuvwxyz-", *(f"##{i}" for i in range(10)), *map(str, range(10))]
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
        (tmp_path / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
        BertTokenizerFast(vocab=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
        config = BertConfig.from_pretrained(tiny_bert, vocab_size=len(vocabulary))
        with torch.random.fork_rng():
            BertForMaskedLM(config).save_pretrained(tmp_path)
        generator.set_params(model=str(tmp_path))
    names, n_passed = failed(generator)
    assert names == []
    assert n_passed >= 40


X = ["red wine", "white wine", "a beer", "rain today"]
Y = ["drink", "drink", "drink", "weather"]

FITTED_ON_TEXTS = {
    "BalaGenResampler": BalaGenResampler(generator="sample-copy", random_state=0),
    "EDAGenerator": EDAGenerator(operations=("swap",)),
    "EmbeddingClassifier": EmbeddingClassifier(encoder=HashedWords()),
    "LabelTextOverSampler": LabelTextOverSampler(when="always"),
    "LabelerEnsemble": LabelerEnsemble(estimators=[words()]),
    "LogitAdjustedClassifier": LogitAdjustedClassifier(words()),
    "MarkovChainGenerator": MarkovChainGenerator(),
    "NlpaugGenerator": NlpaugGenerator(Longer()),
    "RemedyClassifier": RemedyClassifier(words()),
    "RemedySearchCV": RemedySearchCV(words(), remedies=REMEDIES, cv=2, n_repeats=1, random_state=0),
    "SampleCopyGenerator": SampleCopyGenerator(),
    "SentenceInsertionGenerator": SentenceInsertionGenerator(),
    "SentenceShuffleGenerator": SentenceShuffleGenerator(),
    "TextSampler": TextSampler(RandomOverSampler(random_state=0)),
}


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (None, (TypeError, ValueError), "one label per row"),
        ([*Y[:3], None], ValueError, "y must have one label per row, got None in row 3. Remove such rows"),
        ([*Y[:3], float("nan")], ValueError, "got nan in row 3"),
        (pd.Series([*Y[:3], pd.NA]), ValueError, "in row 3"),
        ([*Y[:3], " "], ValueError, "got ' ' in row 3"),
        (["1", "1", "1", 1], TypeError, r"of one type .* got '1' \(str\) in row 0 and 1 \(int\) in row 3"),
        ([True, True, True, "True"], TypeError, r"True \(bool\) in row 0 and 'True' \(str\) in row 3"),
        ([b"b", "b", "b", "b"], TypeError, r"b'b' \(bytes\) in row 0"),
        (Y[:3], ValueError, "inconsistent numbers of samples"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", FITTED_ON_TEXTS)
def test_labels_that_are_not_one_per_row_are_refused_by_all(name, y, error, message):
    estimator = clone(FITTED_ON_TEXTS[name])
    with pytest.raises(error, match=message):
        estimator.fit(X, y)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (None, (TypeError, ValueError), "X must "),
        ([*X[:3], None], TypeError, r"X must hold texts only, got None \(NoneType\) in row 3"),
        ([*X[:3], 4.5], TypeError, r"got 4.5 \(float\) in row 3"),
        ([*X[:3], "\ud800"], ValueError, "a lone surrogate in row 3"),
        ("a text", TypeError, "got a single str"),
        ([], ValueError, "X must hold at least one text"),
    ],
    ids=["None", "None in it", "number", "surrogate", "str", "empty"],
)
@pytest.mark.parametrize("name", sorted(FITTED_ON_TEXTS.keys() - {"LogitAdjustedClassifier"}))
def test_what_is_no_column_of_texts_is_refused_by_all(name, texts, error, message):
    estimator = clone(FITTED_ON_TEXTS[name])
    with pytest.raises(error, match=message):
        estimator.fit(texts, Y)


@pytest.mark.parametrize(
    "labels", [[1, 1, 1, 2], [False, False, False, True], [1.0, 1.0, 1.0, 2.0], Y], ids=repr
)
def test_labels_come_back_with_the_type_they_had(labels):
    _, y = BalaGenResampler(generator="sample-copy", random_state=0).fit_resample(X, labels)
    assert {type(label) for label in y} == {type(labels[0])}
    naive = make_pipeline(HashingVectorizer(alternate_sign=False), MultinomialNB())
    predicted = RemedyClassifier(naive).fit(X, labels).predict(X).tolist()
    assert {type(label) for label in predicted} == {type(labels[0])}
