"""The catalog: what is pinned, and where it is cached."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

from skbalagen.models import (
    EMBEDDED,
    MINILM,
    SMOLLM2,
    WORDNET,
    EmbeddedModel,
    ModelUnavailableError,
    cache_dir,
)


def test_two_models_and_wordnet_are_embedded():
    assert list(EMBEDDED) == [SMOLLM2, MINILM, WORDNET]
    assert WORDNET == "wordnet"
    assert all(isinstance(model, EmbeddedModel) for model in EMBEDDED.values())


@pytest.mark.parametrize("name", [SMOLLM2, MINILM, WORDNET])
def test_the_version_and_every_file_are_pinned(name):
    model = EMBEDDED[name]
    assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", model.requirement)
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha256) for sha256 in model.files.values())
    assert len(set(model.files.values())) == len(model.files)
    assert 10e6 < model.wheel_size < 100e6
    assert model.license


@pytest.mark.parametrize("name", [SMOLLM2, MINILM, WORDNET])
def test_no_file_leaves_the_folder_and_no_code_is_taken(name):
    for file in EMBEDDED[name].files:
        path = PurePosixPath(EMBEDDED[name].folder) / file
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert path.suffix not in (".py", ".pyc", ".so", ".pkl", ".pickle", ".bin", ".pt")


def test_the_weights_of_a_model_come_first():
    assert next(iter(EMBEDDED[SMOLLM2].files)).endswith(".gguf")
    assert next(iter(EMBEDDED[MINILM].files)) == "model.safetensors"


def test_wordnet_has_what_nltk_reads_for_synonyms():
    kinds = ("noun", "verb", "adj", "adv")
    expected = {f"{part}.{kind}" for part in ("data", "index") for kind in kinds}
    assert set(EMBEDDED[WORDNET].files) == expected | {f"{kind}.exc" for kind in kinds} | {"lexnames"}


def test_a_model_cannot_be_changed():
    with pytest.raises(AttributeError):
        EMBEDDED[MINILM].requirement = "other==1.0"


def test_an_unavailable_model_is_a_runtime_error():
    assert issubclass(ModelUnavailableError, RuntimeError)


def test_the_cache_is_the_user_s_unless_moved(monkeypatch):
    monkeypatch.setenv("SKBALAGEN_CACHE", "~/elsewhere")
    moved = cache_dir()
    monkeypatch.setenv("SKBALAGEN_CACHE", "")
    assert "skbalagen" in str(cache_dir())
    monkeypatch.delenv("SKBALAGEN_CACHE")
    assert moved.is_absolute()
    assert moved.name == "elsewhere"
    assert "skbalagen" in str(cache_dir())
