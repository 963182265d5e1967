"""From a remedy to the estimator that fits it."""

from __future__ import annotations

import pytest

from skbalagen import BalaGenResampler, EmbeddingClassifier, TransformerClassifier
from skbalagen.balagen.policy import AugmentOnlyPolicy
from skbalagen.compare import SOFT_LABELS, AddRowsPolicy, Remedy, named_classifier, remedied


@pytest.mark.parametrize("name", ["tfidf", "embedding", "encoder"])
def test_classifiers_have_names(name):
    assert hasattr(named_classifier(name), "fit")


def test_another_name_is_refused():
    with pytest.raises(
        ValueError, match="classifier must be 'tfidf', 'embedding', 'encoder' or a classifier"
    ):
        named_classifier("svm")


def test_the_encoder_gets_the_seed():
    assert isinstance(named_classifier("encoder"), TransformerClassifier)
    assert named_classifier("encoder", random_state=3).random_state == 3


def test_a_free_remedy_has_neither_sampler_nor_teacher():
    made = remedied(Remedy(name="x", label_texts=True, class_weights=True, tau=0.5))
    assert (made.sampler, made.teacher) == (None, None)
    assert (made.label_texts, made.class_weights, made.tau) == (True, True, 0.5)


def test_accepted_rows_fill_classes_up_to_the_largest():
    made = remedied(Remedy(name="x", generator="eda", n_rows=20, generated_weight=0.5), random_state=1)
    sampler = made.sampler
    assert isinstance(sampler, BalaGenResampler)
    assert sampler.sampling_strategy == AddRowsPolicy(n_rows=20)
    assert sampler.labelers is None
    assert (sampler.generated_share, sampler.shortfall, sampler.random_state) == (1.0, "keep", 1)
    assert made.generated_weight == 0.5


def test_soft_labels_go_to_unfiltered_rows_of_every_class():
    made = remedied(SOFT_LABELS, "embedding", memory="folder", random_state=1)
    assert made.sampler.sampling_strategy == AugmentOnlyPolicy(n_rows=100)
    assert made.sampler.labelers == []
    assert made.sampler.memory == "folder"
    assert isinstance(made.teacher, EmbeddingClassifier)
    assert (made.generated_weight, made.tau, made.label_texts) == (0.25, 1.0, True)


def test_a_classifier_of_your_own_is_taken():
    mine = EmbeddingClassifier(C=3)
    assert remedied(Remedy(name="x"), mine).classifier is mine
