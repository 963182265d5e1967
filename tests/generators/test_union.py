"""Several generators as one: whose turn it is, that each writes what it writes alone, and names of parameters."""

from __future__ import annotations

import pickle
from copy import deepcopy

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from skbalagen import (
    CausalLMGenerator,
    EDAGenerator,
    GeneratorUnion,
    MarkovChainGenerator,
    SampleCopyGenerator,
)

X, Y = ["red wine", "white wine", "rain today", "snow today"], ["drink", "drink", "air", "air"]


class Named(BaseEstimator):
    """Candidate j is "NAME LABEL j SEED"; the indices that were asked for are kept."""

    def __init__(self, name="a", random_state=None):
        self.name = name
        self.random_state = random_state

    def fit(self, X, y):
        self.asked_ = []
        return self

    def sample(self, spans, *, random_state=None):
        self.asked_.append(spans)
        return {
            label: [f"{self.name} {label} {j} {random_state}" for j in span] for label, span in spans.items()
        }


class Counting(Named):
    def __init__(self, name="a", n=1, share=None):
        self.name = name
        self.n = n
        self.share = share

    def count_tokens(self, words):
        return [self.n] * len(words)

    def advised_share(self, n_rows):
        return self.share


def union(*names, **parameters):
    return GeneratorUnion([(name, Named(name)) for name in names], **parameters).fit(X, Y)


def letters(texts):
    return "".join(text.split()[0] for text in texts)


@pytest.mark.parametrize(
    ("shares", "order"),
    [(None, "abcabcab"), ([1, 1, 2], "cabccabc"), ([0.1, 10, 0.1], "bbbbbbbb"), ([2, 1, 1], "abcaabca")],
)
def test_members_take_turns_in_their_shares(shares, order):
    texts = union("a", "b", "c", shares=shares).sample({"drink": range(8)}, random_state=0)["drink"]
    assert letters(texts) == order


def test_each_member_writes_what_it_writes_alone():
    made = union("a", "b", shares=[1, 2])
    texts = made.sample({"drink": range(9), "air": range(2)}, random_state=5)
    for name, member in made.generators_:
        for label in texts:
            own = [text for text in texts[label] if text.startswith(name)]
            assert own == member.sample({label: range(len(own))}, random_state=5)[label]


@pytest.mark.parametrize("cuts", [[9], [4, 9], [1, 2, 3, 9]])
def test_streams_do_not_depend_on_how_they_are_asked_for(cuts):
    whole = union("a", "b", "c").sample({"drink": range(9), "air": range(9)}, random_state=1)
    made = union("a", "b", "c")
    read = [
        text
        for start, stop in zip([0, *cuts], cuts, strict=False)
        for text in made.sample({"drink": range(start, stop)}, random_state=1)["drink"]
    ]
    assert read == whole["drink"]
    assert made.sample({"drink": range(2, 7)}, random_state=1)["drink"] == whole["drink"][2:7]


def test_members_are_asked_for_ranges_and_only_in_their_turn():
    made = union("a", "b")
    made.sample({"drink": range(1), "air": range(0)}, random_state=0)
    made.sample({"drink": range(1, 5)}, random_state=0)
    asked = {name: member.asked_ for name, member in made.generators_}
    assert asked == {"a": [{"drink": range(1)}, {"drink": range(1, 3)}], "b": [{"drink": range(2)}]}


def test_origins_name_the_member_of_each_candidate():
    made = union("a", "b")
    texts = made.sample({"drink": range(5)}, random_state=0)["drink"]
    assert made.origins("drink") == list(letters(texts))
    assert made.origins("air") == []


def test_a_dropped_member_gives_its_turns_to_the_others():
    made = union("a", "b", "c")
    before = made.sample({"drink": range(4)}, random_state=0)["drink"]
    made.drop("a")
    after = made.sample({"drink": range(4, 8), "air": range(2)}, random_state=0)
    assert made.dropped_ == ["a"]
    assert (letters(after["drink"]), letters(after["air"])) == ("bcbc", "bc")
    assert after["drink"][0] == "b drink 1 0"  # its stream goes on
    assert made.sample({"drink": range(4)}, random_state=0)["drink"] == before


def test_a_fit_begins_anew():
    made = union("a", "b")
    made.sample({"drink": range(3)}, random_state=0)
    made.drop("a")
    made.fit(X, Y)
    assert made.dropped_ == []
    assert made.origins("drink") == []


def test_members_are_cloned():
    members = [("a", Named("a"))]
    GeneratorUnion(members).fit(X, Y)
    assert not hasattr(members[0][1], "asked_")


def test_parameters_have_names_as_in_a_pipeline():
    made = GeneratorUnion([("lm", CausalLMGenerator()), ("chain", MarkovChainGenerator())])
    assert made.get_params()["lm__epochs"] == 3
    made.set_params(lm__epochs=5, shares=[1, 2])
    assert made.generators[0][1].epochs == 5
    edits = EDAGenerator()
    made.set_params(chain=edits)
    assert made.generators[1] == ("chain", edits)
    assert clone(made).get_params()["lm__epochs"] == 5
    assert set(GeneratorUnion("x").get_params()) == {"generators", "shares"}


@pytest.mark.parametrize("copied", [deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_fitted_union_can_be_copied(copied):
    made = union("a", "b")
    texts = made.sample({"drink": range(3)}, random_state=0)
    again = copied(made)
    assert again.sample({"drink": range(3)}, random_state=0) == texts
    assert again.origins("drink") == ["a", "b", "a"]


def test_words_are_known_if_one_member_knows_them():
    both = GeneratorUnion([("a", Counting("a", 5)), ("b", Counting("b", 2))]).fit(X, Y)
    assert both.count_tokens(["gizmo", "wine"]) == [2, 2]
    assert both.count_tokens([]) == []
    assert not hasattr(GeneratorUnion([("a", Counting()), ("b", Named())]), "count_tokens")


def test_advice_is_the_mean_by_shares():
    made = GeneratorUnion([("a", Counting("a", share=0.5)), ("b", Named("b"))], shares=[3, 1])
    assert made.advised_share(10) == pytest.approx(0.625)  # (3 * 0.5 + 1) / 4
    assert not hasattr(GeneratorUnion([("b", Named("b"))]), "advised_share")


def test_wrappers_serve_each_member_and_come_off():
    class Wrapper:
        def __init__(self, generator):
            self.generator = generator

        def fit(self, X, y):
            self.generator.fit(X, y)
            return self

        def sample(self, spans, *, random_state=None):
            return {
                c: [f"{t}!" for t in ts]
                for c, ts in self.generator.sample(spans, random_state=random_state).items()
            }

    made = GeneratorUnion([("a", Counting("a", 7))]).wrap(Wrapper).fit(X, Y)
    assert made.sample({"air": range(1)}, random_state=0) == {"air": ["a air 0 0!"]}
    assert made.count_tokens(["x"]) == [7]
    assert made.unwrap().sample({"air": range(1)}, random_state=0) == {"air": ["a air 0 0"]}


@pytest.mark.parametrize(
    ("generators", "error", "message"),
    [
        ([], TypeError, "a list of .name, generator., one at least, got"),
        ("lm", TypeError, "one at least, got 'lm'. Name them"),
        ([Named()], TypeError, "got Named.* as number 0. Put it in a pair"),
        (
            [("a", Named()), ("b", Named)],
            TypeError,
            "must have fit and sample, got .* for 'b'. See skbalagen",
        ),
        ([("a", SampleCopyGenerator())], ValueError, "got SampleCopyGenerator for 'a', which copies rows"),
        ([("a", Named()), ("a", Named())], ValueError, "Names provided are not unique"),
        ([("a", MarkovChainGenerator(order=0))], ValueError, "'order' parameter of MarkovChainGenerator"),
    ],
)
def test_what_is_no_list_of_named_generators_is_refused(generators, error, message):
    with pytest.raises(error, match=message):
        GeneratorUnion(generators).fit(X, Y)


@pytest.mark.parametrize("shares", [[1], [1, 0], [1, -1], [1, True], [1, float("inf")], [1, "2"]])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(
        ValueError, match="shares of GeneratorUnion must be one number above 0 for each of the 2"
    ):
        union("a", "b", shares=shares)


def test_a_member_that_returns_too_little_is_found():
    class Short(Named):
        def sample(self, spans, *, random_state=None):
            return {label: [] for label in spans}

    with pytest.raises(
        ValueError, match=r"one candidate .* for each index of its spans, expected {'air': 1}"
    ):
        GeneratorUnion([("a", Short())]).fit(X, Y).sample({"air": range(1)}, random_state=0)


def test_an_unfitted_union_cannot_sample():
    with pytest.raises(NotFittedError):
        GeneratorUnion([("a", Named())]).sample({"air": range(1)})
