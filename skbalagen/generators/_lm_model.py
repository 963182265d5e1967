"""The model of a language-model generator: loaded to train, frozen to sample, written to a folder and read."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from skbalagen._torch.device import compute_dtype, resolve_device
from skbalagen._torch.lora import add_adapters, merge_adapters
from skbalagen._torch.trainer import TrainingHistory
from skbalagen.generators._lm_workers import ModelFolder
from skbalagen.models.load import load_causal_lm
from skbalagen.models.quiet import quiet_transformers

__all__ = ["freeze_model", "load_to_train", "read_generator", "write_generator"]

_STATE_FILE = "generator.json"


def load_to_train(name: str, device: str, lora_rank: int | None, rng: np.random.Generator) -> tuple[Any, Any]:
    """Load a model and its tokenizer, ready to be trained.

    Parameters
    ----------
    name : str
        An embedded model, a folder, or a hub id.
    device : str
        Name of a torch device, or "auto".
    lora_rank : int or None
        Rank of the adapters; without any, all weights are trained.
    rng : numpy.random.Generator
        Gives the seed of the adapters, if there are any.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase

    Raises
    ------
    OSError
        There is no such model, or none that is stored as safetensors.
    """
    place = resolve_device(device)
    # Frozen weights need no float32 copy; weights that are trained do.
    dtype = "float32" if lora_rank is None else compute_dtype(place)
    model, tokenizer = load_causal_lm(name, dtype=dtype)
    model.to(place)
    if lora_rank is not None:
        add_adapters(model, rank=lora_rank, seed=int(rng.integers(2**31)))
    # On short texts plain products are faster than the fused attention kernel, whose backward pass is slow.
    model.set_attn_implementation("eager")
    return model, tokenizer


def freeze_model(model: Any) -> None:
    """Merge the adapters of `model`, if any, and prepare it to sample, in place."""
    merge_adapters(model)
    model.requires_grad_(False)
    dtype = compute_dtype(model.device)
    # Weights only: the frequencies of rotary positions stay in the float32 that they were trained beside.
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    model.set_attn_implementation("sdpa")


def write_generator(generator: Any, folder: str | Path) -> None:
    """Write a fitted generator to `folder`, which is created if it does not exist.

    Parameters
    ----------
    generator : CausalLMGenerator
        Fitted, with its weights.
    folder : str or path-like
        A generator that it holds already is replaced.

    Raises
    ------
    TypeError
        A label or a parameter that JSON cannot hold; nothing is written then.
    """
    parameters = generator.get_params() | {
        "model": str(generator.model),
        "label_descriptions": list((generator.label_descriptions or {}).items()) or None,
        # A RandomState instance cannot be written as JSON, and sampling does not need it.
        "random_state": generator.random_state if isinstance(generator.random_state, int) else None,
    }
    state = {
        "parameters": parameters,
        "prompts": list(generator.prompts_.items()),
        "max_tokens": generator.max_tokens_,
        "cut_share": generator.cut_share_,
        "history": asdict(generator.history_),
        "validation_perplexity": generator.validation_perplexity_,
    }
    try:
        text = json.dumps(state, indent=1)
    except TypeError as error:
        raise TypeError(
            "labels and parameters must be of type str, int, float or bool to be saved as JSON, got others: "
            f"{error}. Fit the generator with labels of these types."
        ) from error
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with quiet_transformers():
        generator.model_.save_pretrained(folder)
        generator.tokenizer_.save_pretrained(folder)
    (folder / _STATE_FILE).write_text(text, encoding="utf-8")


def read_generator(cls: type, folder: str | Path) -> Any:
    """Return the fitted generator of class `cls` that :func:`write_generator` wrote to `folder`.

    Raises
    ------
    OSError
        There is none.
    """
    path = Path(folder) / _STATE_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} must be a folder that CausalLMGenerator.save wrote, got one without {_STATE_FILE}. To "
            "start from a model of transformers, pass the folder as model= and fit."
        )
    state = json.loads(path.read_text(encoding="utf-8"))
    parameters = state["parameters"]
    if parameters["label_descriptions"] is not None:
        parameters["label_descriptions"] = dict(parameters["label_descriptions"])
    generator = cls(**parameters)
    generator.prompts_ = dict(state["prompts"])
    generator.classes_ = np.array(list(generator.prompts_))
    generator.max_tokens_, generator.cut_share_ = state["max_tokens"], state["cut_share"]
    generator.history_ = TrainingHistory(**state["history"])
    generator.validation_perplexity_ = state["validation_perplexity"]
    generator.model_, generator.tokenizer_ = load_causal_lm(str(folder), dtype="auto")
    generator.model_.to(resolve_device(generator.device))
    freeze_model(generator.model_)
    generator._folder = ModelFolder()
    return generator
