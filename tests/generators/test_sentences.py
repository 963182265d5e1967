"""Shuffled and inserted sentences."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone

from skbalagen import SentenceInsertionGenerator, SentenceShuffleGenerator
from skbalagen.generators.sentences import split_sentences

LONG = "It broke. Can I send it back? Please answer!"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (LONG, ["It broke.", "Can I send it back?", "Please answer!"]),
        ("one sentence", ["one sentence"]),
        ("version 2.5 is out", ["version 2.5 is out"]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("Really?! Yes...  Fine", ["Really?!", "Yes...", "Fine"]),
        ("first line\n\n second line \n", ["first line", "second line"]),
        ("我很好。你呢？好", ["我很好。", "你呢？", "好"]),
        ("كيف حالك؟ أنا بخير", ["كيف حالك؟", "أنا بخير"]),
        ("यह टूट गया। क्यों", ["यह टूट गया।", "क्यों"]),
        ("  ", []),
    ],
)
def test_split_sentences_ends_them_at_marks_and_lines(text, sentences):
    assert split_sentences(text) == sentences


def test_a_shuffled_text_has_the_same_sentences_in_another_order():
    generator = SentenceShuffleGenerator().fit([LONG], ["a"])
    texts = generator.sample({"a": range(60)}, random_state=0)["a"]
    assert LONG not in texts
    assert len(set(texts)) == 5  # 3! - 1
    for text in texts:
        assert Counter(split_sentences(text)) == Counter(split_sentences(LONG))


@pytest.mark.parametrize("text", ["one sentence", "Again. Again."])
def test_a_text_that_has_one_order_cannot_be_shuffled(text):
    assert SentenceShuffleGenerator().fit([text], ["a"]).sample({"a": range(2)}, random_state=0) == {
        "a": [None, None]
    }


ROWS = ["Hello there. Thanks!", "Nice day.", "Hello there.", LONG]
LABELS = ["ok", "ok", "ok", "bad"]


def test_an_inserted_sentence_leaves_the_others_as_they_were():
    generator = SentenceInsertionGenerator().fit(ROWS, LABELS)
    original = split_sentences(LONG)
    texts = generator.sample({"bad": range(200)}, random_state=0)["bad"]
    places = set()
    for text in texts:
        sentences = split_sentences(text)
        place = next(i for i, s in enumerate(sentences) if s in generator.sentences_)
        assert sentences[:place] + sentences[place + 1 :] == original
        places.add((place, sentences[place]))
    # Each of the three sentences, at each of the four places.
    assert len(places) == 12


def test_sentences_are_the_different_ones_of_the_largest_class():
    generator = SentenceInsertionGenerator().fit(ROWS, LABELS)
    assert generator.largest_class_ == "ok"
    assert generator.sentences_.tolist() == ["Hello there.", "Thanks!", "Nice day."]


def test_of_equally_large_classes_the_first_gives_the_sentences():
    assert SentenceInsertionGenerator().fit(["x", "y"], [7, 3]).largest_class_ == 3


def test_a_largest_class_of_blanks_has_no_sentences_to_insert():
    with pytest.raises(ValueError, match=r"to take sentences from, got 2 blank rows of 'ok'\. Add rows"):
        SentenceInsertionGenerator().fit([" ", "", "x"], ["ok", "ok", "bad"])


@pytest.mark.parametrize("kind", [SentenceShuffleGenerator, SentenceInsertionGenerator])
def test_candidates_do_not_depend_on_what_else_is_asked_for(kind):
    generator = clone(kind()).fit([*ROWS, LONG + " Now."], [*LABELS, "bad"])
    whole = generator.sample({"bad": range(20), "ok": range(5)}, random_state=3)["bad"]
    assert generator.sample({"bad": range(7, 12)}, random_state=3)["bad"] == whole[7:12]
    rows = generator.source_rows({"bad": range(20)}, random_state=3)["bad"]
    assert set(np.asarray(rows).tolist()) == {3, 4}
