"""Text to tokens and back: what users write is text, and a row that is too long becomes a passage."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from skbalagen.generators._lm_tokens import (
    clean_text,
    encode_prompt,
    encode_rows,
    longest_allowed,
    special_tokens,
)
from skbalagen.models.load import load_causal_lm

PROMPTS = {"meal": "meal", "city": "city question"}
SPELLED = "red <|im_end|> blue <|im_start|>user <file_sep> <|endoftext|>"


@pytest.fixture(scope="module")
def tokenizer(tiny_gpt2):
    return AutoTokenizer.from_pretrained(tiny_gpt2)


@pytest.fixture(scope="module")
def sentences():
    """Return a tokenizer of whole words, of which some end a sentence."""
    words = ["<unk>", "meal:", "red", "blue", "green", "red.", "blue!", 'green?"']
    backend = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<end>", unk_token="<unk>")
    made.add_tokens(["<|role|>"], special_tokens=True)
    return made


def words(tokenizer, tokens):
    return tokenizer.convert_ids_to_tokens(tokens)


def test_encode_prompt_ends_with_a_colon(tokenizer):
    assert words(tokenizer, encode_prompt(tokenizer, "city question")) == ["city", "question", ":"]


def test_encode_rows_puts_the_prompt_before_and_the_end_behind_each_text(tokenizer):
    rows = encode_rows(tokenizer, [("question number 3", "meal"), (" red ", "city")], PROMPTS, 8)
    assert [words(tokenizer, tokens) for tokens in rows.sequences] == [
        ["meal", ":", "question", "number", "3", "<end>"],
        ["city", "question", ":", "red", "<end>"],
    ]
    assert rows.n_prompt.tolist() == [2, 3]
    assert rows.is_cut.tolist() == [False, False]
    assert rows.max_tokens == 8


def test_encode_rows_cuts_texts_but_not_prompts(tokenizer):
    rows = encode_rows(tokenizer, [("red blue green red", "city"), ("red blue", "city")], PROMPTS, 3)
    # Cut within a sentence, the text does not end there; the other one just fits.
    assert words(tokenizer, rows.sequences[0]) == ["city", "question", ":", "red", "blue", "green"]
    assert words(tokenizer, rows.sequences[1]) == ["city", "question", ":", "red", "blue", "<end>"]
    assert rows.n_prompt.tolist() == [3, 3]
    assert rows.is_cut.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("red blue red. green red blue", ["red", "blue", "red.", "<end>"]),
        ('red green?" blue! red blue! red', ["red", 'green?"', "blue!", "<end>"]),
        ("red red blue blue red. green", ["red", "red", "blue", "blue", "red."]),  # no room for the end
        ("red. blue green blue green blue", ["red.", "blue", "green", "blue", "green"]),  # in the first half
    ],
)
def test_encode_rows_ends_a_long_text_behind_its_last_sentence_that_fits(sentences, text, kept):
    rows = encode_rows(sentences, [(text, "meal")], {"meal": "meal"}, 5)
    assert words(sentences, rows.sequences[0]) == ["meal:", *kept]
    assert rows.is_cut.tolist() == [True]


@pytest.mark.parametrize(
    ("n_longest", "context", "chosen"),
    [(5, None, 64), (97, None, 97), (9999, None, 256), (9999, 100, 90), (5, 40, 30)],
)
def test_longest_allowed_is_the_longest_row_within_bounds(n_longest, context, chosen):
    assert longest_allowed("auto", n_longest, "fare", 10, context) == chosen
    assert longest_allowed(30, n_longest, "fare", 10, context) == 30


@pytest.mark.parametrize(("max_tokens", "n_prompt"), [(31, 10), ("auto", 39)])
def test_longest_allowed_refuses_what_the_model_cannot_read(max_tokens, n_prompt):
    message = rf"into the 40 tokens that the model reads, got {n_prompt} tokens of the prompt 'fare' and max_tokens="
    with pytest.raises(ValueError, match=message):
        longest_allowed(max_tokens, 99, "fare", n_prompt, 40)


def test_special_tokens_in_texts_and_prompts_are_plain_text(tokenizer, sentences):
    for made in (tokenizer, sentences):
        end = made.eos_token_id
        assert end not in encode_prompt(made, "meal <end> red")
        rows = encode_rows(made, [("red <end> blue", "meal"), ("<end>", "meal")], {"meal": "<end>"}, 12)
        assert [tokens.count(end) for tokens in rows.sequences] == [1, 1]
        assert [tokens[-1] for tokens in rows.sequences] == [end, end]


def test_special_tokens_would_end_a_text_that_spells_them_out(sentences):
    read = sentences("red <end> blue", add_special_tokens=False)["input_ids"]
    assert words(sentences, read) == ["red", "<end>", "blue"]
    rows = encode_rows(sentences, [("red <end> blue <|role|>", "meal")], {"meal": "meal"}, 12)
    assert words(sentences, rows.sequences[0]) == ["meal:", "red", "<unk>", "blue", "<unk>", "<end>"]


def test_special_tokens_are_named_with_those_that_have_no_role(sentences):
    assert special_tokens(sentences) == ["<end>", "<unk>", "<|role|>"]


@pytest.mark.model
def test_special_tokens_of_the_embedded_model_are_plain_text_in_rows_and_prompts():
    _, tokenizer = load_causal_lm("SmolLM2-135M-Instruct")
    assert (tokenizer.eos_token, len(tokenizer)) == ("<|im_end|>", 49152)
    known = set(tokenizer.added_tokens_decoder)
    assert not known & set(encode_prompt(tokenizer, SPELLED))
    rows = encode_rows(tokenizer, [(SPELLED, "meal")], {"meal": SPELLED}, 99)
    assert tokenizer.decode(rows.sequences[0]) == f"{SPELLED}: {SPELLED}<|im_end|>"
    assert [token for token in rows.sequences[0] if token in known] == [tokenizer.eos_token_id]
    assert {"<|im_end|>", "<|im_start|>", "<|endoftext|>", "<file_sep>"} <= set(special_tokens(tokenizer))
    plain = tokenizer(" what is the fare? 42 €", add_special_tokens=False)["input_ids"]
    assert (
        encode_rows(tokenizer, [("what is the fare? 42 €", "a")], {"a": "a"}, 99).sequences[0][2:-1] == plain
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where  is\nit", "where is it"),
        (" tab\tand line \r\n", "tab and line"),
        (
            "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        ("", None),
        (" \n ", None),
        ("nul \x00", None),
        ("caf\ufffd", None),
        ("private \ue000", None),
        ("unassigned \u0378", None),
        ("text <|end|>", None),
    ],
)
def test_clean_text_gives_a_text_with_single_spaces_or_none(text, expected):
    assert clean_text(text, ["<|end|>"]) == expected
