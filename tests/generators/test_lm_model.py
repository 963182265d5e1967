"""The model of a language-model generator: ready to train, ready to sample, written and read."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from transformers import LlamaConfig, LlamaForCausalLM

from skbalagen import CausalLMGenerator
from skbalagen._torch.device import compute_dtype
from skbalagen.generators._lm_model import freeze_model, load_to_train

CPU = torch.device("cpu")


def fitted(folder, X=("red", "blue"), y=("flight", "fare"), **params):
    params = {"model": str(folder), "epochs": 1, "max_tokens": 8, "device": "cpu", "random_state": 0} | params
    return CausalLMGenerator(**params).fit(list(X), list(y))


def test_load_to_train_freezes_all_but_the_adapters(tiny_gpt2):
    model, tokenizer = load_to_train(str(tiny_gpt2), "cpu", 3, np.random.default_rng(0))
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert trained
    assert all(name.endswith(("up", "down")) for name in trained)
    assert model.dtype == compute_dtype(CPU)
    assert tokenizer.eos_token == "<end>"


def test_load_to_train_trains_all_weights_in_float32_without_adapters(tiny_gpt2):
    model, _ = load_to_train(str(tiny_gpt2), "cpu", None, np.random.default_rng(0))
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert model.dtype == torch.float32


def test_load_to_train_draws_the_adapters_from_the_rng(tiny_gpt2):
    def down(seed):
        model, _ = load_to_train(str(tiny_gpt2), "cpu", 2, np.random.default_rng(seed))
        return next(p for name, p in model.named_parameters() if name.endswith("down"))

    assert torch.equal(down(0), down(0))
    assert not torch.equal(down(0), down(1))


def test_freeze_model_merges_the_adapters_and_stops_the_training(tiny_gpt2):
    model, _ = load_to_train(str(tiny_gpt2), "cpu", 2, np.random.default_rng(0))
    freeze_model(model)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any(name.endswith(("up", "down")) for name, _ in model.named_parameters())
    assert model.dtype == compute_dtype(CPU)
    assert model.config._attn_implementation == "sdpa"


def test_freeze_model_keeps_the_frequencies_of_positions_in_float32():
    config = LlamaConfig(
        vocab_size=24, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2
    )
    model = LlamaForCausalLM(config)
    frequencies = model.model.rotary_emb.inv_freq.clone()
    freeze_model(model)
    assert torch.equal(model.model.rotary_emb.inv_freq, frequencies)
    assert {parameter.dtype for parameter in model.parameters()} == {compute_dtype(CPU)}


@pytest.mark.parametrize("labels", [("flight", "fare"), (1, 2), (True, False), (0.5, 1.5)])
def test_a_generator_that_was_saved_samples_the_same_texts(tiny_gpt2, tmp_path, labels):
    generator = fitted(tiny_gpt2, y=labels, label_descriptions={labels[0]: "red question"})
    spans = {label: range(8) for label in labels}
    generator.save(tmp_path / "new" / "folder")
    loaded = CausalLMGenerator.load(tmp_path / "new" / "folder")
    assert loaded.sample(spans, random_state=1) == generator.sample(spans, random_state=1)
    assert loaded.get_params() == generator.get_params()
    assert loaded.prompts_ == generator.prompts_
    assert loaded.classes_.tolist() == generator.classes_.tolist()
    assert (loaded.max_tokens_, loaded.cut_share_) == (8, 0.0)
    assert loaded.history_ == generator.history_
    assert np.isnan(loaded.validation_perplexity_)
    assert not any(parameter.requires_grad for parameter in loaded.model_.parameters())


def test_saving_again_replaces_what_was_there(tiny_gpt2, tmp_path):
    fitted(tiny_gpt2).save(tmp_path)
    fitted(tiny_gpt2, y=["meal", "city"]).save(tmp_path)
    assert CausalLMGenerator.load(tmp_path).classes_.tolist() == ["city", "meal"]


def test_the_folder_holds_safetensors_and_json_only(tiny_gpt2, tmp_path):
    fitted(tiny_gpt2).save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"model.safetensors", "generator.json", "config.json"} <= names
    assert {name.rpartition(".")[2] for name in names} <= {"safetensors", "json", "jinja"}
    state = json.loads((tmp_path / "generator.json").read_text(encoding="utf-8"))
    assert state["prompts"] == [["fare", "fare"], ["flight", "flight"]]


def test_a_random_state_that_is_no_number_is_left_out(tiny_gpt2, tmp_path):
    fitted(tiny_gpt2, random_state=np.random.RandomState(0)).save(tmp_path)
    assert CausalLMGenerator.load(tmp_path).random_state is None


def test_labels_that_json_cannot_hold_are_rejected_before_anything_is_written(tiny_gpt2, tmp_path):
    generator = fitted(tiny_gpt2)
    generator.prompts_ = {np.datetime64("2020-01-01"): "a day"}
    with pytest.raises(TypeError, match="labels and parameters must be of type str, int, float or bool"):
        generator.save(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_folder_without_a_generator_is_named(tmp_path, tiny_gpt2):
    for folder in (tmp_path, tmp_path / "missing", tiny_gpt2):
        with pytest.raises(
            FileNotFoundError, match=r"must be a folder that CausalLMGenerator.save wrote, got one wi"
        ):
            CausalLMGenerator.load(folder)


def test_a_generator_that_was_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError, match="This CausalLMGenerator instance is not fitted yet"):
        CausalLMGenerator().save(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
