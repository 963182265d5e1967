"""Words replaced by their neighbours in an encoder's input embeddings."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skbalagen import EmbeddingSubstitutionGenerator
from skbalagen.generators import substitution
from skbalagen.generators.substitution import word_embeddings

# On a half circle, so that neighbours are those next in the list.
WORDS = ["red", "crimson", "pink", "green", "lime", "blue", "navy", "black", "grey", "white", "the"]
ANGLES = np.linspace(0, np.pi, len(WORDS))


@pytest.fixture
def circle(monkeypatch):
    vectors = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]).astype(np.float32)
    monkeypatch.setattr(substitution, "word_embeddings", lambda model: (list(WORDS), vectors))


def test_neighbors_are_the_nearest_words_without_the_word_itself(circle):
    generator = EmbeddingSubstitutionGenerator(n_neighbors=2).fit(["red lime, xylophone the"], ["a"])
    assert set(generator.neighbors_) == {"red", "lime"}  # neither unknown words nor stop words
    assert generator.neighbors_["red"] == ("crimson", "pink")
    assert set(generator.neighbors_["lime"]) == {"green", "blue"}


def test_a_quarter_of_the_eligible_words_is_replaced(circle):
    text = "red crimson pink green lime blue navy black xylophone the"  # eight are eligible
    generator = EmbeddingSubstitutionGenerator().fit([text], ["a"])
    for candidate in generator.sample({"a": range(50)}, random_state=0)["a"]:
        changed = [i for i, (a, b) in enumerate(zip(text.split(), candidate.split(), strict=True)) if a != b]
        assert len(changed) == 2
        assert max(changed) < 8


def test_one_word_is_replaced_at_least(circle):
    generator = EmbeddingSubstitutionGenerator(share=0.01, n_neighbors=1).fit(["Red!"], ["a"])
    assert generator.sample({"a": range(1)}, random_state=0) == {"a": ["Crimson!"]}


def test_every_neighbor_is_drawn(circle):
    generator = EmbeddingSubstitutionGenerator(n_neighbors=3).fit(["red"], ["a"])
    texts = generator.sample({"a": range(300)}, random_state=0)["a"]
    values, counts = np.unique(texts, return_counts=True)
    assert set(values) == set(generator.neighbors_["red"])
    assert counts.min() > 70


def test_a_row_without_eligible_words_fails(circle):
    generator = EmbeddingSubstitutionGenerator().fit(["the xylophone", "red"], ["a", "b"])
    assert generator.sample({"a": range(2)}, random_state=0) == {"a": [None, None]}


def test_more_neighbors_than_words_are_refused(circle):
    with pytest.raises(ValueError, match=r"n_neighbors=11 needs a vocabulary of more whole words, got 11 of"):
        EmbeddingSubstitutionGenerator(n_neighbors=11).fit(["red"], ["a"])


@pytest.mark.parametrize("parameters", [{"share": 0}, {"share": 1.5}, {"n_neighbors": 0}, {"model": 3}])
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter"):
        clone(EmbeddingSubstitutionGenerator(**parameters)).fit(["red"], ["a"])


def test_word_embeddings_are_unit_vectors_of_whole_words(tiny_bert):
    words, vectors = word_embeddings(str(tiny_bert))
    assert words == ["flight", "fare", "meal", "city", "red", "blue", "question", "number"]
    assert vectors.shape == (8, 32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(8), abs=1e-6)


def test_a_model_folder_is_read(tiny_bert):
    generator = EmbeddingSubstitutionGenerator(model=tiny_bert, n_neighbors=3).fit(
        ["red flight number 7"], ["a"]
    )
    texts = generator.sample({"a": range(20)}, random_state=0)["a"]
    assert all(text.endswith(" 7") and text != "red flight number 7" for text in texts)


@pytest.mark.model
def test_neighbors_in_the_embedded_encoder_are_words_of_a_kind():
    generator = EmbeddingSubstitutionGenerator().fit(["my parcel came on Sunday"], ["a"])
    assert "package" in generator.neighbors_["parcel"]
    assert "saturday" in generator.neighbors_["sunday"]
