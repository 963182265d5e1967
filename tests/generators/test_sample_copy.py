"""Sample-copy: which rows are copied, and how often."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import SampleCopyGenerator

ROWS = {
    "drink": ["i want red wine now", "you want red wine cold", "they want red beer cold", "we like red beer"],
    "ride": ["show cheap flights", "list cheap trains"],
    "toast": ["cheers"],
}
X = [text for texts in ROWS.values() for text in texts]
Y = [label for label, texts in ROWS.items() for _ in texts]


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


def test_sample_rows_and_sample_agree_on_any_piece_of_a_stream():
    generator = SampleCopyGenerator().fit(X, Y)
    whole = generator.sample_rows({"drink": range(50)}, random_state=1)["drink"]
    for span in (range(7), range(3, 4), range(13, 50), range(9, 9)):
        rows = generator.sample_rows({"drink": span}, random_state=1)["drink"]
        assert rows.tolist() == whole[span.start : span.stop].tolist()
        texts = generator.sample({"drink": span}, random_state=1)["drink"]
        assert texts == [X[row] for row in rows]


def test_rows_are_listed_by_class_in_ascending_order():
    generator = SampleCopyGenerator().fit(["a", "b", "c", "d"], [2, 1, 2, 1])
    assert generator.classes_.tolist() == [1, 2]
    assert {label: rows.tolist() for label, rows in generator.rows_.items()} == {1: [1, 3], 2: [0, 2]}
    assert generator.texts_.tolist() == ["a", "b", "c", "d"]


def test_blank_rows_are_copied_as_they_stand():
    assert SampleCopyGenerator().fit(["  "], ["c"]).sample({"c": range(2)}, random_state=0) == {
        "c": ["  "] * 2
    }


def test_sample_rows_rejects_what_sample_rejects():
    with pytest.raises(NotFittedError, match="This SampleCopyGenerator instance is not fitted yet"):
        SampleCopyGenerator().sample_rows({"drink": range(1)})
    with pytest.raises(ValueError, match=r"got \['train'\]; the fitted classes are"):
        SampleCopyGenerator().fit(X, Y).sample_rows({"train": range(1)})
