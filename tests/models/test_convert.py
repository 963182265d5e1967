"""Conversion of a GGUF file, with a tiny one that is written on the spot."""

from __future__ import annotations

import gguf
import numpy as np
import pytest

from skbalagen.models.convert import convert_gguf
from skbalagen.models.load import load_causal_lm

HIDDEN, LAYERS, HEADS, INNER = 32, 1, 2, 48
BYTES = [chr(i) for i in range(33, 127)] + ["Ġ"]  # Ġ is a space in GPT-2's alphabet
TOKENS = ["<end>", *BYTES, "re", "red", "Ġred", "20", "12"]
MERGES = ["r e", "re d", "Ġ red", "2 0", "1 2"]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Write a llama of one layer, in 32 bits, with a byte-level tokenizer whose splitter is "smollm"."""
    folder = tmp_path_factory.mktemp("raw")
    writer = gguf.GGUFWriter(folder / "tiny.gguf", "llama")
    writer.add_name("tiny")
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_vocab_size(len(TOKENS))
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] + [1] * (len(TOKENS) - 1))
    writer.add_token_merges(MERGES)
    for add in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_unk_token_id):
        add(0)
    rng = np.random.default_rng(0)
    shapes = {
        "token_embd": (len(TOKENS), HIDDEN),
        "output_norm": (HIDDEN,),
        "blk.0.attn_norm": (HIDDEN,),
        "blk.0.ffn_norm": (HIDDEN,),
        "blk.0.attn_q": (HIDDEN, HIDDEN),
        "blk.0.attn_k": (HIDDEN, HIDDEN),
        "blk.0.attn_v": (HIDDEN, HIDDEN),
        "blk.0.attn_output": (HIDDEN, HIDDEN),
        "blk.0.ffn_gate": (INNER, HIDDEN),
        "blk.0.ffn_up": (INNER, HIDDEN),
        "blk.0.ffn_down": (HIDDEN, INNER),
    }
    weights = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    for name, values in weights.items():
        writer.add_tensor(f"{name}.weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return folder, weights


@pytest.fixture(scope="module")
def converted(raw, tmp_path_factory):
    target = tmp_path_factory.mktemp("converted") / "ready"
    convert_gguf(raw[0], "tiny.gguf", target)
    return target


def test_the_weights_stay_as_they_are(raw, converted):
    import torch

    model, _ = load_causal_lm(str(converted))
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}
    state = {name.removeprefix("model."): values.numpy() for name, values in model.state_dict().items()}
    for ours, theirs in {
        "embed_tokens": "token_embd",
        "norm": "output_norm",
        "layers.0.mlp.gate_proj": "blk.0.ffn_gate",
        "layers.0.mlp.down_proj": "blk.0.ffn_down",
        "layers.0.self_attn.v_proj": "blk.0.attn_v",
    }.items():
        np.testing.assert_array_equal(state[f"{ours}.weight"], raw[1][theirs])


def test_the_folder_is_an_ordinary_model(converted):
    files = {file.name for file in converted.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= files
    assert not any(name.endswith((".gguf", ".bin")) for name in files)
    assert "gguf" not in (converted / "config.json").read_text()


def test_digits_are_split_one_by_one_before_the_words(converted):
    _, tokenizer = load_causal_lm(str(converted))
    assert tokenizer.tokenize("red2012") == ["red", "2", "0", "1", "2"]
    assert tokenizer.tokenize("a red") == ["a", "Ġred"]
    assert tokenizer.decode(tokenizer("red 2012").input_ids) == "red 2012"


def test_the_weights_have_the_rights_of_the_other_files(converted):
    assert (converted / "model.safetensors").stat().st_mode == (converted / "config.json").stat().st_mode


def test_conversion_prints_nothing_and_gives_the_same_files_again(raw, converted, tmp_path, capfd):
    convert_gguf(raw[0], "tiny.gguf", tmp_path / "again")
    assert capfd.readouterr() == ("", "")
    for file in converted.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
