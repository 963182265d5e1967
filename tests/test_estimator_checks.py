"""The check suites of imbalanced-learn and scikit-learn.

scikit-learn's suite feeds tables of numbers. Samplers take them as they are. Estimators of texts run behind the shell
of `on_numbers.py`, and the checks see everything else: cloning, fitted state, pickling, invariances, shapes, labels of
all types and error messages.
"""

from __future__ import annotations

import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from imblearn.utils.estimator_checks import parametrize_with_checks
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skbalagen import (
    BalaGenResampler,
    EmbeddingClassifier,
    LabelerEnsemble,
    LabelTextOverSampler,
    LogitAdjustedClassifier,
    SentenceEncoder,
    SetFitClassifier,
    TextSampler,
    TransformerClassifier,
)
from tests.on_numbers import HashedWords, OnNumbers, OnNumbersWithProba, failed, on_numbers, save_number_model

SAMPLERS = [
    BalaGenResampler(random_state=0),
    LabelTextOverSampler(),
    TextSampler(RandomOverSampler(random_state=0)),
    TextSampler(RandomUnderSampler(random_state=0)),
]


# The suites resample tables of numbers, which have no texts, and that is warned of.
@pytest.mark.filterwarnings("ignore:X is a table of numbers:UserWarning")
@parametrize_with_checks(SAMPLERS)
def test_samplers_pass_the_checks_of_imbalanced_learn(estimator, check, request):
    check(estimator)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_samplers_pass_the_checks_of_scikit_learn(sampler):
    names, n_passed = failed(sampler)
    assert names == []
    assert n_passed >= 40


@pytest.mark.parametrize(
    "classifier",
    [
        LogitAdjustedClassifier(LogisticRegression()),
        LogitAdjustedClassifier(LogisticRegression(), tau="auto", random_state=0),
        LogitAdjustedClassifier(DecisionTreeClassifier(random_state=0)),
    ],
    ids=repr,
)
def test_logit_adjusted_classifier_passes_the_checks_of_scikit_learn(classifier):
    names, n_passed = failed(classifier)
    assert names == []
    assert n_passed >= 60


EmbeddingClassifierOnNumbers = on_numbers(EmbeddingClassifier, OnNumbersWithProba)
TransformerClassifierOnNumbers = on_numbers(TransformerClassifier, OnNumbersWithProba)
SetFitClassifierOnNumbers = on_numbers(SetFitClassifier, OnNumbersWithProba)
LabelerEnsembleOnNumbers = on_numbers(LabelerEnsemble, OnNumbersWithProba)


class SentenceEncoderOnNumbers(OnNumbers, SentenceEncoder):
    def transform(self, X):
        return super().transform(self._read(X))


@pytest.fixture(scope="module")
def number_model(tmp_path_factory):
    return save_number_model(tmp_path_factory.mktemp("numbers"))


@pytest.mark.parametrize("logit_adjustment", [0.0, 1.0])
def test_embedding_classifier_passes_the_checks_of_scikit_learn(monkeypatch, logit_adjustment):
    monkeypatch.setattr("skbalagen.classifiers.embedding.SentenceEncoder", HashedWords)
    names, n_passed = failed(EmbeddingClassifierOnNumbers(logit_adjustment=logit_adjustment))
    assert names == []
    assert n_passed >= 50


def test_labeler_ensemble_passes_the_checks_of_scikit_learn():
    words = HashingVectorizer(n_features=256, token_pattern=r"\S+")
    member = make_pipeline(words, LogisticRegression(C=10.0))
    names, n_passed = failed(LabelerEnsembleOnNumbers(estimators=[member]))
    assert names == []
    assert n_passed >= 50


@pytest.mark.model
def test_sentence_encoder_passes_the_checks_of_scikit_learn():
    names, n_passed = failed(SentenceEncoderOnNumbers())
    assert names == []
    assert n_passed >= 40


def test_transformer_classifier_passes_the_checks_of_scikit_learn(number_model):
    names, n_passed = failed(
        TransformerClassifierOnNumbers(
            model=number_model, epochs=6, batch_size=8, learning_rate=3e-3, random_state=0
        )
    )
    assert names == []
    assert n_passed >= 50


def test_set_fit_classifier_passes_the_checks_of_scikit_learn(number_model):
    names, n_passed = failed(SetFitClassifierOnNumbers(model=number_model, n_iterations=1, random_state=0))
    assert names == []
    assert n_passed >= 50
