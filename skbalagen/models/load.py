"""Load pretrained models from the cache, a folder or a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skbalagen.models.catalog import MINILM, SMOLLM2
from skbalagen.models.fetch import local_path
from skbalagen.models.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["load_causal_lm", "load_encoder"]


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
        The folder or hub id does not hold a causal language model in safetensors, or cannot be reached.
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
        The folder or hub id does not hold an encoder in safetensors, or cannot be reached.
    """
    from transformers import AutoModel

    return _load(AutoModel, name, dtype)


def _load(
    auto_class: Any, name: str, dtype: str | torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model of one of transformers' auto classes, and check that it is complete."""
    from safetensors import SafetensorError
    from transformers import AutoTokenizer

    path = local_path(name)
    with quiet_transformers():
        try:
            model, report = auto_class.from_pretrained(
                path, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
            # transformers would continue with random weights and an empty vocabulary. No pooler is used here.
            missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
            if missing:
                raise ValueError(f"a {type(model).__name__} lacks the weights {missing[:3]}")
            if len(tokenizer) <= len(tokenizer.all_special_ids):
                raise ValueError("the tokenizer has no vocabulary")
        except (OSError, ValueError, SafetensorError) as error:
            raise OSError(
                f"The model {name!r} could not be loaded: expected an embedded model ({SMOLLM2}, {MINILM}), a "
                "folder with config, tokenizer and model.safetensors, or a hub id that this machine reaches or "
                f"has in its cache, got: {str(error).rstrip('. ')}. Name such a model. Only safetensors are loaded, "
                "never pickled checkpoints, and no code of the model's repository is run."
            ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer
