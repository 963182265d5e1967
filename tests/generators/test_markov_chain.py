"""Markov chains: their order, the walks, and what counts as new."""

from __future__ import annotations

from collections import Counter

import pytest

from skbalagen import MarkovChainGenerator

# "drink" gets a chain of order 2, "ride" of order 1 (no two words in a row are shared), "toast" copies.
ROWS = {
    "drink": ["i want red wine now", "you want red wine cold", "they want red beer cold", "we like red beer"],
    "ride": ["show cheap flights", "list cheap trains"],
    "toast": ["cheers"],
}
X = [text for texts in ROWS.values() for text in texts]
Y = [label for label, texts in ROWS.items() for _ in texts]


def test_the_order_is_two_and_backs_off_to_one_and_to_copies():
    generator = MarkovChainGenerator().fit(X, Y)
    assert generator.order_ == {"drink": 2, "ride": 1, "toast": 0}
    texts = generator.sample({label: range(60) for label in ROWS}, random_state=0)
    assert set(texts["ride"]) == {"show cheap trains", "list cheap flights"}
    assert set(texts["toast"]) == {"cheers"}
    assert MarkovChainGenerator(order=1).fit(X, Y).order_ == {"drink": 1, "ride": 1, "toast": 0}
    assert MarkovChainGenerator(order=9).fit(X, Y).order_ == {"drink": 3, "ride": 1, "toast": 0}
    blank = MarkovChainGenerator().fit(["a b", " "], ["words", "none"])
    assert blank.order_ == {"words": 0, "none": 0}
    assert MarkovChainGenerator().fit(["cheers"], ["toast"]).order_ == {"toast": 0}


@pytest.mark.parametrize("order", [1, 2])
def test_walks_are_new_and_each_step_was_seen_in_the_class(order):
    def steps(text):
        words = ["<", "<", *text.split(), ">"]
        return {tuple(words[i - order : i + 1]) for i in range(2, len(words))}

    texts = MarkovChainGenerator(order=order).fit(X, Y).sample({"drink": range(200)}, random_state=0)["drink"]
    seen = set().union(*map(steps, ROWS["drink"]))
    said = {text for text in texts if text is not None}
    assert len(said) > 3
    assert set().union(*map(steps, said)) <= seen
    assert not said & set(ROWS["drink"])


def test_a_frequent_word_follows_more_often():
    rows = ["a mid x", *["b mid y"] * 6, "c mid y"]
    generator = MarkovChainGenerator(order=1, tries=200).fit(rows, ["c"] * 8)
    counts = Counter(generator.sample({"c": range(1400)}, random_state=0)["c"])
    assert set(counts) == {"a mid y", "b mid x", "c mid x"}  # 7 : 6 : 1
    assert abs(counts["a mid y"] - 700) < 95  # five standard deviations
    assert abs(counts["c mid x"] - 100) < 50


def test_spelling_does_not_make_a_walk_new():
    rows = ["Show  cheap flights", "list CHEAP flights", "show CHEAP flights", "list cheap flights"]
    assert MarkovChainGenerator().fit(rows, ["ride"] * 4).order_ == {"ride": 0}


def test_a_candidate_fails_where_no_walk_is_new_or_short_enough():
    def n_failed(**params):
        texts = MarkovChainGenerator(order=1, **params).fit(X, Y).sample({"ride": range(200)}, random_state=0)
        return texts["ride"].count(None)

    assert 70 < n_failed(tries=1) < 130  # half of the walks repeat a row
    assert n_failed(tries=10) < 5
    endless = ["so so so so", "so"]
    generator = MarkovChainGenerator(order=1, max_words=6).fit(endless, ["c", "c"])
    lengths = {len(text.split()) for text in generator.sample({"c": range(300)}, random_state=0)["c"] if text}
    assert lengths == {2, 3, 5, 6}
    assert MarkovChainGenerator(max_words=2).fit(X, Y).order_ == {"drink": 0, "ride": 0, "toast": 0}


@pytest.mark.parametrize("name", ["order", "max_words", "tries"])
def test_bad_parameters_of_markov_are_refused(name):
    message = rf"'{name}' parameter of MarkovChainGenerator must be an int in the range \[1, inf\). Got 0"
    with pytest.raises(ValueError, match=message):
        MarkovChainGenerator(**{name: 0}).fit(X, Y)


def test_transitions_are_the_words_that_follow_with_cumulative_counts():
    generator = MarkovChainGenerator(order=1).fit(["a mid x", "b mid y", "b mid y"], ["c"] * 3)
    words, counts = generator.transitions_["c"]["mid",]
    assert dict(zip(words, counts, strict=True)) == {"x": 1, "y": 3}
    assert generator.known_ == {"c": frozenset({"a mid x", "b mid y"})}


def test_classes_that_get_copies_share_the_stream_of_sample_copy():
    texts, labels = ["cheers", "cheers", "a toast", "bye now"], ["toast"] * 3 + ["end"]
    generator = MarkovChainGenerator().fit(texts, labels)
    assert generator.order_["toast"] == 0
    spans = {"toast": range(2, 20)}
    assert generator.sample(spans, random_state=1) == generator.copies_.sample(spans, random_state=1)
    assert generator.transitions_["toast"] == {}


def test_the_order_does_not_depend_on_the_global_random_state():
    import random

    orders = []
    before = random.getstate()
    try:
        for seed in range(5):
            random.seed(seed)
            orders.append(MarkovChainGenerator(tries=1).fit(X, Y).order_)
    finally:
        random.setstate(before)
    assert all(order == orders[0] for order in orders)


def test_blank_rows_of_a_class_are_left_out_of_its_chain():
    blank = MarkovChainGenerator().fit([*ROWS["drink"], "  "], ["drink"] * 5)
    plain = MarkovChainGenerator().fit(ROWS["drink"], ["drink"] * 4)
    assert blank.transitions_ == plain.transitions_
    spans = {"drink": range(20)}
    assert blank.sample(spans, random_state=0) == plain.sample(spans, random_state=0)
