"""Real texts without labels as candidates."""

from __future__ import annotations

import pytest
from imblearn.pipeline import Pipeline
from sklearn import config_context
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from skbalagen import BalaGenResampler, LabelerEnsemble
from tests.fakes import FirstWordLabeler, NumberedGenerator

POOL = [
    "meal found here",
    "city found here",
    "Meal  found HERE",
    "flight found",
    "meal question number 1",
    "",
]


def make(**params):
    defaults = {
        "beta_low": 50,
        "generator": NumberedGenerator(),
        "labelers": [FirstWordLabeler()],
        "random_state": 0,
    }
    return BalaGenResampler(**(defaults | params))


def test_backed_unlabeled_texts_are_taken_before_any_are_generated(corpus):
    resampler = make()
    X, y = resampler.fit_resample(*corpus, unlabeled=POOL[:2] + POOL[3:5])
    added = [(t, c) for t, c, new in zip(X, y, resampler.is_synthetic_, strict=True) if new]
    assert ("meal found here", "meal") in added
    assert ("city found here", "city") in added
    assert "flight found" not in X  # no class that is to be filled
    assert X.count("meal question number 1") == 1  # a row of X already
    assert resampler.report_["n_unlabeled"].to_dict() == {"city": 1, "meal": 1, "fare": 0, "flight": 0}
    assert resampler.report_["n_generated"].to_dict() == {"city": 3, "meal": 2, "fare": 0, "flight": 0}
    sources = resampler.candidates_.query("verdict == 'accepted'")["source"].value_counts().to_dict()
    assert sources == {"generated": 5, "unlabeled": 2}
    assert (resampler.source_indices_[resampler.is_synthetic_] == -1).all()


def test_unlabeled_texts_instead_of_generated_ones(corpus):
    resampler = make(generator="sample-copy")
    X, _ = resampler.fit_resample(*corpus, unlabeled=POOL)
    assert resampler.is_synthetic_.sum() == 2
    assert sum("found here" in t.casefold() for t in X) == 2  # repeats are taken once
    assert resampler.report_["n_copied"].sum() == 5


def test_no_more_unlabeled_texts_are_taken_than_wanted(corpus):
    resampler = make(beta_low=25)  # city: from 2 to 3
    X, y = resampler.fit_resample(*corpus, unlabeled=[f"city number {i} of a pool" for i in range(9)])
    assert y.count("city") == 3
    assert sum("of a pool" in t for t in X) == 1
    assert resampler.candidates_["verdict"].value_counts().to_dict() == {"surplus": 8, "accepted": 1}


def test_a_text_backed_for_two_classes_is_added_once(corpus):
    always = [FirstWordLabeler(), FirstWordLabeler(veto="both")]
    resampler = make(labelers=LabelerEnsemble(estimators=always, voting="any"))
    X, _ = resampler.fit_resample(*corpus, unlabeled=["meal or both"])
    assert X.count("meal or both") == 1


def test_unlabeled_needs_labelers_and_texts(corpus):
    with pytest.raises(
        ValueError, match=r"unlabeled texts get their labels from the labelers, but labelers is \[\]"
    ):
        make(labelers=[]).fit_resample(*corpus, unlabeled=POOL)
    with pytest.raises(TypeError, match=r"unlabeled must hold texts only, got 3 \(int\) in row 1"):
        make().fit_resample(*corpus, unlabeled=["a", 3])


def test_metadata_is_routed_through_a_pipeline(corpus):
    X, y = corpus
    with config_context(enable_metadata_routing=True):
        balance = make().set_fit_resample_request(sample_weight=True, groups=True, unlabeled=True)
        clf = MultinomialNB().set_fit_request(sample_weight=False)
        pipeline = Pipeline([("balance", balance), ("words", CountVectorizer()), ("clf", clf)])
        pipeline.fit(X, y, sample_weight=[2.0] * len(y), groups=list(range(len(y))), unlabeled=POOL)
    fitted = pipeline.named_steps["balance"]
    assert fitted.report_["n_unlabeled"].sum() == 2
    assert set(fitted.sample_weight_) == {2.0}
    assert fitted.groups_.max() == len(y) - 1


def test_each_labeler_reads_the_unlabeled_texts_once(corpus, monkeypatch):
    read = []
    predict = FirstWordLabeler.predict
    monkeypatch.setattr(FirstWordLabeler, "predict", lambda self, X: read.extend(X) or predict(self, X))
    make(generator="sample-copy").fit_resample(*corpus, unlabeled=POOL[:2])
    assert sorted(read) == sorted(POOL[:2])
