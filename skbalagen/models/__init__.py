"""Pretrained models and WordNet without a hub: catalog, download, conversion, loading."""

from skbalagen.models.catalog import (
    EMBEDDED,
    MINILM,
    SMOLLM2,
    WORDNET,
    EmbeddedModel,
    ModelUnavailableError,
    cache_dir,
)
from skbalagen.models.fetch import download, local_path
from skbalagen.models.load import load_causal_lm, load_encoder
from skbalagen.models.quiet import quiet_transformers

__all__ = [
    "EMBEDDED",
    "MINILM",
    "SMOLLM2",
    "WORDNET",
    "EmbeddedModel",
    "ModelUnavailableError",
    "cache_dir",
    "download",
    "load_causal_lm",
    "load_encoder",
    "local_path",
    "quiet_transformers",
]
