"""The leak gate: near-duplicates by hand and by brute force, and what counts as a secret of a row."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skbalagen import LeakGate
from skbalagen.balagen.leak_gate import KnownRows

ROWS = [
    "Please call me back on +44 (0)171 555-0199 today",
    "my account 12345678 was charged twice",
    "write to Jane.Doe@example.com, please",
    "see https://example.com/reset?token=a1B2 for the link",
    "my page is www.example.org/jane",
    "the year 2024 was fine, 2,000 people came",
]


def secret(text, rows=ROWS):
    return KnownRows(rows).secret_in([text])[0]


def trigrams(text):
    text = " " + " ".join(text.casefold().split()) + " "
    return {text[i : i + 3] for i in range(len(text) - 2)}


def dice(a, b):
    a, b = trigrams(a), trigrams(b)
    return 2 * len(a & b) / (len(a) + len(b))


# Secrets


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ring 0171 555 0199", "number"),
        ("ring 0171.555.0199", "number"),
        ("ring (0171) 5550199!", "number"),
        ("account no 12345678", "number"),
        ("account no 2345678", "number"),  # seven of the eight digits
        ("account no 9912345678", "number"),
        ("account no 234567", ""),  # six of them
        ("account no 1234 and 5678", ""),
        ("account no １２３４５６７８", "number"),
        ("mail jane.doe@EXAMPLE.com.", "e-mail address"),
        ("mail <mailto:jane.doe@example.com>", "e-mail address"),
        ("mail jane@example.com", ""),
        ("open HTTPS://example.com/reset?token=a1B2", "URL"),
        ("open example.com/reset?token=a1b2.", "URL"),
        ("open (http://www.example.org/jane/)", "URL"),
        ("open https://example.com/help", ""),
        ("the year 2024 was fine, 2,000 people came", ""),
        ("and/or, 24/7, @home", ""),
    ],
)
def test_a_secret_is_found_however_it_is_written(text, found):
    assert secret(text) == found


def test_texts_of_rows_without_secrets_carry_none():
    assert secret("ring 0171 555 0199 or jane.doe@example.com", ["a beer", "a wine"]) == ""


@pytest.mark.timeout(60)  # a search that starts again at each letter takes hours
@pytest.mark.parametrize("unit", ["a", "@", "b.", "1 ", "1-a", "a.b/", "ab.cd.", "www.", "://"])
@pytest.mark.parametrize(("start", "end"), [("", ""), ("a@", "/"), ("", "@b")])
def test_a_long_text_of_one_kind_is_searched_in_one_pass(start, unit, end):
    assert secret(start + 100_000 * unit + end) == ""


# Near-duplicates


def test_similarity_is_the_dice_coefficient_of_trigrams():
    # " ab", "abc", "bc " and " ab", "abc", "bcd", "cd ": two of them in common, 2 * 2 / (3 + 4).
    known = KnownRows(["zzz", "abcd"])
    assert dice("abc", "abcd") == pytest.approx(4 / 7)
    assert known.near_duplicate_of(["abc"], 4 / 7) == [1]
    assert known.near_duplicate_of(["abc"], 4 / 7 + 1e-6) == [-1]


def test_case_and_white_space_are_folded_and_the_first_of_equal_rows_is_named():
    known = KnownRows(["other", "Where is\tmy order", "where is my order"])
    assert known.near_duplicate_of(["  where IS my  order "], 1.0) == [1]


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.8, 1.0])
def test_near_duplicates_are_those_of_all_pairs(similarity):
    rng = np.random.default_rng(0)
    words = ["wo", "is", "my", "parcel", "pärcel", "退款", "到账", "refund", "?", "1"]
    rows, texts = ([" ".join(rng.choice(words, rng.integers(1, 6))) for _ in range(n)] for n in (80, 120))
    expected = []
    for text in texts:
        values = [dice(text, row) for row in rows]
        best = int(np.argmax(values))
        expected.append(best if values[best] >= similarity else -1)
    assert KnownRows(rows).near_duplicate_of(texts, similarity) == expected
    assert any(row >= 0 for row in expected)


def test_only_rows_that_may_be_similar_are_compared():
    known = KnownRows(["where is my order", "where is my parcel", "the refund", *["where is it"] * 50])
    compared = []
    numbers, rows, having = known._index

    class Noted:
        shape, indptr = rows.shape, rows.indptr

        def __getitem__(self, some):
            compared.extend(some.tolist())
            return rows[some]

    vars(known)["_index"] = numbers, Noted(), having
    assert known.near_duplicate_of(["where is my orders", "zzz", ""], 0.8) == [0, -1, -1]
    assert {0} <= {*compared} <= {0, 1}


def test_scripts_without_spaces_are_compared_too():
    known = KnownRows(["退款什么时候能到账请告诉我"])
    assert known.near_duplicate_of(["退款什么时候能到账请告诉他", "我想取消订单"], 0.8) == [0, -1]


def test_no_texts_need_no_index():
    known = KnownRows(["a"])
    assert (known.near_duplicate_of([], 0.8), known.secret_in([])) == ([], [])
    assert "_index" not in vars(known)


# The gate

TEXTS = [
    "my account 12345678 was charged",
    "my account was charged twice",
    "my account 12345678 was charged twice!",
]


@pytest.mark.parametrize(
    ("gate", "verdicts"),
    [
        (LeakGate(), ["leak", "", "leak"]),
        (LeakGate(secrets="count"), ["", "", ""]),
        (LeakGate(near_duplicates="refuse", similarity=0.75), ["leak", "near-duplicate", "leak"]),
        (LeakGate("refuse", secrets="count", similarity=0.95), ["", "", "near-duplicate"]),
    ],
    ids=str,
)
def test_what_is_refused_is_what_the_gate_says(gate, verdicts):
    leaks = gate.check(TEXTS, ROWS)
    assert leaks.verdict == verdicts
    assert leaks.secret == ["number", "", "number"]
    assert leaks.near_duplicate_of[2] == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"near_duplicates": "drop"}, "near_duplicates of LeakGate must be 'count' or 'refuse', got 'drop'"),
        ({"secrets": True}, "secrets of LeakGate must be 'count' or 'refuse', got True"),
        ({"similarity": 0}, r"similarity of LeakGate must be a number in \(0, 1\], got 0"),
        ({"similarity": 1.5}, "got 1.5"),
        ({"similarity": "high"}, "got 'high'"),
        ({"similarity": float("nan")}, "got nan"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        LeakGate(**parameters)


def test_a_gate_is_a_value():
    gate = LeakGate("refuse", similarity=0.9)
    for twin in (clone(gate, safe=False), copy.copy(gate), pickle.loads(pickle.dumps(gate))):
        assert twin == gate
    assert repr(gate) == "LeakGate(near_duplicates='refuse', similarity=0.9, secrets='refuse')"
