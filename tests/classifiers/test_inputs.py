"""What a head reads: token vectors of an encoder, or vectors that do not change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen._torch.device import torch_seed
from skbalagen.classifiers._inputs import FrozenReader, TokenReader, VectorInputs, mean_vectors
from skbalagen.classifiers.token_augmentation import TextCut
from tests.classifiers.conftest import WrittenVectors, written

TEXTS = ["flight 1", "fare number 2 red", "meal", "city question 3 blue 4 red"]


@pytest.fixture
def reader(tiny_bert):
    return TokenReader(str(tiny_bert), 16, "cpu")


def test_mean_vectors_leave_the_padding_out(reader):
    tokens = reader.inputs(TEXTS, augment=None, rare=np.zeros(4, dtype=bool)).tokens
    together = mean_vectors(reader.encoder, reader.tokenizer, tokens)
    alone = torch.cat([mean_vectors(reader.encoder, reader.tokenizer, [t]) for t in tokens])
    assert together.shape == (4, 32)
    assert torch.allclose(together, alone, atol=1e-5)


def test_vectors_come_in_the_order_of_the_texts(reader):
    together = reader.vectors(TEXTS)
    alone = torch.cat([reader.vectors([text]) for text in TEXTS])
    assert torch.allclose(together, alone, atol=0.02)  # bfloat16 where the CPU has it
    assert not together.requires_grad


def test_long_texts_are_cut(tiny_bert):
    reader = TokenReader(str(tiny_bert), 4, "cpu")
    inputs = reader.inputs(["flight 1 2 3 4 5 6"], augment=None, rare=np.zeros(1, dtype=bool))
    assert inputs.lengths.tolist() == [4]


def test_frozen_inputs_are_the_vectors_without_dropout(reader):
    inputs = reader.inputs(TEXTS, augment=None, rare=np.zeros(4, dtype=bool))
    reader.encoder.train()
    frozen = inputs.frozen()
    assert isinstance(frozen, VectorInputs)
    assert torch.equal(frozen.vectors(np.array([2, 0])), reader.vectors(TEXTS)[[2, 0]])
    assert frozen.frozen() is frozen


def test_texts_are_augmented_in_training_only_and_only_rare_ones(reader):
    for module in reader.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    rare = np.array([True, False, False, True])
    inputs = reader.inputs(TEXTS, augment=TextCut(area=0.5, probability=1.0), rare=rare)
    plain = inputs.vectors(np.arange(4))
    reader.encoder.train()
    with torch_seed(0):
        changed = (inputs.vectors(np.arange(4)) - plain).abs().max(dim=1).values > 1e-4
    assert changed.tolist() == rare.tolist()
    reader.encoder.eval()
    assert torch.equal(inputs.vectors(np.arange(4)), plain)


def test_a_frozen_reader_hands_out_the_vectors_of_a_sentence_encoder(monkeypatch):
    monkeypatch.setattr("skbalagen.classifiers._inputs.SentenceEncoder", WrittenVectors)
    reader = FrozenReader("a model", "cpu")
    assert reader.encoder.model == "a model"
    vectors = np.array([[0.5, 1.0], [-1.0, 0.25]])
    inputs = reader.inputs(written(vectors), augment=None, rare=np.zeros(2, dtype=bool))
    assert (reader.n_features, inputs.lengths.tolist(), inputs.encoder) == (2, [1, 1], None)
    assert inputs.vectors(np.array([1])).tolist() == [[-1.0, 0.25]]
    assert reader.vectors(written(vectors)).dtype == torch.float32
