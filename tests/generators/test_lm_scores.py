"""What a language model makes of words and texts: how many tokens each takes, and how likely it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skbalagen._torch.token_loss import text_loss
from skbalagen.generators._lm_scores import log_likelihoods, token_counts
from skbalagen.generators._lm_tokens import encode_rows
from skbalagen.models.load import load_causal_lm
from tests.generators.tiny_letters import build_letters_model


class Pairs:
    """Reads two characters a token, white space among them."""

    def __call__(self, texts, *, add_special_tokens, split_special_tokens):
        assert not add_special_tokens
        assert split_special_tokens
        return {"input_ids": [[0] * -(-len(text) // 2) for text in texts]}


def test_words_are_counted_with_the_space_before_them():
    assert token_counts(Pairs(), ["a", "ab", "abc"]) == [1, 2, 2]


def test_no_words_are_no_call():
    assert token_counts(None, []) == []


def test_likelihoods_are_those_of_the_training_loss(tiny_gpt2):
    model, tokenizer = load_causal_lm(str(tiny_gpt2))
    prompts = {"a": "red wine", "b": "rain"}
    texts, labels = ["i want red wine", "cheap", "i want red wine"] * 12, ["a", "b", "b"] * 12
    found = log_likelihoods(model, tokenizer, prompts, texts, labels)
    rows = encode_rows(tokenizer, list(zip(texts, labels, strict=True)), prompts, "auto")
    with torch.no_grad():
        expected = [
            -float(text_loss(model, [tokens], np.array([n]))) * (len(tokens) - n)
            for tokens, n in zip(rows.sequences[:3], rows.n_prompt[:3], strict=True)
        ]
    np.testing.assert_allclose(found[:, 0], expected * 12, rtol=1e-5)
    assert found[:3, 1].tolist() == [
        len(t) - n for t, n in zip(rows.sequences[:3], rows.n_prompt[:3], strict=True)
    ]
    assert found[0, 0] != found[2, 0]  # the same text after another prompt


def test_a_text_is_as_likely_whatever_is_scored_beside_it(tiny_gpt2):
    model, tokenizer = load_causal_lm(str(tiny_gpt2))
    texts = ["red", "i want red wine", "red blue green " * 9, "cheap", "blue red"] * 8
    whole = log_likelihoods(model, tokenizer, {"a": "red wine"}, texts, ["a"] * 40)
    alone = [log_likelihoods(model, tokenizer, {"a": "red wine"}, [text], ["a"])[0] for text in texts[:5]]
    np.testing.assert_allclose(whole, alone * 8, rtol=1e-6)
    assert log_likelihoods(model, tokenizer, {"a": "red wine"}, [], []).shape == (0, 2)


def test_padding_may_pass_the_context(tmp_path):
    model, tokenizer = load_causal_lm(str(build_letters_model(tmp_path, ["abcd"], n_positions=12)))
    found = log_likelihoods(model, tokenizer, {"a": "ab"}, ["abcdabc", "a"], ["a", "a"])
    assert found[:, 1].tolist() == [9, 3]  # with the space before it and the end


@pytest.mark.model
def test_words_that_the_model_does_not_know_take_more_tokens():
    from transformers import AutoTokenizer

    from skbalagen.models.catalog import SMOLLM2
    from skbalagen.models.fetch import local_path

    tokenizer = AutoTokenizer.from_pretrained(local_path(SMOLLM2))
    assert token_counts(tokenizer, ["refund", "delivery", "<|im_end|>"])[:2] == [1, 1]
    assert min(token_counts(tokenizer, ["stonitipels", "pulumirefurbler"])) >= 4
