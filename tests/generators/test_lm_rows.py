"""Rows for a language model: prompts, epochs, held-out rows, and the warning of long ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from skbalagen.generators._lm_rows import (
    TrainingRows,
    class_prompts,
    draw_rows,
    held_out_rows,
    warn_of_cut_rows,
)

PROMPTS = {"meal": "meal", "city": "city question"}


@pytest.fixture(scope="module")
def tokenizer(tiny_gpt2):
    return AutoTokenizer.from_pretrained(tiny_gpt2)


def words(tokenizer, tokens):
    return tokenizer.convert_ids_to_tokens(tokens)


def test_class_prompts_are_labels_as_a_person_reads_them_or_descriptions():
    assert class_prompts(["a_b", 3, True], {3: "three"}) == {"a_b": "a b", 3: "three", True: "True"}
    assert class_prompts(["a"], None) == {"a": "a"}


def test_class_prompts_warns_of_descriptions_of_no_class():
    with pytest.warns(
        UserWarning, match=r"not in y: \['b', 'c'\]. They are ignored; the classes are \['a'\]"
    ):
        assert class_prompts(["a"], {"b": "x", "c": "y", "a": "z"}) == {"a": "z"}


@pytest.fixture
def rows(tokenizer):
    X = np.array(["red", "blue", "red", "red", "green number", "red"], dtype=object)
    y = np.array(["meal", "meal", "meal", "city", "city", "meal"])
    return TrainingRows(tokenizer, X, y, PROMPTS, 8, 2)


def test_training_rows_encodes_repeated_rows_once(rows, tokenizer):
    assert [words(tokenizer, tokens)[-2] for tokens in rows.sequences] == ["red", "blue", "red", "number"]
    assert rows.n_prompt.tolist() == [2, 2, 3, 3]
    assert rows.n_text.tolist() == [2, 2, 2, 3]
    assert rows.lengths.tolist() == [4, 4, 5, 6]
    # "red" of the meals occurs three times, and counts twice.
    assert rows.n_counted.tolist() == [2 * 2, 2, 2, 3]


def test_training_rows_draws_a_repeated_row_once_or_without_a_bound_as_often_as_it_is_repeated(
    rows, tokenizer
):
    assert sorted(rows.draw(9, np.random.default_rng(0))) == [0, 1, 2, 3]
    X, y = np.array(["red", "blue", "red", "red"], dtype=object), np.array(["meal"] * 4)
    unbounded = TrainingRows(tokenizer, X, y, {"meal": "meal"}, 8, None)
    assert sorted(unbounded.draw(9, np.random.default_rng(0))) == [0, 0, 0, 1]
    assert unbounded.n_counted.tolist() == [2, 2]


def test_training_rows_counts_a_repeated_row_up_to_max_copies_in_the_loss(rows, tiny_gpt2):
    model = AutoModelForCausalLM.from_pretrained(tiny_gpt2).eval().requires_grad_(False)
    red, blue = (float(rows.loss(model, np.array([i]))) for i in (0, 1))
    assert red != pytest.approx(blue, rel=1e-3)
    both = float(rows.loss(model, np.array([0, 1])))
    assert both == pytest.approx((2 * red + blue) / 3, rel=1e-5)


def test_training_rows_draws_max_rows_of_each_class(rows):
    one_each = rows.draw(1, np.random.default_rng(0))
    assert len(set(one_each) & {0, 1}) == len(set(one_each) & {2, 3}) == 1


def test_training_rows_does_not_draw_rows_that_are_held_out(tokenizer):
    X = np.array([f"number {i} {color}" for i in range(12) for color in ("red", "blue")], dtype=object)
    rows = TrainingRows(tokenizer, X, np.array(["meal"] * 24), {"meal": "meal"}, 8, 2)
    assert rows.held_out.tolist() == []
    rows.hold_out(0.25, np.random.default_rng(0))
    assert len(rows.held_out) == 6
    drawn = rows.draw(99, np.random.default_rng(0))
    assert sorted({*drawn, *rows.held_out}) == list(range(24))
    assert not set(drawn) & set(rows.held_out)


def test_training_rows_losses_count_the_texts_and_the_ends(rows, tiny_gpt2):
    model = AutoModelForCausalLM.from_pretrained(tiny_gpt2).eval()

    def by_hand(numbers):
        losses = []
        for tokens, n in ((rows.sequences[r], rows.n_prompt[r]) for r in numbers):
            log_p = model(torch.tensor([tokens])).logits[0].log_softmax(dim=-1)
            losses += [-log_p[i - 1, tokens[i]].item() for i in range(n, len(tokens))]
        return np.mean(losses)

    rows.held_out = np.array([0, 3])
    with torch.no_grad():
        assert rows.loss(model, np.array([1, 2])).item() == pytest.approx(by_hand([1, 2]), rel=1e-4)
        assert rows.validation_loss(model) == pytest.approx(by_hand([0, 3]), rel=1e-4)


def test_draw_rows_draws_no_more_than_max_rows_of_a_class_per_epoch():
    exposures = np.array([1, 2, 0, 2, 1, 1, 2])
    codes = np.array([0, 1, 0, 0, 0, 1, 0])
    rng = np.random.default_rng(0)
    epochs = [draw_rows(exposures, codes, 2, rng) for _ in range(30)]
    for rows in epochs:
        distinct = np.unique(rows)
        assert np.bincount(codes[distinct]).tolist() == [2, 2]
        assert all((rows == r).sum() == exposures[r] for r in distinct)
    assert {r for rows in epochs for r in rows} == {0, 1, 3, 4, 5, 6}  # another draw each epoch
    assert np.bincount(draw_rows(exposures, codes, 9, rng), minlength=7).tolist() == exposures.tolist()


def test_held_out_rows_come_from_classes_that_can_spare_them():
    codes = np.array([0] * 20 + [1] * 9 + [2] * 10)
    rows = held_out_rows(codes, 0.2, np.random.default_rng(0))
    assert rows.tolist() == sorted(set(rows))
    assert np.bincount(codes[rows], minlength=3).tolist() == [4, 0, 2]


def test_held_out_rows_are_none_where_none_are_asked_for_or_none_can_be_spared():
    rng = np.random.default_rng(0)
    assert held_out_rows(np.zeros(50, dtype=int), 0.0, rng).tolist() == []
    assert held_out_rows(np.array([0] * 9 + [1] * 3), 0.5, rng).tolist() == []


def test_held_out_rows_are_drawn_at_random():
    codes = np.zeros(40, dtype=int)
    draws = {tuple(held_out_rows(codes, 0.1, np.random.default_rng(seed))) for seed in range(10)}
    assert len(draws) == 10


def test_training_rows_says_how_many_rows_are_too_long_and_what_it_chose(tokenizer):
    X = np.array(["red blue green", "red", "red blue green"], dtype=object)
    y = np.array(["meal", "meal", "meal"])
    chosen, cut = (TrainingRows(tokenizer, X, y, PROMPTS, n, 2, context=64) for n in ("auto", 3))
    assert (chosen.max_tokens, chosen.n_cut) == (64 - 2, 0)
    assert (cut.max_tokens, cut.n_cut) == (3, 2)  # a repeated row counts as often as it occurs
    assert cut.n_text.tolist() == [3, 2]


def test_warn_of_cut_rows_says_their_share_and_what_to_do():
    message = (
        r"got 3 of 12 \(25.0%\) with more than 64 tokens. .* Raise max_tokens, or pass one passage per row"
    )
    with pytest.warns(UserWarning, match=message):
        warn_of_cut_rows(3, 12, 64)
    warn_of_cut_rows(0, 12, 64)
