"""Small made-up data that the benchmark reads."""

from __future__ import annotations

import pytest

from skbalagen.benchmark.tasks import TASKS, Task


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Five classes of 100, 40, 20, 10 and 1 rows, in a folder that SKBALAGEN_DATA names."""
    sizes = {"red": 100, "blue": 40, "green": 20, "grey": 10, "pink": 1}
    lines = [
        f"the colour {c} number {i} {'or not' * (i % 2)},{c},{'train' if i % 5 else 'test'}"
        for c, n in sizes.items()
        for i in range(n)
    ]
    (tmp_path / "colours.csv").write_text("\n".join(["text,label,split", *lines, ",red,train"]))
    monkeypatch.setenv("SKBALAGEN_DATA", str(tmp_path))
    monkeypatch.setitem(TASKS, "colours", Task("colours"))
    return tmp_path
