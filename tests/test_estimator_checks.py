"""The check suites of imbalanced-learn and scikit-learn.

scikit-learn's suite feeds tables of numbers. Samplers take them as they are. Our text classifiers and the encoder
do not, and would skip all but one check. So each is run behind a thin shell that writes a row of numbers as a
sentence, and the checks see everything else: cloning, fitted state, pickling, invariances, shapes, labels of all
types and error messages.
"""

from __future__ import annotations

import warnings

import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from imblearn.utils.estimator_checks import parametrize_with_checks
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

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


def failed(estimator, expected=None):
    """Run scikit-learn's suite; return the names of the checks that failed, and how many passed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = check_estimator(estimator, expected_failed_checks=expected, on_fail=None, on_skip=None)
    names = [f"{o['check_name']}: {o['exception']}" for o in outcomes if o["status"] == "failed"]
    return names, sum(o["status"] == "passed" for o in outcomes)


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


class OnNumbers:
    """Write each row of a table as a sentence, so that a text estimator can read it."""

    def _sentences(self, X):
        return [
            " ".join(f"{'abcdefghijklmnopqrstuvwxyz'[j % 26]}{v:.0f}" for j, v in enumerate(row)) for row in X
        ]

    def fit(self, X, y=None, **weights):
        if y is None and hasattr(self, "predict"):
            validate_data(self, X, y, accept_sparse=False)
        X = validate_data(self, X) if y is None else validate_data(self, X, y)[0]
        return super().fit(self._sentences(X), y, **weights)

    def _read(self, X):
        return self._sentences(validate_data(self, X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = False, True, False
        return tags


class OnNumbersWithProba(OnNumbers):
    # predict goes by way of predict_proba, which must not read the sentences a second time.
    def predict_proba(self, X):
        return super().predict_proba(X if isinstance(X, list) else self._read(X))


class HashedWords(TransformerMixin, BaseEstimator):
    """Stands in for the sentence encoder, whose weights would make the suite take an hour."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return HashingVectorizer(n_features=256, token_pattern=r"\S+").transform(X).toarray()


class EmbeddingClassifierOnNumbers(OnNumbersWithProba, EmbeddingClassifier):
    pass


class TransformerClassifierOnNumbers(OnNumbersWithProba, TransformerClassifier):
    pass


class SetFitClassifierOnNumbers(OnNumbersWithProba, SetFitClassifier):
    pass


class LabelerEnsembleOnNumbers(OnNumbersWithProba, LabelerEnsemble):
    pass


class SentenceEncoderOnNumbers(OnNumbers, SentenceEncoder):
    def transform(self, X):
        return super().transform(self._read(X))


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


def test_transformer_classifier_passes_the_checks_of_scikit_learn(tiny_gpt2):
    expected = {
        "check_classifiers_train": "asks for 83 % accuracy: two epochs of an untrained model learn less"
    }
    names, n_passed = failed(
        TransformerClassifierOnNumbers(model=str(tiny_gpt2), epochs=2, random_state=0), expected
    )
    assert names == []
    assert n_passed >= 40


def test_set_fit_classifier_passes_the_checks_of_scikit_learn(tiny_gpt2):
    expected = {"check_classifiers_train": "asks for 83 % accuracy: an untrained model has less to build on"}
    names, n_passed = failed(SetFitClassifierOnNumbers(model=str(tiny_gpt2), n_iterations=1), expected)
    assert names == []
    assert n_passed >= 40
