"""What all generators promise: the candidates of a class are a stream."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from nlpaug.augmenter.char import RandomCharAug
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import (
    CausalLMGenerator,
    EDAGenerator,
    MarkovChainGenerator,
    SampleCopyGenerator,
    TextGenerator,
)
from skbalagen.generators import NlpaugGenerator

# The Markov chain of "drink" has order 2, of "ride" order 1 (they share no two words in a row); "toast" gets copies.
ROWS = {
    "drink": ["i want red wine now", "you want red wine cold", "they want red beer cold", "we like red beer"],
    "ride": ["show cheap flights", "list cheap trains"],
    "toast": ["cheers"],
}
X = [text for texts in ROWS.values() for text in texts]
Y = [label for label, texts in ROWS.items() for _ in texts]

# Of these, what is fitted to a class depends on the rows of that class only.
BY_CLASS = {
    "sample-copy": SampleCopyGenerator(),
    "eda": EDAGenerator(operations=("swap", "delete")),
    "markov-chain": MarkovChainGenerator(),
    "nlpaug": NlpaugGenerator(RandomCharAug(action="swap")),
}
GENERATORS = [*BY_CLASS, "causal-lm"]


def make(name, tiny_gpt2):
    if name == "causal-lm":
        return CausalLMGenerator(
            model=str(tiny_gpt2), epochs=1, max_tokens=8, random_state=0, sampling_batch_size=4
        )
    return clone(BY_CLASS[name])


@pytest.fixture(scope="module", params=GENERATORS)
def fitted(request, tiny_gpt2):
    return make(request.param, tiny_gpt2).fit(X, Y)


@pytest.fixture(scope="module")
def whole(fitted):
    return fitted.sample({label: range(10) for label in ROWS}, random_state=3)


def test_generators_follow_the_protocol(fitted, whole):
    assert isinstance(fitted, TextGenerator)
    assert fitted.classes_.tolist() == list(ROWS)
    assert {label: len(texts) for label, texts in whole.items()} == dict.fromkeys(ROWS, 10)
    assert all(text is None or text.strip() for texts in whole.values() for text in texts)


@pytest.mark.parametrize("span", [range(1), range(4), range(3, 10), range(7, 8), range(5, 5), range(0)])
def test_a_span_is_the_same_piece_of_the_stream_whatever_its_bounds(fitted, whole, span):
    assert fitted.sample({"drink": span}, random_state=3) == {"drink": whole["drink"][span.start : span.stop]}


def test_spans_far_into_a_stream_agree(fitted):
    far = fitted.sample({"drink": range(10**6, 10**6 + 3)}, random_state=3)["drink"]
    assert fitted.sample({"drink": range(10**6 + 1, 10**6 + 2)}, random_state=3)["drink"] == far[1:2]


def test_other_classes_and_their_order_do_not_matter(fitted, whole):
    spans = {"toast": range(2, 4), "drink": range(3), "ride": range(6, 10)}
    texts = fitted.sample(spans, random_state=3)
    assert list(texts) == list(spans)
    assert texts == {label: whole[label][span.start : span.stop] for label, span in spans.items()}


def test_a_call_without_spans_gives_nothing(fitted):
    assert fitted.sample({}, random_state=3) == {}


def test_sampling_again_gives_the_same_texts(fitted, whole):
    assert fitted.sample({label: range(10) for label in ROWS}, random_state=3) == whole


def test_another_seed_gives_other_texts(fitted, whole):
    other = fitted.sample({"drink": range(10)}, random_state=4)["drink"]
    assert other != whole["drink"]


def test_a_random_state_is_advanced_by_each_call(fitted):
    spans = {"drink": range(10)}
    state = np.random.RandomState(3)
    one, two = fitted.sample(spans, random_state=state), fitted.sample(spans, random_state=state)
    assert one != two
    assert fitted.sample(spans, random_state=np.random.RandomState(3)) == one


@pytest.fixture
def seed_globally():
    """Return a function that seeds the global random states; they are restored after the test."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - the states that must not matter

    def seed(number):
        random.seed(number)
        np.random.seed(number)  # noqa: NPY002

    yield seed
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002


