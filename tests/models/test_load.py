"""Loading with a tiny GPT-2, and with the embedded models."""

from __future__ import annotations

import shutil

import pytest

from skbalagen.models.catalog import MINILM, SMOLLM2, WORDNET
from skbalagen.models.load import load_causal_lm, load_encoder


def test_a_folder_loads_with_a_padding_token_and_in_evaluation_mode(tiny_gpt2):
    model, tokenizer = load_causal_lm(str(tiny_gpt2))
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<end>", 0)
    assert not model.training
    assert model(**tokenizer(["red blue", "red"], padding=True, return_tensors="pt")).logits.shape == (
        2,
        2,
        25,
    )


def _pickle(folder):
    import torch

    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


def _truncate(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:500])


def _drop_a_weight(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _drop_the_tokenizer(folder):
    for file in folder.glob("tokenizer*"):
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_pickle, r"no file named model\.safetensors"),
        (_truncate, "deserializing header"),
        (_drop_a_weight, r"GPT2LMHeadModel lacks the weights .*h\.1\.mlp\.c_fc\.weight"),
        (_drop_the_tokenizer, "the tokenizer has no vocabulary"),
        (shutil.rmtree, ""),
    ],
)
def test_a_folder_that_is_no_safe_and_whole_model_is_refused(tiny_gpt2, tmp_path, spoil, reason):
    folder = shutil.copytree(tiny_gpt2, tmp_path / "spoilt")
    spoil(folder)
    with pytest.raises(
        OSError,
        match=rf"spoilt' could not be loaded: .*, got: .*{reason}.* Name such a model.* never pickled",
    ):
        load_causal_lm(str(folder))


def test_a_tokenizer_that_pads_keeps_its_padding_token(tiny_gpt2, tmp_path):
    from transformers import AutoTokenizer

    folder = shutil.copytree(tiny_gpt2, tmp_path / "padded")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = "<unk>"
    tokenizer.save_pretrained(folder)
    assert load_causal_lm(str(folder))[1].pad_token == "<unk>"


def test_the_weights_have_the_type_that_is_asked_for(tiny_gpt2):
    import torch

    for dtype, expected in (
        ("float32", torch.float32),
        ("bfloat16", torch.bfloat16),
        ("auto", torch.float32),
    ):
        assert load_causal_lm(str(tiny_gpt2), dtype=dtype)[0].dtype == expected


def test_an_encoder_has_no_head(tiny_gpt2):
    model, tokenizer = load_encoder(str(tiny_gpt2))
    assert type(model).__name__ == "GPT2Model"
    assert not model.training
    assert model(**tokenizer(["red blue"], return_tensors="pt")).last_hidden_state.shape == (1, 2, 32)


def test_wordnet_is_not_taken_for_a_model(tmp_path, monkeypatch):
    monkeypatch.setenv("SKBALAGEN_CACHE", str(tmp_path))
    (tmp_path / WORDNET).mkdir()
    with pytest.raises(OSError, match=rf"'wordnet' could not be loaded: expected .*\({SMOLLM2}, {MINILM}\)"):
        load_encoder(WORDNET)


@pytest.mark.model
def test_the_embedded_language_model_knows_english():
    import torch

    model, tokenizer = load_causal_lm(SMOLLM2)
    assert sum(weights.numel() for weights in model.parameters()) == 134_515_008
    assert [t for t in tokenizer.tokenize("gate 2047 at 1530") if t.isdigit()] == list("20471530")

    def loss(text):
        tokens = tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            return model(tokens, labels=tokens).loss.item()

    sensible = "The cat sat on the mat and looked out of the window."
    assert loss(sensible) + 1 < loss("mat window of cat. out on The looked the and the sat")


@pytest.mark.model
def test_the_embedded_encoder_puts_paraphrases_together():
    import torch

    model, tokenizer = load_encoder(MINILM)
    texts = ["where is my parcel", "track my package", "i like green tea"]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden, mask = model(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
    means = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    assert means[0] @ means[1] > means[0] @ means[2] + 0.3


@pytest.mark.model
def test_an_encoder_is_not_taken_for_a_language_model():
    with pytest.raises(OSError, match="BertLMHeadModel lacks the weights"):
        load_causal_lm(MINILM)
