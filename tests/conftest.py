"""Shared fixtures: small corpora, fakes, and a tiny GPT-2 built on the spot."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from skbalagen.models import ModelUnavailableError
from skbalagen.models.wordnet import find_wordnet
from tests.fakes import NumberedGenerator


@pytest.fixture
def corpus() -> tuple[list[str], list[str]]:
    """Four classes of 12, 6, 3 and 2 rows, each text unique and starting with its class."""
    sizes = {"flight": 12, "fare": 6, "meal": 3, "city": 2}
    y = [label for label, n in sizes.items() for _ in range(n)]
    X = [f"{label} question number {i}" for label, n in sizes.items() for i in range(n)]
    order = np.random.default_rng(0).permutation(len(y))
    return [X[i] for i in order], [y[i] for i in order]


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and save an untrained GPT-2 of 2 layers with a word-level tokenizer; return its folder."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = [
        "<end>",
        ":",
        "flight",
        "fare",
        "meal",
        "city",
        "question",
        "number",
        "candidate",
        "red",
        "blue",
        "green",
    ]
    words += [str(i) for i in range(12)] + ["<unk>"]
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>")
    folder = tmp_path_factory.mktemp("tiny-gpt2")
    fast.save_pretrained(folder)
    config = GPT2Config(
        vocab_size=len(words), n_embd=32, n_layer=2, n_head=2, n_positions=64, bos_token_id=0, eos_token_id=0
    )
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def needs_wordnet() -> None:
    """Skip the test where WordNet is hidden (SKBALAGEN_HIDE) or can be neither found nor fetched."""
    try:
        find_wordnet()
    except ModelUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and save an untrained BERT of 2 layers with a WordPiece tokenizer; return its folder."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "flight", "fare", "meal", "city", "red", "blue"]
    words += ["question", "number", *map(str, range(12))]
    folder = tmp_path_factory.mktemp("tiny-bert")
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.txt"
    path.touch()
    return path


@pytest.fixture
def disk_calls(monkeypatch):
    """Note the order in which files are synced and renamed: a list of "fsync" and "replace"."""
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: calls.append(name) or real(*args))
    return calls


@pytest.fixture
def clock(monkeypatch):
    """Stop the clock that limits are read from; `clock.now` is the time in seconds."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("skbalagen._utils.time_limit.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def own_cache(tmp_path_factory, monkeypatch):
    """Move the cache folder of the command line; no model is found there."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SKBALAGEN_CACHE", str(folder))
    return folder


@pytest.fixture
def intents(tmp_path):
    """Eight rows of one class, two of another, with a column besides."""
    rows = [("sunny day", "weather"), ("rain and wind", "weather"), ("wind and sun", "weather")]
    rows += [(f"snow on day {i}", "weather") for i in range(5)]
    rows += [("wine and beer please", "drinks"), ("beer and water please", "drinks")]
    path = tmp_path / "intents.csv"
    path.write_text("id,text,label\n" + "\n".join(f"{i},{t},{c}" for i, (t, c) in enumerate(rows)) + "\n")
    return path


@pytest.fixture
def generated(monkeypatch):
    """Have EDA's place taken by a generator that numbers its texts, with no labelers; count the fits."""
    fits = []
    fit = NumberedGenerator.fit

    def counted(self, X, y):
        fits.append(len(X))
        return fit(self, X, y)

    monkeypatch.setattr("skbalagen.generators.eda.EDAGenerator", NumberedGenerator)
    monkeypatch.setattr("skbalagen.balagen.labelers.default_labelers", lambda: [])
    monkeypatch.setattr("skbalagen.balagen.labelers._DEFAULT_WEIGHTS", ())
    monkeypatch.setattr(NumberedGenerator, "fit", counted)
    return fits
