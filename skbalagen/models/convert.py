"""Convert a GGUF model to safetensors."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr
from pathlib import Path

from skbalagen.models.quiet import quiet_transformers

__all__ = []


def convert_gguf(raw: Path, file: str, target: Path) -> None:
    """Write a GGUF model and its tokenizer as plain safetensors, which load in a second, not in fifteen.

    The weights stay in float32. A 4-bit value is a 16-bit scale times a number plus a 16-bit offset, and
    bfloat16 holds only 18 in 100 of these exactly: half the size, but other logits (KL 6e-5 nats a token).
    """
    import torch
    from tokenizers.pre_tokenizers import Digits
    from tokenizers.pre_tokenizers import Sequence as Steps
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # The progress bar of the reader heeds no setting, so its stream is closed for the while.
    with quiet_transformers(), redirect_stderr(io.StringIO()):
        read = AutoModelForCausalLM.from_pretrained(raw, gguf_file=file, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(raw, gguf_file=file)
        config = read.config
        # Dequantized by now, the model would still call itself a GGUF and refuse to be saved.
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = type(read)(config)
        model.load_state_dict(read.state_dict())
        model.save_pretrained(target)
        # The file declares the splitter "smollm": digits one by one, then the rest. The reader drops the first.
        backend = tokenizer.backend_tokenizer
        backend.pre_tokenizer = Steps([Digits(individual_digits=True), backend.pre_tokenizer])
        tokenizer.save_pretrained(target)
    # Weights are saved for their owner alone, but a cache may be shared: same rights as the other files.
    shutil.copymode(target / "config.json", target / "model.safetensors")
