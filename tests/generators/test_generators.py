"""Sample-copy, EDA and Markov chains: the contract they share; what sample-copy and Markov chains write."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import EDAGenerator, MarkovChainGenerator, SampleCopyGenerator, TextGenerator
from skbalagen.generators import eda

# Of "drink" Markov learns order 2, of "ride" order 1 (no two words in a row are shared), of "toast" copies.
ROWS = {
    "drink": ["i want red wine now", "you want red wine cold", "they want red beer cold", "we like red beer"],
    "ride": ["show cheap flights", "list cheap trains"],
    "toast": ["cheers"],
}
X = [text for texts in ROWS.values() for text in texts]
Y = [label for label, texts in ROWS.items() for _ in texts]
SYNONYMS = {"red": ("crimson", "scarlet"), "wine": ("vino",), "cheap": ("inexpensive",)}
ALL = pytest.mark.parametrize("cls", [SampleCopyGenerator, EDAGenerator, MarkovChainGenerator])


@pytest.fixture(autouse=True)
def _small_wordnet(monkeypatch):
    """Put the synonyms above in the place of WordNet, which may not be installed."""
    monkeypatch.setattr(
        eda, "synonyms_of", lambda words: {word: SYNONYMS[word] for word in words if word in SYNONYMS}
    )


# What they share.


@ALL
def test_a_candidate_depends_on_its_class_its_number_and_the_seed_only(cls):
    generator = cls().fit(X, Y)
    assert isinstance(generator, TextGenerator)
    whole = generator.sample({label: range(10) for label in ROWS}, random_state=3)
    assert {label: len(texts) for label, texts in whole.items()} == dict.fromkeys(ROWS, 10)
    for spans in ({"ride": range(3), "drink": range(3)}, {"drink": range(3, 10)}, {"drink": range(7, 10)}):
        part = generator.sample(spans, random_state=3)
        assert part == {label: whole[label][span.start : span.stop] for label, span in spans.items()}
    assert generator.sample({"drink": range(5, 5), "ride": range(0)}) == {"drink": [], "ride": []}
    far = generator.sample({"drink": range(10**6, 10**6 + 2)}, random_state=3)["drink"]
    assert generator.sample({"drink": range(10**6 + 1, 10**6 + 2)}, random_state=3)["drink"] == far[1:]
    # Classes have streams of their own, and keep them when the rows of other classes come or go.
    alone = cls().fit(ROWS["drink"], ["drink"] * 4).sample({"drink": range(10)}, random_state=3)
    assert alone["drink"] == whole["drink"]
    twins = cls().fit(ROWS["drink"] * 2, ["a"] * 4 + ["b"] * 4)
    a, b = twins.sample({"a": range(10), "b": range(10)}, random_state=3).values()
    assert a != b


@ALL
def test_the_seed_alone_is_random_and_the_global_states_are_left_alone(cls):
    def texts(seed):
        return cls().fit(X, Y).sample({label: range(10) for label in ROWS}, random_state=seed)

    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the state that must not matter
    first = texts(3)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert texts(3) == first
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    assert texts(4) != first
    state = np.random.RandomState(3)
    one, two = texts(state), texts(state)
    assert one != two
    assert one == texts(np.random.RandomState(3))


@ALL
def test_labels_never_fitted_and_generators_never_fitted_are_refused(cls):
    with pytest.raises(
        ValueError, match=r"was fitted on, got \['train'\]; the fitted classes are \['drink', 'r"
    ):
        cls().fit(X, Y).sample({"drink": range(1), "train": range(1)})
    with pytest.raises(NotFittedError, match=f"This {cls.__name__} instance is not fitted yet"):
        cls().sample({"drink": range(1)})


@ALL
@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        ("a text", ["x"], TypeError, "got a single str. Wrap it in a list"),
        (["a", None], [0, 1], TypeError, r"X must hold texts only, got None \(NoneType\) in row 1"),
        ([], [], ValueError, "X must hold at least one text"),
        (["a", "b"], [0], ValueError, "inconsistent numbers of samples"),
    ],
)
def test_bad_rows_are_refused(cls, texts, labels, error, message):
    with pytest.raises(error, match=message):
        cls().fit(texts, labels)


# Sample-copy.


def test_copies_are_rows_of_the_class_each_equally_often():
    order = np.random.default_rng(0).permutation(len(X))
    texts, labels = [X[i] for i in order], [Y[i] for i in order]
    generator = SampleCopyGenerator().fit(texts, labels)
    spans = {label: range(2000) for label in ROWS}
    rows = generator.sample_rows(spans, random_state=0)
    for label, copies in generator.sample(spans, random_state=0).items():
        assert copies == [texts[row] for row in rows[label]]
        assert {labels[row] for row in rows[label]} == {label}
        counts = Counter(copies)
        assert set(counts) == set(ROWS[label])
        assert max(abs(n - 2000 / len(counts)) for n in counts.values()) < 100  # five standard deviations


# Markov chains.


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
