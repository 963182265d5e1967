"""LabelerEnsemble with a label model: it trusts the labelers that are right about rows left out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, LabelerEnsemble
from skbalagen.balagen.label_model import DawidSkene
from skbalagen.cache import CachedLabelers, ComponentCache
from tests.fakes import FirstWordLabeler, NumberedGenerator, voting


class Says(ClassifierMixin, BaseEstimator):
    """Predict the word at a place of the text."""

    def __init__(self, place=0):
        self.place = place

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.array([text.split()[self.place] for text in X], dtype=object)


# What each of three labelers says of a row, and its number. The first is right, the others say a of most rows of b.
ROWS = [*[f"a a a {i}" for i in range(6)], *[f"b a a {i}" for i in range(6, 10)], "b b a 10", "b a b 11"]
LABELS = ["a"] * 6 + ["b"] * 6


def ensemble(rule="dawid-skene"):
    return voting(rule, Says(0), Says(1), Says(2))


def test_confusion_is_that_of_rows_left_out():
    model = ensemble().fit(ROWS, LABELS).label_model_
    assert isinstance(model, DawidSkene)
    # Six rows of each class, and half a vote for each: 6.5 of 7, 5.5 of 7.
    right, wrong = [[6.5, 0.5], [0.5, 6.5]], [[6.5, 0.5], [5.5, 1.5]]
    assert model.confusion_ == pytest.approx(np.array([right, wrong, wrong]) / 7)


def test_a_good_labeler_outvotes_two_that_err():
    texts, wanted = ["b a a new", "b a a new", "a b b new"], ["b", "a", "b"]
    assert ensemble("majority").fit(ROWS, LABELS).judge(texts, wanted)[2].tolist() == [False, True, True]
    votes, confidence, accepted = ensemble().fit(ROWS, LABELS).judge(texts, wanted)
    assert votes.tolist() == [[True, False, False], [False, True, True], [False, True, True]]
    # Votes b a a: of b 6.5 * 5.5 * 5.5, of a .5 * 6.5 * 6.5. Votes a b b: of b .5 * 1.5 * 1.5, of a 6.5 * .5 * .5.
    b_a_a = 6.5 * 5.5**2 / (6.5 * 5.5**2 + 0.5 * 6.5**2)
    a_b_b = 0.5 * 1.5**2 / (0.5 * 1.5**2 + 6.5 * 0.5**2)
    assert confidence == pytest.approx([b_a_a, 1 - b_a_a, a_b_b], abs=1e-6)
    assert accepted.tolist() == [True, False, False]


def test_predictions_are_those_of_the_label_model():
    fitted = ensemble().fit(ROWS, LABELS)
    assert fitted.predict(["b a a new", "a a a new"]).tolist() == ["b", "a"]
    assert fitted.predict_proba(["b a a new"]).sum() == pytest.approx(1)
    guess, votes, _, accepted = fitted.assign(["b a a new"])
    assert (guess.tolist(), votes.tolist(), accepted.tolist()) == (["b"], [[True, False, False]], [True])


def test_a_verdict_does_not_depend_on_the_other_candidates():
    fitted = ensemble().fit(ROWS, LABELS)
    alone = fitted.judge(["b a a new"], ["b"])
    among = fitted.judge(["a b b x", "b a a new", *ROWS], ["b", "b", *LABELS])
    assert alone[1][0] == among[1][1]


def test_copies_in_the_training_set_are_not_counted_twice():
    once = ensemble().fit(ROWS, LABELS).label_model_.confusion_
    copied = ensemble().fit([*ROWS, *ROWS[:3]], [*LABELS, *LABELS[:3]]).label_model_.confusion_
    assert copied == pytest.approx(once)


def test_other_rules_learn_no_label_model():
    soft = ensemble("soft").fit(ROWS, LABELS)
    assert soft.label_model_ is None
    with pytest.raises(NotFittedError, match=r"was fitted with another rule. Fit it again"):
        soft.set_params(voting="dawid-skene").judge(["b a a new"], ["b"])


def test_the_cache_keeps_what_each_rule_learned(tmp_path):
    cache = ComponentCache(tmp_path)
    kept = {
        rule: CachedLabelers(ensemble(rule), cache).fit(ROWS, LABELS)
        for rule in ("soft", "dawid-skene", "majority", "dawid-skene")
    }
    assert kept["soft"].key == kept["majority"].key != kept["dawid-skene"].key
    assert kept["dawid-skene"].judge(["b a a new"], ["b"])[2].tolist() == [True]
    assert kept["majority"].judge(["b a a new"], ["b"])[2].tolist() == [False]


def test_the_resampler_takes_it(corpus):
    resampler = BalaGenResampler(
        generator=NumberedGenerator(),
        labelers=LabelerEnsemble(estimators=[FirstWordLabeler(), FirstWordLabeler()], voting="dawid-skene"),
        random_state=0,
    )
    _, y_new = resampler.fit_resample(*corpus)
    assert len(set(np.unique(y_new, return_counts=True)[1].tolist())) == 1
    assert resampler.labelers_.label_model_.confusion_.shape == (2, 4, 4)


def test_one_text_per_class_leaves_nothing_to_learn_from():
    with pytest.raises(
        ValueError, match=r"two distinct texts of one class at least, got one of each. Use voting="
    ):
        ensemble().fit(["a a a", "b b b"], ["a", "b"])


def test_rows_of_several_labels_are_refused():
    y = np.array([[1, 0], [1, 1], [0, 1], [1, 0]])
    resampler = BalaGenResampler(generator=NumberedGenerator(), labelers=ensemble(), random_state=0)
    with pytest.raises(
        ValueError, match="voting='dawid-skene' expects one label per text, got rows of several"
    ):
        resampler.fit_resample(["a", "b", "c", "d"], y)
