"""What a language model makes of words: how many tokens each takes."""

from __future__ import annotations

import pytest

from skbalagen.generators._lm_scores import token_counts


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


@pytest.mark.model
def test_words_that_the_model_does_not_know_take_more_tokens():
    from transformers import AutoTokenizer

    from skbalagen.models.catalog import SMOLLM2
    from skbalagen.models.fetch import local_path

    tokenizer = AutoTokenizer.from_pretrained(local_path(SMOLLM2))
    assert token_counts(tokenizer, ["refund", "delivery", "<|im_end|>"])[:2] == [1, 1]
    assert min(token_counts(tokenizer, ["stonitipels", "pulumirefurbler"])) >= 4
