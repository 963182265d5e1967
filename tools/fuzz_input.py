"""Random texts, labels and containers for `fuzz.py`: plain ones, odd ones, and ones that must be refused."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["bad_labels", "bad_texts", "labels", "pick", "pool_of_labels", "texts", "wrapped"]

_WORDS = [
    "red",
    "wine",
    "rain",
    "snow",
    "flight",
    "fare",
    "meal",
    "where",
    "is",
    "my",
    "order",
    "late",
    "the",
]
_ODD = [
    "ß", "SS", "İ", "ﬁ", "e\u0301", "é", "日本", "👩‍👩‍👧", "\u202eabc", "a\u2028b", "a\x00", "\x1b[31m", "<|im_end|>",
    "nan", "None", "NULL", "1e3", "007", "=1+1", '"', ",", "a\r\nb", "x" * 300, "{}", "%s", "\\", "😀", "0",
    "mail@example.org", "http://a.example/b", "+44 171 555 01 99", "<script>",
]  # fmt: skip
_NAMES = [
    "flight",
    "fare",
    "Fare",
    "meal",
    "card_arrival",
    "nan",
    "None",
    "0",
    "1",
    "True",
    "a b",
    "ß",
    "a,b",
]
_ODD_NAMES = [
    "a\x00b",
    "_",
    "-",
    "日本",
    "x" * 80,
    "class",
    "label",
    "é",
    "e\u0301",
    "<b>",
    "007",
    "7",
    "=1+1",
]


def pick(rng: np.random.Generator, items: Sequence[Any]) -> Any:
    """Return one of `items`, of any type."""
    return items[int(rng.integers(len(items)))]


def texts(rng: np.random.Generator, n: int) -> list[str]:
    """Return texts that are not blank; some repeat others, some are odd."""
    made: list[str] = []
    odd = rng.random() < 0.3
    for _ in range(n):
        if made and rng.random() < 0.1:
            made.append(pick(rng, made))
            continue
        words = [pick(rng, _WORDS) for _ in range(int(rng.integers(1, 9)))]
        if odd:
            words.insert(int(rng.integers(len(words) + 1)), pick(rng, _ODD))
        made.append(pick(rng, [" ", " ", "  "]).join(words))
    return made


def pool_of_labels(rng: np.random.Generator, n: int) -> list[Any]:
    """Return `n` different labels of one type."""
    kind = rng.random()
    if kind < 0.55:
        pool: list[Any] = list(_NAMES)
    elif kind < 0.7:
        pool = _NAMES + _ODD_NAMES
    elif kind < 0.85:
        pool = [0, 1, -1, 7, 10**6, 2**53 + 1, -(2**62), 3, 4]
    elif kind < 0.9:
        pool = [np.int64(3), np.int64(4), np.int64(5), np.int64(6), np.int64(9)]
    elif kind < 0.95:
        pool = [0.0, 1.0, 2.0, -3.0, 1e6]
    else:
        pool = [True, False]
    order = rng.permutation(len(pool))[:n]
    return [pool[i] for i in order]


def labels(rng: np.random.Generator, n: int, n_classes: int) -> list[Any]:
    """Return `n` labels of skewed classes, at least two of them."""
    pool = pool_of_labels(rng, n_classes)
    share = rng.dirichlet(np.full(len(pool), 0.7))
    y = [pool[i] for i in rng.choice(len(pool), size=n, p=share)]
    y[:2] = pool[:2]
    return [y[i] for i in rng.permutation(n)]


def bad_labels(rng: np.random.Generator, y: list[Any], *, rows: bool = True, classes: bool = True) -> Any:
    """Return labels that have to be refused.

    With `rows` they may be too few or too many, with `classes` all the same: not every function can know.
    """
    row = int(rng.integers(len(y)))
    another = 1 if isinstance(y[0], str) else str(y[0])
    wrong = [
        None,
        float("nan"),
        pd.NA,
        pd.NaT,
        "",
        " ",
        "\ud800",
        "a\0",
        b"b",
        datetime.date(2026, 1, 1),
        ["a"],
        {},
    ]
    broken = list(y)
    broken[row] = pick(rng, [*wrong, another, 1j, 2**70])
    objects = np.empty(len(y), dtype=object)
    objects[:] = broken
    choices = [broken, broken, broken, objects, None, "ab", [], dict.fromkeys(y, 1), iter(y), 3]
    choices += [y[:-1], [*y, y[0]]] if rows else []
    choices += [[y[0]] * len(y)] if classes else []
    choices += [[[label] * 2 for label in y]] if isinstance(y[0], str) else []
    return pick(rng, choices)


def bad_texts(rng: np.random.Generator, X: list[str]) -> Any:
    """Return texts that every estimator has to refuse to learn from."""
    broken: list[Any] = list(X)
    broken[int(rng.integers(len(X)))] = pick(
        rng, [None, float("nan"), 3, b"text", ["a"], {}, pd.NA, "", " \t", "\ud800", True]
    )
    ragged = [[text] * (1 + (i == 0)) for i, text in enumerate(X)]
    choices = [
        broken,
        broken,
        broken,
        [],
        "one text",
        b"bytes",
        None,
        3.5,
        list(range(len(X))),
        np.zeros(len(X)),
    ]
    return pick(rng, [*choices, [[text, text] for text in X], ragged, dict.fromkeys(X, 1), iter(X), set(X)])


def wrapped(rng: np.random.Generator, values: list[Any], *, column: bool = False) -> Any:
    """Return the values in a container, of texts also in a column."""
    if all(isinstance(value, str) for value in values):
        plain = not any("\0" in value or "\ud800" in value for value in values)
        wraps = [
            list,
            tuple,
            _objects,
            lambda v: pd.Series(_objects(v), name="text", index=range(5, 5 + len(v))),
        ]
        wraps += [lambda v: pd.Series(_objects(v), dtype="category")]
        if plain:
            wraps += [np.array, lambda v: pd.Series(v, dtype="string")]
        if column:
            wraps += [lambda v: _objects(v).reshape(-1, 1), lambda v: [[text] for text in v], _frame]
        return pick(rng, wraps)(values)
    return pick(rng, [list, tuple, np.array, _objects, pd.Series])(values)


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _frame(values: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"text": _objects(values)})
