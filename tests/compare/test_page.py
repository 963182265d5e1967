"""The page about a comparison."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skbalagen import RemedySearchCV
from skbalagen.compare import Remedy, comparison_page, write_comparison
from tests.compare.test_search import skewed


@pytest.fixture(scope="module")
def fitted():
    X, y = skewed()
    y = np.where(y == "food", "<b>food</b>", y).astype(object)
    remedies = [Remedy(name="logit <adjustment>", tau=1.0), Remedy(name="none")]
    return RemedySearchCV(remedies=remedies, random_state=0).fit(X, y)


def test_one_row_per_remedy_and_the_choice(fitted):
    page = comparison_page(fitted)
    first = page.split("<h2>Per-class recall")[0]
    assert first.count("<tr") == 3
    assert "logit &lt;adjustment&gt; <b>(chosen)</b>" in page
    assert f"{100 * fitted.best_score_:.1f} ±" in page
    assert "1 to 5 rows" in page
    assert "21 to 100 rows" in page


def test_names_are_escaped_and_nothing_is_loaded(fitted):
    page = comparison_page(fitted)
    assert "<adjustment>" not in page
    assert not re.search(r"https?://|src=|@import", page)


def test_intervals_lie_on_the_axis(fitted):
    page = comparison_page(fitted)
    ranges = re.findall(r"left:([\d.]+)%;width:([\d.]+)%", page)
    assert len(ranges) == 2
    for left, width in ranges:
        assert 0 <= float(left) <= 100.1
        assert float(left) + float(width) <= 100.1


def test_remedies_that_were_not_tried_stand_there_with_the_reason():
    X, y = skewed()
    fitted = RemedySearchCV(
        remedies=[Remedy(name="a", tau=1.0), Remedy(name="b")], max_minutes=0, random_state=0
    ).fit(X, y)
    assert "not tried: max_minutes=0" in comparison_page(fitted)


def test_the_page_is_written_to_a_file_that_is_whole(fitted, tmp_path, disk_calls):
    write_comparison(fitted, tmp_path / "page.html")
    assert disk_calls[:2] == ["fsync", "replace"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == comparison_page(fitted)


def test_an_unfitted_search_has_no_page():
    with pytest.raises(NotFittedError):
        comparison_page(RemedySearchCV())
