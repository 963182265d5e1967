"""Prompts that are filled with rows."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from skbalagen.generators._prompts import (
    COMPLETION_PROMPT,
    JSON_PROMPT,
    LINES_PROMPT,
    PLACES,
    RowPrompts,
    check_prompt,
    nearest_classes,
)

X = np.array(
    ["where is\nmy card", "{n} cards {label}", "my card is gone", "when does it come", "is it sent", "hello"],
    dtype=object,
)
Y = np.array(["lost_card"] * 3 + ["card_arrival"] * 2 + ["greeting"], dtype=object)


def make(**options):
    defaults = {
        "nearest": {"lost_card": "card_arrival", "card_arrival": "lost_card"},
        "template": JSON_PROMPT,
        "descriptions": None,
        "n_examples": 2,
        "n_avoid": 1,
        "n_texts": 7,
    }
    return RowPrompts(texts=X, labels=Y, **(defaults | options))


def test_showing_fills_every_place():
    prompts = make(descriptions={"lost_card": "a card is gone"})
    prompt = prompts.showing("lost_card", [0, 1], [3])
    assert 'class "lost card" (a card is gone)' in prompt.text
    assert "- where is my card\n- {n} cards {label}\n" in prompt.text  # rows are not read as places
    assert 'class "card arrival", which is close, and is not meant:\n\n- when does it come\n' in prompt.text
    assert "JSON list of 7 strings" in prompt.text
    assert prompt.rows == [0, 1, 3]
    assert prompt.known == {"where is my card", "{n} cards {label}", "when does it come"}
    assert set(PLACES) == {"label", "description", "examples", "avoid", "n"}


def test_showing_leaves_out_what_is_not_there():
    prompt = make().showing("greeting", [5], [])
    assert prompt.text.startswith('Here are texts of the class "greeting", as people')
    assert "close" not in prompt.text


def test_a_completion_ends_where_the_next_row_begins():
    prompt = make(template=COMPLETION_PROMPT).showing("lost_card", [2], [4])
    assert prompt.text.endswith('Texts of the class "lost card":\n\n- my card is gone\n-')
    assert prompt.text.startswith('These texts belong to the class "card arrival"')


def test_draw_shows_other_rows_of_the_class_and_of_its_nearest_with_each_number():
    prompts = make()
    drawn = [prompts.draw("lost_card", number, 0) for number in range(20)]
    assert {tuple(sorted(prompt.rows[:2])) for prompt in drawn} == {(0, 1), (0, 2), (1, 2)}
    assert {prompt.rows[2] for prompt in drawn} == {3, 4}
    assert drawn == [prompts.draw("lost_card", number, 0) for number in range(20)]
    assert drawn != [prompts.draw("lost_card", number, 1) for number in range(20)]


def test_draw_shows_no_row_twice_where_rows_are_copied():
    texts, labels = (
        np.array([*X, *X, "My card is  GONE"], dtype=object),
        np.array([*Y, *Y, "lost_card"], dtype=object),
    )
    prompts = dataclasses.replace(make(n_examples=9, n_avoid=9), texts=texts, labels=labels)
    assert sorted(prompts.draw("lost_card", 0, 0).rows) == [0, 1, 2, 3, 4]


def test_draw_shows_all_rows_of_a_small_class_and_nothing_to_avoid_without_a_near_one():
    assert make(n_examples=9).draw("greeting", 0, 0).rows == [5]
    assert make(n_avoid=0).draw("lost_card", 0, 0).rows[2:] == []


@pytest.mark.parametrize("prompt", [JSON_PROMPT, LINES_PROMPT, COMPLETION_PROMPT, "{examples}"])
def test_check_prompt_takes_ours_and_any_with_rows(prompt):
    check_prompt(prompt)


@pytest.mark.parametrize(
    ("prompt", "places"), [("{label}", ["label"]), ("{examples} {rows}", ["examples", "rows"])]
)
def test_check_prompt_refuses_places_that_are_unknown_or_missing(prompt, places):
    with pytest.raises(ValueError, match=re.escape("must have the place {examples} and no others")) as error:
        check_prompt(prompt)
    assert f"got {places!r}" in str(error.value)


def test_nearest_classes_go_by_common_words():
    texts = np.array(["my card is lost", "the card is late", "good day", "day of rest"], dtype=object)
    labels = np.array(["a", "b", "c", "d"])
    assert nearest_classes(texts, labels, labels) == {"a": "b", "b": "a", "c": "d", "d": "c"}
    assert nearest_classes(texts[:1], labels[:1], labels[:1]) == {}
