"""Loading with a tiny GPT-2, and with the embedded models."""

from __future__ import annotations

import shutil

import pytest

from skbalagen.models import hub
from skbalagen.models.catalog import MINILM, SMOLLM2, WORDNET
from skbalagen.models.load import load_causal_lm, load_encoder, load_sentence_encoder


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


def _change_weights(folder, change):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    last = max(
        name for name in weights if ".1." in name and name.endswith("weight") and weights[name].ndim == 2
    )
    change(weights, last)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _drop_a_weight(folder):
    _change_weights(folder, lambda weights, last: weights.pop(last))


def _add_a_layer(folder):
    _change_weights(
        folder, lambda weights, last: weights.update({last.replace(".1.", ".2."): weights[last].clone()})
    )


def _widen_a_weight(folder):
    _change_weights(folder, lambda weights, last: weights.update({last: weights[last].repeat(2, 2)}))


def _drop_the_tokenizer(folder):
    for file in [*folder.glob("tokenizer*"), *folder.glob("vocab*")]:
        file.unlink()


def _spoil_a_json(file):
    def spoil(folder):
        (folder / file).write_bytes((folder / file).read_bytes()[:-9] + b"\0 spoilt")

    return spoil


@pytest.mark.parametrize("load", [load_causal_lm, load_encoder, load_sentence_encoder])
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_pickle, r"no file named model\.safetensors"),
        (_truncate, "deserializing header"),
        (_drop_a_weight, r"lacks the weights .*\.1\."),
        (_add_a_layer, r"leaves no place in a \w+ for the weights .*\.2\."),
        (_widen_a_weight, ""),
        (_drop_the_tokenizer, ""),
        (_spoil_a_json("config.json"), ""),
        (_spoil_a_json("tokenizer.json"), ""),
        (shutil.rmtree, ""),
    ],
    ids=str,
)
def test_a_folder_that_is_no_safe_and_whole_model_is_refused(
    tiny_gpt2, tiny_bert, tmp_path, monkeypatch, load, spoil, reason
):
    monkeypatch.setattr(hub, "_hub_answers", lambda: False)
    folder = shutil.copytree(tiny_gpt2 if load is load_causal_lm else tiny_bert, tmp_path / "spoilt")
    spoil(folder)
    with pytest.raises(
        OSError,
        match=rf"spoilt' could not be loaded: .*, got: .*{reason}.* Name such a model.* never pickled",
    ) as e:
        load(str(folder))
    assert "\n" not in str(e.value)


def test_a_body_may_come_with_a_head_of_another_task(tiny_bert, tmp_path):
    from transformers import BertConfig, BertForMaskedLM

    folder = shutil.copytree(tiny_bert, tmp_path / "masked")
    BertForMaskedLM(BertConfig.from_pretrained(folder)).save_pretrained(folder)
    assert type(load_encoder(str(folder))[0]).__name__ == "BertModel"
    assert load_sentence_encoder(str(folder)).encode(["red blue"]).shape == (1, 32)


def test_loading_leaves_the_random_state_of_torch_alone(tiny_bert, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny_bert, tmp_path / "without-pooler")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {k: w for k, w in weights.items() if "pooler" not in k},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    before = torch.random.get_rng_state()
    for load in (load_encoder, load_sentence_encoder):
        load(str(folder))  # transformers draws the pooler, which nobody uses
    assert torch.equal(torch.random.get_rng_state(), before)


def _saved_with_dense(tiny_bert, folder):
    """Save a sentence encoder of three modules; return the folder of the last."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer

    body = Transformer(str(tiny_bert))
    SentenceTransformer(modules=[body, Pooling(32), Dense(32, 8)]).save(str(folder))
    return next(folder.glob("2_*"))


def test_every_module_of_a_sentence_encoder_is_read_from_safetensors(tiny_bert, tmp_path):
    import torch

    dense = _saved_with_dense(tiny_bert, tmp_path / "dense")
    assert load_sentence_encoder(str(tmp_path / "dense")).encode(["red"]).shape == (1, 8)
    torch.save({}, dense / "pytorch_model.bin")
    load_sentence_encoder(str(tmp_path / "dense"))  # not read
    (dense / "model.safetensors").unlink()
    with pytest.raises(
        OSError, match=r"got: no file named model\.safetensors in 2_Dense, only a pickle\. Name"
    ):
        load_sentence_encoder(str(tmp_path / "dense"))


def test_a_name_that_nobody_knows_fails_at_once_and_names_the_nearest(monkeypatch):
    asked = []
    monkeypatch.setattr(hub, "_hub_answers", lambda: asked.append(1) and False)
    for load in (load_causal_lm, load_encoder, load_sentence_encoder):
        with pytest.raises(
            OSError, match=r"'all-minilm-L6-v3' could not .* Did you mean 'all-MiniLM-L6-v2'\? Name"
        ):
            load("all-minilm-L6-v3")
    assert asked == [1] * 3


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
