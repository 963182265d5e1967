"""EDA: what each operation does to the words, how synonyms are written, what it needs WordNet for."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skbalagen import EDAGenerator
from skbalagen.generators import eda
from skbalagen.models import ModelUnavailableError
from skbalagen.models.wordnet import synonyms_of

X, Y = ["i want red wine now", "show cheap flights", "cheers"], ["drink", "ride", "toast"]
SYNONYMS = {
    "red": ("blood red", "crimson", "scarlet"),
    "wine": ("vino",),
    "cheap": ("inexpensive",),
    "the": ("a stop word has none",),
    "7": ("seven",),
    "x": ("ten",),
    "number": ("figure",),
}


def use_synonyms(monkeypatch, names):
    monkeypatch.setattr(
        eda, "synonyms_of", lambda words: {word: tuple(names(word)) for word in words if names(word)}
    )


@pytest.fixture(autouse=True)
def _small_wordnet(monkeypatch):
    """Put the synonyms above in the place of WordNet, which may not be installed."""
    use_synonyms(monkeypatch, lambda word: SYNONYMS.get(word, ()))


def edits(text, n=200, **params):
    """Candidates of a class that holds one row."""
    return EDAGenerator(**params).fit([text], ["c"]).sample({"c": range(n)}, random_state=0)["c"]


@pytest.mark.parametrize(
    ("n_words", "alpha", "n"), [(10, 0.1, 1), (10, 0.3, 3), (24, 0.1, 2), (4, 0.05, 1), (6, 1, 6)]
)
def test_each_operation_changes_a_share_alpha_of_the_words(monkeypatch, n_words, alpha, n):
    use_synonyms(monkeypatch, lambda word: [f"{word}{word}"])
    words = [f"q{chr(97 + i)}" for i in range(n_words)]
    text, new = " ".join(words), {f"q{chr(97 + i)}" * 2 for i in range(n_words)}

    for edited in (t.split() for t in edits(text, alpha=alpha, operations=["synonym"])):
        changed = [(old, now) for old, now in zip(words, edited, strict=True) if old != now]
        assert len(changed) == n
        assert all(now == old * 2 for old, now in changed)
    for edited in (t.split() for t in edits(text, alpha=alpha, operations=["insert"])):
        assert [word for word in edited if word not in new] == words
        assert len(edited) == n_words + n
    for edited in (t.split() for t in edits(text, alpha=alpha, operations=["delete"])):
        assert len(edited) == max(1, n_words - n)
        assert edited == [word for word in words if word in edited]
    moved = set()
    for edited in (t.split() for t in edits(text, alpha=alpha, operations=["swap"])):
        assert sorted(edited) == sorted(words)
        moved.add(sum(old != now for old, now in zip(words, edited, strict=True)))
    assert max(moved) == min(2 * n, n_words)
    assert n > 1 or moved == {2}


def test_operations_reach_every_place():
    """Each word is replaced, left out and swapped with each other one, and a synonym enters at each place."""
    text = "red wine cheap"
    assert set(edits(text, operations=["delete"])) == {"wine cheap", "red cheap", "red wine"}
    assert set(edits(text, operations=["swap"])) == {"wine red cheap", "cheap wine red", "red cheap wine"}
    reds = ["crimson", "blood red", "scarlet"]
    assert set(edits(text, operations=["synonym"])) == {
        *(f"{red} wine cheap" for red in reds),
        "red vino cheap",
        "red wine inexpensive",
    }
    new = [*reds, "vino", "inexpensive"]
    assert set(edits(text, n=400, operations=["insert"])) == {
        " ".join([*text.split()[:i], word, *text.split()[i:]]) for word in new for i in range(4)
    }


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("Cheap!", "Inexpensive!"),
        ("(CHEAP)", "(INEXPENSIVE)"),
        ("“cheap”,", "“inexpensive”,"),
        ("number", "figure"),
        ("the the", "the the"),
        ("7 x", "7 x"),
        ("  cheap \n seats ", "inexpensive seats"),
    ],
)
def test_a_synonym_is_written_like_the_word_it_replaces(text, replaced):
    assert set(edits(text, operations=["synonym"])) == {replaced}


def test_operations_are_drawn_equally_often_and_give_way_where_they_cannot_apply():
    def kind(text):
        n = len(text.split())
        return (
            n - 3 if n != 3 else "swap" if sorted(text.split()) == ["cheap", "seats", "sell"] else "synonym"
        )

    counts = Counter(map(kind, edits("sell cheap seats", n=1000)))
    assert set(counts) == {-1, 1, "swap", "synonym"}
    assert max(abs(n - 250) for n in counts.values()) < 70  # five standard deviations
    assert {len(text.split()) for text in edits("no name known here")} == {3, 4}  # swapped, or one gone
    assert set(edits("hello hello")) == {"hello"}
    assert set(edits("hello hello", operations=("swap", "synonym"))) == {"hello hello"}
    assert set(edits("hello")) == {"hello"}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text() | st.sampled_from(["red wine", "12 345", "Straße İx", "ﬁn"]), min_size=1, max_size=4),
    st.floats(0.01, 1),
    st.lists(st.sampled_from(list(eda._OPERATIONS)), min_size=1),
)
@example(
    ["hello hello", "hi", "7", "🙂 🙂👍🏽", "北京 到 上海", "مرحبا بالعالم", "\u200b", "___", "don't"],
    0.5,
    ["swap"],
)
@example(["", " \t\u3000", "\x1f"], 0.1, ["synonym"])
def test_any_text_gives_a_text_or_none(monkeypatch, texts, alpha, operations):
    use_synonyms(monkeypatch, lambda word: [word[::-1], f"{word} two", "-"])
    generator = EDAGenerator(alpha=alpha, operations=operations).fit(texts, ["c"] * len(texts))
    spans = {"c": range(12)}
    rows = generator.copies_.sample(spans, random_state=0)["c"]
    for row, text in zip(rows, generator.sample(spans, random_state=0)["c"], strict=True):
        assert (text is None) == (not row.strip())
        assert text is None or text.strip()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"alpha": 0}, r"'alpha' parameter of EDAGenerator must be a float in the range \(0.0, 1.0\]. Got 0"),
        ({"alpha": 1.5}, r"'alpha' parameter of EDAGenerator .*\(0.0, 1.0\]. Got 1.5"),
        ({"alpha": float("nan")}, r"'alpha' parameter of EDAGenerator .*Got nan"),
        ({"operations": "swap"}, "'operations' parameter of EDAGenerator must be an instance of 'list' or"),
        ({"operations": []}, r"one or more of \['synonym', 'insert', 'swap', 'delete'\], got \[\]"),
        ({"operations": ["swap", "reverse"]}, r"operations must name .* got \['swap', 'reverse'\]"),
        ({"operations": [["swap"]]}, r"operations must name .* got \[\['swap'\]\]"),
    ],
)
def test_bad_parameters_of_eda_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        EDAGenerator(**params).fit(X, Y)


def test_wordnet_gives_real_synonyms(monkeypatch, needs_wordnet):
    monkeypatch.setattr(eda, "synonyms_of", synonyms_of)
    assert {"automobile", "motorcar", "machine"} <= set(edits("car", operations=["synonym"]))
    assert edits("the", operations=["synonym"], n=1) == ["the"]
    first = EDAGenerator().fit(["where is my parcel", "my car is late", "Send it BACK!"], ["c"] * 3)
    assert first.sample({"c": range(8)}, random_state=0)["c"] == [
        "package where is my parcel",
        "Send BACK!",
        "car is late",
        "late car is my",
        "where my parcel",
        "my car is",
        "Send broadcast it BACK!",
        "my car is railcar late",
    ]


@pytest.mark.parametrize("operations", [["synonym"], ["delete", "insert"]])
def test_without_wordnet_the_error_says_how_to_go_on(monkeypatch, operations):
    monkeypatch.setattr(eda, "synonyms_of", synonyms_of)
    monkeypatch.setenv("SKBALAGEN_HIDE", "wordnet")
    with pytest.raises(ModelUnavailableError, match=r'use EDAGenerator\(operations=\("swap", "delete"\)\)'):
        EDAGenerator(operations=operations).fit(X, Y)


def test_swaps_and_deletions_need_no_wordnet(monkeypatch):
    monkeypatch.setattr(eda, "synonyms_of", synonyms_of)
    monkeypatch.setenv("SKBALAGEN_HIDE", "wordnet")
    assert all(edits("a b c", operations=("swap", "delete")))
    assert EDAGenerator(operations=["swap"]).fit(X, Y).synonyms_ == {}


def test_bad_rows_are_reported_before_wordnet_is_looked_for(monkeypatch):
    monkeypatch.setattr(eda, "synonyms_of", synonyms_of)
    monkeypatch.setenv("SKBALAGEN_HIDE", "wordnet")
    with pytest.raises(TypeError, match=r"X must hold texts only, got None \(NoneType\) in row 1"):
        EDAGenerator().fit(["a", None], [0, 1])
