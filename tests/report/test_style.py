"""Colours and wording that all renderings share."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from skbalagen.report.style import COLOURS, HATCH, counted, listed, shortened


def lightness(colour):
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_cover_the_parts_of_a_class_and_the_fates_of_a_candidate():
    assert set(COLOURS) == {
        *("kept", "generated", "unlabeled", "copied", "removed"),
        *("accepted", "refused", "rejected", "repeated"),
    }
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (*COLOURS.values(), HATCH))


@pytest.mark.parametrize(
    "side_by_side",
    [("kept", "generated", "unlabeled", "removed"), ("kept", "copied"), ("accepted", "rejected", "repeated")],
)
def test_neighbours_differ_in_lightness(side_by_side):
    values = sorted(lightness(COLOURS[name]) for name in side_by_side)
    assert min(b - a for a, b in pairwise(values)) > 0.1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((0, "row"), "0 rows"),
        ((1, "row"), "1 row"),
        ((1, "class"), "1 class"),
        ((2, "class"), "2 classes"),
        ((12345, "candidate"), "12,345 candidates"),
        ((1, "copy", "copies"), "1 copy"),
        ((3, "copy", "copies"), "3 copies"),
    ],
)
def test_counted_has_the_right_plural(arguments, expected):
    assert counted(*arguments) == expected


def test_shortened_is_one_line_of_limited_length():
    assert shortened("two\n  lines") == "two lines"
    assert shortened("x" * 30) == "x" * 30
    assert shortened("x" * 31) == "x" * 29 + "…"
    assert shortened(7) == "7"


def test_listed_names_the_first_and_counts_the_rest():
    assert listed([1, "b"]) == "1, b"
    assert listed(range(8)) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert listed(range(2000)) == "0, 1, 2, 3, 4, 5, 6, 7 and 1,992 more"
    assert listed(["y" * 99]) == "y" * 39 + "…"
    assert listed([]) == ""
