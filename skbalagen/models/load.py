"""Load pretrained models from the cache, a folder or a hub: whole, from safetensors alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skbalagen.models.catalog import MINILM, SMOLLM2, WORDNET
from skbalagen.models.fetch import local_path
from skbalagen.models.hub import hub_options, suggested_name
from skbalagen.models.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["load_causal_lm", "load_encoder", "load_masked_lm", "load_sentence_encoder", "load_seq2seq_lm"]

_SAFE: dict[str, Any] = {"use_safetensors": True}


def load_causal_lm(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal language model, in evaluation mode, and its tokenizer.

    Parameters
    ----------
    name : str
        An embedded model, a folder, or a hub id.
    dtype : str or torch.dtype, default="float32"
        Type of the weights in memory; "auto" is the type that they were saved in.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
        It has a padding token; a tokenizer without one (GPT-2) pads with its end token.

    Raises
    ------
    ModelUnavailableError
        See `local_path`.
    OSError
        The folder or hub id holds no whole causal language model in safetensors, or cannot be reached.
    """
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, name, dtype)


def load_encoder(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder without a head, in evaluation mode, and its tokenizer.

    Parameters
    ----------
    name : str
        An embedded model, a folder, or a hub id.
    dtype : str or torch.dtype, default="float32"
        Type of the weights in memory; "auto" is the type that they were saved in.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
        It has a padding token.

    Raises
    ------
    ModelUnavailableError
        See `local_path`.
    OSError
        The folder or hub id holds no whole encoder in safetensors, or cannot be reached.
    """
    from transformers import AutoModel

    return _load(AutoModel, name, dtype)


def load_masked_lm(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a masked language model, such as BERT with its head, in evaluation mode, and its tokenizer.

    Parameters
    ----------
    name : str
        A folder or a hub id; the embedded encoder has no such head.
    dtype : str or torch.dtype, default="float32"
        Type of the weights in memory; "auto" is the type that they were saved in.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase

    Raises
    ------
    OSError
        The folder or hub id holds no whole masked language model in safetensors, or cannot be reached.
    """
    from transformers import AutoModelForMaskedLM

    return _load(AutoModelForMaskedLM, name, dtype)


def load_seq2seq_lm(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder-decoder, such as a translation model, in evaluation mode, and its tokenizer.

    Parameters
    ----------
    name : str
        A folder or a hub id.
    dtype : str or torch.dtype, default="float32"
        Type of the weights in memory; "auto" is the type that they were saved in.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase

    Raises
    ------
    OSError
        The folder or hub id holds no whole encoder-decoder in safetensors, or cannot be reached.
    """
    from transformers import AutoModelForSeq2SeqLM

    return _load(AutoModelForSeq2SeqLM, name, dtype)


def load_sentence_encoder(name: str, *, device: str = "cpu") -> SentenceTransformer:
    """Load a sentence encoder, in evaluation mode.

    Parameters
    ----------
    name : str
        An embedded model, a hub id of a sentence-transformers model, or a folder. A model without
        ``modules.json`` gets mean pooling.
    device : str, default="cpu"
        Name of a torch device.

    Returns
    -------
    sentence_transformers.SentenceTransformer

    Raises
    ------
    ModelUnavailableError
        See `local_path`.
    OSError
        The folder or hub id holds no whole encoder in safetensors, or cannot be reached.
    """
    from sentence_transformers import SentenceTransformer

    with _refusals(name) as (path, options):
        path, parts = _parts(path, options)
        model = SentenceTransformer(
            path, device=device, trust_remote_code=False, model_kwargs=dict(_SAFE), **options
        )
        for part, module in zip(parts, model.children(), strict=False):
            network = getattr(module, "auto_model", None)
            if network is not None:
                # sentence-transformers keeps no report, so the weights are read once more: 0.1 s.
                place = {"subfolder": part} if part else {}
                _, report = type(network).from_pretrained(
                    path, config=network.config, output_loading_info=True, **_SAFE, **place, **options
                )
                _check_whole(network, report)
                _check_vocabulary(module.tokenizer)
    return model.eval()


def _load(
    auto_class: Any, name: str, dtype: str | torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model of one of transformers' auto classes, and check that it is complete."""
    from transformers import AutoTokenizer

    with _refusals(name) as (path, options):
        options["trust_remote_code"] = False
        model, report = auto_class.from_pretrained(
            path, dtype=dtype, output_loading_info=True, **_SAFE, **options
        )
        tokenizer = AutoTokenizer.from_pretrained(path, **options)
        _check_whole(model, report)
        _check_vocabulary(tokenizer)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer


@contextmanager
def _refusals(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where a model is, and options to load it; say in one form why it is refused.

    Loading is quiet, and leaves torch's random state alone.
    """
    import torch

    path = name if name == WORDNET else local_path(name)
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        try:
            if name == WORDNET:
                raise ValueError("a dictionary")
            yield path, hub_options(path)
        except (ImportError, MemoryError):
            raise
        except Exception as error:  # a tokenizer that cannot be read raises no subclass
            reason = " ".join(str(error).split()).rstrip(". ")
            raise OSError(
                f"The model {name!r} could not be loaded: expected an embedded model ({SMOLLM2}, {MINILM}), a "
                "folder with config, tokenizer and model.safetensors, or a hub id that this machine reaches or "
                f"has in its cache, got: {reason}. {suggested_name(name)}Name such a model. Only safetensors are "
                "loaded, never pickled checkpoints, and no code of the model's repository is run."
            ) from error


def _check_whole(model: Any, report: Mapping[str, Any]) -> None:
    """Raise where transformers would go on with random weights, or with a part of those in the file.

    A head of another task may be missing from the model: a masked language model gives its body. No pooler is
    used here.
    """
    kind = type(model).__name__
    missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
    if missing:
        raise ValueError(f"a {kind} lacks the weights {missing[:3]}")
    prefix = f"{model.base_model_prefix}."
    body = {name for name, _ in model.base_model.named_children()}
    unexpected = sorted(
        key
        for key in report["unexpected_keys"]
        if "pooler" not in key and key.removeprefix(prefix).split(".")[0] in body
    )
    if unexpected:
        raise ValueError(f"its config leaves no place in a {kind} for the weights {unexpected[:3]}")


def _check_vocabulary(tokenizer: Any) -> None:
    """Raise where transformers made a tokenizer of nothing."""
    if tokenizer is not None and len(tokenizer) <= len(tokenizer.all_special_ids):
        raise ValueError("the tokenizer has no vocabulary")


def _parts(path: str, options: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return where a sentence encoder is, and the folders of its modules; raise if one of them is a pickle."""
    from sentence_transformers.util import load_file_path

    # sentence-transformers looks for a name without an owner among its own models.
    places = [path] if Path(path).is_dir() or "/" in path else [f"sentence-transformers/{path}", path]
    for place in places:
        index = load_file_path(place, "modules.json", **options)
        if index is not None:
            break
    else:
        return path, [""]
    parts = [str(entry["path"]) for entry in json.loads(Path(index).read_text(encoding="utf-8"))]
    for part in filter(None, parts):
        pickled, safe = (
            load_file_path(place, file, subfolder=part, **options)
            for file in ("pytorch_model.bin", "model.safetensors")
        )
        if pickled is not None and safe is None:
            raise ValueError(f"no file named model.safetensors in {part}, only a pickle")
    return place, parts
