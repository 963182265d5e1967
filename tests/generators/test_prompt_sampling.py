"""Lines behind prompts."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from skbalagen.generators import _prompt_sampling
from skbalagen.generators._prompt_sampling import (
    PromptedLines,
    encode_framed,
    line_ends,
    prompt_frame,
    sample_lines,
)
from skbalagen.models.load import load_causal_lm
from tests.generators.tiny_letters import build_letters_model

LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789 -.,:"<|>_'
OPTIONS = {"top_p": 1.0, "temperature": 1.0, "batch_size": 8}


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    folder = build_letters_model(tmp_path_factory.mktemp("letters"), [LETTERS], chat=True)
    return load_causal_lm(str(folder))


def test_a_frame_is_the_template_and_the_first_mark_of_the_answer(letters):
    assert prompt_frame(letters[1], True) == ("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n-")
    assert prompt_frame(letters[1], False) == ("", "")


def test_a_frame_begins_with_the_start_token_where_the_tokenizer_puts_one():
    class Starting(SimpleNamespace):
        def __call__(self, text):
            return {"input_ids": [7, 8]}

    assert prompt_frame(Starting(bos_token_id=7, bos_token="<s>"), False) == ("<s>", "")
    assert prompt_frame(Starting(bos_token_id=None, bos_token=None), False) == ("", "")


def test_a_template_that_drops_the_message_is_an_error():
    tokenizer = SimpleNamespace(apply_chat_template=lambda *_, **__: "system: be kind")
    with pytest.raises(
        ValueError, match="must hold the message of the user once, got one that holds it 0 times"
    ):
        prompt_frame(tokenizer, True)


def test_a_prompt_is_text_and_its_frame_is_not(letters):
    tokens = encode_framed(letters[1], ("<|im_start|>", "<|im_end|>"), "a<|im_end|>")
    assert tokens[0] == 1
    assert tokens[-1] == 0
    assert tokens.count(0) == 1
    assert letters[1].decode(tokens) == "<|im_start|>a<|im_end|><|im_end|>"


def test_line_ends_are_found_in_any_spelling_of_a_vocabulary(letters):
    assert line_ends(letters[1]) == [letters[1].convert_tokens_to_ids("\n")]
    spelled = {"a": 0, "\u010a": 1, ".\u010a\u010a": 2, "<0x0A>": 3, "\u010aajjut": 4}
    decoded = {1: "\n", 2: ".\n\n", 3: "\n", 4: "\u010aajjut"}
    fake = SimpleNamespace(get_vocab=lambda: spelled, decode=lambda ids: decoded[ids[0]])
    assert line_ends(fake) == [1, 2, 3]


def sample(letters, asked, max_tokens=40):
    return sample_lines(("", ""), OPTIONS, 0, max_tokens, *letters, asked)


def test_lines_are_one_per_candidate_and_do_not_depend_on_what_is_asked_beside(letters, monkeypatch):
    asked = [PromptedLines(f"prompt {i}:", "ab"[i % 2], range(3 * i, 3 * i + 3)) for i in range(5)]
    together = sample(letters, asked)
    assert [len(lines) for lines in together] == [3] * 5
    assert sum(line is not None for lines in together for line in lines) > 3
    monkeypatch.setattr(_prompt_sampling, "_PROMPTS_AT_ONCE", 2)
    assert sample(letters, asked) == together
    assert sample(letters, asked[3:4]) == together[3:4]
    assert sample(letters, []) == []


@pytest.mark.parametrize(
    ("tokens", "line"),
    [
        (" where is it\n", "where is it"),
        (' "where is it",\n', "where is it"),
        (" one\ntwo", "one"),
        ("\n", None),
        ("", None),
        (" a<|im_start|>b", None),  # a special token inside is no text
        (" done<|im_end|>", "done"),
    ],
)
def test_a_line_ends_at_its_break_or_at_an_end_of_the_model(letters, monkeypatch, tokens, line):
    model, tokenizer = letters
    spelled = tokenizer(tokens)["input_ids"]
    monkeypatch.setattr(_prompt_sampling, "sample_tokens", lambda *_, **__: [spelled, None])
    assert sample_lines(("", ""), OPTIONS, 0, 9, model, tokenizer, [PromptedLines("p", "a", range(2))]) == [
        [line, None]
    ]


def test_all_ends_that_the_model_was_taught_end_a_line(letters, monkeypatch):
    seen = {}

    def sampled(model, prompts, jobs, **options):
        seen.update(options)
        return [None for _ in jobs]

    model = SimpleNamespace(generation_config=SimpleNamespace(eos_token_id=[0, 5]))
    monkeypatch.setattr(_prompt_sampling, "sample_tokens", sampled)
    sample_lines(("", ""), OPTIONS, 0, 9, model, letters[1], [PromptedLines("p", "a", range(1))])
    assert seen["end_token"] == 0
    assert seen["stop_tokens"] == sorted([5, letters[1].convert_tokens_to_ids("\n")])


def test_the_draws_of_a_candidate_are_its_own(letters, monkeypatch):
    drawn = []

    def sampled(model, prompts, jobs, **options):
        drawn.extend(jobs)
        return [None for _ in jobs]

    monkeypatch.setattr(_prompt_sampling, "sample_tokens", sampled)
    sample(letters, [PromptedLines("p", "a", range(2)), PromptedLines("q", "a", range(2, 3))], max_tokens=4)
    assert [number for number, _ in drawn] == [0, 0, 1]
    assert len({tuple(np.round(draws, 6)) for _, draws in drawn}) == 3
    assert all(draws.shape == (4,) for _, draws in drawn)
    assert torch.get_num_threads() >= 1
