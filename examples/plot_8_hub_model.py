"""
A model from the hub
====================

The language model and the sentence encoder are parameters: an embedded model, a hub id, or a folder. This page uses
a folder, so that it builds without a network.

With a hub at hand, the id goes in the same parameter, for instance ``CausalLMGenerator(model="gpt2")``, or the paper's
``"gpt2-medium"``. The model is downloaded on its first use. Weights are read from safetensors alone, and code that
lies beside a model is never run.
"""

# %%
# A folder with a model
# ---------------------
# What transformers' ``save_pretrained`` writes is what is needed: the configuration, the weights and the tokenizer.
# Here they are a small GPT-2 with random weights and a tokenizer whose vocabulary comes from the corpus. A pretrained
# model writes better from the first step; this one has to learn English from a few hundred questions.

import tempfile
import warnings
from pathlib import Path

import pandas as pd
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from skbalagen import BalaGenResampler, CausalLMGenerator, ShortfallWarning
from skbalagen.datasets import load_shop_intents

disable_progress_bar()
X, y = load_shop_intents(split="train", return_X_y=True)
temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name, "small-gpt2")

vocabulary = ByteLevelBPETokenizer()
vocabulary.train_from_iterator(
    X.tolist(), vocab_size=800, special_tokens=["<|endoftext|>"], show_progress=False
)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=vocabulary._tokenizer, eos_token="<|endoftext|>")
tokenizer.save_pretrained(folder)

end = tokenizer.eos_token_id
torch.manual_seed(0)
config = GPT2Config(
    vocab_size=len(tokenizer),
    n_embd=128,
    n_layer=3,
    n_head=4,
    n_positions=96,
    bos_token_id=end,
    eos_token_id=end,
)
GPT2LMHeadModel(config).save_pretrained(folder)
sorted(path.name for path in folder.iterdir())

# %%
# Fine-tune it
# ------------
# ``lora_rank=None`` trains all weights, as the paper does; a pretrained model learns more cheaply with the default, low
# rank adapters. Random weights need many passes, and all rows of each. ``history_`` holds the loss of each pass,
# ``validation_perplexity_`` what the rows that were held out say.

generator = CausalLMGenerator(
    model=folder,
    lora_rank=None,
    epochs=20,
    learning_rate=2e-3,
    validation_fraction=0.1,
    patience=3,
    max_tokens=48,
    random_state=0,
)
resampler = BalaGenResampler(
    sampling_strategy={"gift_wrapping": 25, "account_login": 25, "damaged_item": 25},
    generator=generator,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ShortfallWarning)
    X_new, y_new = resampler.fit_resample(X, y)

print("passes:", len(resampler.generator_.history_.validation_loss))
print("perplexity a token, of rows held out:", round(resampler.generator_.validation_perplexity_, 1))

# %%
# What it wrote
# -------------
# Half of it is not English, and the labelers refuse most of it. Copies fill what is left, as always. The point of a
# pretrained model is that it need not learn to spell from seven questions.

columns = ["size_before", "target", "generated", "backed", "added", "copied"]
resampler.report_.query("generated > 0")[columns]

# %%
pd.DataFrame({"label": y_new, "text": X_new})[resampler.is_synthetic_].groupby("label").head(4).style.hide(
    axis="index"
)

# %%
# Take it away
# ------------
# ``model_`` and ``tokenizer_`` are plain transformers objects. ``save`` writes them with what else is needed to sample
# again; ``load`` reads the folder back.

resampler.generator_.save(Path(temporary.name, "fine-tuned"))
again = CausalLMGenerator.load(Path(temporary.name, "fine-tuned"))
again.sample({"damaged_item": range(2)}, random_state=1)

# %%
temporary.cleanup()

# %%
# The sentence encoder of the labelers and classifiers is named in the same way: ``SentenceEncoder(model=...)`` takes a
# hub id or folder of a sentence-transformers model, and ``TransformerClassifier(model="bert-base-uncased")`` any encoder.
