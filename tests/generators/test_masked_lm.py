"""Conditional BERT on a tiny model that is built here."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import MaskedLMGenerator, TextGenerator, parallel
from skbalagen._utils.random import stream_rng

COLOURS = {"warm": ["red", "pink"], "cold": ["blue", "green"]}
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "car",
    "is",
    "now",
    "my",
    "shirt",
    "was",
    "here",
]
WORDS += [word for words in COLOURS.values() for word in words]
# The class shows in the colour alone.
ROWS = [
    (f"{start} {thing} {verb} {colour} {end}", label)
    for label, colours in COLOURS.items()
    for colour in colours
    for start in ("the", "my")
    for thing in ("car", "shirt")
    for verb in ("is", "was")
    for end in ("now", "here")
]
X, Y = map(list, zip(*ROWS, strict=True))


def build(folder, kind, **parameters):
    import torch
    from transformers import BertConfig, BertTokenizerFast

    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **parameters,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    from transformers import BertForMaskedLM

    return build(tmp_path_factory.mktemp("bert-mlm"), BertForMaskedLM)


def make(bert, **parameters):
    defaults = {"model": bert, "epochs": 30, "learning_rate": 6e-3, "max_tokens": 16, "random_state": 0}
    return MaskedLMGenerator(**(defaults | parameters))


@pytest.fixture(scope="module")
def fitted(bert):
    return make(bert).fit(X, Y)


def test_words_are_filled_in_by_what_their_class_says(fitted):
    sampled = fitted.sample({label: range(150) for label in COLOURS}, random_state=0)
    rows = fitted.source_rows({label: range(150) for label in COLOURS}, random_state=0)
    right = wrong = 0
    for label, texts in sampled.items():
        for row, text in zip(rows[label], texts, strict=True):
            if text is not None:
                old, new = X[row].split(), text.split()
                assert len(new) == len(old)
                assert sum(a != b for a, b in zip(old, new, strict=True)) == 1  # five words, one mask
                if old[3] != new[3]:
                    right, wrong = right + (new[3] in COLOURS[label]), wrong + (new[3] not in COLOURS[label])
    assert right > 10
    assert wrong <= right / 3
    assert fitted.history_.train_loss[-1] < fitted.history_.train_loss[0]


def test_without_its_class_the_model_cannot_know_the_colour(bert):
    same = make(bert, epochs=1).fit(X, ["colour"] * len(X))
    assert same.model_.get_input_embeddings().weight.shape[0] == len(WORDS)
    assert same.model_.bert.embeddings.token_type_embeddings.weight.shape == (1, 32)


def test_one_token_in_seven_is_written_anew_and_one_at_least(bert):
    generator = make(bert, epochs=1).fit([" ".join(["the car is red"] * 4), "red"], ["a", "b"])
    rng = np.random.default_rng(0)
    calls = []
    mask = generator.tokenizer_.mask_token_id

    logits = generator._logits
    generator._logits = lambda tokens, codes: calls.append(list(tokens[0])) or logits(tokens, codes)
    generator._rewrite(
        " ".join(["the car is red"] * 4), 0, rng
    )  # 16 tokens without the two special ones, cut to 14
    generator._rewrite("red", 1, rng)
    assert [ids.count(mask) for ids in calls] == [2, 1]
    for ids in calls:
        assert ids[0] == generator.tokenizer_.cls_token_id
        assert ids[-1] == generator.tokenizer_.sep_token_id


def test_training_masks_a_share_of_the_tokens_and_new_ones_each_time(fitted):
    ids = [2, *([5] * 100), 3]
    rng = np.random.default_rng(0)
    masked, wanted = fitted._mask(ids, rng)
    assert masked.count(4) == 15
    assert [w for w in wanted if w != -100] == [5] * 15
    assert all((m == 4) == (w != -100) for m, w in zip(masked, wanted, strict=True))
    assert masked[0] == 2
    assert masked[-1] == 3
    assert fitted._mask(ids, rng)[0] != masked
    assert fitted._mask([2, *([5] * 500), 3], rng)[0].count(4) == 20  # and never more
    assert fitted._mask([2, 5, 3], rng)[0].count(4) == 1


def test_special_tokens_are_never_written(fitted):
    for i in range(50):
        text = fitted._rewrite("my shirt was pink here", 0, stream_rng(0, "warm", i))
        assert text is None or "[" not in text


def test_a_candidate_depends_on_its_class_and_number_alone(fitted):
    whole = fitted.sample({"warm": range(12), "cold": range(3)}, random_state=5)["warm"]
    assert fitted.sample({"warm": range(4, 9)}, random_state=5) == {"warm": whole[4:9]}
    assert isinstance(fitted, TextGenerator)


def test_weights_and_candidates_are_the_same_for_any_n_jobs(bert, monkeypatch):
    import torch

    monkeypatch.setattr(parallel, "cpu_count", lambda: 8)
    one, *others = (make(bert, epochs=2, n_jobs=n_jobs).fit(X, Y) for n_jobs in (1, 2, 3))
    spans = {"warm": range(2, 9), "cold": range(5)}
    for other in others:
        assert other.history_ == one.history_
        for a, b in zip(one.model_.parameters(), other.model_.parameters(), strict=True):
            assert torch.equal(a, b)
        assert other.sample(spans, random_state=3) == one.sample(spans, random_state=3)


def test_masks_are_new_in_each_epoch(bert, monkeypatch):
    drawn = []
    mask = MaskedLMGenerator._mask
    monkeypatch.setattr(
        MaskedLMGenerator, "_mask", lambda self, ids, rng: drawn.append(mask(self, ids, rng)) or drawn[-1]
    )
    make(bert, epochs=3).fit(X, Y)
    epochs = [drawn[start : start + len(X)] for start in range(0, 3 * len(X), len(X))]
    assert len(drawn) == 3 * len(X)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_a_row_without_tokens_gives_no_candidate(bert):
    generator = make(bert, epochs=1).fit([" ", "red"], ["a", "b"])
    assert generator.sample({"a": range(2)}, random_state=0) == {"a": [None, None]}
    with pytest.raises(ValueError, match="must have a row with a token to mask, got 1 rows without any"):
        make(bert).fit([" "], ["a"])


def test_the_same_seed_trains_the_same_model_and_the_global_state_stays(bert):
    import torch

    before = torch.get_rng_state()
    one, two = (make(bert, epochs=2).fit(X, Y).history_.train_loss for _ in range(2))
    assert one == two
    assert torch.equal(torch.get_rng_state(), before)
    assert make(bert, epochs=2, random_state=1).fit(X, Y).history_.train_loss != one


def test_copies_of_rows_are_weights(bert):
    tripled = make(bert, epochs=1).fit([*X, *X, *X], [*Y, *Y, *Y])
    plain = make(bert, epochs=1).fit(X, Y)
    assert tripled.history_.train_loss == pytest.approx(plain.history_.train_loss)
    assert tripled.history_.n_steps == plain.history_.n_steps


def test_saved_and_loaded_it_writes_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "saved")
    loaded = MaskedLMGenerator.load(tmp_path / "saved")
    spans = {"cold": range(6), "warm": range(2)}
    assert loaded.sample(spans, random_state=1) == fitted.sample(spans, random_state=1)
    assert loaded.history_ == fitted.history_
    assert not list((tmp_path / "saved").glob("*.bin"))
    with pytest.raises(
        FileNotFoundError, match=r"MaskedLMGenerator\.save wrote, got one without masked_lm\.json"
    ):
        MaskedLMGenerator.load(tmp_path)


def test_a_pickle_has_no_weights_and_says_so(fitted):
    copied = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(NotFittedError, match="comes from a pickle, which leaves them out"):
        copied.sample({"warm": range(1)})


def test_models_that_will_not_do_are_refused(tiny_bert, tmp_path):
    with pytest.raises(OSError, match="lacks the weights"):
        make(tiny_bert).fit(X, Y)  # an encoder without a head
    from transformers import DistilBertConfig, DistilBertForMaskedLM

    folder = build(
        tmp_path,
        lambda _: DistilBertForMaskedLM(
            DistilBertConfig(vocab_size=len(WORDS), hidden_dim=64, dim=32, n_layers=1, n_heads=2)
        ),
    )
    with pytest.raises(
        OSError, match=r"needs a BERT with segment embeddings, got .* a DistilBertForMaskedLM without"
    ):
        make(folder).fit(X, Y)


@pytest.mark.parametrize(
    "parameters", [{"epochs": 0}, {"mask_share": 1.0}, {"tokens_per_mask": 0}, {"learning_rate": 0}]
)
def test_bad_parameters_are_refused_before_the_model_is_read(parameters):
    with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter"):
        clone(MaskedLMGenerator(model="nowhere", **parameters)).fit(X, Y)
