"""The sentence encoder: wiring on a fake model, and the embedded model for real."""

from __future__ import annotations

import pickle
import shutil
import threading
import tracemalloc
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skbalagen import EmbeddingClassifier, SentenceEncoder, encoders


class CountingModel:
    """Encode a text as the unit vector of its letters a, b and its length; remember what was asked."""

    device = torch.device("cpu")

    def __init__(self):
        self.asked, self.options = [], []

    def get_embedding_dimension(self):
        return 3

    def encode(self, texts, **options):
        self.asked.append(texts)
        self.options.append(options)
        rows = torch.tensor([[text.count("a"), text.count("b"), len(text) + 1.0] for text in texts])
        return torch.nn.functional.normalize(rows)


@pytest.fixture
def fake(monkeypatch):
    """Put a fake in the place of the pretrained model; return it with what it was loaded with."""
    model = CountingModel()
    model.loaded = []
    monkeypatch.setattr(encoders, "_load", lambda name, device: model.loaded.append((name, device)) or model)
    return model


def test_sentence_encoder_returns_float32_rows_in_the_order_of_the_texts(fake):
    vectors = SentenceEncoder().fit_transform(["b", "a", "b"])
    assert vectors.dtype == np.float32
    root = 5**0.5
    expected = np.array([[0, 1, 2], [1, 0, 2], [0, 1, 2]]) / root
    assert vectors == pytest.approx(expected, abs=1e-6)


def test_sentence_encoder_encodes_each_distinct_text_once(fake):
    SentenceEncoder(batch_size=7).fit(["x"]).transform(["b", "a", "b", "a"])
    assert fake.asked == [["a", "b"]]
    assert fake.options[0]["batch_size"] == 2
    assert fake.options[0]["normalize_embeddings"] is True
    assert fake.options[0]["show_progress_bar"] is False


def test_sentence_encoder_loads_the_model_it_names_on_the_device_it_names(fake):
    SentenceEncoder(model="some/model", device="cpu").fit(["x"])
    assert fake.loaded == [("some/model", "cpu")]


def test_sentence_encoder_takes_columns_and_blank_texts(fake):
    column = np.array([["a"], [""]], dtype=object)
    assert SentenceEncoder().transform(column).shape == (2, 3)


def test_sentence_encoder_has_names_for_its_columns(fake):
    encoder = SentenceEncoder().fit(["x"])
    assert encoder.n_features_out_ == 3
    assert encoder.get_feature_names_out().tolist() == [f"sentenceencoder{i}" for i in range(3)]


def test_sentence_encoder_needs_no_fit(fake):
    assert SentenceEncoder().transform(["a"]).shape == (1, 3)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("a text", TypeError, "got a single str. Wrap it in a list"),
        (["a", 3], TypeError, r"got 3 \(int\) in row 1"),
        ([], ValueError, "at least one text"),
    ],
)
def test_sentence_encoder_rejects_what_is_not_a_column_of_texts(fake, X, error, message):
    with pytest.raises(error, match=message):
        SentenceEncoder().fit(X)
    with pytest.raises(error, match=message):
        SentenceEncoder().transform(X)
    assert not fake.asked


