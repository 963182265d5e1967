"""Remedies from names to objects, and the combinations that are refused before any work."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import TransformerClassifier
from skbalagen.classifiers._remedies import check_after_fit, resolve_remedies
from skbalagen.classifiers.heads import CosineHead, LinearHead
from skbalagen.classifiers.row_samplers import TemperatureSampler
from skbalagen.classifiers.stages import Stage
from skbalagen.classifiers.token_augmentation import TextCut
from skbalagen.losses import CrossEntropyLoss, FocalLoss, LDAMLoss, LogitAdjustedLoss

CLASSES = np.array(["a", "b"])


def resolve(indicator=False, **parameters):
    return resolve_remedies(TransformerClassifier(**parameters), indicator=indicator, classes=CLASSES)


def test_the_default_is_one_plain_stage():
    remedies = resolve()
    (stage,) = remedies.stages
    assert isinstance(stage.loss, CrossEntropyLoss)
    assert (stage.sampler, stage.class_weight, remedies.augment) == (None, None, None)
    assert isinstance(remedies.head, LinearHead)
    assert (remedies.link, remedies.draws_rows, remedies.needs_scores) == ("softmax", False, False)


def test_objects_are_cloned():
    loss, head, sampler, augment = FocalLoss(), CosineHead(), TemperatureSampler(3.0), TextCut(n_squares=2)
    remedies = resolve(loss=loss, head=head, sampler=sampler, augment=augment)
    found = [remedies.stages[0].loss, remedies.head, remedies.stages[0].sampler, remedies.augment]
    for given, got in zip([loss, head, sampler, augment], found, strict=True):
        assert got is not given
        assert got.get_params() == given.get_params()


def test_a_stage_takes_from_the_classifier_what_it_does_not_say():
    stages = [Stage(), Stage(loss="focal", sampler="class-aware", class_weight={"a": 2.0})]
    first, second = resolve(loss="dice", sampler="square-root", class_weight="balanced", stages=stages).stages
    assert (type(first.loss).__name__, first.class_weight) == ("DiceLoss", "balanced")
    assert first.sampler.temperature == 2.0
    assert (type(second.loss).__name__, second.class_weight) == ("FocalLoss", {"a": 2.0})
    assert type(second.sampler).__name__ == "ClassAwareSampler"
    assert first.loss is not second.loss


def test_what_draws_rows_and_what_needs_scores():
    assert resolve(sampler="square-root").draws_rows
    assert resolve(stages="sequential-targeting").draws_rows
    assert not resolve(stages="drw").draws_rows
    assert resolve(stages=[Stage(), Stage(sampler="performance")]).needs_scores


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"loss": "ldam"}, "LDAMLoss needs head='cosine', got head='linear'. Set the head"),
        (
            {"loss": LDAMLoss(scale=10.0), "head": "cosine"},
            "must have the scale of the cosine head, got 10.0 and 30.0",
        ),
        ({"bias_init": "prior", "head": "cosine"}, "needs a head with a bias, got head='cosine'"),
        (
            {"loss": "logit-adjusted", "logit_adjustment": 0.5},
            "logit_adjustment must be 0 with the logit-adjusted loss.*got logit_adjustment=0.5",
        ),
        (
            {"tau": 1.0, "head": "prototype"},
            "tau must be 0 unless head='linear'.*got tau=1.0 with head='proto",
        ),
        (
            {"catch_all": "c"},
            r"catch_all must be a class of y, got catch_all='c' and the classes \['a', 'b'\]",
        ),
        ({"augment": "textcut", "freeze_encoder": True}, "a frozen encoder does not have"),
        ({"augment": TextCut(area=2.0)}, "'area' parameter of TextCut"),
        ({"head": "set-convolution"}, "needs vectors that do not change, got freeze_encoder=False"),
        ({"head": "siamese"}, "head='siamese' learns an indicator matrix.* got y with one label per row"),
        ({"loss": "binary-focal"}, "BinaryFocalLoss learns an indicator matrix.*Use loss='cross-entropy'"),
        (
            {"stages": "drw", "class_weight": "balanced"},
            "weights the classes itself.*class_weight='balanced'",
        ),
        ({"stages": []}, r"stages must be a list of at least one Stage, got \[\]"),
        ({"stages": ["crt"]}, r"stages must be a list of at least one Stage, got \['crt'\]"),
        ({"stages": [Stage(penalty=1.0)]}, "The first stage must have no penalty.*got 1.0"),
        ({"stages": [Stage(), Stage(loss="ldam")]}, "LDAMLoss needs head='cosine'"),
    ],
)
def test_what_does_not_go_together_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        resolve(**parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {},
            "CrossEntropyLoss learns one label per row, got y with an indicator matrix.*'binary-cross-entropy'",
        ),
        ({"logit_adjustment": 1.0}, "needs one label per row, got an indicator y with logit_adjustment=1.0"),
        ({"stages": "sequential-targeting"}, "Sequential targeting balances classes.*got an indicator y"),
        ({"augment": "textcut"}, "augment='textcut' needs one label per row"),
        ({"catch_all": "a"}, "catch_all must be a class of y.*an indicator y"),
        ({"head": "prototype"}, "head='prototype' learns one label per row"),
    ],
)
def test_what_does_not_go_with_an_indicator_is_refused(parameters, message):
    given = {"loss": "binary-cross-entropy"} | parameters if parameters else {}
    with pytest.raises(ValueError, match=message):
        resolve(indicator=True, **given)


def test_changes_after_the_fit_are_checked_alike():
    classifier = TransformerClassifier(tau=1.0)
    check_after_fit(classifier, LinearHead(), [CrossEntropyLoss()], indicator=False)
    with pytest.raises(ValueError, match="tau must be 0"):
        check_after_fit(classifier, CosineHead(), [CrossEntropyLoss()], indicator=False)
    with pytest.raises(ValueError, match="logit_adjustment must be 0"):
        check_after_fit(
            TransformerClassifier(logit_adjustment=1.0), LinearHead(), [LogitAdjustedLoss()], indicator=False
        )
