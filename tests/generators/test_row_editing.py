"""The base of generators that edit rows: source rows, the candidate's own rng, blank rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import EDAGenerator, SampleCopyGenerator, TextGenerator
from skbalagen._utils.random import stream_rng
from skbalagen.generators import RowEditingGenerator

X = ["red wine", "cold beer", " ", "show flights", "list trains", "book seats"]
Y = ["drink", "drink", "drink", "ride", "ride", "ride"]


class Stamp(RowEditingGenerator):
    """Write a random number of the candidate behind its row; rows with `veto` cannot be edited."""

    def __init__(self, *, veto=None):
        self.veto = veto

    _parameter_constraints = {"veto": [str, None]}  # noqa: RUF012

    def _edit(self, text, rng):
        return None if self.veto and self.veto in text else f"{text} {rng.integers(10**9)}"


def test_each_candidate_is_an_edit_of_its_source_row_by_its_own_rng():
    generator = Stamp().fit(X, Y)
    spans = {"ride": range(3, 20), "drink": range(12)}
    rows = generator.source_rows(spans, random_state=5)
    for label, texts in generator.sample(spans, random_state=5).items():
        for index, row, text in zip(spans[label], rows[label], texts, strict=True):
            assert Y[row] == label
            number = stream_rng(5, label, index).integers(10**9)
            assert text == (f"{X[row]} {number}" if X[row].strip() else None)


def test_source_rows_are_those_of_sample_copy():
    spans = {"ride": range(7, 30), "drink": range(5)}
    ours = Stamp().fit(X, Y).source_rows(spans, random_state=2)
    theirs = SampleCopyGenerator().fit(X, Y).sample_rows(spans, random_state=2)
    assert {c: rows.tolist() for c, rows in ours.items()} == {c: rows.tolist() for c, rows in theirs.items()}


def test_source_rows_are_a_stream_and_reach_every_row_of_the_class():
    generator = Stamp().fit(X, Y)
    whole = generator.source_rows({"ride": range(60)}, random_state=0)["ride"]
    assert set(whole) == {3, 4, 5}
    part = generator.source_rows({"ride": range(20, 31), "drink": range(1)}, random_state=0)["ride"]
    assert part.tolist() == whole[20:31].tolist()
    assert generator.source_rows({}, random_state=0) == {}


def test_blank_rows_and_rows_that_cannot_be_edited_fail():
    generator = Stamp(veto="beer").fit(X, Y)
    spans = {"drink": range(60)}
    rows = generator.source_rows(spans, random_state=0)["drink"]
    texts = generator.sample(spans, random_state=0)["drink"]
    assert set(rows) == {0, 1, 2}
    assert [text is None for text in texts] == [row != 0 for row in rows]


def test_an_editing_generator_is_a_text_generator_and_an_estimator():
    generator = Stamp(veto="x").fit(X, Y)
    assert isinstance(generator, TextGenerator)
    assert generator.classes_.tolist() == ["drink", "ride"]
    copy = clone(generator)
    assert copy.get_params() == {"veto": "x"}
    assert not hasattr(copy, "classes_")
    with pytest.raises(ValueError, match="The 'veto' parameter of Stamp"):
        Stamp(veto=3).fit(X, Y)


def test_an_editing_generator_rejects_use_before_fit_and_labels_it_does_not_know():
    for method in ("sample", "source_rows"):
        with pytest.raises(NotFittedError, match="This Stamp instance is not fitted yet"):
            getattr(Stamp(), method)({"ride": range(1)})
        with pytest.raises(ValueError, match=r"got \['rail'\]; the fitted classes are \['drink', 'ride'\]"):
            getattr(Stamp().fit(X, Y), method)({"rail": range(1)})


def test_a_subclass_without_an_edit_is_named():
    class Idle(RowEditingGenerator):
        pass

    with pytest.raises(NotImplementedError, match=r"Idle must define _edit\(text, rng\)"):
        Idle().fit(X, Y).sample({"ride": range(1)}, random_state=0)


def test_sources_of_eda_are_the_rows_that_it_edits():
    rows = [f"{word} one two three" for word in ("ant", "bee", "cat", "dog")]
    generator = EDAGenerator(operations=("swap",)).fit(rows, ["pet"] * 4)
    spans = {"pet": range(40)}
    sources = generator.source_rows(spans, random_state=1)["pet"]
    for row, text in zip(sources, generator.sample(spans, random_state=1)["pet"], strict=True):
        assert sorted(text.split()) == sorted(rows[row].split())
        assert text != rows[row]
    assert isinstance(sources, np.ndarray)