@pytest.mark.parametrize("params", [{"batch_size": 0}, {"model": None}, {"device": 3}])
def test_sentence_encoder_rejects_bad_parameters_before_any_work(fake, params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter of SentenceEncoder"):
        SentenceEncoder(**params).fit(["x"])
    assert not fake.loaded


def test_sentence_encoder_clone_and_pickle_carry_parameters_only(fake):
    encoder = SentenceEncoder(model="some/model", batch_size=3).fit(["x"])
    assert clone(encoder).get_params() == encoder.get_params()
    assert len(pickle.dumps(encoder)) < 1000


def test_one_long_text_does_not_widen_the_others(fake):
    texts = [f"text {i} " + "a" * (i % 7) for i in range(2000)]
    texts[7] = "b" * 100_000
    alone = SentenceEncoder().transform(["b" * 100_000, texts[8]])
    tracemalloc.start()
    vectors = SentenceEncoder().transform(texts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6  # as an array of str, the texts take 800 MB
    np.testing.assert_array_equal(vectors[[7, 8]], alone)


def test_texts_that_differ_in_trailing_nulls_are_two(fake):
    vectors = SentenceEncoder().transform(["a\0", "a"])  # numpy's str drops them
    assert vectors[0, 0] < vectors[1, 0]


@pytest.mark.parametrize(
    ("max_seq_length", "batch_size", "sizes"),
    [
        (256, 64, [64, 64, 32]),
        (8192, 64, [2] * 20 + [16, 16, 8] + [64, 16]),
        (None, 64, [1] * 40 + [16, 16, 8] + [64, 16]),
        (8192, 20, [2] * 20 + [16, 16, 8] + [20] * 4),
    ],
)
def test_batches_of_long_texts_hold_fewer(fake, one_worker, max_seq_length, batch_size, sizes):
    fake.max_seq_length = max_seq_length
    lengths = [n + i for n in (3, 100, 900, 17_000) for i in range(40)]
    vectors = SentenceEncoder(batch_size=batch_size).transform(["a" * n for n in lengths])
    assert [len(asked) for asked in fake.asked] == sizes
    for asked in fake.asked:
        width = min(len(asked[0]) + 2, max_seq_length or 10**9)
        assert len(asked) == 1 or len(asked) * width <= 64 * 256
        assert [*map(len, asked)] == sorted(map(len, asked), reverse=True)
    assert vectors[:, 2] == pytest.approx([(n + 1) / np.hypot(n, n + 1) for n in lengths])


def workers(monkeypatch, n):
    monkeypatch.setattr(encoders, "n_workers", lambda n_jobs: n)


@pytest.fixture
def one_worker(monkeypatch):
    workers(monkeypatch, 1)


def test_vectors_and_batches_are_the_same_for_any_number_of_workers(fake, monkeypatch):
    texts = [f"{'ab' * (i % 17)} {i}" for i in range(300)]
    found = []
    for n in (1, 2, 3):
        workers(monkeypatch, n)
        fake.asked.clear()
        found.append((SentenceEncoder(batch_size=16).transform(texts), sorted(fake.asked)))
    for vectors, asked in found[1:]:
        np.testing.assert_array_equal(vectors, found[0][0])
        assert asked == found[0][1]


def test_each_worker_has_one_thread_of_torch_and_the_caller_keeps_its_own(fake, monkeypatch):
    seen = []
    encode = CountingModel.encode

    def noted(self, texts, **options):
        seen.append((threading.get_ident(), torch.get_num_threads()))
        return encode(self, texts, **options)

    monkeypatch.setattr(CountingModel, "encode", noted)
    workers(monkeypatch, 2)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        SentenceEncoder(batch_size=1).transform(["a", "b", "c"])
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert len(seen) == 3
    assert {n for _, n in seen} == {1}
    assert threading.get_ident() not in {thread for thread, _ in seen}


def test_a_model_on_an_accelerator_encodes_in_this_thread(fake, monkeypatch):
    fake.device = torch.device("meta")
    workers(monkeypatch, 2)
    monkeypatch.setattr(encoders, "autocast", lambda device: nullcontext())
    asked = []
    monkeypatch.setattr(
        encoders, "map_pieces", lambda work, items, **options: asked.append(options) or work(items)
    )
    SentenceEncoder(batch_size=1).transform(["a", "b"])
    assert [options["n_jobs"] for options in asked] == [1]


def test_an_encoder_that_lost_weights_is_refused(tiny_bert, tmp_path):
    folder = shutil.copytree(tiny_bert, tmp_path / "spoilt")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    for estimator in (
        SentenceEncoder(model=folder),
        EmbeddingClassifier(encoder=SentenceEncoder(model=folder)),
    ):
        with pytest.raises(OSError, match=r"spoilt' could not be loaded: .* Only safetensors are loaded"):
            estimator.fit(["red", "blue"], ["a", "b"])


@pytest.mark.model
def test_sentence_encoder_puts_paraphrases_together():
    vectors = SentenceEncoder().fit_transform(["where is my parcel", "track my package", "i like green tea"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-2)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3


@pytest.mark.model
def test_real_vectors_are_the_same_from_two_threads(monkeypatch):
    texts = [
        f"{word} number {i}" for word in ("order", "where is my refund for the order") for i in range(100)
    ]
    found = []
    for n in (1, 2):
        workers(monkeypatch, n)
        found.append(SentenceEncoder().transform(texts))
    np.testing.assert_array_equal(*found)


@pytest.mark.model
def test_sentence_encoders_of_one_process_share_the_weights():
    first, second = SentenceEncoder().fit(["a"]), SentenceEncoder(batch_size=2).fit(["b"])
    assert first._model() is second._model()


def test_remembered_vectors_are_encoded_once_per_block(fake):
    alone = SentenceEncoder().fit(["x"]).transform(["aa", "b"])
    fake.asked.clear()
    with encoders.remember_vectors():
        first = SentenceEncoder().transform(["aa", "b"])
        again = SentenceEncoder(batch_size=3).transform(["b", "abc", "aa", "b"])
        SentenceEncoder(model="another").transform(["aa"])
    assert fake.asked == [["aa", "b"], ["abc"], ["aa"]]  # another model has vectors of its own
    np.testing.assert_array_equal(first, alone)
    np.testing.assert_array_equal(again[[2, 0, 3]], first[[0, 1, 1]])
    SentenceEncoder().transform(["aa"])
    assert fake.asked[-1] == ["aa"]  # forgotten at the end


def test_an_inner_block_shares_what_the_outer_one_remembers(fake):
    with encoders.remember_vectors():
        SentenceEncoder().transform(["aa"])
        with encoders.remember_vectors():
            SentenceEncoder().transform(["aa"])
    assert fake.asked == [["aa"]]


def test_blocks_that_are_given_one_dict_share_it(fake):
    vectors = {}
    with encoders.remember_vectors(vectors):
        SentenceEncoder().transform(["aa"])
    with encoders.remember_vectors():
        SentenceEncoder().transform(["b"])
        with encoders.remember_vectors(vectors):
            SentenceEncoder().transform(["aa", "c"])
        SentenceEncoder().transform(["b"])
    assert fake.asked == [["aa"], ["b"], ["c"]]


def test_an_outer_block_that_has_met_no_text_yet_remembers_those_of_an_inner_one(fake):
    with encoders.remember_vectors():
        with encoders.remember_vectors():
            SentenceEncoder().transform(["aa"])
        SentenceEncoder().transform(["aa"])
    assert fake.asked == [["aa"]]
