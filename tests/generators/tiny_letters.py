"""An untrained language model that writes letter by letter, for texts in any script."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_letters_model(
    folder: Path, texts: Iterable[str], *, chat: bool = False, n_positions: int = 2048
) -> Path:
    """Write a GPT-2 of one layer, whose tokens are the letters of `texts`, to a folder; return it."""
    import torch
    from tokenizers import Regex, Tokenizer
    from tokenizers.decoders import Fuse
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    special = ["<|im_end|>", "<|im_start|>", "<unk>"]
    letters = [*special, *sorted({"\n", " ", *"".join(texts)})]
    tokenizer = Tokenizer(WordLevel({letter: i for i, letter in enumerate(letters)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        unk_token="<unk>",
        additional_special_tokens=["<|im_start|>"],
        clean_up_tokenization_spaces=False,
    )
    if chat:
        fast.chat_template = CHAT
    fast.save_pretrained(folder)
    config = GPT2Config(
        vocab_size=len(letters),
        n_embd=32,
        n_layer=1,
        n_head=2,
        n_positions=n_positions,
        bos_token_id=1,
        eos_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        GPT2LMHeadModel(config).save_pretrained(folder)
    return folder
