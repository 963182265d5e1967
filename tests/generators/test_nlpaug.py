"""The adapter of nlpaug: real augmenters, fakes that fail, and the global random states."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import threading

import nlpaug.augmenter.char as nac
import nlpaug.augmenter.word as naw
import nlpaug.flow as naf
import numpy as np
import pytest
from sklearn.base import clone

from skbalagen.generators import NlpaugGenerator, RowEditingGenerator, is_nlpaug_augmenter

ROWS = [
    "please show me the cheapest flights to boston on monday morning",
    "which airlines serve lunch on their flights from denver",
    "i would like to change the return date of my ticket",
]
LABELS = ["flight", "flight", "change"]
AUGMENTERS = {
    "swap words": lambda: naw.RandomWordAug(action="swap"),
    "delete words": lambda: naw.RandomWordAug(action="delete"),
    "crop words": lambda: naw.RandomWordAug(action="crop"),
    "split words": lambda: naw.SplitAug(),
    "keyboard": lambda: nac.KeyboardAug(),
    "ocr": lambda: nac.OcrAug(),
    "insert characters": lambda: nac.RandomCharAug(action="insert"),
    "substitute characters": lambda: nac.RandomCharAug(action="substitute"),
    "swap characters": lambda: nac.RandomCharAug(action="swap"),
    "delete characters": lambda: nac.RandomCharAug(action="delete"),
    "sequence": lambda: naf.Sequential([naw.RandomWordAug(action="swap"), nac.KeyboardAug()]),
    "sometimes": lambda: naf.Sometimes([naw.RandomWordAug(action="swap"), nac.OcrAug()]),
}


class Fake:
    """Return what a function makes of a text."""

    def __init__(self, function):
        self.function = function

    def augment(self, text):
        return self.function(text)


def candidates(function, rows=("a b", "c d"), n=30):
    generator = NlpaugGenerator(Fake(function)).fit(list(rows), ["c"] * len(rows))
    spans = {"c": range(n)}
    sources = [rows[row] for row in generator.source_rows(spans, random_state=0)["c"]]
    return list(zip(sources, generator.sample(spans, random_state=0)["c"], strict=True))


# Real augmenters.


@pytest.mark.parametrize("name", AUGMENTERS)
def test_augmenters_of_nlpaug_give_a_stream_of_new_texts(name):
    generator = NlpaugGenerator(AUGMENTERS[name]()).fit(ROWS, LABELS)
    whole = generator.sample({"flight": range(12), "change": range(6)}, random_state=1)
    assert generator.sample({"flight": range(5, 9)}, random_state=1)["flight"] == whole["flight"][5:9]
    assert generator.sample({"change": range(6), "flight": range(12)}, random_state=1) == whole
    # An augmenter that is used in between, and a fresh one, give the same texts.
    generator.augmenter.augment("anything else may be asked in between")
    assert generator.sample({"flight": range(12)}, random_state=1)["flight"] == whole["flight"]
    fresh = NlpaugGenerator(AUGMENTERS[name]()).fit(ROWS, LABELS)
    assert fresh.sample({"flight": range(12)}, random_state=1)["flight"] == whole["flight"]
    texts = [text for some in whole.values() for text in some if text is not None]
    assert len(set(texts)) > 9
    assert not set(texts) & set(ROWS)
    assert generator.sample({"flight": range(12)}, random_state=2)["flight"] != whole["flight"]


def test_swapped_words_are_the_words_of_the_source_row():
    generator = NlpaugGenerator(naw.RandomWordAug(action="swap")).fit(ROWS, LABELS)
    spans = {"flight": range(20)}
    sources = generator.source_rows(spans, random_state=0)["flight"]
    for row, text in zip(sources, generator.sample(spans, random_state=0)["flight"], strict=True):
        assert sorted(text.lower().split()) == sorted(ROWS[row].split())


def test_rows_that_an_augmenter_of_nlpaug_fails_on_fail_alone():
    errors = []

    class Recording(naw.RandomWordAug):
        def augment(self, data):
            try:
                return super().augment(data)
            except ValueError as error:  # cropping raises one of its own on some rows of few tokens
                errors.append(error)
                raise

    generator = NlpaugGenerator(Recording(action="crop")).fit([*ROWS, "? !"], ["c"] * 4)
    rows = generator.source_rows({"c": range(40)}, random_state=0)["c"]
    texts = generator.sample({"c": range(40)}, random_state=0)["c"]
    assert errors
    assert texts.count(None) >= len(errors)
    assert all(text is not None for row, text in zip(rows, texts, strict=True) if row < 3)


def test_another_process_writes_the_same_texts():
    code = (
        "import nlpaug.augmenter.char as nac\n"
        "from skbalagen.generators import NlpaugGenerator\n"
        f"generator = NlpaugGenerator(nac.KeyboardAug()).fit({ROWS!r}, {LABELS!r})\n"
        "print(generator.sample({'flight': range(4)}, random_state=3))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    generator = NlpaugGenerator(nac.KeyboardAug()).fit(ROWS, LABELS)
    assert run.stdout.strip() == str(generator.sample({"flight": range(4)}, random_state=3))


def test_a_fitted_adapter_can_be_cloned_and_pickled():
    generator = NlpaugGenerator(nac.RandomCharAug(action="swap")).fit(ROWS, LABELS)
    spans = {"flight": range(5)}
    texts = generator.sample(spans, random_state=0)
    assert pickle.loads(pickle.dumps(generator)).sample(spans, random_state=0) == texts
    assert clone(generator).fit(ROWS, LABELS).sample(spans, random_state=0) == texts
    assert isinstance(generator, RowEditingGenerator)


# The global random states.


def test_global_random_states_are_restored_after_each_call_and_after_errors():
    seen = []

    def draw(text):
        seen.append((random.random(), np.random.random()))  # noqa: NPY002
        if len(seen) % 3 == 0:
            raise RuntimeError("not this one")
        return f"{text} {seen[-1]}"

    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    texts = [text for _, text in candidates(draw)]
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    assert None in texts
    assert len(set(seen)) == len(seen)  # each candidate has draws of its own


def test_threads_do_not_mix_their_draws():
    def augment(text):
        return f"{text} " + " ".join(str(random.randrange(10)) for _ in range(200))

    generator = NlpaugGenerator(Fake(augment)).fit(["a"], ["c"])
    spans = [range(i, i + 25) for i in range(0, 100, 25)]
    alone = [generator.sample({"c": span}, random_state=0) for span in spans]
    together = [None] * len(spans)

    def work(i):
        together[i] = generator.sample({"c": spans[i]}, random_state=0)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(spans))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


# What counts as a candidate.


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda text: f"{text}!", lambda text: f"{text}!"),
        (lambda text: [f"{text}!"], lambda text: f"{text}!"),
        (lambda text: [f"{text}!", "second"], lambda text: f"{text}!"),
        (lambda text: f"  {text}! \n", lambda text: f"{text}!"),
        (lambda text: text, lambda text: None),
        (lambda text: f" {text.upper()} ", lambda text: None),
        (lambda text: "", lambda text: None),
        (lambda text: " \t", lambda text: None),
        (lambda text: [], lambda text: None),
        (lambda text: [""], lambda text: None),
    ],
)
def test_a_result_is_the_first_text_unless_it_is_empty_or_the_source(function, expected):
    for source, text in candidates(function):
        assert text == expected(source)


def test_an_error_of_the_augmenter_fails_the_rows_it_is_raised_for():
    def augment(text):
        if "c" in text:
            raise KeyError(text)
        return f"{text}!"

    assert dict(candidates(augment)) == {"a b": "a b!", "c d": None}


def test_blank_rows_are_not_augmented():
    def augment(text):
        assert text.strip()
        return f"{text}!"

    assert dict(candidates(augment, rows=["a", "  "])) == {"a": "a!", "  ": None}


# Checks.


@pytest.mark.parametrize(
    ("augmenter", "message"),
    [
        ("eda", r"augmenter must have a method augment\(text\).* got str. Pass an augmenter such as"),
        (None, "must have a method .* got NoneType"),
        (
            naw.RandomWordAug,
            r"must be an instance, got the class RandomWordAug. Pass RandomWordAug\(\) instead",
        ),
        (
            type("Loud", (Fake,), {"method": "audio"})(str.upper),
            "must edit texts, got Loud, which edits audio",
        ),
        (Fake(lambda text: 3), "must return a text or a list of texts, got int from Fake. Use an augmenter"),
        (Fake(lambda text: [(text, 1)]), "must return a text or a list of texts, got tuple from Fake"),
        (Fake(lambda text: None), "must return a text or a list of texts, got NoneType"),
    ],
)
def test_what_is_no_augmenter_of_texts_is_rejected(augmenter, message):
    with pytest.raises(TypeError, match=message):
        NlpaugGenerator(augmenter).fit(ROWS, LABELS)


def test_an_augmenter_that_fails_on_every_row_is_named_with_its_error():
    asked = []

    def augment(text):
        asked.append(text)
        raise LookupError("*****\n  Resource 'tagger' not found.\n*****")

    rows = [f"row {i}" for i in range(9)]
    with pytest.raises(RuntimeError, match="Fake raised an error for each of the first 5 texts") as caught:
        NlpaugGenerator(Fake(augment)).fit(["  ", *rows, *rows], ["c"] * 19)
    assert "the last one LookupError: Resource 'tagger' not found.. Install" in str(caught.value)
    assert isinstance(caught.value.__cause__, LookupError)
    assert asked == rows[:5]
    with pytest.raises(RuntimeError, match="Fake raised an error for the only distinct text"):
        NlpaugGenerator(Fake(augment)).fit(["one", "one"], ["c", "c"])


def test_an_augmenter_that_works_on_one_of_the_first_rows_passes():
    def augment(text):
        if text != "row 3":
            raise LookupError("not this one")
        return "new"

    generator = NlpaugGenerator(Fake(augment)).fit([f"row {i}" for i in range(4)], ["a", "a", "a", "b"])
    assert generator.sample({"a": range(3), "b": range(1)}, random_state=0) == {"a": [None] * 3, "b": ["new"]}


def test_rows_that_are_all_blank_are_accepted_and_fail():
    generator = NlpaugGenerator(Fake(str.upper)).fit([" ", ""], ["c", "c"])
    assert generator.sample({"c": range(3)}, random_state=0) == {"c": [None] * 3}


# Recognition.


@pytest.mark.parametrize("name", AUGMENTERS)
def test_is_nlpaug_augmenter_knows_augmenters_and_flows(name):
    assert is_nlpaug_augmenter(AUGMENTERS[name]())


def test_is_nlpaug_augmenter_knows_subclasses_of_the_user():
    class Own(naw.RandomWordAug):
        pass

    assert is_nlpaug_augmenter(Own())


@pytest.mark.parametrize("other", ["eda", None, 3, Fake(str), naw.RandomWordAug, NlpaugGenerator(Fake(str))])
def test_is_nlpaug_augmenter_is_false_for_anything_else(other):
    assert not is_nlpaug_augmenter(other)


def test_is_nlpaug_augmenter_does_not_import_nlpaug():
    code = (
        "import sys\n"
        "from skbalagen.generators import is_nlpaug_augmenter\n"
        "assert not is_nlpaug_augmenter('eda')\n"
        "print('nlpaug' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
