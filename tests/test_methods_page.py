"""The page of remedies names what exists, and tests that mention it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import skbalagen
import skbalagen.classifiers
import skbalagen.losses
from skbalagen.classifiers import heads, row_samplers, stages, token_augmentation

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "methods.md"
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| Method")
]
PLACES = (skbalagen, skbalagen.classifiers, skbalagen.losses, heads, row_samplers, stages, token_augmentation)


def names_in(cell: str) -> list[str]:
    """Names of classes and functions, and quoted values, of a table cell."""
    classes = re.findall(r"~skbalagen\.(\w+)`", cell)
    code = re.findall(r"`([^`]+)`", re.sub(r"\{class\}`[^`]+`", "", cell))
    return [*classes, *(name for name in code if re.fullmatch(r"[A-Za-z_]+", name))]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_remedy_is_importable_and_its_test_file_mentions_it(row):
    _, _, here, *ticks, files = row
    assert len(ticks) == 3
    assert set(ticks) <= {"✓", ""}
    assert "✓" in ticks
    for name in names_in(here):
        assert any(hasattr(place, name) for place in PLACES), name
    paths = [TESTS / file for file in re.findall(r"`([^`]+)`", files)]
    assert paths
    tests = "".join(path.read_text(encoding="utf-8") for path in paths)
    values = re.findall(r'"([\w-]+)"', here)
    wanted = [*names_in(here), *values]
    options = re.findall(r"`(\w+)=", here)
    assert any(name in tests for name in wanted + options)


def test_every_named_part_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    parts = [
        *skbalagen.losses.LOSS_NAMES,
        *stages.STAGE_NAMES,
        *row_samplers.SAMPLER_NAMES,
        *heads.HEAD_NAMES,
    ]
    plain = {"cross-entropy", "natural", "linear"}
    assert [name for name in parts if f'"{name}"' not in page and name not in plain] == []
