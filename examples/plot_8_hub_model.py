"""
A model from the hub
====================

The language model and the sentence encoder are parameters: an embedded model, a hub id, or a folder. This page uses
a folder, so that it builds without a network.

If you can reach a hub, the id goes in the same parameter, for instance ``CausalLMGenerator(model="gpt2")``. The model is
downloaded on first use. Weights are read from safetensors only, and code that comes with a model is never run.
``BalaGenResampler.paper()`` has the paper's recipe: GPT-2 medium and three BERT labelers.
"""

# %%
# A folder with a model
# ---------------------
# The folder holds what transformers' ``save_pretrained`` writes: the configuration, the weights and the tokenizer. Here
# they are a small GPT-2 with random weights and a tokenizer whose vocabulary comes from the corpus. A pretrained model
# writes better from the first step. This one has to learn English from a few hundred questions.

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
# ``lora_rank=None`` trains all weights, as the paper does. For a pretrained model the default, low-rank adapters, costs
# less. Random weights need many epochs. ``history_`` holds the loss of each epoch, ``validation_perplexity_`` the
# perplexity on the rows that were held out.

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

print("epochs:", len(resampler.generator_.history_.validation_loss))
print("perplexity per token, on held-out rows:", round(resampler.generator_.validation_perplexity_, 1))

# %%
# What it wrote
# -------------
# Much of it is not English, and the labelers reject most of it. Copies fill what is left. A pretrained model need not
# learn to spell from seven questions.

columns = ["n_before", "n_target", "n_candidates", "n_accepted", "n_generated", "n_copied"]
resampler.report_.query("n_candidates > 0")[columns]

# %%
pd.DataFrame({"label": y_new, "text": X_new})[resampler.is_synthetic_].groupby("label").head(4).style.hide(
    axis="index"
)

# %%
# Take it away
# ------------
# ``model_`` and ``tokenizer_`` are plain transformers objects. ``save`` writes them with what else is needed to sample
# again. ``load`` reads the folder back.

resampler.generator_.save(Path(temporary.name, "fine-tuned"))
again = CausalLMGenerator.load(Path(temporary.name, "fine-tuned"))
again.sample({"damaged_item": range(2)}, random_state=1)

# %%
temporary.cleanup()

# %%
# The sentence encoder of the labelers and classifiers is set in the same way: ``SentenceEncoder(model=...)`` takes a hub
# id or folder of a sentence-transformers model, and ``TransformerClassifier(model="bert-base-uncased")`` any encoder.
