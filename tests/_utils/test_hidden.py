"""SKBALAGEN_HIDE is a list of names separated by commas."""

from __future__ import annotations

import pytest

from skbalagen._utils.hidden import is_hidden


@pytest.mark.parametrize(
    ("listed", "hidden"),
    [
        ("wordnet", True),
        ("chromium,wordnet", True),
        (" wordnet , chromium ", True),
        ("chromium", False),
        ("wordnets", False),
        ("WordNet", False),
        (",,", False),
        ("", False),
    ],
)
def test_a_name_is_hidden_if_it_is_listed(monkeypatch, listed, hidden):
    monkeypatch.setenv("SKBALAGEN_HIDE", listed)
    assert is_hidden("wordnet") is hidden


def test_nothing_is_hidden_without_the_variable(monkeypatch):
    monkeypatch.delenv("SKBALAGEN_HIDE", raising=False)
    assert not is_hidden("wordnet")