def test_the_global_random_states_neither_matter_nor_change(fitted, whole, seed_globally):
    seed_globally(2)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert fitted.sample({"drink": range(10)}, random_state=3)["drink"] == whole["drink"]
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_the_seed_none_draws_from_numpys_global_state(fitted, seed_globally):
    spans = {"drink": range(10)}
    texts = []
    for number in (5, 5, 6):
        seed_globally(number)
        texts.append(fitted.sample(spans))
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("name", GENERATORS)
def test_fitting_leaves_the_global_random_states_alone(name, tiny_gpt2, seed_globally):
    make(name, tiny_gpt2).fit(X, Y)  # first uses of libraries may draw
    seed_globally(2)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
    make(name, tiny_gpt2).fit(X, Y)
    after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
    assert after == before


def test_labels_that_were_not_fitted_are_rejected(fitted):
    message = (
        r"was fitted on, got \['train'\]; the fitted classes are \['drink', 'ride', 'toast'\]. Fit the gen"
    )
    with pytest.raises(ValueError, match=message):
        fitted.sample({"drink": range(1), "train": range(1)})


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_that_were_not_fitted_are_rejected(name, tiny_gpt2):
    generator = make(name, tiny_gpt2)
    with pytest.raises(NotFittedError, match=f"This {type(generator).__name__} instance is not fitted yet"):
        generator.sample({"drink": range(1)})


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        ("a text", ["x"], TypeError, "got a single str. Wrap it in a list"),
        (["a", None], [0, 1], TypeError, r"X must hold texts only, got None \(NoneType\) in row 1"),
        ([], [], ValueError, "X must hold at least one text"),
        (["a", "b"], [0], ValueError, "inconsistent numbers of samples"),
        (["a", "b"], [[0, 1], [1, 0]], ValueError, "y should be a 1d array"),
        (["a", "b"], ["x", None], ValueError, "y must have one label per row, got None in row 1. Remove"),
        (["a", "b"], ["x", float("nan")], ValueError, "got nan in row 1"),
        (["a", "b"], ["1", 1], TypeError, r"of one type .* got '1' \(str\) in row 0 and 1 \(int\) in row 1"),
    ],
)
def test_rows_that_are_not_labeled_texts_are_rejected(name, tiny_gpt2, texts, labels, error, message):
    with pytest.raises(error, match=message):
        make(name, tiny_gpt2).fit(texts, labels)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("labels", [[2, 1, 1, 2], [True, False, False, True], [0.5, 1.5, 1.5, 0.5]])
def test_labels_may_be_numbers_and_truth_values(name, tiny_gpt2, labels):
    texts = ["red wine now please", "blue fare number", "meal in the city", "green flight question"]
    generator = make(name, tiny_gpt2)
    spans = {label: range(6) for label in sorted(set(labels))}
    plain = generator.fit(texts, labels).sample(spans, random_state=0)
    assert {type(label) for label in plain} == {type(labels[0])}
    # Labels of numpy name the same streams.
    generator.fit(texts, np.array(labels))
    assert generator.sample({np.array([c])[0]: span for c, span in spans.items()}, random_state=0) == plain


@pytest.mark.parametrize("name", GENERATORS)
def test_texts_may_be_a_column(name, tiny_gpt2):
    column = np.array(X, dtype=object)[:, None]
    spans = {label: range(3) for label in ROWS}
    listed, columned = (
        make(name, tiny_gpt2).fit(texts, Y).sample(spans, random_state=0) for texts in (X, column)
    )
    assert listed == columned


@pytest.mark.parametrize("name", BY_CLASS)
def test_a_class_keeps_its_stream_when_the_rows_of_other_classes_go(name, tiny_gpt2):
    texts = make(name, tiny_gpt2).fit(X, Y).sample({"drink": range(10)}, random_state=3)
    alone = make(name, tiny_gpt2).fit(ROWS["drink"], ["drink"] * 4)
    assert alone.sample({"drink": range(10)}, random_state=3) == texts


@pytest.mark.parametrize("name", BY_CLASS)
def test_two_classes_of_equal_rows_have_streams_of_their_own(name, tiny_gpt2):
    twins = make(name, tiny_gpt2).fit(ROWS["drink"] * 2, ["a"] * 4 + ["b"] * 4)
    a, b = twins.sample({"a": range(10), "b": range(10)}, random_state=3).values()
    assert a != b


def test_the_language_model_writes_the_same_in_batches_of_any_size(tiny_gpt2):
    generator = make("causal-lm", tiny_gpt2).fit(X, Y)
    spans = {"ride": range(9), "drink": range(5)}
    texts = []
    for batch_size in (1, 3, 100):
        generator.sampling_batch_size = batch_size
        texts.append(generator.sample(spans, random_state=0))
    assert texts[0] == texts[1] == texts[2]
