"""The blocks of the README run, in their order."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from skbalagen import ShortfallWarning

ROOT = Path(__file__).parent.parent


@pytest.mark.model  # the labelers read sentence vectors
def test_readme_blocks_run(capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        for block in blocks:
            exec(block, names)
    printed = capsys.readouterr().out
    assert "n_after" in printed
    accuracy = dict(re.findall(r"^(\S.*?)  +(0\.\d{3})$", printed, re.MULTILINE))
    assert set(accuracy) == {"none", "class weights", "logit adjustment", "label texts + logit adjustment"}
    assert accuracy["none"] < accuracy["class weights"] < accuracy["logit adjustment"]


def test_readme_names_files_that_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)", text) + re.findall(
        r"`((?:examples|benchmarks|docs)/[^`]+)`", text
    )
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
