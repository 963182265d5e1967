"""The protocol of a generator, and the check of spans."""

from __future__ import annotations

import numpy as np
import pytest

from skbalagen import TextGenerator
from skbalagen.generators.base import check_span_labels
from tests.fakes import NumberedGenerator


def test_text_generator_is_any_object_with_fit_and_sample():
    class Own:
        def fit(self, X, y):
            return self

        def sample(self, spans, *, random_state=None):
            return {label: ["text" for _ in span] for label, span in spans.items()}

    assert isinstance(Own(), TextGenerator)
    assert isinstance(NumberedGenerator(), TextGenerator)


@pytest.mark.parametrize("missing", ["fit", "sample"])
def test_text_generator_needs_both_methods(missing):
    methods = {"fit": lambda self, X, y: self, "sample": lambda self, spans: {}}
    del methods[missing]
    assert not isinstance(type("Half", (), methods)(), TextGenerator)
    assert not isinstance("a text", TextGenerator)


def test_check_span_labels_passes_fitted_labels_of_any_type():
    check_span_labels({}, ["a"])
    check_span_labels({"a": range(3)}, ["a", "b"])
    check_span_labels({np.int64(1): range(3)}, [1, 2])
    check_span_labels({True: range(3)}, [False, True])


def test_check_span_labels_names_what_was_asked_for_what_there_is_and_what_to_do():
    with pytest.raises(ValueError, match=r"must name classes that the generator was fitted on") as caught:
        check_span_labels({"a": range(1), "c": range(1), "d": range(1)}, ["a", "b"])
    assert "got ['c', 'd']" in str(caught.value)
    assert "the fitted classes are ['a', 'b']" in str(caught.value)
    assert "leave them out of spans" in str(caught.value)


def test_check_span_labels_rejects_a_number_for_its_text():
    with pytest.raises(ValueError, match=r"got \[1\]; the fitted classes are \['1'\]"):
        check_span_labels({1: range(1)}, ["1"])


@pytest.mark.parametrize(
    ("spans", "error", "message"),
    [
        (["a"], TypeError, r"must be a dict of {label: range}, got list. Say which candidates"),
        ({"a": 3}, TypeError, r"got 3 \(int\) for 'a'. Pass range\(n\)"),
        ({"a": [0, 1]}, TypeError, r"got \[0, 1\] \(list\) for 'a'"),
        ({"a": range(-3, 0)}, ValueError, r"step 1 from 0 on, got range\(-3, 0\) for 'a'"),
        ({"b": range(0, 9, 3)}, ValueError, r"got range\(0, 9, 3\) for 'b'. Pass range\(start, stop\)"),
    ],
)
def test_spans_that_are_no_ranges_of_a_stream_are_rejected(spans, error, message):
    with pytest.raises(error, match=message):
        check_span_labels(spans, ["a", "b"])
