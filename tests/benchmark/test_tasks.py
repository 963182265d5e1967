"""Splits of the benchmark: sizes, stratification, made imbalance, what is not scored."""

from __future__ import annotations

from collections import Counter

import pytest

from skbalagen.benchmark import load_split
from skbalagen.benchmark.tasks import TASKS, Task


def test_split_is_80_10_10_stratified_and_a_function_of_its_seed(data):
    split = load_split("colours", 0)
    parts = [(split.X_train, split.y_train), (split.X_valid, split.y_valid), (split.X_test, split.y_test)]
    assert [len(X) for X, _ in parts] == [137, 17, 17]
    assert Counter(split.y_train) == {"red": 80, "blue": 32, "green": 16, "grey": 8, "pink": 1}
    texts = [text for X, _ in parts for text in X]
    assert len(set(texts)) == len(texts) == 171
    assert all(c in text for X, y in parts for text, c in zip(X, y, strict=True))
    assert len(split.X_rest) == len(split.y_rest) == 0
    assert (load_split("colours", 0).X_test == split.X_test).all()
    assert (load_split("colours", 1).X_test != split.X_test).any()


def test_own_split_and_drawn_classes(data, monkeypatch):
    monkeypatch.setitem(TASKS, "own", Task("colours", own_split=True, n_classes=3))
    split = load_split("own", 0)
    assert set(split.y_train) == set(split.y_test) == {"red", "grey"}  # pink has a test row alone: left out
    assert all(int(text.split()[4]) % 5 == 0 for text in split.X_test)
    assert all(int(text.split()[4]) % 5 for text in [*split.X_train, *split.X_valid])


def test_texts_that_are_their_label_are_not_scored(data, monkeypatch):
    lines = [
        f"{text},{c},{part}"
        for c in ("a_dog", "cat")
        for part in ("train", "val", "test")
        for text in (f"{part} {c}", "A dog", "cat")
    ]
    (data / "pets.csv").write_text("\n".join(["text,label,split", *lines]))
    monkeypatch.setitem(TASKS, "pets", Task("pets", own_split=True))
    split = load_split("pets", 0)
    assert split.X_test.tolist() == ["test a_dog", "cat", "test cat", "A dog"]
    assert "A dog" not in split.X_valid[split.y_valid == "a_dog"]
    assert "A dog" in split.X_train[split.y_train == "a_dog"]


@pytest.mark.parametrize(
    ("imbalance", "sizes"),
    [
        ("step", [10, 10, 80, 80]),
        ("linear", [8, 32, 56, 80]),
        ("long-tailed", [8, 17, 37, 80]),
    ],
)
def test_made_imbalance_has_the_sizes_asked_for(tmp_path, monkeypatch, imbalance, sizes):
    lines = [f"text {i} of {c},{c}," for c in "abcd" for i in range(100)]
    (tmp_path / "even.csv").write_text("\n".join(["text,label,split", *lines]))
    ratio = 8 if imbalance == "step" else 10
    monkeypatch.setitem(TASKS, "even", Task("even", imbalance=imbalance, ratio=ratio, mu=0.5))
    split = load_split("even", 3, data=tmp_path)
    assert sorted(Counter(split.y_train).values()) == sizes
    assert set(Counter(split.y_test).values()) == {10}
    assert len({*split.X_train, *split.X_rest}) == len(split.X_train) + len(split.X_rest) == 320
    assert all(c in text.split() for text, c in zip(split.X_rest, split.y_rest, strict=True))


def test_data_that_are_not_there_are_named(monkeypatch):
    monkeypatch.delenv("SKBALAGEN_DATA", raising=False)
    with pytest.raises(
        FileNotFoundError, match=r"atis.csv was not found in SKBALAGEN_DATA, which is not set"
    ):
        load_split("atis", 0)
