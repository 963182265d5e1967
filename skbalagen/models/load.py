"""Load pretrained models from the cache, a folder or a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
from skbalagen.models.catalog import EMBEDDED
from skbalagen.models.fetch import local_path
from skbalagen.models.quiet import quiet_transformers

__all__ = ["load_causal_lm", "load_encoder", "quiet_transformers"]


def load_causal_lm(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal language model, in evaluation mode, and its tokenizer.

    Parameters
    ----------
    name : str
        An embedded model, a folder, or a hub id.
    dtype : str or torch.dtype, default="float32"
        Of the weights in memory; "auto" is the one they were saved in.

    Returns
    -------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
        With a padding token: the end token where it has none of its own (GPT-2).

    Raises
    ------
    ModelUnavailableError
        See `local_path`.
    OSError
        The folder or hub id holds no such model, no safetensors, or is out of reach.
    """
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, name, dtype)


def load_encoder(
    name: str, *, dtype: str | torch.dtype = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder without a head, in evaluation mode, and its tokenizer.

    Parameters, return values and errors are those of `load_causal_lm`.
    """
    from transformers import AutoModel

    return _load(AutoModel, name, dtype)


def _load(
    auto_class: Any, name: str, dtype: str | torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from safetensors import SafetensorError
    from transformers import AutoTokenizer

    path = local_path(name)
    with quiet_transformers():
        try:
            model, report = auto_class.from_pretrained(
                path, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
            # transformers would go on with random numbers and an empty vocabulary. No pooler is used here.
            missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
            if missing:
                raise ValueError(f"a {type(model).__name__} has weights that are not there: {missing[:3]}")
            if len(tokenizer) <= len(tokenizer.all_special_ids):
                raise ValueError("there is no vocabulary")
        except (OSError, ValueError, SafetensorError) as error:
            raise OSError(
                f"The model {name!r} could not be loaded. Give an embedded model ({', '.join(EMBEDDED)}), a "
                "folder with config, tokenizer and model.safetensors, or a hub id that this machine reaches or "
                "has in its cache. Only safetensors are loaded, never pickled checkpoints, and no code of the "
                f"model's repository is run. The reason: {error}"
            ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer
