"""Remedies, the policies behind their generated rows, and the default list."""

from __future__ import annotations

import pytest

from skbalagen.compare import FREE_REMEDIES, AddRowsPolicy, Remedy, default_remedies, generation_remedies

Y = ["a"] * 2 + ["b"] * 5 + ["c"] * 9


@pytest.mark.parametrize(
    ("n_rows", "wanted"),
    [
        (3, {"a": 5, "b": 8, "c": 9}),
        (20, {"a": 9, "b": 9, "c": 9}),
        (None, {"a": 9, "b": 9, "c": 9}),
    ],
)
def test_rows_are_added_up_to_the_largest_class(n_rows, wanted):
    assert AddRowsPolicy(n_rows=n_rows)(Y) == wanted


def test_adding_no_rows_is_refused():
    with pytest.raises(ValueError, match=r"n_rows must be an int >= 1 .* or None, got 0"):
        AddRowsPolicy(n_rows=0)


def test_free_remedies_have_no_generator_and_different_names():
    assert len({remedy.name for remedy in FREE_REMEDIES}) == len(FREE_REMEDIES) == 5
    assert all(remedy.generator is None and remedy.cost == "free" for remedy in FREE_REMEDIES)
    assert Remedy(name="none") in FREE_REMEDIES
    assert FREE_REMEDIES[0].label_texts
    assert FREE_REMEDIES[0].tau == 1.0


def test_generated_rows_stand_beside_the_strongest_free_remedy():
    made = generation_remedies(
        "eda", name="EDA", cost="seconds", amounts={"few": (5, 0.5), "all": (None, 1.0)}
    )
    assert [remedy.name for remedy in made] == ["EDA, few", "EDA, all"]
    assert [(remedy.n_rows, remedy.generated_weight) for remedy in made] == [(5, 0.5), (None, 1.0)]
    assert all(remedy.label_texts and remedy.tau == 1.0 for remedy in made)


def test_the_default_list_goes_from_free_to_minutes():
    costs = [remedy.cost for remedy in default_remedies()]
    assert costs == sorted(costs, key=["free", "seconds", "minutes"].index)
    assert {"free", "seconds", "minutes"} == set(costs)
    names = [remedy.name for remedy in default_remedies()]
    assert len(set(names)) == len(names)
